//! Names and strings that only some modules may have.

use crate::names::Named;
use crate::order;
use crate::survey::{Crate, Survey};

/// Names of other crates as they begin, and where in the harness alone they may stand.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("probe_rs", &["harness/rig/src/probe/"]),
    ("stub_", &["harness/rig/src/sim.rs"]),
];

/// What a pure crate has nothing to do with.
const IMPURE: &[&str] = &[
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::system",
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

/// The reports are pure too, though their package is not: texts out of verdicts and events.
const REPORT: (&str, &str) = ("pump-hil", "report");

/// What the reports may not name besides: who has IO, in other crates and in their own.
const REPORT_NEVER: &[&str] = &["pump_hil_rig", "tokio", "crate::cli", "crate::journal", "crate::runner"];

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
        for Mention { module, place, path } in mentions(shipped) {
            let misplaced = ONLY_IN.iter().any(|rule| is_misplaced(rule, &place, &path));
            let reports = shipped.package == REPORT.0 && is_under(shipped, module, REPORT.1);
            let impure = (pure || reports) && IMPURE.iter().any(|word| is_within(&path, word));
            if misplaced || impure || reports && REPORT_NEVER.iter().any(|word| is_within(&path, word)) {
                wrong.push(format!("{place}: {path}"));
            }
        }
    }
    wrong.extend(survey.shipped().flat_map(of_a_protocol));
    wrong
}

/// Rules that find nothing to hold: a name that nobody says, or a module that is not there.
pub fn idle(survey: &Survey) -> Vec<String> {
    let said = |word: &str| {
        survey
            .shipped()
            .flat_map(mentions)
            .any(|mention| mention.path.starts_with(word))
    };
    let words = ONLY_IN
        .iter()
        .filter(|(word, _)| !said(word))
        .map(|(word, _)| (*word).to_owned());
    let is_there = |(package, room): (&str, &str)| {
        let mut crates = survey.shipped().filter(|c| c.package == package);
        crates.any(|c| (0..c.modules.len()).any(|module| is_under(c, module, room)))
    };
    let rooms = [SESSION, REPORT].into_iter().filter(|room| !is_there(*room));
    words
        .chain(rooms.map(|(package, room)| format!("{package}: {room}")))
        .collect()
}

/// Something that a crate names.
struct Mention {
    module: usize,
    place: String,
    /// In full, from `crate` on where it is of the same one.
    path: String,
}

fn mentions(of: &Crate) -> impl Iterator<Item = Mention> {
    of.uses.paths.iter().filter_map(|used| {
        let path = match &used.named {
            Named::Outside(path) => path.join("::"),
            Named::Item(home, item) => format!("crate::{}::{item}", of.modules[*home].0),
            Named::Module(_) => return None,
        };
        Some(Mention {
            module: used.module,
            place: format!("{}:{}", of.modules[used.module].1, used.line),
            path,
        })
    })
}

fn is_misplaced((word, files): &(&str, &[&str]), place: &str, path: &str) -> bool {
    path.starts_with(word) && !files.iter().any(|file| place.starts_with(file))
}

/// Whether a module is a room of the crate's root, or lies under it.
fn is_under(of: &Crate, module: usize, room: &str) -> bool {
    is_within(&of.modules[module].0, room)
}

fn is_within(path: &str, word: &str) -> bool {
    path.strip_prefix(word)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// Strings of a firmware's protocol in the session.
fn of_a_protocol(of: &Crate) -> Vec<String> {
    let mut found = Vec::new();
    for string in of
        .uses
        .strings
        .iter()
        .filter(|s| of.package == SESSION.0 && is_under(of, s.module, SESSION.1))
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
