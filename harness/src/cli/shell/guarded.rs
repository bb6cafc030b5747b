//! What watches over a pump while a person talks to it, and how it is left: safe, if anything was sent that may have an effect.

use crate::cli::exit::CliError;
use crate::safety::{Guard, Marker, Plain, end_therapy, state_folder};
use pump_hil_model::lack::Lack;
use pump_hil_rig::{OpenOptions, Rig, RigFile};
use std::path::PathBuf;

/// The name under which the next run finds a session that was killed.
const CASE: &str = "shell";

/// An open rig, watched over.
pub(super) struct Guarded {
    marker: Option<Marker>,
    guard: Option<Guard>,
    /// What an earlier run left.
    pub earlier: Option<String>,
}

/// Opens a rig. Of a pump that lives on without this program, the next run can find this session, and a guard stands by before anything is asked of it.
///
/// # Errors
/// Another run has the pump, or the rig cannot be opened.
pub(super) async fn open(file: &RigFile) -> Result<(Rig, Guarded), CliError> {
    let state = state_folder();
    let folder = state.clone().unwrap_or_else(std::env::temp_dir);
    // Nothing is written there but what a guard did.
    let journal = folder.join(format!("{CASE}-{}.jsonl", std::process::id()));
    let taken = Marker::take(file, state.as_deref(), CASE, &journal).await;
    let (marker, earlier) = taken.map_err(CliError::rig)?.unzip();
    let opened = start(file, marker.as_ref(), journal).await;
    let earlier = earlier.flatten();
    match opened {
        Ok((rig, guard)) => {
            let watched = Guarded { marker, guard, earlier };
            Ok((rig, watched))
        }
        Err(error) => {
            // Nothing was done to the pump: it is as the earlier run left it.
            if let Some(marker) = marker {
                marker.leave(&earlier.into_iter().collect::<Vec<_>>());
            }
            Err(error)
        }
    }
}

async fn start(file: &RigFile, marker: Option<&Marker>, journal: PathBuf) -> Result<(Rig, Option<Guard>), CliError> {
    let mut guard = match marker {
        Some(_) => Guard::call(file).map_err(CliError::rig)?,
        None => None,
    };
    let mut rig = Rig::start(file, &OpenOptions::default()).await.map_err(CliError::rig)?;
    if let (Some(marker), Some(guard)) = (marker, &mut guard) {
        let stands = guard.stand_by(file, &mut rig, &marker.right, &journal);
        stands.map_err(CliError::rig)?;
    }
    let booted = rig.boot().await;
    booted.map_err(|error| CliError::rig(rig.explain(error)))?;
    Ok((rig, guard))
}

impl Guarded {
    /// Leaves the pump: safe, where something was sent that may have an effect, or an earlier run left it otherwise. Gives what was done, and what is not safe.
    pub async fn leave(mut self, rig: &mut Rig, touched: bool) -> (Vec<String>, Vec<String>) {
        let (mut did, mut failed) = (Vec::new(), Vec::new());
        if touched || self.earlier.is_some() {
            let done = end_therapy(&mut Plain::new(rig)).await;
            (did, failed) = (done.did, done.failed);
        }
        if let Some(why) = rig.harmless() {
            failed.clear();
            did.push(why.to_owned());
        }
        failed.extend(
            self.guard
                .as_mut()
                .and_then(Guard::dismiss)
                .map(|trouble| trouble.to_string()),
        );
        if let Some(marker) = self.marker {
            marker.leave(&failed);
        }
        (did, failed)
    }
}

/// What must be known before anything is sent to a pump that nothing on the line makes safe.
pub(super) fn warning(rig: &mut Rig) -> Option<String> {
    let lacks = &rig.profile().lacks;
    let no_way = lacks.has(Lack::MAKE_SAFE);
    let why = lacks.told(Lack::MAKE_SAFE);
    let emulated = rig.way_out().is_emulated();
    (no_way && !emulated)
        .then(|| format!("warning: this pump has {why}; whatever starts it, you must switch it off by hand\n"))
}
