//! What the firmware does without being asked: it logs, and it faults. Both are found where the probe looks, and kept until somebody asks.

use super::inside::Inside;
use super::probe::ProbeError;
use super::rtt::Logs;
use pump_hil_model::crash::{RECORDS_MAX, Why};
use pump_hil_model::event::Body;

/// What was found, and what was told of it.
#[derive(Debug)]
pub(super) struct Faults {
    logs: Logs,
    /// What the probe found and nobody has asked for yet.
    told: Vec<Body>,
    /// Faults that were caught.
    caught: usize,
}

impl Faults {
    /// None yet, of a firmware with these logs.
    pub fn new(logs: Logs) -> Self {
        Self {
            logs,
            told: Vec::new(),
            caught: 0,
        }
    }

    /// Whether the core stands. Where it does because the firmware faulted, that is put down, and it goes on: its fault handler does what it does.
    pub fn stands(&mut self, inside: &mut Inside) -> Result<bool, ProbeError> {
        let Some(debug) = inside.debug() else {
            return Ok(false);
        };
        if !debug.is_halted()? {
            return Ok(false);
        }
        if self.caught == RECORDS_MAX || !debug.stands_at_fault()? {
            return Ok(true);
        }
        self.caught += 1;
        // What it said before the fault comes first.
        self.told.extend(self.logs.look(debug));
        self.record(inside);
        if let Some(debug) = inside.debug() {
            // A firmware that faults at every start would have us here for ever.
            if self.caught == RECORDS_MAX {
                debug.catch_faults(false)?;
            }
            debug.run()?;
        }
        Ok(false)
    }

    /// Puts down what the core was doing when it faulted.
    pub fn record(&mut self, inside: &mut Inside) {
        let crash = inside.crash(Why::Fault);
        self.told.extend(crash.map(|crash| Body::Crash(Box::new(crash))));
    }

    /// What the firmware told the probe since the last look, and what became of it where it faulted; nothing where it tells nothing.
    pub fn logged(&mut self, inside: &mut Inside) -> Vec<Body> {
        let mut told = std::mem::take(&mut self.told);
        if let (Some(debug), true) = (inside.debug(), self.logs.any()) {
            told.extend(self.logs.look(debug));
        }
        told
    }

    /// The same for the last time: lines without an end as well.
    pub fn logged_last(&mut self, inside: &mut Inside) -> Vec<Body> {
        let mut told = self.logged(inside);
        told.extend(self.logs.end());
        told
    }
}
