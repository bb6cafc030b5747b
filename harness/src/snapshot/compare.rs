//! Dose logs held against the accepted ones.

use super::accept;
use super::error::SnapshotError;
use super::file::{self, pending_path, snapshot_path};
use super::update::Update;
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_verdict::dose::{DoseLog, compare, shows_more};
use pump_hil_verdict::snapshot::{Accepted, Checked, Kept, Record, allowed, changes};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the accepted dose logs are, who accepted which of them, and what may be written there.
#[derive(Debug, Clone)]
pub struct Snapshots {
    folder: PathBuf,
    update: Update,
    /// `None` where there is none: then nothing was accepted.
    record: Option<Arc<Record>>,
    /// Where logs go that may not be put beside their scenarios.
    aside: Option<PathBuf>,
}

/// A dose log that was accepted; its text is empty where there is none yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldTo {
    /// The table.
    pub text: String,
    /// How the prescription changed since.
    pub changed: Vec<String>,
}

impl Snapshots {
    /// Those in `folder`, which may not be there yet.
    ///
    /// # Errors
    /// The record of acceptances is damaged, or the folder is none.
    pub fn open(folder: PathBuf, update: Update) -> Result<Self, SnapshotError> {
        let record = file::record(&folder)?.map(Arc::new);
        Ok(Self {
            folder,
            update,
            record,
            aside: None,
        })
    }

    /// Where nothing may be written beside the scenarios, as in CI, logs that wait for a review are put into `folder`: what a CI keeps of a run.
    #[must_use]
    pub fn aside(mut self, folder: &Path) -> Self {
        self.aside = Some(folder.to_owned());
        self
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a run of `case` is held to, for the header of its journal; `None` where it keeps no snapshot, or where whatever comes is accepted; empty where
    /// none was accepted yet.
    ///
    /// # Errors
    /// The file is damaged or cannot be read, or nobody accepted what stands in it.
    pub fn accepted(&self, case: &Case) -> Result<Option<HeldTo>, SnapshotError> {
        if case.snapshot.is_none() {
            return Ok(None);
        }
        let path = snapshot_path(&self.folder, &case.name());
        let kept = file::read(&path)?;
        match kept {
            // A person who accepts what comes must not lose by that what was accepted before: a damaged log was told just now.
            _ if self.update.accepts() => Ok(None),
            None => Ok(Some(HeldTo::default())),
            Some(kept) if self.was_accepted(&kept) => Ok(Some(HeldTo {
                changed: kept
                    .made
                    .map_or_else(Vec::new, |made| changes(&made.prescription, &case.prescribed())),
                text: kept.text,
            })),
            Some(_) if self.record.is_none() => Err(SnapshotError::NoRecord { path }),
            Some(kept) => Err(SnapshotError::NotAccepted {
                path,
                name: kept.log.name,
            }),
        }
    }

    /// Whether a person accepted this. Where there is no record nobody did.
    fn was_accepted(&self, kept: &Kept) -> bool {
        self.record.as_ref().is_some_and(|record| record.has(kept))
    }

    /// Puts a log that waits for a review into `folder`, or aside if nothing can be written there. Gives its path.
    fn put(&self, folder: &Path, name: &str, text: &str) -> Result<PathBuf, SnapshotError> {
        let path = pending_path(folder, name);
        match (accept::write(&path, text), &self.aside) {
            (Ok(()), _) => Ok(path),
            (Err(error), Some(aside)) if error.is_forbidden() => {
                let path = pending_path(aside, name);
                accept::write(&path, text).map(|()| path)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Compares the dose log of a run of `case` with its snapshot, and writes what may be written.
    ///
    /// # Errors
    /// [`SnapshotError`] where a file cannot be read or written; that is no failure of the pump.
    pub fn check(&self, case: &Case, log: &DoseLog) -> Result<Checked, SnapshotError> {
        let Some(tolerance) = case.snapshot else {
            return Ok(Checked::None);
        };
        let allowed = allowed(log, &tolerance);
        let (folder, name) = (&*self.folder, case.name());
        let kept = file::read(&snapshot_path(folder, &name))?;
        let differences = kept.as_ref().map(|kept| compare(&kept.log, log, &allowed));
        let was_accepted = kept.as_ref().is_some_and(|kept| self.was_accepted(kept));
        // Where the accepted log is of a rig without a test block, a person can accept one that has more.
        let stands = was_accepted && kept.as_ref().is_some_and(|kept| !shows_more(log, &kept.log));
        if differences.as_ref().is_some_and(Vec::is_empty) && (stands || !self.update.accepts()) {
            return keep(folder, case, log, allowed);
        }
        let file = || accept::in_instas_form(folder, case, tolerance, log);
        let waits_in = match &self.update {
            Update::Accept(by) => {
                let accepted = accept::accept_file(folder, &name, file().as_bytes(), &log.to_string(), by);
                let old = kept.as_ref().map(|kept| &kept.log);
                return Ok(Checked::Accepted(Box::new(Accepted::of(accepted?, old, log, &allowed))));
            }
            Update::Pending => Some(folder),
            Update::Never => self.aside.as_deref(),
        };
        let pending = waits_in
            .map(|waits_in| self.put(waits_in, &name, &file()))
            .transpose()?;
        Ok(match differences {
            None => Checked::Missing { pending },
            Some(differences) => Checked::Differs { differences, pending },
        })
    }
}

/// The comparator that insta asks.
#[derive(Debug, Clone)]
struct DoseComparator {
    tolerance: Tolerance,
    /// The log whose text insta has: not all of it stands there.
    log: DoseLog,
}

impl insta::Comparator for DoseComparator {
    fn matches(&self, reference: &insta::Snapshot, test: &insta::Snapshot) -> bool {
        let (Some(old), Some(new)) = (reference.as_text(), test.as_text()) else {
            return false;
        };
        let (old, new) = (old.to_string(), new.to_string());
        let is_near = |old: DoseLog| compare(&old, &self.log, &self.tolerance).is_empty();
        old == new || DoseLog::parse(&old).is_ok_and(is_near)
    }

    fn dyn_clone(&self) -> Box<dyn insta::Comparator> {
        Box::new(self.clone())
    }
}

/// A log inside the tolerance goes through insta's own assertion, which keeps the accepted text and clears away a pending one.
fn keep(folder: &Path, case: &Case, log: &DoseLog, tolerance: Tolerance) -> Result<Checked, SnapshotError> {
    let mut settings = insta::Settings::new();
    // insta takes a relative path as relative to this source file, not to where the person stands.
    settings.set_snapshot_path(std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let (text, log) = (log.to_string(), log.clone());
    settings.set_comparator(Box::new(DoseComparator { tolerance, log }));
    let name = case.name();
    let path = snapshot_path(folder, &name);
    let read = || std::fs::read(&path).map_err(|e| file::trouble(&path, "read", e));
    let before = read()?;
    let kept = || settings.bind(|| insta::assert_snapshot!(name.clone(), text));
    // Nothing that the assertion touches is used again after a panic.
    let same = std::panic::catch_unwind(std::panic::AssertUnwindSafe(kept));
    if same.is_err() {
        // Another process changed the file in between.
        return Ok(Checked::Differs {
            differences: Vec::new(),
            pending: None,
        });
    }
    // `INSTA_UPDATE=force` has insta replace what matches as well: nobody accepted that.
    if read()? != before {
        accept::write(&path, &before)?;
    }
    Ok(Checked::Same)
}
