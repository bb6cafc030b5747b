//! A run in progress on a rig, written down where the next one finds it: who was killed could not say how its pump was left.
//!
//! Each pump that lives on without this program has one file in a folder of the user's, which a run holds locked; what stands in it when nobody has it locked
//! was left by a run that did not come to its end.

use super::guard::Report;
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_rig::{RigFile, Right, host_time, process_words};
use pump_hil_verdict::journal::sha256_hex;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often it is looked whether the guard of an earlier run is done.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long it may take beside the time for which it watches the pump: opening, asking, three tries each.
const GUARD_TAKES: Duration = Duration::from_secs(30);
/// The longest note that is read.
const NOTE_MAX: u64 = 64 << 10;

/// What a run says of itself, for the next one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Note {
    /// Number of this form.
    pub pump_hil_marker: u32,
    /// Its process.
    pub process: u32,
    /// When it began, UTC.
    pub begun: String,
    /// Name of its rig.
    pub rig: String,
    /// The case.
    pub case: String,
    /// Its journal.
    pub journal: PathBuf,
    /// What could not be made safe, where it came to its end and that was so.
    #[serde(default)]
    pub not_safe: Vec<String>,
}

/// What is known of the runs before on a pump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Past {
    /// None left anything.
    Nothing,
    /// One is in progress.
    InUse(String),
    /// One did not come to its end, or could not make the pump safe.
    Left(String),
}

/// A run in progress. To drop it without [`Marker::leave`] leaves it for the next run to find.
#[derive(Debug)]
pub(crate) struct Marker {
    file: File,
    note: Note,
    /// The lock file of the right to speak.
    pub right: PathBuf,
}

impl Marker {
    /// Says that a run is in progress on this rig; gives also what an earlier one left, in words. `None` where no pump lives on without this program, or
    /// where nothing can be written down. The note stands in the folder `state`.
    ///
    /// # Errors
    /// Another run, or the guard of an earlier one, has it.
    pub async fn take(
        rig: &RigFile,
        state: Option<&Path>,
        case: &str,
        journal: &Path,
    ) -> Result<Option<(Self, Option<String>)>, Trouble> {
        let Some(identity) = rig.lives_on() else {
            return Ok(None);
        };
        let opened = state.ok_or_else(nowhere).and_then(|folder| open(folder, &identity));
        let (mut file, right) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(rig = %rig.name, %error, "a run that is killed will not be found by the next one");
                return Ok(None);
            }
        };
        let mut text = String::new();
        let _ = (&mut file).take(NOTE_MAX).read_to_string(&mut text);
        // One that is cut off was left by a run all the same.
        let left = !text.trim().is_empty();
        let earlier: Option<Note> = serde_json::from_str(&text).ok();
        let in_use = |what: String| Trouble::told(TroubleCode::of("rig-in-use"), what);
        match file.try_lock() {
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => {
                let who = earlier.map_or(String::new(), |note| format!(", {},", process_words(note.process)));
                return Err(in_use(format!(
                    "another run{who} uses the pump of rig `{}`; wait for its end",
                    rig.name
                )));
            }
        }
        guard_is_done(&right, rig).await.map_err(in_use)?;
        let note = Note {
            pump_hil_marker: 1,
            process: std::process::id(),
            begun: now(),
            rig: rig.name.clone(),
            case: case.to_owned(),
            journal: absolute(journal),
            not_safe: Vec::new(),
        };
        let found = left.then(|| words(earlier.as_ref(), &right));
        let mut marker = Self { file, note, right };
        // What an earlier run left must not get lost before the pump is safe: a note that cannot be written leaves the old one.
        if let Err(error) = marker.write() {
            tracing::warn!(rig = %rig.name, %error, "a run that is killed will not be found by the next one");
        }
        Ok(Some((marker, found)))
    }

    /// The run goes on with its next case. That it is in progress stands on the disk; a host that loses its power now may tell of the case before.
    pub fn goes_on(&mut self, case: &str, journal: &Path) {
        case.clone_into(&mut self.note.case);
        self.note.journal = absolute(journal);
        self.note.begun = now();
        if let Err(error) = self.put() {
            tracing::warn!(rig = %self.note.rig, %error, "a run that is killed will not be found by the next one");
        }
    }

    /// What stands in the note of a pump, and whether another run has it; nothing is written, and no pump is asked.
    pub fn look(rig: &RigFile, state: Option<&Path>) -> Past {
        let Some((identity, folder)) = rig.lives_on().zip(state) else {
            return Past::Nothing;
        };
        let (path, right) = paths(folder, &identity);
        // Where no run ever was there is none.
        let Ok(mut file) = File::open(path) else {
            return Past::Nothing;
        };
        let mut text = String::new();
        let _ = (&mut file).take(NOTE_MAX).read_to_string(&mut text);
        let earlier: Option<Note> = serde_json::from_str(&text).ok();
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                let who = earlier.map_or_else(String::new, |note| format!(", {},", process_words(note.process)));
                Past::InUse(format!("another run{who} uses this pump; wait for its end"))
            }
            _ if text.trim().is_empty() => Past::Nothing,
            _ => Past::Left(words(earlier.as_ref(), &right)),
        }
    }

    /// The run is over, or a case of it left a pump that is not safe: then the next one is to know.
    pub fn leave(mut self, not_safe: &[String]) {
        let done = if not_safe.is_empty() {
            self.file.set_len(0).and_then(|()| self.file.sync_data())
        } else {
            self.note.not_safe = not_safe.to_vec();
            self.write()
        };
        if let Err(error) = done {
            tracing::warn!(%error, "how the pump was left cannot be written down for the next run");
        }
    }

    fn write(&mut self) -> std::io::Result<()> {
        self.put()?;
        // The power of this host may go next.
        self.file.sync_data()
    }

    fn put(&mut self) -> std::io::Result<()> {
        let text = serde_json::to_string(&self.note)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        // Behind it: a run that is killed in between leaves a note, if one that is cut off.
        self.file.set_len(text.len() as u64)
    }
}

fn now() -> String {
    host_time::utc().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn nowhere() -> std::io::Error {
    std::io::Error::other("there is no folder for it: neither PUMP_HIL_STATE, XDG_STATE_HOME nor HOME is set")
}

/// Where a user's notes are: `PUMP_HIL_STATE`, else `pump-hil` in `XDG_STATE_HOME`, else `.local/state/pump-hil` at home.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let var = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    var("PUMP_HIL_STATE")
        .or_else(|| var("XDG_STATE_HOME").map(|folder| folder.join("pump-hil")))
        .or_else(|| var("HOME").map(|folder| folder.join(".local/state/pump-hil")))
}

/// The note of a pump, and the lock file of the right to speak to it.
fn open(folder: &Path, identity: &str) -> std::io::Result<(File, PathBuf)> {
    std::fs::create_dir_all(folder)?;
    let (note, right) = paths(folder, identity);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    Ok((options.open(note)?, right))
}

/// Where the two are.
fn paths(folder: &Path, identity: &str) -> (PathBuf, PathBuf) {
    let hash = sha256_hex(identity.as_bytes());
    let name = hash.get(..24).unwrap_or(&hash);
    (folder.join(format!("{name}.run")), folder.join(format!("{name}.right")))
}

/// The guard of an earlier run may be at work on the pump this very moment.
async fn guard_is_done(right: &Path, rig: &RigFile) -> Result<(), String> {
    let Ok(right) = Right::at(right) else { return Ok(()) };
    let watch = rig.limits.watch.unwrap_or(Duration::from_secs(10));
    let limit = watch.saturating_mul(2).saturating_add(GUARD_TAKES);
    let begun = host_time::now();
    while matches!(right.take(), Ok(false)) {
        if begun.elapsed() > limit {
            return Err(format!(
                "the guard of an earlier run has the pump of rig `{}` still; wait for its end",
                rig.name
            ));
        }
        host_time::sleep(LOOK_EVERY).await;
    }
    right.give_back();
    Ok(())
}

/// What is known of a run that did not come to its end.
fn words(earlier: Option<&Note>, right: &Path) -> String {
    let Some(note) = earlier else {
        return "an earlier run on this rig was killed before it could say more".to_owned();
    };
    let who = format!(
        "an earlier run (process {}, case {}, begun {}, journal {})",
        note.process,
        note.case,
        note.begun,
        safe_path(&note.journal)
    );
    let report = Report::at(&Report::path_for_next(right));
    let report = report.filter(|report| u32::try_from(report.process) == Ok(note.process));
    match (note.not_safe.as_slice(), report) {
        ([], None) => format!("{who} was killed, and nobody made the pump safe after it"),
        ([], Some(report)) if report.failed.is_empty() => {
            format!("{who} was interrupted: {}; its guard made the pump safe", report.why)
        }
        ([], Some(report)) => format!(
            "{who} was interrupted: {}; its guard could not make the pump safe ({})",
            report.why,
            report.failed.join("; ")
        ),
        (not_safe, _) => format!("{who} left the pump NOT SAFE: {}", not_safe.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIG: &str = "rig: bench\nsummary: A pump on a server.\ndevice: syringe\n\
                       pump: {kind: serial, port: \"tcp:127.0.0.1:4000\"}\nclock: {kind: real}\n";

    #[tokio::test]
    async fn who_looks_sees_a_run_in_progress_and_what_it_left_and_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bench.yaml");
        std::fs::write(&path, RIG).expect("written");
        let rig = RigFile::load(&path).expect("a rig");
        let state = folder.path().join("state");
        let look = || Marker::look(&rig, Some(&state));
        assert_eq!(look(), Past::Nothing);
        assert!(!state.exists(), "to look makes no folder");
        let take = || Marker::take(&rig, Some(&state), "first", Path::new("out/first@bench.jsonl"));
        let (marker, _) = take().await.expect("free").expect("noted");
        let in_use = look();
        assert!(
            matches!(&in_use, Past::InUse(who) if who.contains(&format!("process {}", std::process::id()))),
            "{in_use:?}"
        );
        marker.leave(&[]);
        assert_eq!(look(), Past::Nothing);
        // One that was killed.
        drop(take().await.expect("free"));
        let left = look();
        assert!(
            matches!(&left, Past::Left(what) if what.contains("case first") && what.contains("was killed")),
            "{left:?}"
        );
        assert_eq!(look(), left, "to look takes nothing away");
    }
}
