//! The dose log of a run beside the one that a person accepted: compared as text and numbers, without a file.

mod kept;
mod made;
mod record;

pub use kept::{BYTES_MAX, Damage, INFO, Kept, sha256_of};
pub use made::{Made, changes};
pub use record::{Acceptance, RECORD_BYTES_MAX, Record};

use crate::dose::{Beside, Difference, DoseLog, ParseError, STROKE_NL, beside, compare, shows_more};
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Came, Expected, Reason, ReasonKind};
use std::fmt;
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
    Accepted(Box<Accepted>),
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

/// A log that was accepted, and how it differs from the one that was accepted before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Who accepted it.
    pub acceptance: Acceptance,
    /// Rows of the log, and of both where rows came or went.
    pub rows: usize,
    /// Rows that differ by more than they may, or stand in one of both alone; `None` for a first log.
    pub differ: Option<usize>,
    /// The first difference.
    pub first: Option<Difference>,
    /// It has what only a test block shows, and the one before had not.
    pub shows_more: bool,
}

impl Accepted {
    /// `new` in the place of `old`, if there is one; `tolerance` is what the two may differ by.
    #[must_use]
    pub fn of(acceptance: Acceptance, old: Option<&DoseLog>, new: &DoseLog, tolerance: &Tolerance) -> Self {
        let rows = old.map(|old| beside(old, new, tolerance));
        let differs = |row: &&Beside| row.old.is_none() || row.new.is_none() || !row.beyond.is_empty();
        Self {
            acceptance,
            rows: rows.as_ref().map_or(new.rows.len(), Vec::len),
            differ: rows.map(|rows| rows.iter().filter(differs).count()),
            first: old.and_then(|old| compare(old, new, tolerance).into_iter().next()),
            shows_more: old.is_some_and(|old| shows_more(new, old)),
        }
    }

    /// What became of the one before, such as `new, 24 rows`.
    #[must_use]
    pub fn change(&self) -> String {
        let rows = match self.rows {
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        };
        match (self.differ, &self.first) {
            (None, _) => format!("new, {rows}"),
            (Some(_), None) if self.shows_more => format!("now with actuated and delivered, {rows}"),
            (Some(_), None) => format!("unchanged, {rows}"),
            (Some(differ), Some(first)) => format!("changed in {differ} of {rows}; first: {first}"),
        }
    }
}

impl fmt::Display for Accepted {
    /// That it was accepted, by whom and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Acceptance { who, reason, .. } = &self.acceptance;
        let reason = reason.as_deref().unwrap_or("no reason was given");
        write!(f, "its dose log was accepted ({}), by {who}: {reason}", self.change())
    }
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
            in_set_up: false,
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

/// What of the log of a run is compared with nothing, for a person; `None` where all of it is compared, or nothing was accepted.
#[must_use]
pub fn not_compared(accepted: &str, log: &DoseLog) -> Option<String> {
    let accepted = DoseLog::parse(accepted).ok().filter(|_| !accepted.is_empty())?;
    let told = "actuated and delivered of the dose log are not compared: the accepted log is of a rig without a test block; `pump-hil run --accept` on this rig accepts one that has them";
    shows_more(log, &accepted).then(|| told.to_owned())
}

/// What a run's log may differ by: more than its case says where it is made of samples, where the line was late, and by a stroke where part of one was carried from before the begin.
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
    // Of samples both logs are that uncertain: each volume may be off, and each time late.
    let (off, every) = log
        .sampled
        .map_or((0, 0), |sampled| (sampled.resolution.0, sampled.every.0));
    let more = strokes.saturating_add(off.saturating_mul(2));
    Tolerance {
        volume_floor: Volume(tolerance.volume_floor.0.saturating_add(more)),
        time: Span(tolerance.time.0.saturating_add(every)),
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
            reported: None,
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
    fn what_was_accepted_is_told_with_its_rows_and_the_first_that_differs() {
        let of = |old: Option<&[i64]>, new: &[i64]| {
            let acceptance = Acceptance {
                snapshot: "a".to_owned(),
                who: "Q. Engineer".to_owned(),
                when: String::new(),
                old_sha256: None,
                new_sha256: String::new(),
                reason: None,
            };
            let old = old.map(|rates| log(false, rates));
            Accepted::of(acceptance, old.as_ref(), &log(false, new), &STRICT).change()
        };
        assert_eq!(of(None, &[1, 2]), "new, 2 rows");
        assert_eq!(of(None, &[1]), "new, 1 row");
        assert_eq!(of(Some(&[1, 2]), &[1, 2]), "unchanged, 2 rows");
        assert_eq!(
            of(
                Some(&[1_000_000, 2_000_000, 3_000_000]),
                &[1_000_000, 2_500_000, 4_000_000]
            ),
            "changed in 2 of 3 rows; first: row 2 (00:00:00.000), rate: expected 2 mL/day, got 2.5 mL/day"
        );
        let longer = of(Some(&[1_000_000]), &[1_000_000, 1_000_000]);
        assert!(longer.starts_with("changed in 1 of 2 rows; first: "), "{longer}");
    }

    #[test]
    fn what_the_accepted_log_does_not_have_is_not_compared_and_that_is_told() {
        let of_rig = |seen: Option<i64>| {
            let mut log = log(false, &[1_000_000]);
            for row in &mut log.rows {
                (row.actuated, row.delivered) = (seen, seen);
            }
            log
        };
        let (plain, full, other) = (of_rig(None), of_rig(Some(500)), of_rig(Some(2_500)));
        let told = |accepted: &DoseLog, came: &DoseLog| {
            let told = not_compared(&accepted.to_string(), came);
            (compare(accepted, came, &STRICT).len(), told.is_some())
        };
        assert_eq!(told(&plain, &full), (0, true));
        assert_eq!(
            told(&full, &plain),
            (0, false),
            "the verdict says what a rig does not show"
        );
        assert_eq!(told(&full, &full), (0, false));
        assert_eq!(told(&full, &other), (2, false));
        assert_eq!(not_compared("", &full), None);
    }

    #[test]
    fn a_pump_that_carries_part_of_a_stroke_may_be_one_stroke_apart() {
        let floor = |carried| allowed(&log(carried, &[500_000]), &STRICT).volume_floor.0;
        assert_eq!([floor(false), floor(true)], [100, 600]);
    }
}
