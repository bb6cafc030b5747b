//! `manifest.json`, as what hears of a run writes it.

use super::event::{ReportError, Reporter, RunEvent};
use super::file::REPORTS;
use crate::manifest;
use std::path::{Path, PathBuf};

/// Writes the manifest of a run's folder. It is told last, because it names what the other reports wrote.
#[derive(Debug)]
pub struct ManifestFile {
    folder: PathBuf,
}

impl ManifestFile {
    /// In `folder`.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { folder }
    }
}

impl Reporter for ManifestFile {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        let written = match event {
            RunEvent::Begun { .. } => manifest::begin(&self.folder),
            RunEvent::Ended(ended) => manifest::end(&self.folder, &ended.results, &REPORTS),
            _ => Ok(()),
        };
        written.map_err(|source| ReportError::File {
            path: self.folder.join(manifest::NAME),
            source,
        })
    }
}
