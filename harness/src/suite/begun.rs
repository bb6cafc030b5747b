//! A case begins: its bench is opened, and what watches over the pump stands by before anything is asked of it.

use crate::safety::{Guard, Marker};
use pump_hil_model::case::Case;
use pump_hil_model::trouble::Trouble;
use pump_hil_rig::{OpenOptions, Rig, RigError, RigFile};
use std::path::Path;

/// A bench that is open, with what watches over its pump.
pub(super) struct Begun {
    pub rig: Rig,
    /// What an earlier run left.
    pub earlier: Option<String>,
    pub guard: Option<Guard>,
    pub marker: Option<Marker>,
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

/// Opens the rig. Before anything is asked of a pump that lives on without this program, the next run can find this one by a note in `state`, and a guard
/// stands by.
pub(super) async fn begin(
    case: &Case,
    file: &RigFile,
    state: Option<&Path>,
    options: &OpenOptions,
    path: &Path,
) -> Result<Begun, NotBegun> {
    let (marker, earlier) = Marker::take(file, state, &case.name(), path).await?.unzip();
    let earlier = earlier.flatten();
    let begun = async {
        let mut rig = Rig::start(file, options).await?;
        let guard = match &marker {
            Some(marker) => Guard::start(file, &mut rig, &marker.right, path)?,
            None => None,
        };
        Ok::<_, NotBegun>((rig, guard))
    };
    match begun.await {
        Ok((rig, guard)) => Ok(Begun {
            rig,
            earlier,
            guard,
            marker,
        }),
        Err(why) => {
            // Nothing was done to the pump: it is as the earlier run left it.
            if let Some(marker) = marker {
                marker.leave(&earlier.into_iter().collect::<Vec<_>>());
            }
            Err(why)
        }
    }
}
