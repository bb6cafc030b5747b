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
    /// The file or folder cannot be read, or holds nothing that could be.
    Unreadable = "unreadable" in &[Scenario, Drug, Requirement, Project];
    /// The bytes are no UTF-8, or no YAML (`pump-hil.toml`: no TOML).
    Syntax = "syntax" in Subject::ALL;
    /// YAML that is not read: anchors, aliases, tags, several documents.
    YamlFeature = "yaml-feature" in YAML;
    /// More than is read: bytes, levels, values, files, rows, steps, time.
    Limit = "limit" in YAML;
    /// What must say something says nothing: a file, a summary, a timeline, an `expect`.
    Empty = "empty" in YAML;
    /// A key that is not known here.
    UnknownKey = "unknown-key" in Subject::ALL;
    /// A key is missing.
    MissingKey = "missing-key" in YAML;
    /// Keys that do not go together, or one without the one that it goes with.
    KeyCombination = "key-combination" in &[Scenario, Device, Rig];
    /// Another kind of value than the key takes, such as a list for a text.
    WrongKind = "wrong-kind" in Subject::ALL;
    /// A word that is not among those that are known here.
    UnknownWord = "unknown-word" in YAML;
    /// Something is said twice, and once would do, or only one can be meant.
    Twice = "twice" in YAML;
    /// A number beyond what it may be.
    Range = "range" in &[Scenario, Device, Rig];
    /// No number where one is needed.
    Number = "number" in YAML;
    /// No unit, an unknown one, or one of another dimension.
    Unit = "unit" in &[Scenario, Drug, Device, Rig];
    /// A number that could be held only if it were rounded.
    Precision = "precision" in &[Scenario, Drug, Device, Rig];
    /// A text that cannot be read as what it must be: a date, hex digits, an `always`.
    Format = "format" in &[Scenario, Device, Rig];
    /// A name with characters that it must not have.
    Name = "name" in &[Scenario, Rig];
    /// It names something that is not there: a mark, a parameter, a fault that nobody injected.
    Reference = "reference" in &[Scenario, Device, Rig, Project];
    /// Set or given, and used by nothing.
    Unused = "unused" in &[Scenario];
    /// A comparison or range that means nothing, or that nothing can fulfil.
    Comparison = "comparison" in &[Scenario];
    /// An expectation, a tolerance or a slack that no pump can miss.
    CannotFail = "cannot-fail" in &[Scenario];
    /// Time goes back, or a wait lasts beyond the step after it.
    TimeOrder = "time-order" in &[Scenario];
    /// A day schedule that leaves a part of a day open.
    Schedule = "schedule" in &[Scenario];
    /// A dose in mass where the drug in force says no concentration.
    Mass = "mass" in &[Scenario];
    /// A name of the pump's memory or code that is not there, or cannot hold that.
    FirmwareName = "firmware-name" in &[Scenario];
    /// A file that cannot be included.
    Include = "include" in &[Scenario];
    /// A version of the language that this harness does not read.
    Version = "version" in &[Scenario];
    /// A soft limit of a drug lies beyond its hard one.
    SoftLimit = "soft-limit" in &[Drug];
    /// The firmware's ELF file that a file names cannot be used.
    Elf = "elf" in &[Device, Rig];
    /// There is more than is told.
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
