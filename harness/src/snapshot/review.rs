//! `pump-hil review`: the logs that wait, one by one, and what to do with each.

use super::accept::{accept_file, read, remove_pending, snapshot_path, trouble};
use super::error::SnapshotError;
use super::update::By;
use pump_hil_model::case::Tolerance;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_model::safe_text::{safe, safe_lines};
use pump_hil_verdict::dose::{DoseLog, compare};
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// Accepted.
    pub accepted: Vec<String>,
    /// Thrown away.
    pub rejected: Vec<String>,
    /// Still waiting.
    pub waiting: Vec<String>,
}

/// Differences, and lines of a new log, that are shown for one.
const SHOWN: usize = 40;

/// Goes through the waiting logs in `folder`. With `all` the same is done with each, and nothing is asked; else a line of `input` says what.
/// The end of the input leaves the rest waiting.
///
/// # Errors
/// [`SnapshotError`] where a file cannot be read or written.
pub fn review(
    folder: &Path,
    all: Option<Choice>,
    input: &mut impl BufRead,
    output: &mut impl Write,
    by: &By,
) -> Result<Reviewed, SnapshotError> {
    let waiting = pending(folder)?;
    let mut reviewed = Reviewed::default();
    let say = |output: &mut dyn Write, text: &str| {
        output
            .write_all(text.as_bytes())
            .map_err(|e| trouble(folder, "show", e))
    };
    if waiting.is_empty() {
        say(output, "no dose log waits for review\n")?;
        return Ok(reviewed);
    }
    let count = waiting.len();
    let mut quit = false;
    for (i, (name, path)) in waiting.into_iter().enumerate() {
        let Some(new) = read(&path)? else { continue };
        let choice = if quit {
            Choice::Quit
        } else {
            let old = read(&snapshot_path(folder, &name))?;
            say(
                output,
                &format!(
                    "\n{} of {count}: {}\n{}",
                    i + 1,
                    safe(&name),
                    shown(old.as_deref(), &new)
                ),
            )?;
            match all {
                Some(choice) => choice,
                None => ask(folder, input, output)?,
            }
        };
        match choice {
            Choice::Accept => {
                let file = std::fs::read_to_string(&path).map_err(|e| trouble(&path, "read", e))?;
                accept_file(folder, &name, &file, &new, by)?;
                reviewed.accepted.push(name);
            }
            Choice::Reject => {
                remove_pending(folder, &name)?;
                reviewed.rejected.push(name);
            }
            Choice::Skip | Choice::Quit => {
                quit |= choice == Choice::Quit;
                reviewed.waiting.push(name);
            }
        }
    }
    say(output, &summary(&reviewed, by))?;
    Ok(reviewed)
}

fn summary(reviewed: &Reviewed, by: &By) -> String {
    format!(
        "\n{} accepted by {}, {} rejected, {} still waiting\n",
        reviewed.accepted.len(),
        safe(&by.who),
        reviewed.rejected.len(),
        reviewed.waiting.len()
    )
}

/// Names and files of the logs that wait, in the order of their names.
fn pending(folder: &Path) -> Result<Vec<(String, PathBuf)>, SnapshotError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(trouble(folder, "list", e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| trouble(folder, "list", e))?.path();
        if let Some(name) = path.file_name().and_then(|n| n.to_str()?.strip_suffix(".snap.new")) {
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
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
            _ => {}
        }
    }
}

/// Every difference, however small, or the new log where there was none.
fn shown(old: Option<&str>, new: &str) -> String {
    let exact = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(0),
        time: Span(0),
    };
    let lines: Vec<String> = match (old.map(DoseLog::parse), DoseLog::parse(new)) {
        (Some(Ok(old)), Ok(new)) => compare(&old, &new, &exact).iter().map(ToString::to_string).collect(),
        _ => new.lines().map(str::to_owned).collect(),
    };
    let title = if old.is_some() {
        "differs from the accepted one:"
    } else {
        "new:"
    };
    let mut text = format!("{title}\n");
    for line in lines.iter().take(SHOWN) {
        text.push_str(&safe_lines(&format!("  {line}\n")));
    }
    if lines.len() > SHOWN {
        text.push_str(&format!("  and {} more lines\n", lines.len() - SHOWN));
    }
    text
}
