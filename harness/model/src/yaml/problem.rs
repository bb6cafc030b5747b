//! What is wrong with a file that was read, place by place, before it is told.

use super::location::Location;
use super::numbers::foreign;
use crate::diagnostic::{Diagnostic, KNOWN};
use crate::mistake::{Code, Mistake, Subject};
use std::collections::BTreeSet;

/// Something that is wrong, at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of mistake it is.
    pub mistake: Mistake,
    /// Where.
    pub place: Location,
    /// What is wrong.
    pub message: String,
    /// What stands under the caret.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with a message alone.
    pub fn new(mistake: Mistake, place: Location, message: impl Into<String>) -> Self {
        Self {
            mistake,
            place,
            message: message.into(),
            label: String::new(),
            help: None,
        }
    }

    /// With a text under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Tells a number with a comma, or with a sign of a word processor, as that: whoever reads it knows only one way to write a number.
    fn as_written(&mut self, text: &str) {
        use Mistake::{CannotFail, Comparison, Format, Number, Unit, WrongKind};
        if ![CannotFail, Comparison, Format, Number, Unit, WrongKind].contains(&self.mistake) {
            return;
        }
        if let Some((message, help)) = foreign(text) {
            self.message = message;
            self.help = Some(help);
        }
    }

    /// With advice, where there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// A file that was read: what it is, its name and its text.
#[derive(Debug, Clone)]
pub struct FileText {
    /// What it is; the first word of its diagnostics' codes.
    pub subject: Subject,
    /// Name, as diagnostics show it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Most problems that are gathered from one file and row. Beyond it nothing new is learned, and looking for what follows from what would take
/// time that grows with their square.
pub const GATHERED_MAX: usize = 1_000;
/// What is told of a number that YAML took apart at its comma, before it is seen how it was written.
pub(super) const TORN: &str = "a number with a comma";
/// From this length on a list of known words is told once.
const LIST: usize = 100;
/// Most problems that are told.
pub const TOLD_MAX: usize = 100;

/// Adds a problem, unless there are too many already.
pub fn gather(problems: &mut Vec<Problem>, problem: Problem) {
    if problems.len() < GATHERED_MAX {
        problems.push(problem);
    }
}

/// Turns problems into diagnostics: sorted by place, each told once, and only so many as a person reads.
#[must_use]
pub fn diagnose(mut problems: Vec<Problem>, files: &[FileText]) -> Vec<Diagnostic> {
    // Of a number in two parts each part means something else than was meant.
    let torn: Vec<Location> = problems.iter().filter(|p| p.message == TORN).map(|p| p.place).collect();
    let follows = |place: Location| {
        let in_it = |torn: &Location| torn.file == place.file && (torn.start..torn.end).contains(&place.start);
        torn.iter().any(in_it)
    };
    problems.retain(|problem| problem.message == TORN || !follows(problem.place));
    // They were gathered by check, not by place: a person reads a file from the top.
    problems.sort_by_key(|p| (p.place.file, p.place.start));
    let mut seen = BTreeSet::new();
    problems.retain(|p| seen.insert((p.place.file, p.place.start, p.message.clone())));
    let untold = problems.len().saturating_sub(TOLD_MAX);
    let mut told = Vec::new();
    let mut lists = BTreeSet::new();
    for mut problem in problems.into_iter().take(TOLD_MAX) {
        let Some(file) = files.get(usize::from(problem.place.file)) else {
            continue;
        };
        let range = (problem.place.start as usize, problem.place.end as usize);
        problem.as_written(file.text.get(range.0..range.1).unwrap_or(""));
        // A long list is read once.
        if let Some(help) = problem
            .help
            .as_mut()
            .filter(|help| help.len() > LIST && help.starts_with(KNOWN))
            && !lists.insert(help.clone())
        {
            *help = "the words that are known here are listed above".to_owned();
        }
        told.push(Diagnostic::at(
            Code::new(file.subject, problem.mistake),
            &file.name,
            &file.text,
            range,
            problem.message,
            problem.label,
            problem.help,
        ));
    }
    if let (Some(file), true) = (files.last(), untold > 0) {
        let message = format!("at least {untold} more mistakes are not shown");
        let code = Code::new(file.subject, Mistake::MoreErrors);
        told.push(Diagnostic::about_file(code, &file.name, message, None));
    }
    told
}
