//! `manifest.json`: what belongs to a run's folder, so that what is missing, added or swapped there is found.
//!
//! It is written twice: when a run begins, which says that it has not ended, and over that when it has. A run that was killed leaves the first.

use crate::files::write_whole;
use crate::journal::{HARNESS, Judged};
use crate::report::{ScenarioResult, counted};
use crate::snapshot;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_rig::files::read_at_most;
use pump_hil_verdict::journal::{Evidence, sha256_hex};
use serde::{Deserialize, Serialize};
use std::borrow::Borrow;
use std::collections::BTreeSet;
use std::path::Path;

/// Name of the file.
pub const NAME: &str = "manifest.json";
/// Version of its form that this harness writes; `docs/formats.md` says what changed.
pub const VERSION: u32 = 1;
/// First version of a journal that a run writes a manifest for.
const JOURNALS_SINCE: u32 = 2;
/// Longest manifest, and longest report, that is read, in bytes.
const BYTES_MAX: usize = 256 << 20;
/// Findings of a folder that are told one by one.
const TOLD_MAX: usize = 20;

/// What belongs to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`VERSION`] of the harness that wrote it.
    pub pump_hil_manifest: u32,
    /// Name and version of the harness.
    pub harness: String,
    /// The run came to its end, if only by an interrupt; else it goes on, or was killed.
    pub finished: bool,
    /// The files, in the order of the cases, reports last.
    pub files: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name in the folder.
    pub file: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of all of it, hex.
    pub sha256: String,
    /// Of a journal: the name of the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Of a journal: the name of the rig.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rig: Option<String>,
    /// Of a journal: the last hash of its chain, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
}

impl Manifest {
    fn new(finished: bool, files: Vec<Entry>) -> Self {
        Self {
            pump_hil_manifest: VERSION,
            harness: HARNESS.to_owned(),
            finished,
            files,
        }
    }

    fn write(&self, folder: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        write_whole(&folder.join(NAME), text.as_bytes())
    }
}

/// Notes in the folder that a run has begun there and not ended.
///
/// # Errors
/// The file cannot be written.
pub fn begin(folder: &Path) -> std::io::Result<()> {
    Manifest::new(false, Vec::new()).write(folder)
}

/// Notes in the folder what the run left there: the journals of `results`, dose logs that wait for a review, and the reports of these names where they are there.
///
/// # Errors
/// The file cannot be written.
pub fn end(folder: &Path, results: &[impl Borrow<ScenarioResult>], reports: &[&str]) -> std::io::Result<()> {
    let journals = results.iter().filter_map(|result| of_journal(folder, result.borrow()));
    let reports = reports.iter().filter_map(|name| of_file(folder, name));
    let mut logs: Vec<String> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| snapshot::waits(path))
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    logs.sort_unstable();
    let logs = logs.iter().filter_map(|name| of_file(folder, name));
    Manifest::new(true, journals.chain(logs).chain(reports).collect()).write(folder)
}

fn of_journal(folder: &Path, result: &ScenarioResult) -> Option<Entry> {
    let name = Path::new(result.journal.as_ref()?).file_name()?.to_str()?;
    let mut entry = match &result.evidence {
        // As it was judged, not as it is now: what was put in its place since then is found.
        Some(evidence) => Entry {
            file: name.to_owned(),
            bytes: evidence.bytes,
            sha256: evidence.sha256.clone(),
            case: None,
            rig: None,
            chain: evidence.chain.clone(),
        },
        None => of_file(folder, name)?,
    };
    entry.case = Some(result.name.clone());
    entry.rig = Some(result.rig.clone());
    Some(entry)
}

fn of_file(folder: &Path, name: &str) -> Option<Entry> {
    let bytes = read_at_most(&folder.join(name), BYTES_MAX).ok()?;
    Some(Entry {
        file: name.to_owned(),
        bytes: bytes.len() as u64,
        sha256: sha256_hex(&bytes),
        case: None,
        rig: None,
        chain: None,
    })
}

/// What was read of a journal, as far as a manifest tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    format: u32,
    case: String,
    rig: String,
    evidence: Evidence,
}

impl Read {
    /// Of this one.
    #[must_use]
    pub fn of(judged: &Judged) -> Self {
        Self {
            format: judged.header.pump_hil_journal,
            case: judged.header.case.name(),
            rig: judged.header.rig.clone(),
            evidence: judged.evidence.clone(),
        }
    }
}

/// A journal of a folder: its name there, and what was read; `None` where that is told already.
pub type Found = (String, Option<Read>);

/// Compares a folder with its manifest; gives in words what is wrong. A folder without a manifest is right where its journals are from before there were any.
#[must_use]
pub fn compare(folder: &Path, journals: &[Found]) -> Vec<String> {
    let path = folder.join(NAME);
    let manifest = match read(&path) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => {
            let is_new = |(_, read): &Found| read.as_ref().is_some_and(|read| read.format >= JOURNALS_SINCE);
            let why = "nothing says whether all journals of the run are there; name the journals themselves to judge each for itself";
            let told = || format!("`{}` is missing: {why}", safe_path(&path));
            return journals.iter().any(is_new).then(told).into_iter().collect();
        }
        Err(why) => return vec![format!("`{}` cannot be read: {why}", safe_path(&path))],
    };
    if !manifest.finished {
        return vec![not_finished(folder)];
    }
    let mut told: Vec<String> = manifest
        .files
        .iter()
        .filter_map(|entry| differs(folder, entry, journals))
        .collect();
    let known: BTreeSet<&str> = manifest.files.iter().map(|entry| entry.file.as_str()).collect();
    for (name, _) in journals.iter().filter(|(name, _)| !known.contains(name.as_str())) {
        told.push(format!("added: `{}` is not of this run", safe(name)));
    }
    if told.len() > TOLD_MAX {
        let more = told.split_off(TOLD_MAX).len();
        told.push(format!("and {}", counted(more, "more such file")));
    }
    told
}

/// Whether a file of a run's folder, which is no journal, is as the run left it.
///
/// # Errors
/// In words, why that is not so or cannot be told.
pub fn is_as_left(folder: &Path, name: &str) -> Result<(), String> {
    let path = folder.join(NAME);
    let cannot = |why: String| format!("`{}` cannot be read: {why}", safe_path(&path));
    let Some(manifest) = read(&path).map_err(cannot)? else {
        return Err(format!("`{}` is missing", safe_path(&path)));
    };
    if !manifest.finished {
        return Err(not_finished(folder));
    }
    match manifest.files.iter().find(|entry| entry.file == name) {
        Some(entry) => differs(folder, entry, &[]).map_or(Ok(()), Err),
        None => Err(format!("added: `{}` is not of this run", safe(name))),
    }
}

fn not_finished(folder: &Path) -> String {
    let why = "it goes on still, or was killed; run the scenarios again";
    format!("the run in `{}` did not come to its end: {why}", safe_path(folder))
}

fn read(path: &Path) -> Result<Option<Manifest>, String> {
    #[derive(Deserialize)]
    struct Version {
        pump_hil_manifest: u64,
    }
    let bytes = match read_at_most(path, BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    // The version first: another version's may have other fields.
    let version: Version = serde_json::from_slice(&bytes).map_err(|e| safe(&e.to_string()))?;
    if version.pump_hil_manifest != u64::from(VERSION) {
        let found = version.pump_hil_manifest;
        return Err(format!("it has format {found}, and this harness reads {VERSION}"));
    }
    let manifest = serde_json::from_slice(&bytes).map_err(|e| safe(&e.to_string()))?;
    Ok(Some(manifest))
}

/// How a file is other than the manifest says.
fn differs(folder: &Path, entry: &Entry, journals: &[Found]) -> Option<String> {
    let name = safe(&entry.file);
    // Only names in the folder itself: a manifest may be anybody's.
    if Path::new(&entry.file)
        .file_name()
        .is_none_or(|file| file != entry.file.as_str())
    {
        return Some(format!("`{name}` in its {NAME} is no name of a file"));
    }
    let path = folder.join(&entry.file);
    if path.symlink_metadata().is_err() {
        return Some(format!("missing: `{name}`"));
    }
    let swapped = || Some(format!("swapped or changed: `{name}` is not what the run wrote"));
    if entry.case.is_none() {
        let there = of_file(folder, &entry.file);
        return if there.as_ref() == Some(entry) { None } else { swapped() };
    }
    let Some((_, read)) = journals.iter().find(|(found, _)| *found == entry.file) else {
        return Some(format!("`{name}` is not a journal by its name"));
    };
    // One that cannot be read is told already.
    let Read {
        case, rig, evidence, ..
    } = read.as_ref()?;
    let same = (evidence.bytes, &evidence.sha256, &evidence.chain) == (entry.bytes, &entry.sha256, &entry.chain)
        && (Some(case), Some(rig)) == (entry.case.as_ref(), entry.rig.as_ref());
    if same { None } else { swapped() }
}
