//! What is shown of a log that waits: why it is to be looked at, every difference, and the table.

use super::beside::{Table, table};
use super::error::SnapshotError;
use super::line::{Line, Tone};
use crate::report::counted;
use pump_hil_model::case::Tolerance;
use pump_hil_model::dose_text;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_verdict::dose::{Beside, Difference, DoseLog, Row, beside, cells, compare};
use pump_hil_verdict::snapshot::{Acceptance, Kept, Made, allowed, changes};

/// A log that waits, beside the accepted one.
pub struct Shown {
    /// Which one it is, and where it lies.
    title: String,
    /// What is to be known of it before anything else.
    about: Vec<Line>,
    has_old: bool,
    /// Both logs, row by row; or the new one.
    rows: Vec<Beside>,
    /// What the run told of, the first cause at the top.
    differences: Vec<Difference>,
    /// The scenario changed since the new one was made.
    is_stale: bool,
}

impl Shown {
    /// `old` is what lies in its place, and `by` who accepted it, `Some(None)` where nobody did; without a record that is not known. Of one that `is_stale`
    /// the scenario changed since.
    #[must_use]
    pub fn new(
        title: String,
        old: &Result<Option<Kept>, SnapshotError>,
        by: Option<Option<&Acceptance>>,
        new: &Kept,
        is_stale: bool,
    ) -> Self {
        let said = new.made.as_ref().map(|made| made.tolerance);
        // As the run did it. Where it did not say how, nothing may differ.
        let tolerance = allowed(&new.log, &said.unwrap_or(EXACT));
        let kept = old.as_ref().ok().and_then(Option::as_ref);
        let alone = |row: &Row| Beside {
            old: None,
            new: Some(row.clone()),
            beyond: Vec::new(),
        };
        let (rows, differences) = match kept {
            Some(old) => (
                beside(&old.log, &new.log, &tolerance),
                compare(&old.log, &new.log, &tolerance),
            ),
            None => (new.log.rows.iter().map(alone).collect(), Vec::new()),
        };
        let mut shown = Self {
            title,
            about: Vec::new(),
            has_old: kept.is_some(),
            rows,
            differences,
            is_stale,
        };
        if is_stale {
            shown.warn("the scenario changed since this log was made, so it is the log of another test; run it again");
        }
        if new.log.left_out > 0 {
            let DoseLog {
                periodic_stride,
                routine_stride,
                left_out,
                ..
            } = new.log;
            shown.say(&format!(
                "the log has 1 of {periodic_stride} periodic entries, 1 of {routine_stride} planned boluses and rate changes, and every other row; \
                 left out: {left_out}"
            ));
        }
        match old {
            Ok(Some(old)) => {
                shown.changed(old, by, new);
                shown.count(said.map(|_| tolerance));
            }
            Ok(None) => {
                shown.say("new: no dose log of this case was accepted before");
                shown.say(&prescription(new.made.as_ref()));
            }
            Err(error) => {
                shown.say(&error.to_string());
                shown.say("only the new one can be shown:");
            }
        }
        shown
    }

    /// Says what must not be missed.
    pub fn warn(&mut self, text: &str) {
        self.about.push(Line::of(Tone::Strong, &format!("  Take care: {text}")));
    }

    fn say(&mut self, text: &str) {
        self.about.push(format!("  {text}").as_str().into());
    }

    /// What changed since the old one was accepted.
    fn changed(&mut self, old: &Kept, by: Option<Option<&Acceptance>>, new: &Kept) {
        if by == Some(None) {
            self.say("nobody accepted what is called accepted here: by ACCEPTED.jsonl it was changed by hand or by another tool");
        }
        if let Some(Some(by)) = by {
            let when = by.when.parse::<jiff::Timestamp>();
            let when = when.map_or_else(
                |_| by.when.clone(),
                |when| when.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            );
            let reason = by.reason.as_deref().unwrap_or("no reason was kept");
            self.say(&format!("accepted {when} by {}: {reason}", by.who));
        }
        let (Some(was), Some(is)) = (&old.made, &new.made) else {
            return self
                .say("whether the prescription changed is not known: an older pump-hil made one of the two logs");
        };
        let changes = changes(&was.prescription, &is.prescription);
        if changes.is_empty() {
            let same_file = was.scenario_sha256 == is.scenario_sha256;
            return self.say(match (same_file, self.is_stale) {
                (true, false) => "the scenario is the same as when this was accepted",
                (true, true) => "the accepted log is of the scenario as it was then, too",
                (false, _) => "the scenario changed since this was accepted, but not its prescription",
            });
        }
        self.about.push(Line::of(
            Tone::Strong,
            "  The prescription changed since this was accepted:",
        ));
        for change in changes {
            let change = match change.strip_suffix(" now") {
                Some(change) if self.is_stale => format!("{change} in this log"),
                _ => change,
            };
            self.say(&format!("  {change}"));
        }
    }

    /// How much differs, and the first of it; `allowed` is what the run allowed, where it is known.
    fn count(&mut self, allowed: Option<Tolerance>) {
        match self.differences.first().map(ToString::to_string) {
            // The cause: those behind it may follow from it.
            Some(first) => self
                .about
                .push(Line::of(Tone::Strong, &format!("  First difference: {first}"))),
            None => self.say("nothing differs by more than the run allowed"),
        }
        // Of the table as a whole: they stand in no row of it.
        let whole = self.differences.iter().skip(1).filter(|difference| difference.row == 0);
        let whole: Vec<String> = whole.map(ToString::to_string).collect();
        whole.iter().for_each(|difference| self.say(difference));
        let alone = |which: fn(&Beside) -> bool| self.rows.iter().filter(|row| which(row)).count();
        let (old, new) = (alone(|row| row.new.is_none()), alone(|row| row.old.is_none()));
        let beyond: usize = self.rows.iter().map(|row| row.beyond.len()).sum();
        let less: usize = self.rows.iter().map(differing).sum::<usize>().saturating_sub(beyond);
        let (allowed, is) = match allowed {
            Some(Tolerance {
                volume,
                volume_floor,
                time,
            }) => (
                format!(
                    " (volumes {volume}, at least {}; times {time})",
                    dose_text::volume(volume_floor)
                ),
                "by more than the run allowed",
            ),
            None => (String::new(), "(what an older pump-hil allowed is not known)"),
        };
        let mut told = vec![format!("{} {is}{allowed}", counted(beyond, "difference"))];
        let others = [
            (less, "difference", "by less"),
            (new, "row", "only in the new log"),
            (old, "row", "only in the accepted log"),
        ];
        let others = others.into_iter().filter(|(count, ..)| *count > 0);
        told.extend(others.map(|(count, what, how)| format!("{} {how}", counted(count, what))));
        self.say(&told.join("; "));
    }

    /// Title and what is to be known first, in lines of this width.
    #[must_use]
    pub fn head(&self, width: usize) -> Vec<Line> {
        let title = Line::of(Tone::Strong, &self.title);
        let all = std::iter::once(title).chain(self.about.iter().cloned());
        all.flat_map(|line| line.wrapped(width)).collect()
    }

    /// Behind the head: every difference, and the table with every row.
    #[must_use]
    pub fn body(&self, width: usize) -> Vec<Line> {
        let others = self
            .in_rows()
            .flat_map(|one| Line::from(format!("  {one}").as_str()).wrapped(width));
        let Table { notes, head, rows, .. } = self.table(width);
        let blank = vec![Line::default()];
        [others.collect(), blank, notes, head, rows].concat()
    }

    /// The table.
    #[must_use]
    pub fn table(&self, width: usize) -> Table {
        let mut table = table(&self.rows, self.has_old, width);
        table.notes.insert(0, Line::of(Tone::Faint, UNITS));
        for lines in [&mut table.notes, &mut table.head, &mut table.rows] {
            *lines = std::mem::take(lines)
                .into_iter()
                .flat_map(|line| line.wrapped(width))
                .collect();
        }
        table
    }

    /// How many differences there are beside those that the head has.
    #[must_use]
    pub fn others(&self) -> usize {
        self.in_rows().count()
    }

    fn in_rows(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().skip(1).filter(|difference| difference.row > 0)
    }
}

/// What the numbers of the table are.
const UNITS: &str = "rate: mL/day; volumes: uL since the begin; reservoir: uL left";

/// In how many columns two rows differ, however little.
fn differing(row: &Beside) -> usize {
    let (Some(old), Some(new)) = (&row.old, &row.new) else {
        return 0;
    };
    cells(old)
        .iter()
        .zip(&cells(new))
        .filter(|(old, new)| old != new)
        .count()
}

/// Nothing may differ.
const EXACT: Tolerance = Tolerance {
    volume: Percent(0),
    volume_floor: Volume(0),
    time: Span(0),
};

/// What a first log was made with, in a line.
fn prescription(made: Option<&Made>) -> String {
    let Some(made) = made else {
        return "an older pump-hil ran it: its prescription is not known here".to_owned();
    };
    let fields = made.prescription.iter().map(|(name, value)| format!("{name} {value}"));
    format!("prescription: {}", fields.collect::<Vec<_>>().join("; "))
}
