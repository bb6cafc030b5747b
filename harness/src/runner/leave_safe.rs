//! However a case ended, its pump is left safe: faults cleared, therapy stopped or at minimum rate, and what could not be done is said aloud.
//!
//! Invariant: nothing skips the way to safety. Neither an interrupt nor a journal that takes no more cuts it short, and what could not be made
//! safe is known to the caller even where it cannot be written down.

use super::armed::Armed;
use super::exchange::Exchange;
use super::setup::may_start;
use crate::journal::Written;
use crate::safety::{Report, end_therapy};
use pump_hil_model::case::Case;
use pump_hil_model::event::Body;
use pump_hil_model::lack::Lack;
use pump_hil_model::safe_text::safe;
use pump_hil_model::trouble::TroubleCode;
use pump_hil_verdict::journal::JournalError;
use std::path::Path;
use std::time::Duration;

/// How long a guard may take until it tells what it did.
const GUARD_TELLS: Duration = Duration::from_secs(60);

/// How a pump was left.
#[derive(Debug)]
pub struct Left {
    /// What could not be made safe; empty is good.
    pub not_safe: Vec<String>,
    /// What the journal holds, where all of it stands there and the journal is closed.
    pub journaled: Result<Written, JournalError>,
}

/// The way to safety, and what was done on it. Errors of the journal are passed over here: it keeps the first itself, for its end.
pub(super) struct WayToSafety<'r, 'a> {
    case: &'a Case,
    pump: &'r mut Exchange<'a>,
    armed: Armed,
    did: Vec<String>,
    failed: Vec<String>,
}

impl<'r, 'a> WayToSafety<'r, 'a> {
    /// At its begin; `armed` are the faults that are still switched on.
    pub fn new(case: &'a Case, pump: &'r mut Exchange<'a>, armed: Armed) -> Self {
        Self {
            case,
            pump,
            armed,
            did: Vec::new(),
            failed: Vec::new(),
        }
    }

    /// Goes it to its end. Gives what could not be made safe.
    pub async fn go(mut self, panic: Option<String>, guarded: Option<&Path>) -> Vec<String> {
        // An interrupt must not cut the way to safety short.
        let interrupted = self.pump.leave();
        if let Some(what) = panic {
            let _ = self.pump.note(Body::RigTrouble {
                code: Some(TroubleCode::HARNESS),
                what,
            });
        }
        let taken_over = self.pump.rig().way_out().may_speak().is_err();
        if let (true, Some(journal)) = (taken_over, guarded) {
            // The guard made it safe while this program was stopped: nothing more is sent, and what was done is the guard's to tell.
            let done = Report::awaited(journal, GUARD_TELLS).await;
            self.did.extend(done.did);
            self.failed.extend(done.failed);
        } else if !self.pump.rig().is_gone() {
            if interrupted && self.pump.rig().is_up() {
                // Whoever interrupts may do so because it hangs, which would be known only much later.
                self.pump.rig().take_back();
                let _ = self.pump.settle().await;
            }
            let (post_mortem, at) = self.pump.post_mortem();
            let _ = post_mortem.note_failure(at);
            if self.pump.rig().is_up() {
                self.make_safe().await;
            } else {
                self.did
                    .push("nothing was asked of the pump: it did not come up".to_owned());
            }
        }
        if let Some(why) = self.pump.rig().harmless() {
            self.failed.clear();
            self.did.push(why.to_owned());
        }
        for what in &self.failed {
            tracing::error!(case = %self.case.name(), what = %safe(what), "the pump is not safe");
        }
        let _ = self.pump.end_of_line();
        // Behind everything that the firmware may still have logged about: a line without an end gets none any more.
        for said in self.pump.rig().logged_last() {
            let _ = self.pump.note(said);
        }
        let _ = self.pump.note(Body::MadeSafe {
            did: self.did,
            failed: self.failed.clone(),
        });
        let _ = self.pump.note(Body::Ended);
        self.failed
    }

    /// Asks the pump to be safe. Firmware that is found to hang over that is started again and asked once more.
    async fn make_safe(&mut self) {
        let hung = self.pump.rig().hangs().is_some();
        self.restart_if_it_hangs();
        // `clear_all` empties it, and firmware that is started again must be cleared of all of them once more.
        let armed = self.armed.clone();
        self.clear_and_stop().await;
        if !hung && self.pump.rig().hangs().is_some() {
            // What was done before the start is done anew.
            (self.did, self.failed, self.armed) = (Vec::new(), Vec::new(), armed);
            self.restart_if_it_hangs();
            self.clear_and_stop().await;
        }
    }

    /// Clears faults and stops therapy.
    async fn clear_and_stop(&mut self) {
        self.armed.clear_all(self.pump, &mut self.did, &mut self.failed).await;
        let lacks = self.pump.lacks();
        let is_asked = !lacks.is_plain() && !lacks.has(Lack::MAKE_SAFE);
        if !is_asked && !may_start(self.case, self.pump.rig().profile()) {
            return self.did.push("nothing was started, and nothing was asked".to_owned());
        }
        let done = end_therapy(self.pump).await;
        self.did.extend(done.did);
        self.failed.extend(done.failed);
    }

    /// Firmware that hangs is started again, as a watchdog would: only so can it be told to stop.
    fn restart_if_it_hangs(&mut self) {
        if let Some(limit_ms) = self.pump.rig().hangs() {
            let (post_mortem, at) = self.pump.post_mortem();
            let _ = post_mortem.note_hang(at, limit_ms);
            match self.pump.rig().restart() {
                Ok(()) => {
                    let what = "reset the core, whose firmware hung";
                    let _ = self.pump.note(Body::Probe { did: what.to_owned() });
                    self.did.push(what.to_owned());
                }
                Err(error) => self.failed.push(error.to_string()),
            }
        }
    }
}
