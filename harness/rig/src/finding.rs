//! What a look at a part of a bench found, for a person who sets one up.

/// How it stands with a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Fine,
    /// It may be as it should be, or something is less than it could be.
    Warning,
    /// With this no run can be played.
    Wrong,
}

impl Grade {
    /// As it is told.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// What was found at one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The part, in a word or two.
    pub of: &'static str,
    /// How it stands.
    pub grade: Grade,
    /// What was found, and what to do about it.
    pub told: String,
}

impl Finding {
    /// As it should be.
    #[must_use]
    pub fn fine(of: &'static str, told: impl Into<String>) -> Self {
        Self::new(of, Grade::Fine, told)
    }

    /// Less than it could be.
    #[must_use]
    pub fn warning(of: &'static str, told: impl Into<String>) -> Self {
        Self::new(of, Grade::Warning, told)
    }

    /// No run can be played so.
    #[must_use]
    pub fn wrong(of: &'static str, told: impl ToString) -> Self {
        Self::new(of, Grade::Wrong, told.to_string())
    }

    fn new(of: &'static str, grade: Grade, told: impl Into<String>) -> Self {
        let told = told.into();
        Self { of, grade, told }
    }
}
