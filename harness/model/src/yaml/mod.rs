//! YAML files that people write: read into a tree that knows where everything stands, checked against a schema, and taken apart into typed
//! but unvalidated structs.
//!
//! The tree is made from parser events and not by a serde library: only so are duplicate keys, every error of a file at once, and a place for
//! each value to be had. Invariant: whatever the bytes, reading ends within the limits of [`tree`], and memory is bounded by them.

pub mod check;
pub mod document;
pub mod raw;
pub mod schema;
pub mod tree;

use crate::diagnostic::Diagnostic;
use std::collections::BTreeSet;
use tree::Place;

/// Something that is wrong, at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What stands under the caret.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with a message alone.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
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

    /// With advice, where there is any.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// A file that was read: its name and its text.
#[derive(Debug, Clone)]
pub struct FileText {
    /// Name, as diagnostics show it.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Most problems that are gathered from one file and row. Beyond it nothing new is learned, and looking for what follows from what would take
/// time that grows with their square.
pub const GATHERED_MAX: usize = 1_000;
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
    problems.sort_by_key(|p| (p.place.file, p.place.start));
    let mut seen = BTreeSet::new();
    problems.retain(|p| seen.insert((p.place.file, p.place.start, p.message.clone())));
    let untold = problems.len().saturating_sub(TOLD_MAX);
    let mut told = Vec::new();
    for problem in problems.into_iter().take(TOLD_MAX) {
        let Some(file) = files.get(usize::from(problem.place.file)) else {
            continue;
        };
        let range = (problem.place.start as usize, problem.place.end as usize);
        told.push(Diagnostic::at(
            &file.name,
            &file.text,
            range,
            problem.message,
            problem.label,
            problem.help,
        ));
    }
    if let (Some(file), true) = (files.last(), untold > 0) {
        let message = format!("{untold} more errors or more are not shown");
        told.push(Diagnostic::about_file(&file.name, message, None));
    }
    told
}
