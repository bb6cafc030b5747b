//! One scenario's result, and the commands that lead on from it.

use pump_hil_model::case::Case;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_lines};
use pump_hil_model::verdict::{Expected, ReasonKind, Verdict};
use pump_hil_verdict::journal::Evidence;
use pump_hil_verdict::judge::Outcome;
use pump_hil_verdict::snapshot::Accepted;
use std::time::Duration;

/// One scenario's result, with what a report needs to know about it.
#[derive(Debug, Clone)]
pub struct ScenarioResult {
    /// Name of the case.
    pub name: String,
    /// Its file, as the user finds it from where they stand.
    pub file: String,
    /// Its file from the top of the project, wherever the user stands.
    pub from_top: String,
    /// The same for a CI, which keeps a history by it: within its folder, without its ending, with full stops for slashes.
    pub class: String,
    /// Name of the rig that it ran on.
    pub rig: String,
    /// Which time it was played, from 1; `None` where each case is played once.
    pub round: Option<u32>,
    /// How it was run, for the command that runs it again; `None` where that is not known, as of a journal that is judged again.
    pub asked: Option<Asked>,
    /// The journal, where there is one.
    pub journal: Option<String>,
    /// What the journal's file was when it was judged.
    pub evidence: Option<Evidence>,
    /// Its dose log was accepted, where it was.
    pub accepted: Option<Box<Accepted>>,
    /// The folder of the run, where its dose log waits for a review there.
    pub waits_in: Option<String>,
    /// Requirements that it verifies.
    pub verifies: Vec<String>,
    /// The units in which its quantities are told.
    pub units: Vec<String>,
    /// Wall time.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// A case that was selected and not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    /// Name of the case.
    pub name: String,
    /// Its file, from the top of the project.
    pub file: String,
    /// The same for a CI, which keeps a history by it: within its folder, without its ending, with full stops for slashes.
    pub class: String,
    /// Name of the rig that it was to run on.
    pub rig: String,
    /// Requirements that it would have verified.
    pub verifies: Vec<String>,
    /// Why, such as `interrupted by SIGINT`.
    pub why: String,
}

impl NotRun {
    /// That `case` was not begun, and why.
    #[must_use]
    pub fn new(case: &Case, rig: &str, asked: &Asked, why: String) -> Self {
        Self {
            name: case.name(),
            file: asked.in_project(&case.file),
            class: class_of(&case.file),
            rig: rig.to_owned(),
            verifies: case.verifies.clone(),
            why,
        }
    }
}

/// What a user said to have cases run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// The folder that the cases' files are relative to; empty where they are relative to the present one.
    pub folder: String,
    /// The same folder from the top of the project; `None` where there is no project, or where it lies outside.
    pub top: Option<String>,
    /// The run is the newest of its project, which `show` looks into by itself.
    pub is_latest: bool,
    /// The rig file, as the user named it; `None` for the default rig.
    pub rig_file: Option<String>,
    /// The firmware to be flashed, as the user named it.
    pub flash: Option<String>,
    /// The line that they named instead of the rig file's.
    pub port: Option<String>,
    /// They let the rig file start programs.
    pub trusts_rig: bool,
    /// The folder of fixtures, as the user named it.
    pub fixtures: Option<String>,
}

impl Asked {
    /// A case's file, as the user finds it.
    fn file(&self, file: &str) -> String {
        in_folder(&self.folder, file)
    }

    /// A case's file from the top of the project.
    fn in_project(&self, file: &str) -> String {
        in_folder(self.top.as_ref().unwrap_or(&self.folder), file)
    }
}

fn in_folder(folder: &str, file: &str) -> String {
    match folder {
        "" => file.to_owned(),
        folder => format!("{}/{file}", folder.trim_end_matches('/')),
    }
}

impl ScenarioResult {
    /// A result of `case`.
    #[must_use]
    pub fn new(case: &Case, rig: &str, took: Duration, outcome: Outcome) -> Self {
        Self {
            name: case.name(),
            file: case.file.clone(),
            from_top: case.file.clone(),
            class: class_of(&case.file),
            rig: rig.to_owned(),
            round: None,
            asked: None,
            journal: None,
            evidence: None,
            accepted: None,
            waits_in: None,
            verifies: case.verifies.clone(),
            units: case.units.clone(),
            took,
            outcome,
        }
    }

    /// Notes how it was run, and names its file as the user finds it.
    #[must_use]
    pub fn asked(mut self, asked: &Asked) -> Self {
        self.from_top = asked.in_project(&self.file);
        self.file = asked.file(&self.file);
        self.asked = Some(asked.clone());
        self
    }

    /// What is to be known besides the verdict, also that its dose log was accepted.
    pub fn notes(&self) -> impl Iterator<Item = String> {
        let accepted = self.accepted.iter().map(ToString::to_string);
        let notes = self.outcome.notes.iter().cloned();
        notes.chain(accepted).map(|note| safe(&note))
    }

    /// Its name, with which time it was where it was played several times.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.round {
            Some(round) => format!("{} (time {round})", self.name),
            None => self.name.clone(),
        }
    }

    /// The command that runs only this one again, ready to be pasted.
    #[must_use]
    pub fn again(&self) -> Option<String> {
        let asked = self.asked.as_ref()?;
        let mut command = format!("pump-hil run {}", quoted(&self.file));
        // A row of a table has its own name in brackets, and its file holds the other rows as well.
        let filter = self.name.contains('[').then(|| format!("name:{}", self.name));
        let options = [
            ("rig", &asked.rig_file),
            ("flash", &asked.flash),
            ("port", &asked.port),
            ("fixtures", &asked.fixtures),
            ("filter", &filter),
        ];
        for (option, value) in options {
            if let Some(value) = value {
                command.push_str(&format!(" --{option} {}", quoted(value)));
            }
        }
        if asked.trusts_rig {
            command.push_str(" --trust-rig");
        }
        Some(command)
    }

    /// The command that shows its journal, around these times.
    #[must_use]
    pub fn show(&self, around: Option<(Span, Span)>) -> Option<String> {
        let journal = self.journal.as_deref()?;
        let is_latest = self.asked.as_ref().is_some_and(|asked| asked.is_latest);
        let label = journal.rsplit('/').next().and_then(|name| name.strip_suffix(".jsonl"));
        let what = label.filter(|_| is_latest).unwrap_or(journal);
        let mut command = format!("pump-hil show {}", quoted(what));
        if let Some((from, to)) = around {
            // In whole seconds, which take less room.
            let second = |t: i64| Span(t - t % 1_000).clock().trim_end_matches(".000").to_owned();
            let to = to.0.saturating_add(999);
            command.push_str(&format!(" --from {} --to {}", second(from.0), second(to)));
        }
        Some(command)
    }

    /// Whether all that it lacks is somebody who accepts its dose log.
    #[must_use]
    pub fn is_new(&self) -> bool {
        let Verdict::Failed { reasons } = &self.outcome.verdict else {
            return false;
        };
        reasons.iter().all(|reason| reason.expected == Expected::AcceptedLog) && !reasons.is_empty()
    }

    /// The verdict in a few words: a case that is new has not failed, and one that passed may have checks that the rig does not show.
    #[must_use]
    pub fn word(&self) -> String {
        if self.is_new() {
            "NEW".to_owned()
        } else {
            self.outcome.verdict_words()
        }
    }

    /// The command that shows the dose log which nobody has accepted, ready to be pasted.
    #[must_use]
    pub fn review(&self) -> Option<String> {
        let Verdict::Failed { reasons } = &self.outcome.verdict else {
            return None;
        };
        let differs = reasons.iter().any(|reason| reason.kind == ReasonKind::Snapshot);
        let asked = self.asked.as_ref().filter(|_| differs)?;
        let folder = self.waits_in.clone().unwrap_or_else(|| asked.file("snapshots"));
        Some(format!("pump-hil review {}", quoted(&folder)))
    }
}

/// A scenario's file within its folder as a class: without its ending, and wherever the folder lies. CIs take what stands before the last full stop for a package.
fn class_of(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    stem.replace('.', "-").replace('/', ".")
}

/// A word for a shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '=' | ':' | '@' | '+');
    // At the begin of a word it stands for somebody's home.
    let plain = |c: char| plain(c) || (c == '~' && !text.starts_with(c));
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if safe_lines(text) == text && !text.contains('\n') {
        // Between single quotes nothing is special but their end (POSIX.1-2017, Shell Command Language, 2.2.2).
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    // What must not be shown as it is stands there as its bytes (POSIX.1-2024, 2.2.4): the command still names the same file.
    let mut word = "$'".to_owned();
    for c in text.chars() {
        let mut bytes = [0; 4];
        let c = c.encode_utf8(&mut bytes);
        match &*c {
            "\\" | "'" => word.extend(["\\", c]),
            c if safe(c) == c => word.push_str(c),
            c => word.extend(c.bytes().map(|byte| format!("\\x{byte:02x}"))),
        }
    }
    word + "'"
}
