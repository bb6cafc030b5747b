//! Names and strings that only some modules may have.

use crate::names::Named;
use crate::order;
use crate::survey::{Crate, Survey};

/// Names of other crates as they begin, and where in the harness alone they may stand.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("probe_rs", &["harness/rig/src/probe/"]),
    ("stub_", &["harness/rig/src/sim.rs", "harness/src/cli/sim.rs"]),
];

/// What a pure crate has nothing to do with.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// Words of one firmware's protocol, as they are or as they begin: they come from its device profile.
const OF_A_PROTOCOL: &[&str] = &[
    "session-begin",
    "staged",
    "clock-set",
    "dose-log",
    "crc32",
    "nl",
    "nl/d",
];
const BEGINS_OF_A_PROTOCOL: &str = "ptm-";

/// Who holds the conversation with any pump: its package, and its module with all under it.
const SESSION: (&str, &str) = ("pump-hil-talk", "session");

/// What is named where it must not be.
pub fn wrong(survey: &Survey) -> Vec<String> {
    let mut wrong = Vec::new();
    for shipped in survey.shipped().filter(|c| c.package.starts_with("pump-hil")) {
        let pure = order::pure_crates().any(|name| name == shipped.package);
        for (place, path) in outside(shipped) {
            let misplaced = |(word, files): &(&str, &[&str])| {
                path.starts_with(word) && !files.iter().any(|file| place.starts_with(file))
            };
            if ONLY_IN.iter().any(misplaced) || pure && is_impure(&path) {
                wrong.push(format!("{place}: {path}"));
            }
        }
    }
    wrong.extend(survey.shipped().flat_map(of_a_protocol));
    wrong
}

/// Whether the session was there to be looked at.
pub fn has_session(survey: &Survey) -> bool {
    survey
        .shipped()
        .any(|c| c.package == SESSION.0 && c.modules.iter().any(|(name, _)| name == SESSION.1))
}

/// Paths of other crates that a crate names, with their places.
fn outside(of: &Crate) -> impl Iterator<Item = (String, String)> {
    of.uses.paths.iter().filter_map(|used| match &used.named {
        Named::Outside(path) => Some((format!("{}:{}", of.modules[used.module].1, used.line), path.join("::"))),
        _ => None,
    })
}

fn is_impure(path: &str) -> bool {
    let within = |word: &&str| {
        path.strip_prefix(*word)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    IMPURE.iter().any(within)
}

/// Strings of a firmware's protocol in the session.
fn of_a_protocol(of: &Crate) -> Vec<String> {
    let inside = |module: usize| of.modules[module].0.split("::").next() == Some(SESSION.1);
    let mut found = Vec::new();
    for string in of
        .uses
        .strings
        .iter()
        .filter(|s| of.package == SESSION.0 && inside(s.module))
    {
        let text = string.text.as_str();
        if OF_A_PROTOCOL.contains(&text) || text.starts_with(BEGINS_OF_A_PROTOCOL) {
            let file = &of.modules[string.module].1;
            found.push(format!(
                "{file}:{}: \"{text}\" is a word of one firmware's protocol",
                string.line
            ));
        }
    }
    found
}
