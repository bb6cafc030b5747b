//! Which row of one dose log stands beside which of another.
//!
//! Rows stand beside each other in their order. Only where the line was late, or the pump carried part of a stroke ([`Apart`]), what came falls among
//! other rows, and on other strokes.

use super::builder::tells_of;
use super::log::{DoseLog, Row};
use super::volumes::STROKE_NL;
use pump_hil_model::quantity::Span;

/// Within it, ms, a pump that is told to change its state ends the stroke that is under way.
const STROKE_ENDS: i64 = 2_000;

/// Rows that a change of state has at most, with its alarm, and the one before it.
const CHANGE_ROWS: usize = 4;
/// A day, ms.
const DAY_MS: i64 = 86_400_000;

/// By how much rows of a log may be apart from their places in another run.
#[derive(Debug, Clone, Copy)]
struct Apart {
    late: Span,
    /// What comes falls on another stroke: because of a fault that was armed late, or of a part that was carried.
    on_another_stroke: bool,
}

impl Apart {
    /// Of this log.
    fn of(log: &DoseLog) -> Self {
        let late_fault = log.late > Span(0) && log.rows.iter().any(|row| row.what == "fault");
        Self {
            late: log.late,
            on_another_stroke: late_fault || log.carried,
        }
    }

    /// Whether they may be at all.
    fn is_any(self) -> bool {
        self.late > Span(0) || self.on_another_stroke
    }

    /// Where this rate, nL/day, was in force: as late as the line was, and a stroke.
    fn by(self, rate: i64) -> Span {
        let stroke = if self.on_another_stroke {
            DAY_MS.saturating_mul(STROKE_NL).checked_div(rate).unwrap_or(0)
        } else {
            0
        };
        Span(self.late.0.saturating_add(stroke))
    }
}

/// Two rows that tell of the same thing, and by how much they may be apart beyond the tolerance.
#[derive(Debug)]
pub(super) struct Pair {
    pub old: Row,
    pub new: Row,
    pub apart: Span,
    /// The new one came before a change that the old one stands behind: state, mode and rate of before are no difference.
    pub before_change: bool,
}

/// The rows of two logs beside each other, as many as the shorter one has; and what is left of each.
pub(super) fn pairs(accepted: &DoseLog, came: &DoseLog, time: Span) -> (Vec<Pair>, [Vec<Row>; 2]) {
    let may_be = Apart::of(came);
    let is_apart = may_be.is_any();
    let rows = |log: &DoseLog| if is_apart { joined(&log.rows) } else { log.rows.clone() };
    let (mut accepted, mut rest) = (rows(accepted).into_iter(), rows(came));
    let mut pairs: Vec<Pair> = Vec::with_capacity(rest.len());
    let mut rate = 0;
    while let Some(first) = rest.first().map(|row| row.t) {
        let Some(old) = accepted.next() else {
            break;
        };
        let apart = may_be.by(rate);
        // Rows that may be so far from their places have no order among each other.
        let within = if is_apart { apart.0.saturating_add(time.0) } else { 0 };
        let is_near = |row: &&Row| (is_apart || came.read_back) && row.t.0.saturating_sub(first.0) <= within;
        let is_it = |row: &Row| row.what == old.what && row.detail == old.detail;
        let at = rest.iter().take_while(is_near).position(is_it).unwrap_or(0);
        rate = old.rate.filter(|rate| *rate > 0).unwrap_or(rate);
        let new = rest.remove(at);
        let just_changed = |before: &Pair| old.t.0.saturating_sub(before.old.t.0) <= within;
        let may_be_before = is_apart && old.what == "periodic" && pairs.last().is_some_and(just_changed);
        let before_change = may_be_before && is_as_before(&new, &pairs);
        pairs.push(Pair {
            old,
            new,
            apart,
            before_change,
        });
    }
    (pairs, [accepted.collect(), rest])
}

/// Whether the pump did in this row what it did before the change that the last rows tell.
fn is_as_before(row: &Row, pairs: &[Pair]) -> bool {
    let is = |other: &Row| (&row.state, &row.mode, row.rate) == (&other.state, &other.mode, other.rate);
    pairs.iter().rev().take(CHANGE_ROWS).any(|pair| is(&pair.old))
}

/// An event and its entry in one row: where a stroke was under way the entry stands behind its end.
fn joined(rows: &[Row]) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let is_its_entry = |event: &&mut Row| {
            let (is_event, is_entry) = (event.what == "state" && event.classes.is_none(), row.classes.is_some());
            let is_change = tells_of(&row.what, "state") && row.detail == "-";
            is_event && is_entry && is_change && row.t.0.saturating_sub(event.t.0) <= STROKE_ENDS
        };
        match joined.last_mut().filter(is_its_entry) {
            Some(event) => {
                let (t, detail) = (event.t, std::mem::take(&mut event.detail));
                *event = Row {
                    t,
                    detail,
                    ..row.clone()
                };
            }
            None => joined.push(row.clone()),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::{Apart, DoseLog, Span};

    #[test]
    fn rows_of_a_pump_that_carries_part_of_a_stroke_may_be_one_stroke_apart() {
        let by = |carried, rate| {
            let log = DoseLog {
                carried,
                late: Span(7),
                ..DoseLog::default()
            };
            Apart::of(&log).by(rate).0
        };
        assert_eq!(by(false, 500_000), 7);
        assert_eq!(by(true, 500_000), 86_407);
        assert_eq!(by(true, 6_000), 7_200_007);
        assert_eq!(by(true, 0), 7);
    }
}
