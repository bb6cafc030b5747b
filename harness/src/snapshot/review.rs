//! `pump-hil review`: the logs that wait, one by one, and what to do with each.

use super::accept::{accept_file, remove_pending};
use super::error::SnapshotError;
use super::file::{self, ACCEPTED, PENDING, snapshot_path, trouble};
use super::shown::Shown;
use super::update::{By, NO_REASON};
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_verdict::snapshot::Record;
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

/// A folder of dose logs, and the names of the cases whose logs are meant; `None`: all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// The folder.
    pub folder: PathBuf,
    /// The cases.
    pub only: Option<BTreeSet<String>>,
    /// Where the logs wait, if not in the folder itself: in that of a run, which stays as it is.
    pub from: Option<PathBuf>,
}

impl Meant {
    /// Everything in a folder of dose logs.
    #[must_use]
    pub fn all_in(folder: PathBuf) -> Self {
        Self {
            folder,
            only: None,
            from: None,
        }
    }

    /// Where the logs wait.
    fn waits_in(&self) -> &Path {
        self.from.as_deref().unwrap_or(&self.folder)
    }

    /// The logs that wait.
    fn waiting(&self) -> Result<Vec<PathBuf>, SnapshotError> {
        let lies = self.waits_in();
        let mut paths = file::listed(lies, PENDING)?;
        if let Some(only) = &self.only {
            paths.retain(|path| only.iter().any(|name| *path == file::pending_path(lies, name)));
        }
        // In the folder of a run it stays when it was accepted.
        paths.retain(|path| self.from.is_none() || !is_accepted(&self.folder, path));
        Ok(paths)
    }
}

/// Whether the log that waits in this file is the accepted one already.
fn is_accepted(folder: &Path, path: &Path) -> bool {
    let Ok(Some(new)) = file::read(path) else {
        return false;
    };
    let old = file::read(&snapshot_path(folder, &new.log.name));
    old.is_ok_and(|old| old.is_some_and(|old| old.text == new.text))
}

/// What came of a review: names of the cases.
#[derive(Debug, Default)]
pub struct Reviewed {
    /// Accepted.
    pub accepted: Vec<String>,
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

/// What a rejection does.
const REJECTED: &str = "rejected: the new log is thrown away, and the accepted one stays\n";

/// The same of one in the folder of a run.
const REJECTED_OF_RUN: &str = "rejected: the accepted log stays; the run's folder is evidence, and keeps the new one\n";

/// One that waits.
struct Waiting<'a> {
    /// Where it is kept when it is accepted.
    folder: &'a Path,
    record: Option<&'a Record>,
    path: PathBuf,
    /// In the folder of a run.
    of_run: bool,
}

impl Waiting<'_> {
    fn reject(&self, name: &str, person: &mut dyn Person) -> Result<(), SnapshotError> {
        if self.of_run {
            return tell(person, self.folder, REJECTED_OF_RUN);
        }
        remove_pending(self.folder, name)?;
        tell(person, self.folder, REJECTED)
    }

    /// Which of them it is, and where.
    fn title(&self, number: &str, name: &str) -> String {
        let place = match self.of_run {
            true => format!(", for {}", from_here(self.folder)),
            false => String::new(),
        };
        format!("{number}: {}, in {}{place}", safe(name), from_here(&self.path))
    }
}

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
        waiting.extend(meant.waiting()?.into_iter().map(|path| Waiting {
            folder: &meant.folder,
            record: record.as_ref(),
            path,
            of_run: meant.from.is_some(),
        }));
    }
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
    for (number, waiting) in (1..).zip(&waiting) {
        quit |= one(
            waiting,
            &format!("{number} of {count}"),
            if quit { Some(Choice::Quit) } else { all },
            person,
            by,
            &mut reviewed,
        )?;
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

/// Reviews one log, the `number` of them; gives whether the person had enough. What is to be done with it may be known already.
fn one(
    waiting: &Waiting<'_>,
    number: &str,
    known: Option<Choice>,
    person: &mut dyn Person,
    by: &By,
    reviewed: &mut Reviewed,
) -> Result<bool, SnapshotError> {
    let Waiting {
        folder, record, path, ..
    } = waiting;
    let (bytes, new) = match file::read_whole(path) {
        Ok(Some(read)) => read,
        // Another review was quicker.
        Ok(None) => return Ok(false),
        Err(error) => {
            tell(person, folder, &format!("\n{number}: {error}\n"))?;
            reviewed.wrong.push(error);
            return Ok(false);
        }
    };
    let name = new.log.name.clone();
    let old = file::read(&snapshot_path(folder, &name));
    let kept = old.as_ref().ok().and_then(Option::as_ref);
    let accepted = kept.and_then(|kept| record.map(|record| record.of(kept)));
    let shown = Shown::new(waiting.title(number, &name), &old, accepted, &new);
    let mut choice = match (known, &old) {
        (Some(Choice::Quit), _) => Choice::Quit,
        (Some(choice), old) => {
            person.show(&shown).map_err(|e| trouble(path, "show", e))?;
            if old.is_ok() { choice } else { Choice::Skip }
        }
        (None, _) => Choice::Skip,
    };
    let mut reason = by.reason.clone();
    while known.is_none() {
        choice = person.choose(&shown).map_err(|e| trouble(path, "ask about", e))?;
        if choice != Choice::Accept || by.reason.is_some() {
            break;
        }
        match person.reason().map_err(|e| trouble(path, "ask about", e))? {
            Reason::Given(given) => reason = Some(given),
            Reason::Nobody => {}
            Reason::Back => continue,
        }
        break;
    }
    match choice {
        Choice::Accept => {
            reviewed.without_reason += usize::from(reason.is_none());
            accept_file(folder, &name, &bytes, &new.text, &By { reason, ..by.clone() })?;
            reviewed.accepted.push(name);
        }
        Choice::Reject => {
            waiting.reject(&name, person)?;
            reviewed.rejected.push(name);
        }
        Choice::Skip | Choice::Quit => {
            reviewed.waiting.push(name);
            reviewed.files.push(from_here(path));
        }
    }
    Ok(choice == Choice::Quit)
}

fn tell(person: &mut dyn Person, about: &Path, text: &str) -> Result<(), SnapshotError> {
    person.tell(text).map_err(|e| trouble(about, "tell of", e))
}

/// A path as a person who stands here writes it.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir()
        .and_then(|here| here.canonicalize())
        .unwrap_or_default();
    safe_path(path.strip_prefix(&here).unwrap_or(path))
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
