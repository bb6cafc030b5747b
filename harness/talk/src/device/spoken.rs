//! The protocol of a profile.

use super::raw::{RawCodec, RawProfile};
use super::raw_observe::DeviceKind;
use super::units::Units;
use crate::protocol::{Mistaken as Wrong, Protocol, RawProtocol, Target, mistaken as wrong, text_lines_1};
use pump_hil_model::case::{Section, Verb};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::words::{PRIORITIES, STATES};
use std::sync::Arc;

/// How the device talks: by the codec that a version 1 file names, or as a version 2 file says.
pub(super) fn spoken(raw: &mut RawProfile, units: &Units) -> Result<Arc<Protocol>, Wrong> {
    match (raw.profile.unwrap_or(1), &raw.framing) {
        (1, Some(framing)) => {
            // A pattern that always fits: a second codec will not compile until it is handled here.
            let RawCodec::TextLines1 = framing.codec;
            let protocol = text_lines_1();
            // No longer line is written, so a profile cannot ask for one.
            let most = protocol.request_max();
            if !(32..=most).contains(&framing.line_max) {
                let what = format!("`line-max` must be 32 to {most}");
                return Err(wrong(Mistake::Range, &["framing", "line-max"], what));
            }
            Ok(Arc::new(protocol.with_request_max(framing.line_max)))
        }
        (1, None) => {
            let what = "a profile needs `framing`, or `profile: 2` with `frames`, `messages`, `match` and `ask`";
            Err(wrong(Mistake::MissingKey, &[], what.to_owned()))
        }
        (2, Some(_)) => {
            let what = "`framing` names a codec, and `profile: 2` says itself how frames look: leave one of them out";
            Err(wrong(Mistake::KeyCombination, &["framing"], what.to_owned()))
        }
        (2, None) => in_the_file(raw, units).map(Arc::new),
        (other, _) => {
            let what = format!("this harness reads profiles of version 1 and 2, not {other}");
            Err(wrong(Mistake::Range, &["profile"], what))
        }
    }
}

/// What a version 2 file says of frames and messages.
fn in_the_file(raw: &mut RawProfile, units: &Units) -> Result<Protocol, Wrong> {
    let (Some(matching), Some(ask)) = (raw.matching.take(), raw.ask.take()) else {
        let what = "`profile: 2` needs `frames`, `messages`, `match` and `ask`".to_owned();
        return Err(wrong(Mistake::MissingKey, &["profile"], what));
    };
    let written = RawProtocol {
        frames: std::mem::take(&mut raw.frames),
        pairs: raw.pairs.take(),
        parts: std::mem::take(&mut raw.parts),
        options: std::mem::take(&mut raw.options),
        speak: std::mem::take(&mut raw.speak),
        words: raw.field_words(),
        messages: std::mem::take(&mut raw.messages),
        matching,
        ask,
        verbs: std::mem::take(&mut raw.verbs),
        own: std::mem::take(&mut raw.own),
    };
    right_words(&written, raw.kind)?;
    let protocol = Protocol::new(&written, units.by_text())?;
    if raw.kind == DeviceKind::Balance && !protocol.replies_with(READ, Target::Mass) {
        let what = "a balance needs the verb `read`, whose reply gives `mass`".to_owned();
        return Err(wrong(Mistake::MissingKey, &["verbs"], what));
    }
    if raw.requests.is_empty() {
        return Ok(protocol);
    }
    let Some(request) = protocol.request.and_then(|place| protocol.messages.get(place)) else {
        let what = "`ask` needs `send`: the message that each request is".to_owned();
        return Err(wrong(Mistake::MissingKey, &["ask"], what));
    };
    // Without it all requests would be the same, and nothing would say which of them ends therapy.
    if request.shape.place_of("verb").is_none() {
        let what = "the message that each request is needs the field `verb`".to_owned();
        return Err(wrong(Mistake::MissingKey, &["messages", &request.name, "is"], what));
    }
    Ok(protocol)
}

/// What is asked of a balance: its mass, and by hand the others.
const OF_A_BALANCE: [&str; 4] = [READ, "identify", "zero", "tare"];
const READ: &str = "read";

/// Verbs of the harness stand under `verbs`, others under `own`; what is its own says what it counts as.
fn right_words(written: &RawProtocol, kind: DeviceKind) -> Result<(), Wrong> {
    let core = |name: &str| match kind {
        DeviceKind::Pump => Verb::find(name).is_some_and(|verb| verb.section() == Section::Requests),
        DeviceKind::Balance => OF_A_BALANCE.contains(&name),
    };
    let known = || Verb::DO.iter().map(|verb| verb.word());
    if let Some(name) = written.verbs.keys().find(|name| !core(name)) {
        let help = suggest(name, known()).unwrap_or_else(|| "a verb of its own stands under `own: verbs`".to_owned());
        let what = format!("`{name}` is no verb that the harness knows; {help}");
        return Err(wrong(Mistake::UnknownWord, &["verbs", name], what));
    }
    for (name, verb) in &written.own.verbs {
        if known().any(|known| known == name) {
            let what = format!("`{name}` is a verb of the harness's: it stands under `verbs`");
            return Err(wrong(Mistake::KeyCombination, &["own", "verbs", name], what));
        }
        if verb.effect.is_none() {
            let what = format!("say what `{name}` does: `effect: none`, `set`, `stop` or `dose`");
            return Err(wrong(Mistake::MissingKey, &["own", "verbs", name], what));
        }
    }
    let one_of = |at: &[&str], word: &str, words: &[&str]| {
        if words.contains(&word) {
            return Ok(());
        }
        let help = suggest(word, words.iter().copied()).unwrap_or_else(|| words.join(", "));
        let what = format!("`{word}` is none of {}; {help}", words.join(", "));
        Err(wrong(Mistake::UnknownWord, at, what))
    };
    for (own, counts_as) in &written.own.states {
        one_of(&["own", "states", own], counts_as, STATES)?;
    }
    for (own, priority) in &written.own.alarms {
        one_of(&["own", "alarms", own], priority, PRIORITIES)?;
    }
    Ok(())
}
