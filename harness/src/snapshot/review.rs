//! `pump-hil review`: the logs that wait, one by one, and what to do with each.

use super::accept::{accept_file, remove_pending};
use super::beside::beside;
use super::error::SnapshotError;
use super::file::{self, ACCEPTED, PENDING, snapshot_path, trouble};
use super::update::By;
use crate::report::counted;
use pump_hil_model::case::Tolerance;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_model::safe_text::{safe, safe_lines};
use pump_hil_verdict::dose::compare;
use pump_hil_verdict::snapshot::{Kept, Record};
use std::collections::BTreeSet;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

/// What a person says about one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// It becomes the accepted one.
    Accept,
    /// It is thrown away.
    Reject,
    /// It goes on waiting.
    Skip,
    /// So do all the others.
    Quit,
}

/// What came of a review: names of the cases.
#[derive(Debug, Default)]
pub struct Reviewed {
    /// Accepted.
    pub accepted: Vec<String>,
    /// Thrown away.
    pub rejected: Vec<String>,
    /// Still waiting.
    pub waiting: Vec<String>,
    /// What cannot be read, of those that wait and of the accepted ones, or was accepted by nobody. It stays as it is.
    pub wrong: Vec<SnapshotError>,
}

/// What a rejection does.
const REJECTED: &str = "rejected: the new log is thrown away, and the accepted one stays\n";

/// Goes through the waiting logs in `folder`, or those of them that are of the cases `only`. With `all` the same is done with each, and nothing is asked; else a line of `input` says what.
/// The end of the input leaves the rest waiting. What is no dose log, whole and of this harness's form, is told and never accepted; nor does `all` put one in
/// the place of an accepted one that is damaged: what was lost there may be found again.
///
/// # Errors
/// [`SnapshotError`] where a file cannot be read or written.
pub fn review(
    folder: &Path,
    only: Option<&BTreeSet<String>>,
    all: Option<Choice>,
    input: &mut impl BufRead,
    output: &mut impl Write,
    by: &By,
) -> Result<Reviewed, SnapshotError> {
    let record = file::record(folder)?;
    let mut waiting = file::listed(folder, PENDING)?;
    if let Some(names) = only {
        let meant: BTreeSet<PathBuf> = names.iter().map(|name| file::pending_path(folder, name)).collect();
        waiting.retain(|path| meant.contains(path));
    }
    let mut reviewed = Reviewed::default();
    if waiting.is_empty() {
        say(folder, output, "no dose log waits for review\n")?;
    }
    let count = waiting.len();
    let mut quit = false;
    for (i, path) in waiting.iter().enumerate() {
        let (bytes, new) = match file::read_whole(path) {
            Ok(Some(read)) => read,
            // Another review was quicker.
            Ok(None) => continue,
            Err(error) => {
                say(folder, output, &format!("\n{} of {count}: {error}\n", i + 1))?;
                reviewed.wrong.push(error);
                continue;
            }
        };
        let name = new.log.name.clone();
        let old = file::read(&snapshot_path(folder, &name));
        let choice = if quit {
            Choice::Quit
        } else {
            let title = format!("\n{} of {count}: {}\n", i + 1, safe(&name));
            say(folder, output, &(title + &shown(&old, &new)))?;
            match (all, &old) {
                (Some(_), Err(_)) => Choice::Skip,
                (Some(choice), Ok(_)) => choice,
                (None, _) => ask(folder, input, output)?,
            }
        };
        match choice {
            Choice::Accept => {
                let reason = reason(folder, by, all.is_none(), input, output)?;
                accept_file(folder, &name, &bytes, &new.text, &By { reason, ..by.clone() })?;
                reviewed.accepted.push(name);
            }
            Choice::Reject => {
                remove_pending(folder, &name)?;
                say(folder, output, REJECTED)?;
                reviewed.rejected.push(name);
            }
            Choice::Skip | Choice::Quit => {
                quit |= choice == Choice::Quit;
                reviewed.waiting.push(name);
            }
        }
    }
    if count > 0 {
        say(folder, output, &summary(&reviewed, by))?;
    }
    for error in accepted_by_nobody(folder, only, record.as_ref(), &reviewed)? {
        say(folder, output, &format!("{error}\n"))?;
        reviewed.wrong.push(error);
    }
    Ok(reviewed)
}

fn say(folder: &Path, output: &mut impl Write, text: &str) -> Result<(), SnapshotError> {
    let written = output.write_all(safe_lines(text).as_bytes());
    written.map_err(|e| trouble(folder, "show", e))
}

/// What is wrong with the accepted logs in `folder`, but for those that were accepted just now.
fn accepted_by_nobody(
    folder: &Path,
    only: Option<&BTreeSet<String>>,
    record: Option<&Record>,
    reviewed: &Reviewed,
) -> Result<Vec<SnapshotError>, SnapshotError> {
    let mut wrong = Vec::new();
    let meant: Option<BTreeSet<PathBuf>> =
        only.map(|names| names.iter().map(|name| snapshot_path(folder, name)).collect());
    for path in file::listed(folder, ACCEPTED)? {
        if meant.as_ref().is_some_and(|meant| !meant.contains(&path)) {
            continue;
        }
        match file::read(&path) {
            Ok(Some(kept)) => {
                let is_new = reviewed.accepted.contains(&kept.log.name);
                if !is_new && record.is_some_and(|record| !record.has(&kept)) {
                    let name = kept.log.name;
                    wrong.push(SnapshotError::NotAccepted { path, name });
                }
            }
            Ok(None) => {}
            Err(error) => wrong.push(error),
        }
    }
    Ok(wrong)
}

fn summary(reviewed: &Reviewed, by: &By) -> String {
    format!(
        "\n{} accepted by {}, {} rejected, {} still waiting{}\n",
        reviewed.accepted.len(),
        safe(&by.who),
        reviewed.rejected.len(),
        reviewed.waiting.len(),
        match reviewed.wrong.len() {
            0 => String::new(),
            number => format!(", {number} damaged"),
        }
    )
}

fn ask(folder: &Path, input: &mut impl BufRead, output: &mut impl Write) -> Result<Choice, SnapshotError> {
    loop {
        output
            .write_all(b"[a]ccept, [r]eject, [s]kip, [q]uit? ")
            .and_then(|()| output.flush())
            .map_err(|e| trouble(folder, "show", e))?;
        let mut line = String::new();
        let read = input
            .read_line(&mut line)
            .map_err(|e| trouble(folder, "hear about", e))?;
        match line.trim() {
            "a" | "accept" => return Ok(Choice::Accept),
            "r" | "reject" => return Ok(Choice::Reject),
            "s" | "skip" => return Ok(Choice::Skip),
            "q" | "quit" => return Ok(Choice::Quit),
            _ if read == 0 => return Ok(Choice::Quit),
            _ => say(folder, output, "type a, r, s or q, and Enter\n")?,
        }
    }
}

/// Why an accepted log is right: as it was named beforehand, else as the person says. Where nobody is there any more to say it, none.
fn reason(
    folder: &Path,
    by: &By,
    asks: bool,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> Result<Option<String>, SnapshotError> {
    if by.reason.is_some() || !asks {
        return Ok(by.reason.clone());
    }
    loop {
        let asked = output.write_all(b"why is it right (a change request, what changed)? ");
        asked
            .and_then(|()| output.flush())
            .map_err(|e| trouble(folder, "show", e))?;
        let mut line = String::new();
        let read = input.read_line(&mut line);
        let read = read.map_err(|e| trouble(folder, "hear about", e))?;
        match line.trim() {
            "" if read == 0 => return Ok(None),
            "" => say(folder, output, "it is kept with your name: say it in a few words\n")?,
            reason => return Ok(Some(safe(reason))),
        }
    }
}

/// Every difference, however small, and the two logs beside each other; or the new log where there was none that can be read.
fn shown(old: &Result<Option<Kept>, SnapshotError>, new: &Kept) -> String {
    let exact = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(0),
        time: Span(0),
    };
    let (title, mut lines) = match old {
        Ok(None) => ("new:".to_owned(), beside(None, &new.log)),
        Ok(Some(old)) => {
            // The first one is the cause; those behind it may follow from it.
            let differences = compare(&old.log, &new.log, &exact);
            let count = differences.len();
            let title = format!("differs from the accepted one in {}:", counted(count, "place"));
            let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
            (
                title,
                [lines, vec![String::new()], beside(Some(&old.log), &new.log)].concat(),
            )
        }
        Err(error) => (format!("{error}\nthe new one:"), beside(None, &new.log)),
    };
    // All of them: what is signed is seen.
    lines.iter_mut().for_each(|line| *line = safe(line));
    format!("{title}\n  {}\n", lines.join("\n  "))
}
