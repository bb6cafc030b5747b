//! Firmware that locked up before anything could be asked of it.

use crate::journal;
use pump_hil_model::event::{Body, Event};
use pump_hil_model::quantity::Span;
use pump_hil_rig::RigError;
use pump_hil_verdict::journal::JournalError;
use std::fs::File;

/// Writes the journal of firmware that locked up before anything could be asked of it: the emulator is gone, and nothing is left to be made safe.
pub(super) fn only_locked_up(
    mut journal: journal::Writer,
    error: &RigError,
) -> Result<(File, journal::Written), JournalError> {
    let crash = error.lockup().cloned().map(Box::new).map(Body::Crash);
    let made_safe = Body::MadeSafe {
        did: vec![error.to_string()],
        failed: Vec::new(),
    };
    for body in crash.into_iter().chain([made_safe, Body::Ended]) {
        journal.append(&Event {
            t: Span(0),
            host_us: 0,
            body,
        })?;
    }
    let file = journal.file()?;
    Ok((file, journal.finish()?))
}
