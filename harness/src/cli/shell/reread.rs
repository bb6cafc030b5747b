//! The profile's file, looked at until it is saved.

use crate::cli::inputs;
use crate::cli::watch::{Stamps, Watched};
use pump_hil_rig::{RigFile, host_time};
use pump_hil_talk::device::Profile;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often it is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// A profile's file.
pub(super) struct SavedProfile {
    named: PathBuf,
    rig: RigFile,
    watched: Watched,
    /// How it was when it was read last, and when it was looked at last.
    read: Stamps,
    seen: Stamps,
    looked: Instant,
}

impl SavedProfile {
    /// The profile of this rig, which was named so; nothing to look at where it is part of the program.
    pub fn of(named: PathBuf, rig: &RigFile) -> Self {
        let others = rig.device_path.iter().cloned().collect();
        let watched = Watched {
            scenarios: Vec::new(),
            others,
        };
        let read = watched.stamps();
        Self {
            named,
            rig: rig.clone(),
            watched,
            seen: read.clone(),
            read,
            looked: host_time::now(),
        }
    }

    /// The profile, where its file was saved since and is not being written any more; or what is wrong with it, rendered.
    pub fn saved(&mut self) -> Option<Result<Arc<Profile>, String>> {
        if self.looked.elapsed() < EVERY || self.watched.others.is_empty() {
            return None;
        }
        self.looked = host_time::now();
        let now = self.watched.stamps();
        let still = now == self.seen;
        self.seen = now;
        // An editor that saves may take the file away for a moment.
        if !still || self.seen == self.read || self.seen.is_empty() {
            return None;
        }
        self.read = self.seen.clone();
        let files = [self.named.clone()];
        Some(match inputs::rigs(&self.rig.shelf, &files, &self.rig.given) {
            Ok(Ok(rigs)) => {
                let rig = rigs.into_iter().next()?;
                Ok(Arc::clone(&rig.profile))
            }
            Ok(Err(rendered)) => Err(rendered),
            Err(error) => Err(format!("error: {error}\n")),
        })
    }
}
