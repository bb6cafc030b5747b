//! What was done, as a scenario.

use super::typed::Asked;
use super::verb::{scalar, step};
use pump_hil_model::quantity::Span;
use pump_hil_talk::device::Profile;
use std::fmt::Write as _;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// A verb was asked for, and what came of it.
    Asked(Asked, Came),
    /// Bytes were sent.
    Sent(Vec<u8>),
    /// Time passed.
    Waited(Span),
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Came {
    /// It was carried out.
    Ok,
    /// The pump refused it, for this reason.
    Refused(String),
    /// Nothing came of it, for this reason.
    Nothing(&'static str),
}

/// Pauses that are shorter are none of the person's.
const PAUSE_LEAST: Span = Span(500);

/// The text of a scenario that does the same again; `done`: how long after the one before, and what.
pub(super) fn scenario(name: &str, rig: &str, profile: &Profile, done: &[(Span, Done)]) -> String {
    let mut text = format!(
        "# Written by `pump-hil shell` on rig {rig}: what was done there. Add what must be true with `expect`.\n\
         scenario: {name}\nsummary: What was tried at the pump is done again.\n"
    );
    // Verbs that only this device has are known by its name.
    if profile.protocol.verbs.is_empty() {
        text.push_str("prescription: none\n");
    } else {
        let _ = writeln!(text, "device: {}", profile.device);
    }
    text.push_str("snapshot: none\ntimeline:\n");
    for (after, done) in done {
        let begin = text.len();
        text.push_str(&one(done));
        // A pause stands in the step that comes behind it.
        if *after >= PAUSE_LEAST && !matches!(done, Done::Waited(_) | Done::Asked(_, Came::Nothing(_))) {
            let pause = format!("  - after: {after}\n    ");
            text.replace_range(begin..begin + "  - ".len(), &pause);
        }
    }
    text
}

fn one(done: &Done) -> String {
    match done {
        Done::Asked(asked, came) => match came {
            Came::Ok => step(asked),
            Came::Refused(reason) => step(asked) + &format!("    refused: {}\n", scalar(reason)),
            Came::Nothing(why) => {
                let step = step(asked).replace('\n', "\n  # ");
                let step = step.trim_end_matches(" # ").trim_end_matches('\n').trim_start();
                format!("  # Nothing came of this ({}):\n  # {step}\n", why)
            }
        },
        Done::Sent(bytes) => {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("  - send: {{hex: \"{}\"}}\n", hex.join(" "))
        }
        Done::Waited(span) => format!("  - wait: {span}\n"),
    }
}
