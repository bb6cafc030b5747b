//! `pump-hil review`: the logs that wait, one by one, and what to do with each.

use super::accept::accept_file;
use super::error::SnapshotError;
use super::file::{self, ACCEPTED, snapshot_path, trouble};
use super::meant::{Meant, Waiting, from_here};
use super::shown::Shown;
use super::update::{By, NO_REASON};
use pump_hil_model::safe_text::safe;
use pump_hil_verdict::snapshot::{Kept, Record};
use std::collections::BTreeSet;
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

/// What a person says when asked why a log is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// This.
    Given(String),
    /// Nobody is there any more to say it.
    Nobody,
    /// It is to be looked at once more.
    Back,
}

/// Who reviews, by lines or at a terminal.
pub trait Person {
    /// Tells text, which is made harmless here.
    ///
    /// # Errors
    /// Nobody can be told.
    fn tell(&mut self, text: &str) -> std::io::Result<()>;

    /// Shows a log about which nothing is asked.
    ///
    /// # Errors
    /// Nobody can be told.
    fn show(&mut self, shown: &Shown) -> std::io::Result<()>;

    /// Shows a log, and asks what becomes of it.
    ///
    /// # Errors
    /// Nobody can be asked.
    fn choose(&mut self, shown: &Shown) -> std::io::Result<Choice>;

    /// Asks why a log is right.
    ///
    /// # Errors
    /// Nobody can be asked.
    fn reason(&mut self) -> std::io::Result<Reason>;
}

/// What came of a review: names of the cases.
#[derive(Debug, Default)]
pub struct Reviewed {
    /// Accepted.
    pub accepted: Vec<String>,
    /// The files of their logs.
    pub places: BTreeSet<PathBuf>,
    /// How many of them without a reason.
    pub without_reason: usize,
    /// Thrown away.
    pub rejected: Vec<String>,
    /// Still waiting.
    pub waiting: Vec<String>,
    /// The files of those that wait, as a person who stands here writes them.
    pub files: Vec<String>,
    /// What cannot be read, of those that wait and of the accepted ones, or was accepted by nobody. It stays as it is.
    pub wrong: Vec<SnapshotError>,
}

/// Files of logs that wait which are told at the end.
const FILES_TOLD: usize = 20;

/// Goes through the logs that wait and are meant. With `all` the same is done with each, and nothing is asked. What is no dose log, whole and of this
/// harness's form, is told and never accepted; nor does `all` put one in the place of an accepted one that is damaged: what was lost there may be found again.
///
/// # Errors
/// [`SnapshotError`] where a file cannot be read or written.
pub fn review(
    meant: &[Meant],
    all: Option<Choice>,
    person: &mut dyn Person,
    by: &By,
) -> Result<Reviewed, SnapshotError> {
    let records: Vec<Option<Record>> = meant
        .iter()
        .map(|meant| file::record(&meant.folder))
        .collect::<Result<_, _>>()?;
    let mut waiting = Vec::new();
    for (meant, record) in meant.iter().zip(&records) {
        let of = |path| Waiting::of(meant, record.as_ref(), path);
        waiting.extend(meant.waiting()?.into_iter().map(of));
    }
    // It is stable. Those of the scenarios as they are now come first: beside them an older one has nothing more to say.
    waiting.sort_by_cached_key(Waiting::is_stale);
    let mut reviewed = Reviewed::default();
    if waiting.is_empty() {
        let folders: Vec<String> = meant.iter().map(|meant| from_here(meant.waits_in())).collect();
        tell(
            person,
            Path::new(""),
            &format!("no dose log waits for review in {}\n", folders.join(", ")),
        )?;
    }
    let count = waiting.len();
    let mut quit = false;
    for (number, one) in (1..).zip(&waiting) {
        let number = format!("{number} of {count}");
        let known = if quit { Some(Choice::Quit) } else { all };
        let Some(read) = read(one, &number, person, &mut reviewed)? else {
            continue;
        };
        let rival = one.rival(&read.new, &waiting).filter(|_| known == Some(Choice::Accept));
        quit |= review_one(one, read, &number, (known, rival), person, by, &mut reviewed)?;
    }
    if count > 0 {
        tell(person, Path::new(""), &summary(&reviewed, by))?;
    }
    for (meant, record) in meant.iter().zip(&records).filter(|(meant, _)| meant.from.is_none()) {
        for error in accepted_by_nobody(meant, record.as_ref(), &reviewed)? {
            tell(person, &meant.folder, &format!("{error}\n"))?;
            reviewed.wrong.push(error);
        }
    }
    Ok(reviewed)
}

/// A log that waits, read, and what lies in its place.
struct Read {
    bytes: Vec<u8>,
    new: Kept,
    old: Result<Option<Kept>, SnapshotError>,
}

/// Reads a log that waits; `None` where nothing is to be asked about it, which is told.
fn read(
    waiting: &Waiting<'_>,
    number: &str,
    person: &mut dyn Person,
    reviewed: &mut Reviewed,
) -> Result<Option<Read>, SnapshotError> {
    let (folder, path) = (waiting.folder, &waiting.path);
    let (bytes, new) = match file::read_whole(path) {
        Ok(Some(read)) => read,
        // Another review was quicker.
        Ok(None) => return Ok(None),
        Err(error) => {
            tell(person, folder, &format!("\n{number}: {error}\n"))?;
            reviewed.wrong.push(error);
            return Ok(None);
        }
    };
    let place = waiting.place(&new.log.name);
    let old = file::read(&snapshot_path(folder, &new.log.name));
    let kept = old.as_ref().ok().and_then(Option::as_ref);
    if kept.is_some_and(|kept| kept.text == new.text) && reviewed.places.contains(&place) {
        return Ok(None);
    }
    let newer = kept.is_some_and(|kept| waiting.is_of_now(kept) == Some(true));
    let why = match waiting.is_of_now(&new) {
        Some(false) if newer => "the accepted log is of the scenario as it is now, and this one is of an earlier form",
        _ if reviewed.places.contains(&place) => "another log of this case was accepted just now",
        _ => return Ok(Some(Read { bytes, new, old })),
    };
    let title = waiting.title(number, &new.log.name);
    tell(person, folder, &format!("\n{title}\n  left out: {why}\n"))?;
    Ok(None)
}

/// Reviews one log, the `number` of them; gives whether the person had enough. What is to be done with it may be known already, and another log that keeps it
/// from being accepted unseen.
fn review_one(
    waiting: &Waiting<'_>,
    Read { bytes, new, old }: Read,
    number: &str,
    (known, rival): (Option<Choice>, Option<&Path>),
    person: &mut dyn Person,
    by: &By,
    reviewed: &mut Reviewed,
) -> Result<bool, SnapshotError> {
    let Waiting {
        folder, record, path, ..
    } = waiting;
    let name = new.log.name.clone();
    let kept = old.as_ref().ok().and_then(Option::as_ref);
    let accepted = kept.and_then(|kept| record.map(|record| record.of(kept)));
    let is_stale = waiting.is_of_now(&new) == Some(false);
    let mut shown = Shown::new(waiting.title(number, &name), &old, accepted, &new, is_stale);
    if let Some(rival) = rival {
        let rival = from_here(rival);
        shown.warn(&format!(
            "another log of this case waits in {rival}; `pump-hil review FILE` reviews the one that you mean"
        ));
    }
    let (choice, reason) = match known {
        None => ask(&shown, path, person, by)?,
        Some(Choice::Quit) => (Choice::Quit, None),
        Some(choice) => {
            person.show(&shown).map_err(|e| trouble(path, "show", e))?;
            // Unseen, none is accepted of which a person would have to think.
            let is_plain = old.is_ok() && !is_stale && rival.is_none();
            (if is_plain { choice } else { Choice::Skip }, by.reason.clone())
        }
    };
    match choice {
        Choice::Accept => {
            reviewed.without_reason += usize::from(reason.is_none());
            accept_file(folder, &name, &bytes, &new.text, &By { reason, ..by.clone() })?;
            reviewed.places.insert(waiting.place(&name));
            reviewed.accepted.push(name);
        }
        Choice::Reject => {
            tell(person, folder, &waiting.reject(&name, by)?)?;
            reviewed.rejected.push(name);
        }
        Choice::Skip | Choice::Quit => {
            reviewed.waiting.push(name);
            reviewed.files.push(from_here(path));
        }
    }
    Ok(choice == Choice::Quit)
}

/// Asks what becomes of a log, and why it is right.
fn ask(
    shown: &Shown,
    path: &Path,
    person: &mut dyn Person,
    by: &By,
) -> Result<(Choice, Option<String>), SnapshotError> {
    loop {
        let choice = person.choose(shown).map_err(|e| trouble(path, "ask about", e))?;
        if choice != Choice::Accept || by.reason.is_some() {
            return Ok((choice, by.reason.clone()));
        }
        match person.reason().map_err(|e| trouble(path, "ask about", e))? {
            Reason::Given(given) => return Ok((choice, Some(given))),
            Reason::Nobody => return Ok((choice, None)),
            Reason::Back => {}
        }
    }
}

fn tell(person: &mut dyn Person, about: &Path, text: &str) -> Result<(), SnapshotError> {
    person.tell(text).map_err(|e| trouble(about, "tell of", e))
}

/// What is wrong with the accepted logs that are meant, but for those that were accepted just now.
fn accepted_by_nobody(
    meant: &Meant,
    record: Option<&Record>,
    reviewed: &Reviewed,
) -> Result<Vec<SnapshotError>, SnapshotError> {
    let Meant { folder, only, .. } = meant;
    let mut wrong = Vec::new();
    let meant: Option<BTreeSet<PathBuf>> = only
        .as_ref()
        .map(|names| names.iter().map(|name| snapshot_path(folder, name)).collect());
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
    let Reviewed {
        accepted,
        rejected,
        waiting,
        files,
        wrong,
        without_reason,
        places: _,
    } = reviewed;
    let damaged = match wrong.len() {
        0 => String::new(),
        number => format!(", {number} damaged"),
    };
    let mut told = format!(
        "\n{} accepted by {}, {} rejected, {} still waiting{damaged}\n",
        accepted.len(),
        safe(&by.who),
        rejected.len(),
        waiting.len(),
    );
    if *without_reason > 0 {
        told.push_str(&format!("  {without_reason} of them accepted {NO_REASON}\n"));
    }
    files
        .iter()
        .take(FILES_TOLD)
        .for_each(|file| told.push_str(&format!("  waits: {file}\n")));
    if files.len() > FILES_TOLD {
        told.push_str(&format!("  and {} more\n", files.len() - FILES_TOLD));
    }
    told
}
