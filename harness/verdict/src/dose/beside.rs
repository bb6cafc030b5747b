//! Two dose logs beside each other, whole, for a person.
//!
//! Up to the first row that tells of another thing they stand as [`super::compare`] holds them against each other, with its numbers. There it ends; here what
//! follows stands beside what tells of the same at the same time, so that a row that is new is one, and not a difference in all that follow.

use super::compare::{as_after_the_change, is_seen, later_by, rows};
use super::log::{DoseLog, Row};
use super::pairs::pairs;
use pump_hil_model::case::Tolerance;
use pump_hil_model::quantity::Span;

/// Rows that are looked through for one that tells of the same.
const LOOKED_THROUGH: usize = 32;

/// A row of each log, or of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// Of the accepted log.
    pub old: Option<Row>,
    /// Of the new log.
    pub new: Option<Row>,
    /// Columns in which the two differ by more than they may.
    pub beyond: Vec<&'static str>,
}

/// The two logs, row by row.
#[must_use]
pub fn beside(accepted: &DoseLog, came: &DoseLog, tolerance: &Tolerance) -> Vec<Beside> {
    let seen = is_seen(accepted) && is_seen(came);
    let (pairs, [left, more]) = pairs(accepted, came, tolerance.time);
    let both = |old: Row, new: Row, as_compared: &Row, tolerance: &Tolerance| {
        let mut found = Vec::new();
        rows(0, &old, as_compared, tolerance, seen, &mut found);
        Beside {
            old: Some(old),
            new: Some(new),
            beyond: found.into_iter().map(|difference| difference.column).collect(),
        }
    };
    let same = pairs.iter().take_while(|pair| tell_of_the_same(&pair.old, &pair.new));
    let same = same.count();
    let (mut old, mut new, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for (at, pair) in pairs.into_iter().enumerate() {
        if at < same {
            let (tolerance, compared) = (later_by(tolerance, pair.apart), as_after_the_change(&pair).into_owned());
            all.push(both(pair.old, pair.new, &compared, &tolerance));
        } else {
            old.push(pair.old);
            new.push(pair.new);
        }
    }
    old.extend(left);
    new.extend(more);
    for pair in by_time(old, new, tolerance.time) {
        all.push(match pair {
            (Some(old), Some(new)) => {
                let compared = new.clone();
                both(old, new, &compared, tolerance)
            }
            (old, new) => Beside {
                old,
                new,
                beyond: Vec::new(),
            },
        });
    }
    all
}

fn tell_of_the_same(old: &Row, new: &Row) -> bool {
    (&old.what, &old.detail) == (&new.what, &new.detail)
}

/// Rows that tell of the same at the same time beside each other; the others alone, in the order of time.
fn by_time(old: Vec<Row>, new: Vec<Row>, time: Span) -> Vec<(Option<Row>, Option<Row>)> {
    let are_one = |old: &Row, new: &Row| {
        let apart = new.t.0.saturating_sub(old.t.0).saturating_abs();
        tell_of_the_same(old, new) && apart <= time.0
    };
    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    let mut all = Vec::new();
    while let (Some(first_old), Some(first_new)) = (old.as_slice().first(), new.as_slice().first()) {
        // How many stand before the one that tells of the same.
        let near = |rows: &std::vec::IntoIter<Row>, is_it: &dyn Fn(&Row) -> bool| {
            let mut near = rows.as_slice().iter().take(LOOKED_THROUGH);
            near.position(is_it)
        };
        let of_new = near(&new, &|new| are_one(first_old, new));
        let of_old = near(&old, &|old| are_one(old, first_new));
        let old_goes = match (of_new, of_old) {
            (Some(0), _) => {
                all.push((old.next(), new.next()));
                continue;
            }
            (Some(_), None) => false,
            (None, Some(_)) => true,
            (Some(new), Some(old)) => old < new,
            (None, None) => first_old.t <= first_new.t,
        };
        all.push(if old_goes {
            (old.next(), None)
        } else {
            (None, new.next())
        });
    }
    all.extend(old.map(|row| (Some(row), None)));
    all.extend(new.map(|row| (None, Some(row))));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::quantity::{Percent, Volume};

    const TOLERANCE: Tolerance = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(500),
        time: Span(1_000),
    };

    fn log(rows: &[(i64, &str, i64)]) -> DoseLog {
        let row = |(t, what, reservoir): &(i64, &str, i64)| Row {
            t: Span(*t),
            what: (*what).to_owned(),
            detail: "-".to_owned(),
            state: "running".to_owned(),
            mode: "flex".to_owned(),
            rate: None,
            classes: None,
            reported: None,
            actuated: None,
            delivered: None,
            reservoir: Some(*reservoir),
        };
        DoseLog {
            rows: rows.iter().map(row).collect(),
            ..DoseLog::default()
        }
    }

    /// Times of the rows, and how many columns differ.
    fn told(old: &DoseLog, new: &DoseLog) -> Vec<(Option<i64>, Option<i64>, usize)> {
        let t = |row: &Option<Row>| row.as_ref().map(|row| row.t.0);
        let all = beside(old, new, &TOLERANCE);
        all.iter()
            .map(|one| (t(&one.old), t(&one.new), one.beyond.len()))
            .collect()
    }

    #[test]
    fn a_row_that_is_new_leaves_the_others_beside_their_own() {
        let old = log(&[
            (0, "start", 9_000),
            (3_600_000, "periodic", 8_000),
            (7_200_000, "end", 7_000),
        ]);
        let mut new = old.clone();
        new.rows.insert(1, log(&[(3_600_000, "rate", 8_000)]).rows.remove(0));
        new.rows[2].reservoir = Some(7_000);
        new.rows[3].reservoir = Some(6_800);
        let one = |t| Some(t);
        let added = [
            (one(0), one(0), 0),
            (None, one(3_600_000), 0),
            (one(3_600_000), one(3_600_000), 1),
            (one(7_200_000), one(7_200_000), 0),
        ];
        assert_eq!(told(&old, &new), added);
        let back = told(&new, &old);
        assert_eq!(back[1], (one(3_600_000), None, 0));
        assert_eq!(back.len(), 4);
    }

    #[test]
    fn what_comes_at_another_time_stands_alone_in_the_order_of_time() {
        let old = log(&[(0, "start", 9_000), (60_000, "alarm", 9_000), (90_000, "end", 9_000)]);
        let new = log(&[(0, "start", 9_000), (80_000, "stop", 9_000), (90_000, "end", 9_000)]);
        let alone = [(Some(60_000), None, 0), (None, Some(80_000), 0)];
        assert_eq!(told(&old, &new)[1..3], alone);
    }
}
