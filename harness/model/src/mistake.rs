//! The kinds of mistakes that a file can have, and the code of each: `scenario-unit` is a wrong unit in a scenario. `docs/diagnostics.md` says of
//! each code what it means and what to do.
//!
//! Invariant: a code, once given, keeps its meaning. A message may be told in better words; people and tools find a mistake by its code.

use std::fmt;

/// What was being read: the first word of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A scenario, or a shared set-up that it includes.
    Scenario,
    /// A file of drugs.
    Drug,
    /// A file of requirements.
    Requirement,
    /// A device profile.
    Device,
    /// A rig file.
    Rig,
    /// `pump-hil.toml`, at the top of a user's repository.
    Project,
}

use Subject::{Device, Drug, Project, Requirement, Rig, Scenario};

/// All that is YAML.
const YAML: &[Subject] = &[Scenario, Drug, Requirement, Device, Rig];

impl Subject {
    /// Everything that is read with diagnostics.
    pub const ALL: &'static [Self] = &[Scenario, Drug, Requirement, Device, Rig, Project];

    fn name(self) -> &'static str {
        match self {
            Scenario => "scenario",
            Drug => "drug",
            Requirement => "requirement",
            Device => "device",
            Rig => "rig",
            Project => "project",
        }
    }
}

macro_rules! mistakes {
    ($(#[doc = $means:literal] $mistake:ident = $name:literal in $subjects:expr;)*) => {
        /// A kind of mistake: neither one sentence nor all of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mistake { $(#[doc = $means] $mistake,)* }

        impl Mistake {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$mistake),*];

            /// In kebab case: the rest of a code.
            fn name(self) -> &'static str {
                match self { $(Self::$mistake => $name,)* }
            }

            /// What it means, in a sentence or two.
            #[must_use]
            pub fn means(self) -> &'static str {
                match self { $(Self::$mistake => $means.trim_ascii(),)* }
            }

            /// What can have it.
            #[must_use]
            pub fn subjects(self) -> &'static [Subject] {
                match self { $(Self::$mistake => $subjects,)* }
            }
        }
    };
}

mistakes! {
    /// The file or folder cannot be read, or has nothing in it that can be read.
    Unreadable = "unreadable" in &[Scenario, Drug, Requirement, Project];
    /// The text is not UTF-8, or not YAML (`pump-hil.toml`: not TOML).
    Syntax = "syntax" in Subject::ALL;
    /// A feature of YAML that is not supported: anchors, aliases, tags, several documents.
    YamlFeature = "yaml-feature" in YAML;
    /// There is too much of something: bytes, levels, values, files, rows, steps, time.
    Limit = "limit" in YAML;
    /// Something is empty that must not be: a file, a summary, a timeline, an `expect`.
    Empty = "empty" in YAML;
    /// This key is not known here.
    UnknownKey = "unknown-key" in Subject::ALL;
    /// A key is missing.
    MissingKey = "missing-key" in YAML;
    /// Two keys that do not go together, or a key without another one that it needs.
    KeyCombination = "key-combination" in &[Scenario, Device, Rig];
    /// The value has the wrong kind, such as a list where a text is needed.
    WrongKind = "wrong-kind" in Subject::ALL;
    /// This word is not known here.
    UnknownWord = "unknown-word" in YAML;
    /// Something is given twice, and may be given only once.
    Twice = "twice" in YAML;
    /// The number is outside its limits.
    Range = "range" in &[Scenario, Device, Rig];
    /// There is no number where one is needed.
    Number = "number" in YAML;
    /// The unit is missing, unknown, or of another dimension.
    Unit = "unit" in &[Scenario, Drug, Device, Rig];
    /// The number is too fine: it would have to be rounded.
    Precision = "precision" in &[Scenario, Drug, Device, Rig];
    /// The text does not have the form that it needs, such as a date, hex digits, or a rule of `always`.
    Format = "format" in &[Scenario, Device, Rig];
    /// The name has characters that are not allowed.
    Name = "name" in &[Scenario, Rig];
    /// It names something that does not exist: a mark, a parameter, a fault that no step injected.
    Reference = "reference" in &[Scenario, Device, Rig, Project];
    /// It is set or given, but never used.
    Unused = "unused" in &[Scenario];
    /// The comparison or range has no meaning, or nothing can fulfil it.
    Comparison = "comparison" in &[Scenario];
    /// The expectation, tolerance or slack is so wide that no pump can miss it.
    CannotFail = "cannot-fail" in &[Scenario];
    /// Time goes back, or a step waits longer than until the next step.
    TimeOrder = "time-order" in &[Scenario];
    /// The day schedule has no rate for a part of a day.
    Schedule = "schedule" in &[Scenario];
    /// The dose is a mass, but the drug that is programmed there has no concentration.
    Mass = "mass" in &[Scenario];
    /// The firmware has no such variable, symbol or function, or the variable cannot have this value.
    FirmwareName = "firmware-name" in &[Scenario];
    /// This file cannot be included.
    Include = "include" in &[Scenario];
    /// This program does not read this version of the language.
    Version = "version" in &[Scenario];
    /// A soft limit of a drug is beyond its hard limit.
    SoftLimit = "soft-limit" in &[Drug];
    /// The ELF file of the firmware, which the file names, cannot be used.
    Elf = "elf" in &[Device, Rig];
    /// There are more mistakes than are shown.
    MoreErrors = "more-errors" in YAML;
}

/// A kind of mistake in what was read, such as `scenario-unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    subject: Subject,
    mistake: Mistake,
}

impl Code {
    /// The code of a mistake in what was read.
    #[must_use]
    pub fn new(subject: Subject, mistake: Mistake) -> Self {
        // A code that is in no list would be in no document either.
        debug_assert!(
            mistake.subjects().contains(&subject),
            "{mistake:?} is not listed for {subject:?}"
        );
        Self { subject, mistake }
    }

    /// Every code that there is, by mistake.
    pub fn all() -> impl Iterator<Item = Self> {
        let of = |mistake: &Mistake| {
            let mistake = *mistake;
            let subjects = mistake.subjects().iter();
            subjects.map(move |subject| Self::new(*subject, mistake))
        };
        Mistake::ALL.iter().flat_map(of)
    }

    /// The kind of mistake.
    #[must_use]
    pub fn mistake(self) -> Mistake {
        self.mistake
    }

    /// What was read.
    #[must_use]
    pub fn subject(self) -> Subject {
        self.subject
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.subject.name(), self.mistake.name())
    }
}
