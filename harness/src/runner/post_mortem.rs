//! Crash records: when the firmware faulted, when the pump started again unasked, and when the case fails. A case that passes pays nothing.

use super::recorded::RecordedRig;
use pump_hil_model::capability::Capability;
use pump_hil_model::crash::{Crash, RECORDS_MAX, Why};
use pump_hil_model::event::Body;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::RigError;
use pump_hil_verdict::journal::JournalError;

/// What was put down so far of how the pump came to grief.
#[derive(Debug, Default)]
pub(super) struct PostMortem {
    /// Crash records so far.
    records: usize,
    /// One of them is of the end already.
    end_is_looked_at: bool,
    /// That the firmware hangs stands in the journal.
    hang_is_noted: bool,
    /// So does a lockup.
    lockup_is_noted: bool,
}

impl PostMortem {
    /// Notes what the firmware told the probe up to this instant, and what became of it.
    pub fn note_log(&mut self, at: &mut RecordedRig<'_>) -> Result<(), JournalError> {
        for said in at.rig().logged() {
            match said {
                Body::Crash(crash) => self.note_crash(at, *crash)?,
                said => at.note(said)?,
            }
        }
        Ok(())
    }

    /// The pump may have started just now: where nothing explains why, notes what can still be found out.
    pub fn note_start(&mut self, at: &mut RecordedRig<'_>) -> Result<(), JournalError> {
        if at.record().is_leaving() || self.records >= RECORDS_MAX || !at.judge().started_unexplained() {
            return Ok(());
        }
        self.look_at(at, Why::Reset).map(drop)
    }

    /// The steps are over, or broke off: where the case does not pass, notes what the pump is doing, before anything is changed.
    pub fn note_failure(&mut self, at: &mut RecordedRig<'_>) -> Result<(), JournalError> {
        if self.end_is_looked_at || at.record().passes(at.now()) {
            return Ok(());
        }
        match at.rig().hangs() {
            Some(limit_ms) => self.note_hang(at, limit_ms),
            None => self.look_at(at, Why::Failed).map(drop),
        }
    }

    /// Notes why the case cannot go on; of firmware that does not start, or that hangs, also where its core is.
    pub fn note_trouble(&mut self, at: &mut RecordedRig<'_>, error: &RigError) -> Result<(), JournalError> {
        if let Some(crash) = error.lockup() {
            self.end_is_looked_at = true;
            // QEMU has ended by it: whatever is tried afterwards fails by the same.
            return match std::mem::replace(&mut self.lockup_is_noted, true) {
                true => Ok(()),
                false => self.note_crash(at, crash.clone()),
            };
        }
        let (code, mut what) = (Some(error.code()), error.to_string());
        match error {
            // It was looked at where it faulted.
            RigError::BootFault { .. } => self.note_log(at)?,
            RigError::TestBlock { .. } if !at.rig().is_up() => {
                let place = self.look_at(at, Why::Hang)?;
                what.extend(place.map(|place| format!(" The core is in {place}.")));
            }
            RigError::Hangs { limit_ms } => return self.note_hang(at, *limit_ms),
            _ => return at.note(Body::RigTrouble { code, what }),
        }
        self.end_is_looked_at = true;
        at.note(Body::RigTrouble { code, what })
    }

    /// Notes that the firmware hangs, and where its core is. Once: firmware that was started again and hangs again has failed already.
    pub fn note_hang(&mut self, at: &mut RecordedRig<'_>, limit_ms: u64) -> Result<(), JournalError> {
        if std::mem::replace(&mut self.hang_is_noted, true) {
            return Ok(());
        }
        let place = if at.rig().capabilities().contains(&Capability::Probe) {
            self.look_at(at, Why::Hang)?
        } else {
            // That its time stands is known all the same, by whoever grants it.
            Some("a place that no probe shows".to_owned())
        };
        self.end_is_looked_at = true;
        at.note(match place {
            Some(place) => Body::Hung { place, limit_ms },
            None => {
                let error = RigError::Hangs { limit_ms };
                Body::RigTrouble {
                    code: Some(error.code()),
                    what: error.to_string(),
                }
            }
        })
    }

    /// Notes what the pump is doing now, where a probe can tell; gives the place where its core is.
    fn look_at(&mut self, at: &mut RecordedRig<'_>, why: Why) -> Result<Option<String>, JournalError> {
        // What the firmware logged up to here belongs into the record, and so before it.
        self.note_log(at)?;
        let Some(crash) = at.rig().crash(why) else {
            return Ok(None);
        };
        let place = (!crash.registers.is_empty()).then(|| crash.place());
        self.note_crash(at, crash)?;
        Ok(place)
    }

    fn note_crash(&mut self, at: &mut RecordedRig<'_>, mut crash: Crash) -> Result<(), JournalError> {
        self.records += 1;
        let last = at.record().last_said();
        crash.log = last.log.iter().cloned().collect();
        crash.line = last.line.iter().map(|line| safe(line)).collect();
        drop(last);
        at.note(Body::Crash(Box::new(crash)))
    }
}
