//! The record beside the snapshots: who accepted which text, a line for each acceptance.

use super::kept::Kept;
use pump_hil_model::safe_text::safe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a record that are read.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

/// One acceptance: a line of the record beside the snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Name of the case.
    pub snapshot: String,
    /// Who accepted it.
    pub who: String,
    /// When, RFC 3339 in UTC.
    pub when: String,
    /// SHA-256 of the text before, hex; `None` for a first one.
    pub old_sha256: Option<String>,
    /// SHA-256 of the text now, hex.
    pub new_sha256: String,
    /// Why it is right, in the person's words; lines of before there was a reason have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What was accepted last for each case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// By name of the case.
    last: BTreeMap<String, Acceptance>,
}

impl Record {
    /// Reads a record's bytes. Fields that this harness does not know are passed over.
    ///
    /// # Errors
    /// What is wrong, with the line: a record with a gap is none, for nobody knows whose acceptance is missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        // It is made with its first line: an empty one lost them all.
        if bytes.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut record = Self::default();
        for (number, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let acceptance: Acceptance = serde_json::from_slice(line)
                .map_err(|error| format!("line {number} is not an acceptance: {}", safe(&error.to_string())))?;
            record.last.insert(acceptance.snapshot.clone(), acceptance);
        }
        Ok(record)
    }

    /// Whether `kept` is the text that was accepted last for its case.
    #[must_use]
    pub fn has(&self, kept: &Kept) -> bool {
        self.of(kept).is_some()
    }

    /// The acceptance of this text, where it is the last one of its case.
    #[must_use]
    pub fn of(&self, kept: &Kept) -> Option<&Acceptance> {
        let last = self.last.get(&kept.log.name);
        last.filter(|last| last.new_sha256 == kept.sha256())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"snapshot":"a","who":"Q","when":"2026-01-01T00:00:00Z","old_sha256":null,"new_sha256":"1"}"#;

    #[test]
    fn the_last_line_of_a_name_counts() {
        // A field of a later harness is passed over.
        let later = LINE.replace("\"1\"", "\"2\",\"reason\":\"new pump\"");
        let record = Record::parse(format!("{LINE}\n{later}\n\n").as_bytes()).unwrap();
        let last = &record.last["a"];
        assert_eq!((&*last.new_sha256, last.reason.as_deref()), ("2", Some("new pump")));
        // A line of before there were reasons stands as it is.
        let old = Record::parse(LINE.as_bytes()).unwrap();
        assert_eq!((&*old.last["a"].new_sha256, &old.last["a"].reason), ("1", &None));
    }

    #[test]
    fn a_gap_is_told_with_its_line() {
        for text in ["", "\u{0}\u{0}", "<<<<<<< HEAD\n", &LINE[..40]] {
            assert!(Record::parse(text.as_bytes()).is_err(), "{text}");
        }
        let torn = format!("{LINE}\n{}", &LINE[..40]);
        assert!(
            Record::parse(torn.as_bytes())
                .unwrap_err()
                .starts_with("line 2 is not an acceptance: ")
        );
    }
}
