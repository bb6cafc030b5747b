//! Crash records: when the firmware faulted, when the pump started again unasked, and when the case fails. A case that passes pays nothing.

use super::Runner;
use pump_hil_model::crash::{Crash, LINES_MAX, RECORDS_MAX, Why};
use pump_hil_model::event::Body;
use pump_hil_model::event_text::log_line;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::RigError;
use pump_hil_verdict::journal::JournalError;
use pump_hil_verdict::snapshot::against;
use std::collections::VecDeque;

/// What was said last, for a record.
#[derive(Debug, Default)]
pub(super) struct Last {
    log: VecDeque<String>,
    line: VecDeque<String>,
}

impl Last {
    /// Takes note of an event.
    pub fn heard(&mut self, body: &Body) {
        let (lines, text) = match body {
            Body::Log(log) => (&mut self.log, log_line(log)),
            Body::Sent { bytes } => (&mut self.line, format!("-> {bytes}")),
            Body::Received { bytes } => (&mut self.line, format!("<- {bytes}")),
            _ => return,
        };
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}

impl Runner<'_> {
    /// Notes what the firmware told the probe up to this instant, and what became of it.
    pub(super) fn note_log(&mut self) -> Result<(), JournalError> {
        for said in self.rig.logged() {
            match said {
                Body::Crash(crash) => self.note_crash(*crash)?,
                said => self.note(said)?,
            }
        }
        Ok(())
    }

    /// The pump may have started just now: where nothing explains why, notes what can still be found out.
    pub(super) fn note_start(&mut self) -> Result<(), JournalError> {
        if !self.judge.started_unexplained() || self.leaving || self.crashes >= RECORDS_MAX {
            return Ok(());
        }
        self.look_at(Why::Reset).map(drop)
    }

    /// The steps are over, or broke off: where the case does not pass, notes what the pump is doing, before anything is changed.
    pub(super) fn note_failure(&mut self) -> Result<(), JournalError> {
        let accepted = self.accepted.as_ref();
        let as_accepted = || {
            accepted.is_none_or(|accepted| {
                let checked = against(accepted, self.case, &self.judge.dose_log());
                checked.reason(self.case, self.now()).is_none()
            })
        };
        if self.end_is_looked_at || self.judge.has_passed() && as_accepted() {
            return Ok(());
        }
        match self.rig.hangs() {
            Some(limit_ms) => self.note_hang(limit_ms),
            None => self.look_at(Why::Failed).map(drop),
        }
    }

    /// Notes what the pump is doing now, where a probe can tell; gives the place where its core is.
    pub(super) fn look_at(&mut self, why: Why) -> Result<Option<String>, JournalError> {
        self.note_log()?;
        let Some(crash) = self.rig.crash(why) else {
            return Ok(None);
        };
        let place = (!crash.registers.is_empty()).then(|| crash.place());
        self.note_crash(crash)?;
        Ok(place)
    }

    /// Notes why the case cannot go on; of firmware that does not start, or that hangs, also where its core is.
    pub(super) fn note_trouble(&mut self, error: &RigError) -> Result<(), JournalError> {
        let mut what = error.to_string();
        match error {
            // It was looked at where it faulted.
            RigError::BootFault { .. } => self.note_log()?,
            RigError::TestBlock { .. } if !self.rig.is_up() => {
                let place = self.look_at(Why::Failed)?;
                what.extend(place.map(|place| format!(" The core is in {place}.")));
            }
            RigError::Hangs { limit_ms } => return self.note_hang(*limit_ms),
            _ => return self.note(Body::RigTrouble { what }),
        }
        self.end_is_looked_at = true;
        self.note(Body::RigTrouble { what })
    }

    /// Notes that the firmware hangs, and where its core is. Once: firmware that was started again and hangs again has failed already.
    pub(super) fn note_hang(&mut self, limit_ms: u64) -> Result<(), JournalError> {
        if std::mem::replace(&mut self.hang_is_noted, true) {
            return Ok(());
        }
        let place = self.look_at(Why::Failed)?;
        self.end_is_looked_at = true;
        self.note(match place {
            Some(place) => Body::Hung { place, limit_ms },
            None => Body::RigTrouble {
                what: RigError::Hangs { limit_ms }.to_string(),
            },
        })
    }

    fn note_crash(&mut self, mut crash: Crash) -> Result<(), JournalError> {
        self.crashes += 1;
        crash.log = self.last.log.iter().cloned().collect();
        crash.line = self.last.line.iter().map(|line| safe(line)).collect();
        self.note(Body::Crash(Box::new(crash)))
    }
}
