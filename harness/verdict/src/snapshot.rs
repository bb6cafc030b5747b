//! The dose log of a run beside the one that a person accepted: compared as text and numbers, without a file.

mod kept;
mod made;
mod record;

pub use kept::{BYTES_MAX, Damage, INFO, Kept, sha256_of};
pub use made::{Made, changes};
pub use record::{Acceptance, RECORD_BYTES_MAX, Record};

use crate::dose::{Difference, DoseLog, ParseError, STROKE_NL, compare};
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Came, Expected, Reason, ReasonKind};
use std::path::PathBuf;

/// Differences of one snapshot that are told.
const DIFFERENCES_SHOWN: usize = 8;

/// How a dose log stands to its snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// The scenario keeps none.
    None,
    /// Inside the tolerance.
    Same,
    /// It was accepted now.
    Accepted(Acceptance),
    /// There is none yet; `pending` is where it waits for review.
    Missing {
        /// `.snap.new`, if it was written.
        pending: Option<PathBuf>,
    },
    /// Beyond the tolerance.
    Differs {
        /// Where.
        differences: Vec<Difference>,
        /// `.snap.new`, if it was written.
        pending: Option<PathBuf>,
    },
}

impl Checked {
    /// The reason of a failure, if it is one; `end` is the time of the run's last event, `changed` how the prescription changed since the log was accepted.
    #[must_use]
    pub fn reason(&self, case: &Case, end: Span, changed: &[String]) -> Option<Reason> {
        let (t, expected, came) = match self {
            Self::None | Self::Same | Self::Accepted(_) => return None,
            Self::Missing { .. } => (end, Expected::AcceptedLog, Came::NoLog { case: case.name() }),
            Self::Differs { differences, .. } => {
                let shown = differences.iter().take(DIFFERENCES_SHOWN);
                let came = Came::LogDiffers {
                    shown: shown.map(Difference::to_string).collect(),
                    more: differences.len().saturating_sub(DIFFERENCES_SHOWN),
                    changed: changed.to_vec(),
                };
                // What is wrong began there, and not where the log was looked at.
                let first = differences.iter().find_map(|difference| difference.t);
                (first.unwrap_or(end), Expected::LogOf { case: case.name() }, came)
            }
        };
        Some(Reason {
            kind: ReasonKind::Snapshot,
            t,
            step: None,
            line: None,
            expected,
            came,
        })
    }
}

/// Compares the dose log of a run of `case` with what was accepted then, as its journal has it. Touches no file.
///
/// # Errors
/// What was accepted is no dose log: that says nothing about the pump.
pub fn against(accepted: &str, case: &Case, log: &DoseLog) -> Result<Checked, ParseError> {
    let Some(tolerance) = case.snapshot else {
        return Ok(Checked::None);
    };
    // The journal's header has an empty text where there was none yet (`Header::accepted`).
    if accepted.is_empty() {
        return Ok(Checked::Missing { pending: None });
    }
    let differences = compare(&DoseLog::parse(accepted)?, log, &allowed(log, &tolerance));
    if differences.is_empty() {
        return Ok(Checked::Same);
    }
    Ok(Checked::Differs {
        differences,
        pending: None,
    })
}

/// What a run's log may differ by: more than its case says where the line was late, and by a stroke where part of one was carried from before the begin.
#[must_use]
pub fn allowed(log: &DoseLog, tolerance: &Tolerance) -> Tolerance {
    // What the harness could ask only later, the pump did later; what else happened at its own time then fell on other strokes.
    let faults = log.rows.iter().filter(|row| row.what == "fault").count();
    let late = if log.late > Span(0) {
        i64::try_from(faults).unwrap_or(i64::MAX).saturating_add(2)
    } else {
        0
    };
    let strokes = STROKE_NL.saturating_mul(late.saturating_add(log.carried.into()));
    Tolerance {
        volume_floor: Volume(tolerance.volume_floor.0.saturating_add(strokes)),
        ..*tolerance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dose::Row;
    use pump_hil_model::quantity::Percent;

    const STRICT: Tolerance = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(100),
        time: Span(1_000),
    };

    fn log(carried: bool, rates: &[i64]) -> DoseLog {
        let row = |rate: &i64| Row {
            t: Span(0),
            what: "periodic".to_owned(),
            detail: "-".to_owned(),
            state: "running".to_owned(),
            mode: "continuous".to_owned(),
            rate: Some(*rate),
            classes: None,
            actuated: None,
            delivered: None,
            reservoir: None,
        };
        DoseLog {
            carried,
            rows: rates.iter().map(row).collect(),
            ..DoseLog::default()
        }
    }

    #[test]
    fn a_pump_that_carries_part_of_a_stroke_may_be_one_stroke_apart() {
        let floor = |carried| allowed(&log(carried, &[500_000]), &STRICT).volume_floor.0;
        assert_eq!([floor(false), floor(true)], [100, 600]);
    }
}
