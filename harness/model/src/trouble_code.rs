//! The stable name of a kind of trouble: it stands in journals, so it lies below the events.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A stable name of a kind of trouble: words of small letters and digits, joined by `-`, such as `rig-line-lost`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TroubleCode(Cow<'static, str>);

impl TroubleCode {
    /// The rig, with no word on what of it: so journals from before there were codes.
    pub const RIG: Self = Self::of("rig");
    /// The journal's file cannot be written or read.
    pub const JOURNAL: Self = Self::of("journal");
    /// Another file stands where the journal was written.
    pub const JOURNAL_SWAPPED: Self = Self::of("journal-swapped");
    /// The accepted dose logs cannot be read or written.
    pub const SNAPSHOT: Self = Self::of("snapshot");
    /// A case says or does more than there is room for.
    pub const BABBLE: Self = Self::of("babble");
    /// The harness itself failed.
    pub const HARNESS: Self = Self::of("harness-failed");

    /// A code of a layer's own.
    ///
    /// # Panics
    /// If `name` is none; in a `const`, that is when it is compiled.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        assert!(is_code(name), "a code is kebab-case");
        Self(Cow::Borrowed(name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Most bytes of a code.
const CODE_MAX: usize = 48;

const fn is_code(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut at = 0;
    // What stood before: a word may neither be empty nor is there one behind the last `-`.
    let mut in_word = false;
    // A `while`, because a `const fn` has no iterators.
    while at < bytes.len() {
        match bytes[at] {
            b'a'..=b'z' | b'0'..=b'9' => in_word = true,
            b'-' if in_word => in_word = false,
            _ => return false,
        }
        at += 1;
    }
    in_word && bytes.len() <= CODE_MAX
}

impl std::fmt::Display for TroubleCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TroubleCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        // A later harness may know more codes than this one: any that has the form is read.
        if is_code(&name) {
            Ok(Self(Cow::Owned(name)))
        } else {
            Err(serde::de::Error::custom(format!("`{name}` is not a code of a trouble")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Body;

    #[test]
    fn a_code_is_kebab_case() {
        for right in ["rig", "rig-line-lost", "no-reply-2"] {
            assert!(is_code(right), "{right}");
        }
        for wrong in ["", "-", "rig-", "-rig", "rig--lost", "Rig", "rig lost", "rig\u{1b}[2J"] {
            assert!(!is_code(wrong), "{wrong:?}");
        }
        assert!(!is_code(&"a".repeat(CODE_MAX + 1)));
    }

    #[test]
    fn a_journal_from_before_there_were_codes_reads_and_writes_as_it_was() {
        let old = r#"{"event":"rig-trouble","what":"the line is gone"}"#;
        let body: Body = serde_json::from_str(old).unwrap();
        let Body::RigTrouble { code: None, .. } = &body else {
            panic!("{body:?}");
        };
        assert_eq!(serde_json::to_string(&body).unwrap(), old);
        let new = r#"{"event":"rig-trouble","code":"rig-line-lost","what":"the line is gone"}"#;
        let body: Body = serde_json::from_str(new).unwrap();
        assert_eq!(serde_json::to_string(&body).unwrap(), new);
        let forged = new.replace("rig-line-lost", "rig lost");
        assert!(serde_json::from_str::<Body>(&forged).is_err());
    }
}
