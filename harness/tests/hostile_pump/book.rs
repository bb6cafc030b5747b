//! What the hostile pump truly did, written down line by line, and where it was wrong: the file says it, not the harness.

use super::words::{Kind, Words, measured};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// When, in milliseconds of the pump's time.
    pub t_ms: i64,
    /// To the pump, else from it.
    pub to_pump: bool,
    /// What was so: what the harness asked, or what the pump truly said of what it did. `None`: nothing.
    pub was: Option<String>,
    /// What came out at the other end; `None`: nothing.
    pub came: Option<String>,
    /// Which lie or disturbance it is; empty for none. For people: nothing is decided by it.
    pub why: String,
}

/// A file of them.
#[derive(Debug, Clone, Default)]
pub struct Book(pub Vec<Row>);

/// Marks where the harness begins to hold the pump to its case: what it finds before is the pump's past.
pub const BEGINS: &str = "the case begins";
/// Marks where the steps are over: what comes then leaves the pump safe.
pub const ENDS: &str = "the steps are over";

/// Where the pump was wrong, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// When.
    pub t_ms: i64,
    /// What.
    pub what: String,
}

impl Book {
    /// As text, a row a line.
    pub fn text(&self) -> String {
        let line = |row: &Row| serde_json::to_string(row).expect("a row can be written") + "\n";
        self.0.iter().map(line).collect()
    }

    /// Read again.
    pub fn read(text: &str) -> Self {
        Self(
            text.lines()
                .map(|line| serde_json::from_str(line).expect("a row"))
                .collect(),
        )
    }

    /// Everything in which what came differs from what was so, and what was done that nobody asked for.
    pub fn faults(&self) -> Vec<Wrong> {
        let marked = |mark: &str| self.0.iter().position(|row| row.why == mark);
        let begin = marked(BEGINS).unwrap_or(self.0.len());
        // A case that did not come to its begin has no such rows.
        let rows = self
            .0
            .get(begin..marked(ENDS).unwrap_or(self.0.len()))
            .unwrap_or_default();
        let truth = truth(rows);
        let (shift_ms, end_ms) = (self.shift_ms(), rows.last().map_or(0, |row| row.t_ms));
        let mut found = Vec::new();
        let mut told = BTreeSet::new();
        let (mut asked, mut answers) = (BTreeSet::new(), BTreeSet::new());
        for row in rows {
            let mut wrong = |what: String| found.push(Wrong { t_ms: row.t_ms, what });
            if row.to_pump {
                // What it does at the very end nobody waits for any more.
                if row.was.is_none() && row.t_ms >= end_ms {
                    continue;
                }
                self.request(row, &mut asked, &mut wrong);
                continue;
            }
            let was = words(&row.was);
            let was_so = was.as_ref().map(|was| was.rest.clone());
            if let Some(was) = was.filter(|was| was.record().is_none()) {
                answers.insert((was.kind, was.number, was.rest));
            }
            let Some(came) = words(&row.came) else { continue };
            match came.record() {
                Some(record) => match truth.get(&record) {
                    Some(content) if *content == came.content() => _ = told.insert(record),
                    Some(content) if is_hidden(content, &came.later_ms(-shift_ms).content()) => _ = told.insert(record),
                    Some(_) => wrong(format!("a false record: {}", shown(&row.came))),
                    None => wrong(format!("an invented record: {}", shown(&row.came))),
                },
                None if answers.contains(&(came.kind, came.number, came.rest.clone())) => {}
                // An answer to what nobody waits for is nothing that could be believed.
                None if !asked.contains(&came.number) => {}
                None => {
                    if !was_so.is_some_and(|was| is_hidden(&was, &came.rest)) {
                        wrong(format!("a false answer: {}", shown(&row.came)));
                    }
                }
            }
        }
        // That there was one more behind the last that was told shows only when there is another.
        let last = |kind: Kind| {
            told.iter()
                .filter(|(of, _)| *of == kind)
                .map(|(_, number)| *number)
                .max()
        };
        let last = [Kind::Event, Kind::Dose].map(|kind| (kind, last(kind).unwrap_or(0)));
        let is_last = |record: &(Kind, u64)| {
            last.iter()
                .any(|(kind, number)| record.0 == *kind && record.1 > *number)
        };
        let never = truth
            .keys()
            .filter(|record| !told.contains(*record) && !is_last(record));
        found.extend(never.map(|record| Wrong {
            t_ms: 0,
            what: format!("never told: {record:?}"),
        }));
        found
    }

    /// By how much each record is told later than it was, from the first word on: when a pump began to count its milliseconds nobody knows.
    fn shift_ms(&self) -> i64 {
        let time = |line: &Option<String>| measured(words(line)?.field("t")?).map(|(t, _)| t);
        let shift = |row: &Row| Some(time(&row.came)? - time(&row.was)?);
        self.0.iter().find_map(shift).unwrap_or(0)
    }

    /// What was asked, and what the pump was made to do.
    fn request(&self, row: &Row, asked: &mut BTreeSet<u64>, wrong: &mut dyn FnMut(String)) {
        if let Some(was) = words(&row.was) {
            asked.insert(was.number);
        } else if let Some(came) = words(&row.came)
            && self.carried_out(&came)
        {
            wrong(format!("done without being asked: {}", shown(&row.came)));
        }
    }

    /// Whether the pump truly did it: it says so, and that something changed by it, before anybody asks for more. A pump that is told to be what it is does nothing.
    fn carried_out(&self, request: &Words) -> bool {
        let is_ok = |was: &Words| was.kind == Kind::Reply && was.number == request.number && was.first() == "ok";
        let mut rows = self.0.iter();
        let done = rows.any(|row| !row.to_pump && words(&row.was).is_some_and(|was| is_ok(&was)));
        let mut comes_of_it = rows.take_while(|row| !row.to_pump).filter_map(|row| words(&row.was));
        done && (request.first() == "bolus" || comes_of_it.any(|was| was.kind == Kind::Event))
    }
}

/// Each record that the pump truly made, with its content.
fn truth(rows: &[Row]) -> BTreeMap<(Kind, u64), Vec<String>> {
    let said = rows.iter().filter(|row| !row.to_pump).filter_map(|row| words(&row.was));
    said.filter_map(|was| Some((was.record()?, was.content()))).collect()
}

fn words(line: &Option<String>) -> Option<Words> {
    Words::of(line.as_ref()?.as_bytes())
}

fn shown(line: &Option<String>) -> &str {
    line.as_deref().unwrap_or_default().trim_end()
}

/// What no harness could tell from the truth: the same words but for numbers that are as good as the same.
fn is_hidden(was: &[String], came: &[String]) -> bool {
    was.len() == came.len()
        && was
            .iter()
            .zip(came)
            .all(|(was, came)| was == came || is_close(was, came))
}

/// Volumes and rates within what every case allows its pump.
fn is_close(was: &str, came: &str) -> bool {
    let (Some((key, was)), Some((other, came))) = (was.split_once('='), came.split_once('=')) else {
        return false;
    };
    let (Some((was, unit)), Some((came, other_unit))) = (measured(was), measured(came)) else {
        return false;
    };
    // A few fields tell the state of something that no case is about unless it says so.
    let unjudged = ["battery", "lockout", "rtc", "stalls"].contains(&key);
    let small = unit == "nl" && was.abs_diff(came) <= 10_000 + was.unsigned_abs() * 145 / 1_000;
    key == other && unit == other_unit && (unjudged || small)
}
