//! Dose logs held against the accepted ones.

use super::accept::{self, snapshot_path};
use super::error::SnapshotError;
use super::update::Update;
use pump_hil_model::case::{Case, Tolerance};
use pump_hil_verdict::dose::{DoseLog, compare};
use pump_hil_verdict::snapshot::{Checked, differences};
use std::path::Path;

/// What a run of `case` is held to, for the header of its journal; `None` where it keeps no snapshot, empty where none was accepted yet.
///
/// # Errors
/// [`SnapshotError`] where the file cannot be read.
pub fn accepted(folder: &Path, case: &Case) -> Result<Option<String>, SnapshotError> {
    if case.snapshot.is_none() {
        return Ok(None);
    }
    accept::read(&snapshot_path(folder, &case.name())).map(|text| Some(text.unwrap_or_default()))
}

/// Compares the dose log of a run of `case` with its snapshot in `folder`, and writes what `update` allows.
///
/// # Errors
/// [`SnapshotError`] where a file cannot be read or written; that is no failure of the pump.
pub fn check(folder: &Path, case: &Case, log: &DoseLog, update: &Update) -> Result<Checked, SnapshotError> {
    let Some(tolerance) = case.snapshot else {
        return Ok(Checked::None);
    };
    let path = snapshot_path(folder, &case.name());
    let text = log.to_string();
    let accepted = accept::read(&path)?;
    let differences = accepted.as_ref().map(|old| differences(old, log, &text, &tolerance));
    if differences.as_ref().is_some_and(Vec::is_empty) {
        return keep(folder, case, &text, tolerance);
    }
    let pending = match update {
        Update::Accept(by) => {
            return accept::accept(folder, case, &text, by).map(Checked::Accepted);
        }
        Update::Pending => Some(accept::write_pending(folder, case, &text)?),
        Update::Never => None,
    };
    Ok(match differences {
        None => Checked::Missing { pending },
        Some(differences) => Checked::Differs { differences, pending },
    })
}

/// The comparator that insta asks, here and under `cargo test`.
#[derive(Debug, Clone, Copy)]
pub struct DoseComparator(pub Tolerance);

impl insta::Comparator for DoseComparator {
    fn matches(&self, reference: &insta::Snapshot, test: &insta::Snapshot) -> bool {
        let (Some(old), Some(new)) = (reference.as_text(), test.as_text()) else {
            return false;
        };
        let (old, new) = (old.to_string(), new.to_string());
        if old == new {
            return true;
        }
        match (DoseLog::parse(&old), DoseLog::parse(&new)) {
            (Ok(old), Ok(new)) => compare(&old, &new, &self.0).is_empty(),
            _ => false,
        }
    }

    fn dyn_clone(&self) -> Box<dyn insta::Comparator> {
        Box::new(*self)
    }
}

/// A log inside the tolerance goes through insta's own assertion, which keeps the accepted text and clears away a pending one.
fn keep(folder: &Path, case: &Case, text: &str, tolerance: Tolerance) -> Result<Checked, SnapshotError> {
    let mut settings = insta::Settings::new();
    // insta takes a relative path as relative to this source file, not to where the person stands.
    settings.set_snapshot_path(std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_comparator(Box::new(DoseComparator(tolerance)));
    let name = case.name();
    let path = snapshot_path(folder, &name);
    let read = || std::fs::read(&path).map_err(|e| accept::trouble(&path, "read", e));
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
