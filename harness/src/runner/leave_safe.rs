//! However a case ended, its pump is left safe: faults cleared, therapy stopped or at minimum rate, and what could not be done is said aloud.
//!
//! Invariant: nothing skips the way to safety. Neither an interrupt nor a journal that takes no more cuts it short, and what could not be made
//! safe is known to the caller even where it cannot be written down.

use super::{Runner, Stopped};
use crate::interrupt;
use pump_hil_model::event::Body;
use pump_hil_talk::session::Outcome;
use pump_hil_verdict::journal::JournalError;

/// How a pump was left.
#[derive(Debug)]
pub struct Left {
    /// What could not be made safe; empty is good.
    pub not_safe: Vec<String>,
    /// Whether all of it stands in the journal, and the journal is closed.
    pub journaled: Result<(), JournalError>,
}

impl Runner<'_> {
    /// Clears faults, stops therapy (by line, else by probe), notes what was done, closes the rig and the journal. Bounded by the session's and the
    /// rig's own limits. `panic` is what the harness said where it broke off in the middle of a step: from there on nothing is judged.
    pub async fn leave_safe(mut self, panic: Option<String>) -> Left {
        // An interrupt must not cut the way to safety short.
        let interrupted = self.interrupt.by().is_some();
        self.interrupt = interrupt::pair().1;
        self.leaving = true;
        if let Some(what) = panic {
            let _ = self.note(Body::RigTrouble { what });
        }
        let (mut did, mut failed) = (Vec::new(), Vec::new());
        if !self.rig.is_gone() {
            if interrupted && self.rig.is_up() {
                // Whoever interrupts may do so because it hangs, which would be known only much later.
                self.rig.take_back();
                let _ = self.settle().await;
            }
            let _ = self.note_failure();
            if self.rig.is_up() {
                self.make_safe(&mut did, &mut failed).await;
            } else {
                did.push("nothing was asked of the pump: it did not come up".to_owned());
            }
        }
        if let Some(why) = self.rig.harmless() {
            failed.clear();
            did.push(why.to_owned());
        }
        for what in &failed {
            tracing::error!(case = %self.case.name(), what = %pump_hil_model::safe_text::safe(what), "the pump is not safe");
        }
        for said in self.rig.logged_last() {
            let _ = self.note(said);
        }
        let _ = self.note(Body::MadeSafe {
            did,
            failed: failed.clone(),
        });
        let _ = self.note(Body::Ended);
        self.rig.close();
        let journaled = match self.unwritten {
            Some(error) => Err(error),
            None => self.journal.finish().map(drop),
        };
        Left {
            not_safe: failed,
            journaled,
        }
    }

    /// Asks the pump to be safe. Firmware that is found to hang over that is started again and asked once more.
    async fn make_safe(&mut self, did: &mut Vec<String>, failed: &mut Vec<String>) {
        let hung = self.rig.hangs().is_some();
        self.restart_if_it_hangs(did, failed);
        let armed = self.armed.clone();
        let (mut done, mut not_done) = self.clear_and_stop().await;
        if !hung && self.rig.hangs().is_some() {
            self.restart_if_it_hangs(did, failed);
            // What was done before the start is done anew.
            self.armed = armed;
            (done, not_done) = self.clear_and_stop().await;
        }
        did.append(&mut done);
        failed.append(&mut not_done);
    }

    /// Clears faults and stops therapy; what was done of it, and what was not.
    async fn clear_and_stop(&mut self) -> (Vec<String>, Vec<String>) {
        let (mut did, mut failed) = (Vec::new(), Vec::new());
        self.clear_armed(&mut did, &mut failed).await;
        self.stop_therapy(&mut did, &mut failed).await;
        (did, failed)
    }

    /// Firmware that hangs is started again, as a watchdog would: only so can it be told to stop.
    fn restart_if_it_hangs(&mut self, did: &mut Vec<String>, failed: &mut Vec<String>) {
        if let Some(limit_ms) = self.rig.hangs() {
            let _ = self.note_hang(limit_ms);
            match self.rig.restart() {
                Ok(()) => {
                    let what = "reset the core, whose firmware hung";
                    let _ = self.note(Body::Probe { did: what.to_owned() });
                    did.push(what.to_owned());
                }
                Err(error) => failed.push(error.to_string()),
            }
        }
    }

    /// Switches off every fault that is still armed, and reads back that it is off.
    async fn clear_armed(&mut self, did: &mut Vec<String>, failed: &mut Vec<String>) {
        let armed = std::mem::take(&mut self.armed);
        for fault in &armed {
            if let Err(error) = self.rig.clear_fault(*fault) {
                failed.push(format!("clear {fault}: {error}"));
            }
        }
        if armed.is_empty() {
            return;
        }
        // The physics takes the switches in at the next instant.
        let settled = self.settle().await;
        for fault in armed {
            match self.rig.fault_effect(fault) {
                Ok(state) if !state.in_effect => did.push(format!("cleared {fault}")),
                Ok(_) => {
                    let why = settled
                        .as_ref()
                        .err()
                        .map_or(String::new(), |error| format!(" ({error})"));
                    failed.push(format!("{fault} is still in effect{why}"));
                }
                Err(error) => failed.push(format!("read back {fault}: {error}")),
            }
        }
    }

    /// Stops therapy over the line; where that fails, by the probe.
    async fn stop_therapy(&mut self, did: &mut Vec<String>, failed: &mut Vec<String>) {
        let id = self.session.make_safe(self.rig.now());
        let why = match self.outcome(id).await {
            Ok(Outcome::Ok { .. }) => {
                did.push("stopped therapy".into());
                return;
            }
            // A pump that is stopped already may refuse to stop.
            Ok(Outcome::Refused { .. }) if self.judge.observed().state.as_deref() == Some("stopped") => {
                did.push("therapy was stopped already".into());
                return;
            }
            Ok(Outcome::Refused { reason, .. }) => format!("the pump refused to stop: {reason}"),
            Ok(_) => "the pump did not answer `stop`".to_owned(),
            Err(error) => format!("`stop` could not be sent: {}", self.broke(error)),
        };
        let (done, not_done) = self.rig.go_safe();
        if done.is_empty() {
            let heard = self.judge.observed().state.as_deref();
            let heard = heard.map_or(String::new(), |state| format!(" (last heard of: {state})"));
            failed.push(format!(
                "{why}, and no probe could make it safe: SWITCH THE PUMP OFF BY HAND{heard}"
            ));
        } else {
            did.push(why);
        }
        did.extend(done);
        failed.extend(not_done);
    }

    /// What broke. QEMU that ends over it leaves no hazard, but no verdict either.
    fn broke(&mut self, stopped: Stopped) -> String {
        let Stopped::Rig(error) = stopped else {
            return stopped.to_string();
        };
        let error = self.rig.explain(error);
        if self.rig.is_gone() {
            let _ = self.note_trouble(&error);
        }
        error.to_string()
    }
}
