//! Which row of one dose log stands beside which of another.
//!
//! Rows stand beside each other in their order. Only where the line was late, or the pump carried part of a stroke ([`DoseLog::apart_by`]), what came falls among
//! other rows, and on other strokes.

use super::log::{DoseLog, Row};
use pump_hil_model::quantity::Span;

/// Within it, ms, a pump that is told to change its state ends the stroke that is under way.
const STROKE_ENDS: i64 = 2_000;

/// Two rows that tell of the same thing, and by how much they may be apart beyond the tolerance.
#[derive(Debug)]
pub(super) struct Pair {
    pub old: Row,
    pub new: Row,
    pub apart: Span,
}

/// The rows of two logs beside each other, as many as the shorter one has; and how many each one has.
pub(super) fn pairs(accepted: &DoseLog, came: &DoseLog, time: Span) -> (Vec<Pair>, [usize; 2]) {
    let is_apart = came.is_apart();
    let rows = |log: &DoseLog| if is_apart { joined(&log.rows) } else { log.rows.clone() };
    let (accepted, mut rest) = (rows(accepted), rows(came));
    let counts = [accepted.len(), rest.len()];
    let mut pairs = Vec::with_capacity(rest.len());
    let mut rate = 0;
    for old in accepted {
        let Some(first) = rest.first().map(|row| row.t) else {
            break;
        };
        let apart = came.apart_by(rate);
        // Rows that may be so far from their places have no order among each other.
        let within = if is_apart { apart.0.saturating_add(time.0) } else { 0 };
        let is_near = |row: &&Row| is_apart && row.t.0.saturating_sub(first.0) <= within;
        let is_it = |row: &Row| row.what == old.what && row.detail == old.detail;
        let at = rest.iter().take_while(is_near).position(is_it).unwrap_or(0);
        rate = old.rate.filter(|rate| *rate > 0).unwrap_or(rate);
        let mut new = rest.remove(at);
        if is_apart && old.what == "periodic" && pairs.last().is_some_and(|before: &Pair| is_as_in(&new, &before.old)) {
            // It came before the change that it stood behind.
            (new.state, new.mode, new.rate) = (old.state.clone(), old.mode.clone(), old.rate);
        }
        pairs.push(Pair { old, new, apart });
    }
    (pairs, counts)
}

/// Whether the pump did in this row what it did in that one.
fn is_as_in(row: &Row, other: &Row) -> bool {
    (&row.state, &row.mode, row.rate) == (&other.state, &other.mode, other.rate)
}

/// An event and its entry in one row: where a stroke was under way the entry stands behind its end.
fn joined(rows: &[Row]) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let is_its_entry = |event: &&mut Row| {
            let (is_event, is_entry) = (event.what == "state" && event.classes.is_none(), row.classes.is_some());
            let is_change = matches!(row.what.as_str(), "start" | "stop" | "state" | "reset") && row.detail == "-";
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
