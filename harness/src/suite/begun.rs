//! A case begins: its bench is opened, and what watches over the pump stands by before anything is asked of it.

use crate::safety::{Guard, Kept, Marker};
use pump_hil_model::case::Case;
use pump_hil_model::trouble::Trouble;
use pump_hil_rig::{OpenOptions, Rig, RigError, RigFile};
use std::path::Path;

/// What watches over a pump from case to case, as long as each leaves it safe.
#[derive(Debug)]
pub(super) struct Standing {
    marker: Option<Marker>,
    guard: Option<Guard>,
    kept: Kept,
    /// The guard watches over this case.
    pub is_guarded: bool,
    /// A case was begun that is not over.
    in_case: bool,
}

/// A bench that is open.
pub(super) struct Begun {
    pub rig: Rig,
    /// What an earlier run left.
    pub earlier: Option<String>,
}

/// Why a case was not begun; no pump was touched.
pub(super) enum NotBegun {
    /// The firmware in an emulator locked up before anything could be asked of it.
    LockedUp(RigError),
    /// Anything else.
    Trouble(Trouble),
}

impl From<RigError> for NotBegun {
    fn from(error: RigError) -> Self {
        match error.lockup() {
            Some(_) => Self::LockedUp(error),
            None => Self::Trouble(error.trouble()),
        }
    }
}

impl From<Trouble> for NotBegun {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Standing {
    /// Nothing yet, but the guard that is kept for this run.
    pub fn new(kept: Kept) -> Self {
        Self {
            marker: None,
            guard: None,
            kept,
            is_guarded: false,
            in_case: false,
        }
    }

    /// Opens the rig. Before anything is asked of a pump that lives on without this program, the next run can find this one by a note in `state`, and a
    /// guard stands by.
    pub async fn begin(
        &mut self,
        case: &Case,
        file: &RigFile,
        state: Option<&Path>,
        options: &OpenOptions,
        path: &Path,
    ) -> Result<Begun, NotBegun> {
        let mut earlier = None;
        if let Some(marker) = &mut self.marker {
            marker.goes_on(&case.name(), path);
        } else if let Some((marker, left)) = Marker::take(file, state, &case.name(), path).await? {
            self.marker = Some(marker);
            earlier = left;
        }
        match self.open(file, options, path).await {
            Ok(rig) => {
                self.in_case = true;
                Ok(Begun { rig, earlier })
            }
            Err(why) => {
                // Nothing was done to the pump: it is as the earlier run left it.
                self.leave(&earlier.into_iter().collect::<Vec<_>>());
                Err(why)
            }
        }
    }

    async fn open(&mut self, file: &RigFile, options: &OpenOptions, path: &Path) -> Result<Rig, NotBegun> {
        if let Some(guard) = &mut self.guard {
            // Of a case that ended in a panic.
            let _ = guard.dismiss();
        }
        if self.marker.is_some() {
            self.guard = self.guard.take().or_else(|| self.kept.take());
            if self.guard.as_mut().is_none_or(Guard::has_ended) {
                // It starts while the line is opened.
                self.guard = Guard::call(file)?;
            }
        }
        let mut rig = Rig::start(file, options).await?;
        if let (Some(marker), Some(guard)) = (&self.marker, &mut self.guard) {
            self.is_guarded = guard.stand_by(file, &mut rig, &marker.right, path)?;
        }
        Ok(rig)
    }

    /// The case is over. Tells what is wrong with its guard.
    pub fn end(&mut self, not_safe: &[String]) -> Option<Trouble> {
        let trouble = self.guard.as_mut().and_then(Guard::dismiss);
        (self.is_guarded, self.in_case) = (false, false);
        if !not_safe.is_empty() {
            self.leave(not_safe);
        }
        trouble
    }

    fn leave(&mut self, not_safe: &[String]) {
        if let Some(marker) = self.marker.take() {
            marker.leave(not_safe);
        }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        // Of a case that ended in a panic the next run is to find the note.
        if self.in_case {
            return;
        }
        self.leave(&[]);
        if let Some(guard) = self.guard.take() {
            self.kept.put(guard);
        }
    }
}
