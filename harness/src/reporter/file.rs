//! Reports that are files, written once the run is over.

use super::event::{Ended, ReportError, Reporter, RunEvent};
use crate::files::write_whole;
use crate::report::{json, junit};
use std::path::{Path, PathBuf};

/// Names of the reports in a run's folder.
pub const REPORTS: [&str; 2] = ["results.json", "junit.xml"];

/// Text of a report.
type Text = fn(&Ended) -> Result<String, ReportError>;

/// A file with all results.
#[derive(Debug)]
pub struct ReportFile {
    path: PathBuf,
    text: Text,
}

impl ReportFile {
    /// `results.json` in `folder`.
    #[must_use]
    pub fn json(folder: &Path) -> Self {
        Self {
            path: folder.join(REPORTS[0]),
            text: |ended| Ok(json::report(&ended.results, &ended.not_run, &ended.info)?),
        }
    }

    /// `junit.xml` in `folder`.
    #[must_use]
    pub fn junit(folder: &Path) -> Self {
        Self {
            path: folder.join(REPORTS[1]),
            text: |ended| Ok(junit::report(&ended.results, &ended.not_run, &ended.info)?),
        }
    }
}

impl Reporter for ReportFile {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        let RunEvent::Ended(ended) = event else {
            return Ok(());
        };
        let text = (self.text)(ended)?;
        write_whole(&self.path, text.as_bytes()).map_err(|source| ReportError::File {
            path: self.path.clone(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::Reporters;

    #[test]
    fn a_file_that_cannot_be_written_keeps_the_other_from_nothing() {
        let folder = tempfile::tempdir().unwrap();
        // A folder stands where the file is to be.
        std::fs::create_dir(folder.path().join("results.json")).unwrap();
        let mut reporters = Reporters::new(vec![
            Box::new(ReportFile::json(folder.path())),
            Box::new(ReportFile::junit(folder.path())),
        ]);
        reporters.tell(&RunEvent::Ended(Ended::default()));
        let error = reporters.finish().unwrap_err().to_string();
        let path = folder.path().join("results.json").display().to_string();
        assert!(error.starts_with(&format!("cannot write `{path}`: ")), "{error}");
        let junit = std::fs::read_to_string(folder.path().join("junit.xml")).unwrap();
        assert!(junit.contains("<testsuites name=\"pump-hil\""), "{junit}");
    }
}
