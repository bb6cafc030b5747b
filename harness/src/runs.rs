//! The folders of runs: what each one left, and which are taken away.

use crate::manifest;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::files::read_at_most;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// A run that holds a file of this name is never taken away: whatever signs or cites a run puts it there.
pub const KEEP: &str = "KEEP";
/// The file that a run holds locked as long as it lasts, with the number of its process; hidden, because it says nothing once the run is over.
pub const LOCK: &str = ".lock";
/// Longest results.json that is read, in bytes.
const RESULTS_MAX: usize = 64 << 20;

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    /// Its folder.
    pub path: PathBuf,
    /// When it began, as its name says; `None` of another name.
    pub begun: Option<String>,
    /// Bytes of all its files.
    pub bytes: u64,
    /// What its results.json says; `None` where there is none that can be read: it goes on, or was killed.
    pub results: Option<Results>,
    /// It holds a file [`KEEP`].
    pub kept: bool,
    /// It goes on.
    pub goes_on: bool,
}

/// The results of a run in short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Results {
    /// Names of its rigs, in their order.
    pub rigs: Vec<String>,
    /// How many passed, were new, failed, were inconclusive, were skipped.
    pub counts: [u64; 5],
    /// How many cases were selected and not begun.
    pub not_run: u64,
}

#[derive(Deserialize)]
struct Report {
    tally: Tally,
    results: Vec<OnRig>,
}

#[derive(Deserialize)]
struct Tally {
    passed: u64,
    /// Not counted before form 3.
    #[serde(default)]
    new: u64,
    failed: u64,
    inconclusive: u64,
    skipped: u64,
    /// Not counted before form 2.
    #[serde(default)]
    not_run: u64,
}

#[derive(Deserialize)]
struct OnRig {
    rig: String,
}

/// The runs in a folder, the oldest first, by their names, which begin with the time.
///
/// # Errors
/// The folder cannot be read.
pub fn list(folder: &Path) -> std::io::Result<Vec<RunFolder>> {
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        // `latest` is a link to one of them.
        let is_folder = path.symlink_metadata().is_ok_and(|of| of.is_dir());
        if is_folder && is_run(&path) {
            runs.push(RunFolder {
                begun: begun(&path),
                bytes: bytes_in(&path)?,
                results: results(&path),
                kept: path.join(KEEP).symlink_metadata().is_ok(),
                goes_on: goes_on(&path),
                path,
            });
        }
    }
    runs.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(runs)
}

/// Which of these are taken away so that the `keep` newest stay; those that are kept or go on are none of them.
#[must_use]
pub fn to_prune(runs: &[RunFolder], keep: usize) -> Vec<&RunFolder> {
    let old = runs.len().saturating_sub(keep);
    runs.iter().take(old).filter(|run| !run.kept && !run.goes_on).collect()
}

/// Takes a run away, if it still is one that may be.
///
/// # Errors
/// It cannot be taken away, or somebody began to keep or to use it.
pub fn remove(run: &RunFolder) -> std::io::Result<()> {
    if run.path.join(KEEP).symlink_metadata().is_ok() || goes_on(&run.path) {
        return Err(std::io::Error::other(format!(
            "`{}` is kept, or goes on",
            safe_path(&run.path)
        )));
    }
    std::fs::remove_dir_all(&run.path)?;
    // A link that leads nowhere would be taken for a run that broke.
    let latest = run.path.with_file_name("latest");
    if latest.is_symlink() && !latest.exists() {
        std::fs::remove_file(&latest)?;
    }
    Ok(())
}

/// Whether a run left this folder: a stranger's files are never taken for one.
fn is_run(path: &Path) -> bool {
    path.join(manifest::NAME).is_file() || path.join(LOCK).is_file()
}

/// When a run began, as people write it: its folder is named by that.
fn begun(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", name.split('-').next()?).ok()?;
    Some(at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn results(path: &Path) -> Option<Results> {
    let bytes = read_at_most(&path.join("results.json"), RESULTS_MAX).ok()?;
    let report: Report = serde_json::from_slice(&bytes).ok()?;
    let rigs: BTreeSet<String> = report.results.into_iter().map(|result| result.rig).collect();
    let tally = report.tally;
    Some(Results {
        rigs: rigs.into_iter().collect(),
        counts: [tally.passed, tally.new, tally.failed, tally.inconclusive, tally.skipped],
        not_run: tally.not_run,
    })
}

/// Whether a run writes there now: it holds the lock as long as it lasts.
fn goes_on(path: &Path) -> bool {
    let lock = File::open(path.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn bytes_in(path: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let of = entry.metadata()?;
        bytes += if of.is_dir() {
            bytes_in(&entry.path())?
        } else {
            of.len()
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &Path, name: &str, results: Option<&str>) -> PathBuf {
        let path = folder.join(name);
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(LOCK), "1").unwrap();
        if let Some(results) = results {
            std::fs::write(path.join("results.json"), results).unwrap();
        }
        path
    }

    const RESULTS: &str = r#"{"pump_hil_results": 2, "tally": {"passed": 3, "failed": 1, "inconclusive": 0, "skipped": 2, "not_run": 0},
        "results": [{"rig": "sim"}, {"rig": "bench"}, {"rig": "sim"}], "not_run": []}"#;

    #[test]
    fn runs_are_told_with_what_they_left_and_other_folders_are_none() {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), "20260102T000000Z-1", None);
        run(folder.path(), "20260101T000000Z-2", Some(RESULTS));
        std::fs::create_dir(folder.path().join("notes")).unwrap();
        std::os::unix::fs::symlink("20260102T000000Z-1", folder.path().join("latest")).unwrap();
        let runs = list(folder.path()).unwrap();
        let names: Vec<_> = runs
            .iter()
            .map(|run| run.path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["20260101T000000Z-2", "20260102T000000Z-1"]);
        assert_eq!(runs[0].begun.as_deref(), Some("2026-01-01 00:00:00 UTC"));
        assert_eq!(begun(Path::new("runs/by-hand")), None);
        let results = runs[0].results.as_ref().unwrap();
        assert_eq!(
            (&*results.rigs, results.counts),
            (&["bench".to_owned(), "sim".to_owned()][..], [3, 0, 1, 0, 2])
        );
        assert_eq!((runs[0].bytes, &runs[1].results), (1 + RESULTS.len() as u64, &None));
    }

    #[test]
    fn the_oldest_are_taken_away_and_never_one_that_is_kept_or_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (1..=5)
            .map(|n| run(folder.path(), &format!("2026010{n}T000000Z-1"), None))
            .collect();
        std::fs::write(paths[0].join(KEEP), "").unwrap();
        let lock = File::options().write(true).open(paths[1].join(LOCK)).unwrap();
        lock.lock().unwrap();
        let runs = list(folder.path()).unwrap();
        let pruned = |keep| {
            to_prune(&runs, keep)
                .into_iter()
                .map(|run| run.path.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(pruned(0), paths[2..]);
        assert_eq!(pruned(2), paths[2..3]);
        assert!(pruned(9).is_empty());
        assert!(remove(&runs[0]).is_err() && remove(&runs[1]).is_err());
        remove(&runs[2]).unwrap();
        assert!(paths[0].is_dir() && paths[1].is_dir() && !paths[2].exists());
        // What somebody began to keep meanwhile stays.
        std::fs::write(paths[3].join(KEEP), "").unwrap();
        assert!(remove(&runs[3]).is_err() && paths[3].is_dir());
    }
}
