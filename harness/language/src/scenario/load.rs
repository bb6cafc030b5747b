//! Reads a scenario file with the set-ups that it includes, and makes its cases.

use super::compile;
use super::raw::RawFile;
use super::schema;
use super::table::{self, Row};
use super::units::units;
use crate::catalog::Catalog;
use pump_hil_model::case::Case;
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_model::mistake::{Code, Mistake, Subject};
use pump_hil_model::yaml::raw::FromNode;
use pump_hil_model::yaml::tree::{BYTES_MAX, Content, Node};
use pump_hil_model::yaml::{FileText, Location, Problem, check, diagnose, parse};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Most files that one scenario is made of.
const FILES_MAX: usize = 64;

/// Gives the texts of files; paths are relative to the folder of the scenarios, with `/`.
pub trait Source {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why there are none.
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError>;
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// There is no such file.
    #[error("there is no file `{0}`")]
    NotFound(String),
    /// It is outside the folder of the scenarios.
    #[error("`{0}` is outside the folder of the scenarios")]
    Outside(String),
    /// It is larger than a scenario may be.
    #[error("the file has {bytes} bytes; a scenario has at most {BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The system says no.
    #[error("cannot read `{path}`: {why}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        why: String,
    },
}

/// A file that belongs to a scenario.
struct Document {
    node: Node,
    setup: bool,
}

/// Loads a scenario file: one case, or one for each row of its table.
///
/// # Errors
/// Everything that is wrong with the file and its includes, in the order of the files.
pub fn load(source: &dyn Source, path: &str, catalog: &Catalog) -> Result<Vec<Case>, Vec<Diagnostic>> {
    let mut reader = Reader::new(source);
    if let Err(error) = reader.file(path, None) {
        let code = Code::new(Subject::Scenario, Mistake::Unreadable);
        return Err(vec![Diagnostic::about_file(code, path, error.to_string(), None)]);
    }
    let Reader {
        files,
        documents,
        mut problems,
        ..
    } = reader;
    let of_device = with_device(&documents, catalog, &mut problems);
    let catalog = of_device.as_deref().unwrap_or(catalog);
    let mut cases = Vec::new();
    // Includes come first, so the file itself is last. If it could not be parsed, only its set-ups are here, and they make no case.
    if documents.last().is_some_and(|d| !d.setup) {
        let nodes: Vec<&Node> = documents.iter().map(|d| &d.node).collect();
        let rows = table::rows(&nodes, &mut problems);
        let mut told = Vec::new();
        for row in &rows {
            let mut found = Vec::new();
            cases.extend(one_case(&documents, row, catalog, &mut found));
            if !found.is_empty() {
                let unfilled = table::unfilled(&nodes, row);
                found.retain(|problem| !unfilled.contains(&(problem.place.file, problem.place.start)));
            }
            told.push((row.name.clone(), found));
        }
        problems.extend(table::merge_problems(told));
    }
    if !problems.is_empty() {
        return Err(diagnose(problems, &files));
    }
    let (sha256, units) = (digest(&files), units(files.iter().map(|file| &*file.text)));
    for case in &mut cases {
        path.clone_into(&mut case.file);
        case.sha256.clone_from(&sha256);
        case.units.clone_from(&units);
    }
    Ok(cases)
}

/// The catalogue with the words of the device that a scenario is for; `None`: it names none.
fn with_device(documents: &[Document], catalog: &Catalog, problems: &mut Vec<Problem>) -> Option<Arc<Catalog>> {
    let of = |document: &Document| {
        let device = document.node.get("device")?;
        Some((device.text()?.to_owned(), device.place))
    };
    let (device, place) = documents.iter().rev().find_map(of)?;
    match catalog.with_device(&device) {
        Ok(catalog) => Some(catalog),
        Err(why) => {
            problems.push(Problem::new(Mistake::Reference, place, why));
            None
        }
    }
}

/// SHA-256 of a scenario's file and what it includes, as its cases have it, whatever is wrong with them; `None` where the file cannot be read.
#[must_use]
pub fn sha256(source: &dyn Source, path: &str) -> Option<String> {
    let mut reader = Reader::new(source);
    reader.file(path, None).ok()?;
    Some(digest(&reader.files))
}

fn one_case(documents: &[Document], row: &Row, catalog: &Catalog, problems: &mut Vec<Problem>) -> Option<Case> {
    let mut merged: Option<RawFile> = None;
    for document in documents {
        let node = table::substitute(&document.node, row);
        check::check(&node, schema::of_scenarios(catalog, document.setup), problems);
        let raw = RawFile::from_node(&node)?;
        merged = Some(match merged {
            Some(base) => merge(base, raw),
            None => raw,
        });
    }
    compile::compile(&merged?, row.name.as_deref(), catalog, problems)
}

/// What the later file says wins; lists are joined.
fn merge(base: RawFile, over: RawFile) -> RawFile {
    fn join<T>(base: Option<Vec<T>>, over: Option<Vec<T>>) -> Option<Vec<T>> {
        match (base, over) {
            (Some(mut base), Some(over)) => {
                base.extend(over);
                Some(base)
            }
            (base, over) => over.or(base),
        }
    }
    // A reservoir in the prescription and one beside it are the same thing, so they replace each other together.
    let reservoir_inside =
        matches!(&over.prescription, Some(pump_hil_model::yaml::raw::Either::Long(rx)) if rx.reservoir.is_some());
    RawFile {
        start: over.start.or(base.start),
        seed: over.seed.or(base.seed),
        prescription: over.prescription.or(base.prescription),
        reservoir: over.reservoir.or(if reservoir_inside { None } else { base.reservoir }),
        log_every: over.log_every.or(base.log_every),
        clock_drift: over.clock_drift.or(base.clock_drift),
        reconcile: over.reconcile.or(base.reconcile),
        snapshot: over.snapshot.or(base.snapshot),
        needs: join(base.needs, over.needs),
        timeline: join(base.timeline, over.timeline),
        watch: join(base.watch, over.watch),
        always: join(base.always, over.always),
        allow_alarms: join(base.allow_alarms, over.allow_alarms),
        firmware_faults: over.firmware_faults.or(base.firmware_faults),
        // The rest, such as name and table, only a scenario can have (`SCENARIO_ONLY`).
        ..over
    }
}

fn digest(files: &[FileText]) -> String {
    let mut hash = Sha256::new();
    for file in files {
        // The length goes first, or a line that moves from one file to the next would leave the digest as it was.
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(file.text.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

struct Reader<'a> {
    source: &'a dyn Source,
    files: Vec<FileText>,
    documents: Vec<Document>,
    problems: Vec<Problem>,
    /// Paths that are being read: a file in it must not be included again.
    open: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            files: Vec::new(),
            documents: Vec::new(),
            problems: Vec::new(),
            open: Vec::new(),
        }
    }

    /// Reads a file and, before it, what it includes.
    fn file(&mut self, path: &str, included_at: Option<Location>) -> Result<(), SourceError> {
        let bytes = self.source.read(path)?;
        if bytes.len() > BYTES_MAX {
            return Err(SourceError::TooLarge {
                bytes: bytes.len() as u64,
            });
        }
        let index = u16::try_from(self.files.len()).unwrap_or(u16::MAX);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                self.invalid_utf8(path, index, &error);
                return Ok(());
            }
        };
        let (node, problems) = parse(&text, index);
        self.problems.extend(problems);
        self.files.push(FileText {
            subject: Subject::Scenario,
            name: path.to_owned(),
            text,
        });
        let Some(node) = node else { return Ok(()) };
        if !matches!(node.value, Content::Map(_)) {
            self.problems.push(
                Problem::new(Mistake::WrongKind, node.place, "a scenario is a map of keys")
                    .help("begin with `scenario: some-name`"),
            );
            return Ok(());
        }
        self.open.push(path.to_owned());
        self.includes(path, &node);
        // After its includes: a later document wins, and its timeline follows theirs (LANGUAGE.md, Shared set-ups).
        self.open.pop();
        self.documents.push(Document {
            node,
            setup: included_at.is_some(),
        });
        Ok(())
    }

    fn invalid_utf8(&mut self, path: &str, index: u16, error: &std::string::FromUtf8Error) {
        let at = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let place = Location {
            file: index,
            start: at,
            end: at + 1,
            line: 0,
        };
        self.files.push(FileText {
            subject: Subject::Scenario,
            name: path.to_owned(),
            text,
        });
        self.problems
            .push(Problem::new(Mistake::Syntax, place, "the file is not valid UTF-8").help("save it as UTF-8"));
    }

    fn includes(&mut self, path: &str, node: &Node) {
        let Some(Content::List(items)) = node.get("include").map(|n| &n.value) else {
            return;
        };
        for item in items {
            let Some(text) = item.text() else { continue };
            if let Err(problem) = self.include(path, text, item.place) {
                self.problems.push(problem);
            }
        }
    }

    fn include(&mut self, from: &str, text: &str, place: Location) -> Result<(), Problem> {
        let shown = check::short(text);
        let Some(path) = resolve(from, text) else {
            return Err(Problem::new(
                Mistake::Include,
                place,
                format!("`{shown}` is outside the folder of the scenarios"),
            )
            .help("shared set-ups are inside it, such as `shared/basal.yaml`"));
        };
        if self.open.contains(&path) {
            let chain = [self.open.as_slice(), &[path]].concat().join(" -> ");
            return Err(Problem::new(Mistake::Include, place, format!("`{shown}` includes itself")).label(chain));
        }
        // The scenario's own file is one of them: 63 are left to include (LANGUAGE.md, What is refused).
        if self.files.len() >= FILES_MAX {
            return Err(Problem::new(
                Mistake::Limit,
                place,
                format!("more than {FILES_MAX} files in one scenario"),
            ));
        }
        if self.files.iter().any(|file| file.name == path) {
            return Err(Problem::new(
                Mistake::Twice,
                place,
                format!("`{shown}` is included twice"),
            ));
        }
        self.file(&path, Some(place))
            .map_err(|error| Problem::new(Mistake::Include, place, error.to_string()))
    }
}

/// A path relative to the folder of the file that names it; `None` where it would leave the folder of the scenarios.
fn resolve(from: &str, to: &str) -> Option<String> {
    // `\` and `:` are separators on Windows: a scenario must mean the same file on each system, and none outside of its folder.
    let absolute = to.starts_with('/') || to.contains('\\') || to.contains(':') || to.contains('\0');
    if absolute || to.is_empty() {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}
