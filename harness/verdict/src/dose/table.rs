//! The dose log as text, and back.

use super::log::{CLASSES, DoseLog, Row};
use super::sampled::Sampled;
use pump_hil_model::quantity::Span;
use std::fmt::{self, Write};

/// Columns of the table, in order.
pub const COLUMNS: [&str; 16] = [
    "time",
    "what",
    "detail",
    "state",
    "mode",
    "rate",
    "basal",
    "patient",
    "periodic",
    "clinician",
    "prime",
    "bridge",
    "total",
    "actuated",
    "delivered",
    "reservoir",
];
/// Columns from here on are numbers, and stand to the right.
const FIRST_NUMBER: usize = 5;
/// Where those of the volume classes stand.
const CLASSES_AT: std::ops::Range<usize> = 6..12;

/// Why a text is no dose log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("dose log, line {line}: {why}")]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for DoseLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# dose log of {}", self.name)?;
        writeln!(
            f,
            "# time: days+hours:minutes:seconds since the begin; rate: mL/day; volumes: uL since the begin; reservoir: uL left"
        )?;
        writeln!(
            f,
            "# total: all that the pump reports; actuated: motor strokes, by the probe; delivered: truly left the catheter's tip"
        )?;
        if let Some(sampled) = self.sampled {
            writeln!(f, "{}", sampled_line(sampled))?;
        }
        if self.left_out > 0 {
            writeln!(
                f,
                "# shown: 1 of {} periodic entries, 1 of {} planned boluses and rate changes, and every other row; left out: {}",
                self.periodic_stride, self.routine_stride, self.left_out
            )?;
        }
        let cells: Vec<[String; 16]> = self.rows.iter().map(cells).collect();
        let mut widths = COLUMNS.map(str::len);
        for row in &cells {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.len());
            }
        }
        line(f, &COLUMNS.map(str::to_owned), &widths)?;
        for row in &cells {
            line(f, row, &widths)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, cells: &[String; 16], widths: &[usize; 16]) -> fmt::Result {
    let mut out = String::with_capacity(200);
    for (i, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if i > 0 {
            out.push_str("  ");
        }
        if i == 0 || i >= FIRST_NUMBER {
            write!(out, "{cell:>width$}")?;
        } else {
            write!(out, "{cell:<width$}")?;
        }
    }
    writeln!(f, "{}", out.trim_end())
}

/// A row's cells, in the order of [`COLUMNS`].
#[must_use]
pub fn cells(row: &Row) -> [String; 16] {
    let volume = |v: Option<i64>| v.map_or_else(|| "-".to_owned(), |v| fixed(v, 1_000));
    let class = |i: usize| volume(row.classes.map(|c| c[i]));
    [
        row.t.clock(),
        row.what.clone(),
        row.detail.clone(),
        row.state.clone(),
        row.mode.clone(),
        row.rate.map_or_else(|| "-".to_owned(), |r| fixed(r, 1_000_000)),
        class(0),
        class(1),
        class(2),
        class(3),
        class(4),
        class(5),
        volume(row.total()),
        volume(row.actuated),
        volume(row.delivered),
        volume(row.reservoir),
    ]
}

/// `value` in thousandths or millionths, with all decimals.
pub(crate) fn fixed(value: i64, size: u64) -> String {
    let digits = if size == 1_000 { 3 } else { 6 };
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    let whole = magnitude.checked_div(size).unwrap_or(0);
    let rest = magnitude.checked_rem(size).unwrap_or(0);
    format!("{sign}{whole}.{rest:0digits$}")
}

fn unfixed(text: &str, size: i128) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (int, frac) = digits.split_once('.')?;
    let width = if size == 1_000 { 3 } else { 6 };
    // `parse` alone would take a sign in here.
    let plain = |s: &str| !s.is_empty() && s.len() < 19 && s.bytes().all(|b| b.is_ascii_digit());
    if frac.len() != width || !plain(int) || !plain(frac) {
        return None;
    }
    let value = int.parse::<i128>().ok()?.checked_mul(size)?;
    let value = value.checked_add(frac.parse().ok()?)?;
    i64::try_from(if negative { value.checked_neg()? } else { value }).ok()
}

fn untime(text: &str) -> Option<Span> {
    let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (days, clock) = rest.split_once('+').unwrap_or(("0", rest));
    let mut parts = clock.split(':');
    let (h, m, s) = (parts.next()?, parts.next()?, parts.next()?);
    let (s, ms) = s.split_once('.')?;
    if parts.next().is_some() || ms.len() != 3 {
        return None;
    }
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    // `parse` alone takes a sign, and `--1:02:03.004` would be a time.
    let n = |s: &str| s.parse::<u32>().ok().filter(|_| digits(s)).map(i64::from);
    let parts = [(days, 86_400_000), (h, 3_600_000), (m, 60_000), (s, 1_000), (ms, 1)];
    let total = parts
        .into_iter()
        .try_fold(0_i64, |sum, (part, size)| sum.checked_add(n(part)?.checked_mul(size)?))?;
    Some(Span(if negative { total.checked_neg()? } else { total }))
}

impl DoseLog {
    /// Reads a table back.
    ///
    /// # Errors
    /// [`ParseError`] with the line that is none of a dose log's.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut log = Self {
            periodic_stride: 1,
            routine_stride: 1,
            ..Self::default()
        };
        let mut headed = false;
        for (number, line) in (1..).zip(text.lines()) {
            let error = |why: &str| ParseError {
                line: number,
                why: why.to_owned(),
            };
            if let Some(comment) = line.strip_prefix("# ") {
                if let Some(name) = comment.strip_prefix("dose log of ") {
                    name.clone_into(&mut log.name);
                } else if let Some(sampled) = comment.strip_prefix("sampled: ") {
                    log.sampled = Some(sampled_of(sampled).ok_or_else(|| error("unreadable `sampled` line"))?);
                } else if let Some(shown) = comment.strip_prefix("shown: 1 of ") {
                    (log.periodic_stride, log.routine_stride, log.left_out) =
                        strides(shown).ok_or_else(|| error("unreadable `shown` line"))?;
                }
                continue;
            }
            let cells: Vec<&str> = line.split_whitespace().collect();
            if cells.is_empty() {
                continue;
            }
            if cells.len() != COLUMNS.len() {
                return Err(error(&format!("{} columns instead of {}", cells.len(), COLUMNS.len())));
            }
            if !headed {
                if cells != COLUMNS {
                    return Err(error("the columns have other names than this harness writes"));
                }
                headed = true;
                continue;
            }
            log.rows.push(parse_row(&cells).map_err(|column| {
                error(&format!(
                    "`{}` is not a value of the column `{}`",
                    cells[column], COLUMNS[column]
                ))
            })?);
        }
        if headed {
            Ok(log)
        } else {
            Err(ParseError {
                line: 1,
                why: "the line with the columns' names is missing".to_owned(),
            })
        }
    }
}

/// That a log is made of samples, and how exact it is.
fn sampled_line(sampled: Sampled) -> String {
    let (every, off, per) = (sampled.every, sampled.resolution, sampled.entry_per);
    format!("# sampled: every {every}, +- {off}, a row for each {per} that the pump reports; it writes no log")
}

fn sampled_of(line: &str) -> Option<Sampled> {
    let (every, rest) = line.strip_prefix("every ")?.split_once(", +- ")?;
    let (off, rest) = rest.split_once(", a row for each ")?;
    let (per, _) = rest.split_once(" that ")?;
    Some(Sampled {
        every: every.parse().ok()?,
        resolution: off.parse().ok()?,
        entry_per: per.parse().ok()?,
    })
}

fn strides(shown: &str) -> Option<(u64, u64, u64)> {
    let mut numbers = shown
        .split(|c: char| !c.is_ascii_digit())
        .filter(|s| !s.is_empty())
        .map(|s| s.parse::<u64>().ok());
    let periodic = numbers.next()??;
    // The line says `1 of N` twice; the first `1 of` was taken off as its prefix.
    let _one_of = numbers.next()??;
    let routine = numbers.next()??;
    Some((periodic, routine, numbers.next()??))
}

/// The row, or the index of the column that cannot be read.
fn parse_row(cells: &[&str]) -> Result<Row, usize> {
    let number = |column: usize, size: i128| -> Result<Option<i64>, usize> {
        match cells[column] {
            "-" => Ok(None),
            text => unfixed(text, size).map(Some).ok_or(column),
        }
    };
    let volume = |column: usize| number(column, 1_000);
    let mut classes = [None; 6];
    for (column, class) in CLASSES_AT.zip(&mut classes) {
        *class = volume(column)?;
    }
    // All or none: an entry tells the six together, so a single gap is an edit or a torn line.
    let classes = if classes.iter().all(Option::is_none) {
        None
    } else {
        let mut all = [0; CLASSES.len()];
        for (column, (to, from)) in CLASSES_AT.zip(all.iter_mut().zip(classes)) {
            *to = from.ok_or(column)?;
        }
        Some(all)
    };
    let row = Row {
        t: untime(cells[0]).ok_or(0_usize)?,
        what: cells[1].to_owned(),
        detail: cells[2].to_owned(),
        state: cells[3].to_owned(),
        mode: cells[4].to_owned(),
        rate: number(5, 1_000_000)?,
        classes,
        actuated: volume(13)?,
        delivered: volume(14)?,
        reservoir: volume(15)?,
        reported: if classes.is_none() { volume(12)? } else { None },
    };
    // The total is written for people. Read back it proves that no class was changed by hand.
    if row.total() == volume(12)? { Ok(row) } else { Err(12) }
}
