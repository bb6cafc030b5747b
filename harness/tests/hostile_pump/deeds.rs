//! What a word of the pump is about: a deed of the liar's own, and what some check looks at.

use super::words::{Kind, Words};
use pump_hil_verdict::dose::CLASSES;

/// A record of what the liar asked for: what comes of a bolus, and each dose entry.
pub fn is_of_a_deed(words: &Words) -> bool {
    let told = words.field("event").unwrap_or_else(|| words.first());
    matches!(told, "bolus-start" | "bolus-end" | "state") && words.kind != Kind::Dose
}

/// The false record as the log has it.
pub fn in_the_log(live: &Words, log: &Words) -> Words {
    let mut words = log.clone();
    for (key, value) in live.rest.iter().filter_map(|word| word.split_once('=')) {
        words.set(key, value);
    }
    words
}

/// The fields that some check, or the oracle, looks at in each case.
pub fn is_judged(kind: Kind, key: &str) -> bool {
    let more: &[&str] = match kind {
        Kind::Event => return ["to", "id", "given", "dose", "priority"].contains(&key),
        Kind::Dose => &["rate", "strokes", "reservoir"],
        _ => &["state", "rate", "bolus", "reservoir"],
    };
    CLASSES.contains(&key) || more.contains(&key)
}
