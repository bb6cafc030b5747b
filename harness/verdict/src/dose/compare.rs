//! Two dose logs, column by column, each with its tolerance.

use super::log::{CLASSES, DoseLog, Row};
use super::pairs::{Pair, pairs};
use super::sampled::Sampled;
use super::table::COLUMNS;
use pump_hil_model::case::Tolerance;
use pump_hil_model::dose_text;
use pump_hil_model::quantity::{Rate, Span, Volume};
use std::borrow::Cow;
use std::fmt;

/// Where two logs differ by more than the tolerance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Row, from 1; 0 for the whole table.
    pub row: usize,
    /// Time of the accepted row.
    pub t: Option<Span>,
    /// Column.
    pub column: &'static str,
    /// What was accepted.
    pub expected: String,
    /// What came.
    pub came: String,
    /// How far they are apart, and what is allowed; empty where nothing is.
    pub by: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.row > 0 {
            write!(f, "row {}", self.row)?;
        } else {
            write!(f, "table")?;
        }
        if let Some(t) = self.t {
            write!(f, " ({})", t.clock())?;
        }
        write!(f, ", {}: expected {}, got {}", self.column, self.expected, self.came)?;
        if self.by.is_empty() {
            Ok(())
        } else {
            write!(f, ", {}", self.by)
        }
    }
}

/// Every difference beyond `tolerance`. What a rig without a test block cannot see, the actuated and the delivered volume, is not compared where one of the logs is of such a rig. Where rows do not pair up, the first that does not ends the comparison: what follows would be noise.
#[must_use]
pub fn compare(accepted: &DoseLog, came: &DoseLog, tolerance: &Tolerance) -> Vec<Difference> {
    let mut found = Vec::new();
    let whole = |column, expected: String, came: String| Difference {
        row: 0,
        t: None,
        column,
        expected,
        came,
        by: String::new(),
    };
    if accepted.name != came.name {
        found.push(whole("name", accepted.name.clone(), came.name.clone()));
    }
    let strides = |log: &DoseLog| format!("1 of {} and 1 of {}", log.periodic_stride, log.routine_stride);
    if strides(accepted) != strides(came) {
        found.push(whole("shown", strides(accepted), strides(came)));
    }
    let sampled = |log: &DoseLog| log.sampled.map_or("by the pump".to_owned(), sampled_as);
    if accepted.sampled != came.sampled {
        found.push(whole("sampled", sampled(accepted), sampled(came)));
    }
    let seen = is_seen(accepted) && is_seen(came);
    let (pairs, left) = pairs(accepted, came, tolerance.time);
    let counts = left.map(|rows| pairs.len().saturating_add(rows.len()));
    for (row, pair) in (1..).zip(&pairs) {
        let before = found.len();
        let Pair { old, apart, .. } = pair;
        let new = &as_after_the_change(pair);
        rows(row, old, new, &later_by(tolerance, *apart), seen, &mut found);
        if found[before..].iter().any(|d| matches!(d.column, "what" | "detail")) {
            found.truncate(before);
            found.push(Difference {
                row,
                t: Some(old.t),
                column: "what",
                expected: format!("{} {}", old.what, old.detail),
                came: format!("{} {} at {}", new.what, new.detail, new.t.clock()),
                by: "the rows after it are not compared".to_owned(),
            });
            return found;
        }
    }
    if let [expected, came] = counts
        && expected != came
    {
        found.push(whole("rows", format!("{expected} rows"), format!("{came} rows")));
    }
    found
}

/// How a sampled log came about.
fn sampled_as(sampled: Sampled) -> String {
    let (every, off, per) = (sampled.every, sampled.resolution, sampled.entry_per);
    format!("every {every}, +- {off}, for each {per}")
}

/// Whether a log has what only a test block shows.
pub(super) fn is_seen(log: &DoseLog) -> bool {
    let is_seen = |row: &Row| row.actuated.is_some() || row.delivered.is_some();
    log.rows.iter().any(is_seen)
}

/// Whether a log has what only a test block shows, and the accepted one does not.
#[must_use]
pub fn shows_more(came: &DoseLog, accepted: &DoseLog) -> bool {
    is_seen(came) && !is_seen(accepted)
}

/// The tolerance of a row that may be so much further from its place.
pub(super) fn later_by(tolerance: &Tolerance, apart: Span) -> Tolerance {
    Tolerance {
        time: Span(tolerance.time.0.saturating_add(apart.0)),
        ..*tolerance
    }
}

/// The new row of a pair, as it would have been behind the change that the old one stands behind.
pub(super) fn as_after_the_change(pair: &Pair) -> Cow<'_, Row> {
    let mut new = Cow::Borrowed(&pair.new);
    if pair.before_change {
        let (old, row) = (&pair.old, new.to_mut());
        (row.state, row.mode, row.rate) = (old.state.clone(), old.mode.clone(), old.rate);
    }
    new
}

/// How two rows differ, by more than this.
pub(super) fn rows(row: usize, old: &Row, new: &Row, tolerance: &Tolerance, seen: bool, found: &mut Vec<Difference>) {
    let mut note = |column: &'static str, expected: String, came: String, by: String| {
        found.push(Difference {
            row,
            t: Some(old.t),
            column,
            expected,
            came,
            by,
        });
    };
    let apart = new.t.0.saturating_sub(old.t.0).saturating_abs();
    if apart > tolerance.time.0 {
        let by = format!("apart by {}, allowed {}", Span(apart), tolerance.time);
        note("time", old.t.clock(), new.t.clock(), by);
    }
    for (column, old, new) in [
        ("what", &old.what, &new.what),
        ("detail", &old.detail, &new.detail),
        ("state", &old.state, &new.state),
        ("mode", &old.mode, &new.mode),
    ] {
        if old != new {
            note(column, old.clone(), new.clone(), String::new());
        }
    }
    // No tolerance: a rate is programmed, not measured.
    if old.rate != new.rate {
        let text = |r: Option<i64>| r.map_or("-".to_owned(), |r| dose_text::rate(Rate(r)));
        note("rate", text(old.rate), text(new.rate), String::new());
    }
    let class = |row: &Row, i: usize| row.classes.map(|c| c[i]);
    let mut volumes: Vec<(&'static str, Option<i64>, Option<i64>)> = (0..CLASSES.len())
        .map(|i| (CLASSES[i], class(old, i), class(new, i)))
        .collect();
    volumes.push((COLUMNS[12], old.total(), new.total()));
    if seen {
        volumes.push((COLUMNS[13], old.actuated, new.actuated));
        volumes.push((COLUMNS[14], old.delivered, new.delivered));
    }
    volumes.push((COLUMNS[15], old.reservoir, new.reservoir));
    for (column, old, new) in volumes {
        let told = |v: i64| dose_text::volume(Volume(v));
        let text = |v: Option<i64>| v.map_or("-".to_owned(), told);
        match (old, new) {
            (Some(o), Some(n)) => {
                // Of the accepted value, so that the tolerance does not grow with what is wrong.
                let allowed = tolerance.volume.of(o.saturating_abs()).max(tolerance.volume_floor.0);
                let apart = n.saturating_sub(o).saturating_abs();
                if apart > allowed {
                    let by = format!("apart by {}, allowed {}", told(apart), told(allowed));
                    note(column, text(old), text(new), by);
                }
            }
            (None, None) => {}
            _ => note(column, text(old), text(new), String::new()),
        }
    }
}
