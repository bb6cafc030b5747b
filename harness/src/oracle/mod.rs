//! The oracle: the dose that prescription, requests and the pump's announcements allow, worked out without the firmware.

use crate::event::Event;
use crate::judge::Finding;
use crate::scenario::case::{Case, Step};

/// How far the pump may be from the nominal dose.
#[derive(Debug, Clone, Copy, Default)]
pub struct OracleSettings;

/// The nominal dose along a run.
#[derive(Debug)]
pub struct Oracle;

impl Oracle {
    /// For one run of `case`.
    #[must_use]
    pub fn new(_case: &Case, _settings: OracleSettings) -> Self {
        Self
    }
    /// Takes the next event; `step` is the one in progress.
    pub fn on_event(&mut self, _event: &Event, _step: Option<&Step>, _out: &mut Vec<Finding>) {}
    /// Nominal dose since the begin, nL.
    #[must_use]
    pub fn prescribed_nl(&self) -> Option<i64> {
        None
    }
    /// What is due at the end.
    pub fn finish(&mut self, _out: &mut Vec<Finding>) {}
}
