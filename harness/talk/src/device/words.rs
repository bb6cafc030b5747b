//! Words of a firmware and words of the harness, such as of alarms and causes.

use std::collections::BTreeMap;

/// By each word of the firmware that has another one in the harness, that one. A word that is not in the list is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// From the list of a profile: theirs, ours.
    #[must_use]
    pub fn new(ours: BTreeMap<String, String>) -> Self {
        Self(ours)
    }

    /// The harness's word for a word of the firmware.
    #[must_use]
    pub fn ours(&self, theirs: &str) -> String {
        self.0.get(theirs).cloned().unwrap_or_else(|| theirs.to_owned())
    }

    /// The same for a word that is not needed any more: one that is the same on both sides is not copied.
    #[must_use]
    pub fn into_ours(&self, theirs: String) -> String {
        self.0.get(&theirs).cloned().unwrap_or(theirs)
    }

    /// The firmware's word for a word of the harness.
    #[must_use]
    pub fn theirs(&self, ours: &str) -> String {
        // Two of the firmware's words may be one here: the first in the alphabet is said.
        let found = self.0.iter().find(|(_, word)| *word == ours);
        found.map_or_else(|| ours.to_owned(), |(theirs, _)| theirs.clone())
    }
}
