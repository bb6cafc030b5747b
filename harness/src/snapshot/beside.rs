//! An accepted dose log and a new one beside each other, row by row, as a person reads them.
//!
//! Nothing is cut off. What says nothing or never changes is not a column, and is told above them. Where there is room, each column that differs stands
//! twice, accepted and new; else the rows do, one under the other, and go on in the next line where they are too long.

use super::line::{Line, Tone};
use pump_hil_verdict::dose::{Beside, COLUMNS, cells};
use std::collections::BTreeSet;

/// The columns that are always there: time, what.
const ALWAYS: usize = 2;
/// Where numbers begin, which stand to the right; so does the time.
const FIRST_NUMBER: usize = 5;

/// Whose a cell or a row is that stands beside a new one.
const ACCEPTED: &str = "accepted";

/// A table, as wide as was asked for.
pub struct Table {
    /// What is to be known of it.
    pub notes: Vec<Line>,
    /// Names of the columns.
    pub head: Vec<Line>,
    /// All rows.
    pub rows: Vec<Line>,
    /// The line of them where the first row stands that is not as it should be; 0 where there is none.
    pub first: usize,
}

/// How a cell of the new log stands to the accepted one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Same,
    /// Differs, and may.
    Within,
    /// Differs by more than it may.
    Beyond,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Self::Same => " ",
            Self::Within => "~",
            Self::Beyond => "!",
        }
    }
}

type Cells = [String; 16];

/// Two rows beside each other.
struct Pair {
    old: Option<Cells>,
    new: Option<Cells>,
    marks: [Mark; 16],
}

impl Pair {
    fn sign(&self) -> &'static str {
        match (&self.old, &self.new) {
            (Some(_), None) => "-",
            (None, Some(_)) => "+",
            _ => self.marks.iter().max().map_or(" ", |mark| mark.sign()),
        }
    }

    fn cells(&self) -> impl Iterator<Item = &Cells> {
        self.old.iter().chain(&self.new)
    }
}

/// Both tables.
struct Both {
    pairs: Vec<Pair>,
    /// There is an accepted one.
    has_old: bool,
    /// Columns that are shown.
    columns: Vec<usize>,
    /// Columns in which something differs.
    differ: BTreeSet<usize>,
    notes: Vec<Line>,
}

/// The rows of two logs, or of a first one, in lines of at most `width` characters where a cell is not longer than that.
pub(super) fn table(rows: &[Beside], has_old: bool, width: usize) -> Table {
    let both = Both::of(rows, has_old);
    let once = both.side_by_side();
    let fits = |line: &Line| line.text().chars().count() <= width;
    match once.head.iter().chain(&once.rows).all(fits) {
        true => once,
        false => both.stacked(width),
    }
}

impl Both {
    fn of(rows: &[Beside], has_old: bool) -> Self {
        let pair = |row: &Beside| {
            let [old, new] = [&row.old, &row.new].map(|row| row.as_ref().map(cells));
            let mark = |at: usize| match (&old, &new) {
                (Some(old), Some(new)) if old[at] != new[at] => match row.beyond.contains(&COLUMNS[at]) {
                    true => Mark::Beyond,
                    false => Mark::Within,
                },
                _ => Mark::Same,
            };
            let marks = std::array::from_fn(mark);
            Pair { old, new, marks }
        };
        let pairs: Vec<Pair> = rows.iter().map(pair).collect();
        let differ = |at: &usize| pairs.iter().any(|pair| pair.marks[*at] != Mark::Same);
        let differ: BTreeSet<usize> = (0..COLUMNS.len()).filter(differ).collect();
        let (columns, notes) = columns(&pairs, &differ);
        let mut both = Self {
            pairs,
            has_old,
            columns,
            differ,
            notes,
        };
        both.explain();
        both
    }

    /// What the signs mean that stand in it.
    fn explain(&mut self) {
        let meanings = [
            ("!", "differs by more than is allowed"),
            ("~", "differs, and may"),
            ("-", "only in the accepted log"),
            ("+", "only in the new log"),
        ];
        let signs: BTreeSet<&str> = self.pairs.iter().map(Pair::sign).collect();
        let signs =
            |sign: &&str| signs.contains(sign) || self.pairs.iter().any(|p| p.marks.iter().any(|m| m.sign() == *sign));
        let there = meanings.iter().filter(|(sign, _)| self.has_old && signs(sign));
        let told: Vec<String> = there.map(|(sign, means)| format!("{sign} {means}")).collect();
        if !told.is_empty() {
            self.notes.push(Line::of(Tone::Faint, &told.join("; ")));
        }
    }

    /// What stands before a row: beside nothing, nothing.
    fn sign(&self, pair: &Pair) -> &'static str {
        if self.has_old { pair.sign() } else { " " }
    }

    /// The first row, from 0, that is not as it should be; else the first one.
    fn first(&self) -> usize {
        let is_wrong = |pair: &Pair| matches!(self.sign(pair), "!" | "+" | "-");
        self.pairs.iter().position(is_wrong).unwrap_or(0)
    }

    /// Width of a column, with a mark behind its cells where one can stand there.
    fn width(&self, at: usize) -> usize {
        let cells = self
            .pairs
            .iter()
            .flat_map(Pair::cells)
            .map(|row| row[at].chars().count());
        let widest = cells.chain([COLUMNS[at].len()]).max().unwrap_or(0);
        widest + usize::from(self.differ.contains(&at))
    }

    /// Digits of a row's number.
    fn digits(&self) -> usize {
        self.pairs.len().to_string().len().max(3)
    }

    /// The begin of a row: its number, and its sign.
    fn begin(&self, number: &str, sign: &str) -> Line {
        let mut line = Line::from(format!("{number:>width$} ", width = self.digits()).as_str());
        let tone = if sign == "!" { Tone::Strong } else { Tone::Plain };
        line.push(tone, sign);
        line
    }

    /// A line for each row; a column in which something differs stands twice.
    fn side_by_side(&self) -> Table {
        let width = |at: &usize| match self.differ.contains(at) {
            true => self.width(*at).max(ACCEPTED.len() + 1),
            false => self.width(*at),
        };
        let widths: Vec<usize> = self.columns.iter().map(width).collect();
        let (mut names, mut whose) = (self.begin("row", " "), self.begin("", " "));
        for (&at, &width) in self.columns.iter().zip(&widths) {
            let differs = self.differ.contains(&at);
            let told = |text: &str| format!("  {}", aligned(at, &marked_if(differs, text, Mark::Same), width));
            names.push(Tone::Strong, &told(COLUMNS[at]));
            whose.push(Tone::Faint, &told(if differs { ACCEPTED } else { "" }));
            if differs {
                names.push(Tone::Plain, &told(""));
                whose.push(Tone::Faint, &told("new"));
            }
        }
        let row = |(number, pair): (usize, &Pair)| {
            let mut line = self.begin(&number.to_string(), self.sign(pair));
            for (&at, &width) in self.columns.iter().zip(&widths) {
                let mark = pair.marks[at];
                let cell = |row: &Option<Cells>| row.as_ref().map_or("", |row| row[at].as_str()).to_owned();
                let (old, new) = (cell(&pair.old), cell(&pair.new));
                if self.differ.contains(&at) {
                    let (was, is) = tones(mark);
                    line.push(was, &format!("  {}", aligned(at, &marked(&old, Mark::Same), width)));
                    line.push(is, &format!("  {}", aligned(at, &marked(&new, mark), width)));
                } else {
                    let one = if new.is_empty() { old } else { new };
                    line.push(Tone::Plain, &format!("  {}", aligned(at, &one, width)));
                }
            }
            line
        };
        Table {
            notes: self.notes.clone(),
            head: if self.differ.is_empty() {
                vec![names]
            } else {
                vec![names, whose]
            },
            rows: (1..).zip(&self.pairs).map(row).collect(),
            first: self.first(),
        }
    }

    /// A row that is the same in both once, one that differs as accepted and as new; each in as many lines as it takes.
    fn stacked(&self, room: usize) -> Table {
        let whose = if self.has_old { ACCEPTED.len() + 1 } else { 0 };
        let begin = self.digits() + 2 + whose;
        let mut lines: Vec<Vec<usize>> = vec![Vec::new()];
        let mut used = begin;
        for &at in &self.columns {
            let width = self.width(at) + 2;
            if used + width > room && used > begin {
                lines.push(Vec::new());
                used = begin;
            }
            used += width;
            if let Some(line) = lines.last_mut() {
                line.push(at);
            }
        }
        let record = |first: Line, tone: Tone, who: &str, cell: &dyn Fn(usize) -> (Tone, String)| {
            let mut told = Vec::new();
            for (number, columns) in lines.iter().enumerate() {
                let mut line = if number == 0 {
                    first.clone()
                } else {
                    Line::from(" ".repeat(begin - whose).as_str())
                };
                let who = if number == 0 { who } else { "" };
                line.push(tone, &if whose > 0 { format!(" {who:<8}") } else { String::new() });
                for &at in columns {
                    let (tone, cell) = cell(at);
                    line.push(tone, &format!("  {}", aligned(at, &cell, self.width(at))));
                }
                told.push(line);
            }
            told
        };
        let name = |at: usize| {
            (
                Tone::Strong,
                marked_if(self.differ.contains(&at), COLUMNS[at], Mark::Same),
            )
        };
        let head = record(self.begin("row", " "), Tone::Plain, "", &name);
        let (mut rows, mut first) = (Vec::new(), 0);
        for (number, pair) in (1..).zip(&self.pairs) {
            if number == self.first() + 1 {
                first = rows.len();
            }
            let begin = || self.begin(&number.to_string(), self.sign(pair));
            let differs = pair.old != pair.new && self.has_old;
            let told = |row: &Cells, at: usize, mark: Mark| marked_if(self.differ.contains(&at), &row[at], mark);
            if let Some(old) = pair.old.as_ref().filter(|_| differs) {
                rows.extend(record(begin(), Tone::Old, ACCEPTED, &|at| {
                    (tones(pair.marks[at]).0, told(old, at, Mark::Same))
                }));
            }
            if let Some(new) = &pair.new {
                let (tone, who) = if differs { (Tone::New, "new") } else { (Tone::Plain, "") };
                rows.extend(record(begin(), tone, who, &|at| {
                    (tones(pair.marks[at]).1, told(new, at, pair.marks[at]))
                }));
            }
        }
        Table {
            notes: self.notes.clone(),
            head,
            rows,
            first,
        }
    }
}

/// The columns that are shown, and what is to be said of the others.
fn columns(pairs: &[Pair], differ: &BTreeSet<usize>) -> (Vec<usize>, Vec<Line>) {
    let (mut shown, mut constant, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..COLUMNS.len() {
        let all = || pairs.iter().flat_map(Pair::cells).map(|row| row[at].as_str());
        let first = all().next().unwrap_or("-");
        if at < ALWAYS || differ.contains(&at) {
            shown.push(at);
        } else if all().all(|cell| matches!(cell, "-" | "0.000" | "0.000000")) {
            empty.push(COLUMNS[at].to_owned());
        } else if pairs.len() > 1 && all().all(|cell| cell == first) {
            constant.push(format!("{} {first}", COLUMNS[at]));
        } else {
            shown.push(at);
        }
    }
    let note = |what: &str, of: Vec<String>| {
        (!of.is_empty()).then(|| Line::of(Tone::Faint, &format!("{what}{}", of.join(", "))))
    };
    let notes = [note("in every row: ", constant), note("nothing in: ", empty)];
    (shown, notes.into_iter().flatten().collect())
}

/// How the accepted and the new cell of a pair are coloured.
fn tones(mark: Mark) -> (Tone, Tone) {
    match mark {
        Mark::Same => (Tone::Plain, Tone::Plain),
        Mark::Within => (Tone::Faint, Tone::Faint),
        Mark::Beyond => (Tone::Old, Tone::New),
    }
}

fn marked(cell: &str, mark: Mark) -> String {
    format!("{cell}{}", mark.sign())
}

fn marked_if(can_be: bool, cell: &str, mark: Mark) -> String {
    if can_be { marked(cell, mark) } else { cell.to_owned() }
}

fn aligned(at: usize, cell: &str, width: usize) -> String {
    if at == 0 || at >= FIRST_NUMBER {
        format!("{cell:>width$}")
    } else {
        format!("{cell:<width$}")
    }
}

#[cfg(test)]
mod tests;
