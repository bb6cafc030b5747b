//! However a case ended, its pump is left safe: faults cleared, therapy stopped or at minimum rate, and what could not be done is said aloud.

use super::Runner;
use crate::event::Body;
use crate::fault::FaultName;
use crate::interrupt;
use crate::journal::JournalError;
use crate::scenario::case::Request;
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
        for fault in self.judge.faults_armed() {
            self.clear_for_safety(fault, &mut did, &mut failed);
        }
        if let Err(error) = self.rig.resume() {
            failed.push(format!("let the core run: {error}"));
        }
        match self.request(&Request::Stop).await {
            Ok(Outcome::Accepted(_)) => did.push("stopped therapy".into()),
            // A pump that is stopped already may refuse to stop.
            Ok(Outcome::Refused(_)) if self.judge.state() == Some("stopped") => did.push("therapy was stopped already".into()),
            other => {
                let why = match other {
                    Ok(Outcome::Refused(code)) => format!("the pump refused to stop: {code}"),
                    Ok(_) => "the pump did not answer `stop`".into(),
                    Err(error) => format!("`stop` could not be sent: {error}"),
                };
                match self.rig.go_safe().await {
                    Ok(true) => did.push(format!("{why}; the probe sent it to its safe state")),
                    Ok(false) => failed.push(format!("{why}, and this rig has no probe to make it safe: SWITCH THE PUMP OFF BY HAND")),
                    Err(error) => failed.push(format!("{why}, and the probe failed: {error}: SWITCH THE PUMP OFF BY HAND")),
                }
            }
        }
        let noted = self.note(Body::MadeSafe { did, failed }).and_then(|()| self.note(Body::Ended));
        self.rig.close().await;
        noted.and_then(|()| self.journal.finish())
    }

    fn clear_for_safety(&mut self, fault: FaultName, did: &mut Vec<String>, failed: &mut Vec<String>) {
        match self.rig.clear_fault(fault).and_then(|()| self.rig.fault_effect(fault)) {
            Ok(false) => did.push(format!("cleared {fault}")),
            Ok(true) => failed.push(format!("{fault} is still in effect")),
            Err(error) => failed.push(format!("clear {fault}: {error}")),
        }
    }
}

