//! However a case ended, its pump is left safe: faults cleared, therapy stopped or at minimum rate, and what could not be done is said aloud.

use super::Runner;
use crate::event::Body;
use crate::interrupt;
use crate::journal::JournalError;
use crate::session::Outcome;

impl Runner<'_> {
    /// Clears faults, stops therapy (by line, else by probe), notes what was done and closes the journal.
    ///
    /// # Errors
    /// When the journal cannot be written; the pump is made safe all the same.
    pub async fn leave_safe(mut self) -> Result<(), JournalError> {
        // An interrupt must not cut the way to safety short; the session's own limits bound it.
        self.interrupt = interrupt::pair().1;
        let (mut did, mut failed) = (Vec::new(), Vec::new());
        for fault in std::mem::take(&mut self.armed) {
            match self.rig.clear_fault(fault).and_then(|()| self.rig.fault_effect(fault)) {
                Ok(state) if !state.in_effect => did.push(format!("cleared {fault}")),
                Ok(_) => failed.push(format!("{fault} is still in effect")),
                Err(error) => failed.push(format!("clear {fault}: {error}")),
            }
        }
        let id = self.session.make_safe(self.rig.now());
        let by_line = match self.outcome(id).await {
            Ok(Outcome::Ok { .. }) => Ok(()),
            Ok(Outcome::Refused { reason, .. }) => Err(format!("the pump refused to stop: {reason}")),
            Ok(_) => Err("the pump did not answer `stop`".to_owned()),
            Err(error) => Err(format!("`stop` could not be sent: {error}")),
        };
        match by_line {
            Ok(()) => did.push("stopped therapy".into()),
            // A pump that is stopped already may refuse to stop.
            Err(_) if self.judge.observed().state.as_deref() == Some("stopped") => {
                did.push("therapy was stopped already".into())
            }
            Err(why) => {
                let (done, not_done) = self.rig.go_safe();
                if done.is_empty() {
                    failed.push(format!(
                        "{why}, and no probe could make it safe: SWITCH THE PUMP OFF BY HAND"
                    ));
                } else {
                    did.push(why);
                }
                did.extend(done);
                failed.extend(not_done);
            }
        }
        let noted = self
            .note(Body::MadeSafe { did, failed })
            .and_then(|()| self.note(Body::Ended));
        noted?;
        self.rig.close();
        self.journal.finish().map(drop)
    }
}
