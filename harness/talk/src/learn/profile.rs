//! A proposal as the text of a profile, with what was counted and what could not be known as comments.

use super::check::{CheckAt, DIFFERENT_LEAST};
use super::conversation::Proposal;
use super::layout::Layout;
use super::messages::Likely;
use crate::frames::Stuffing;
use crate::wire::escape;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Messages of one side that are written.
const MESSAGES_MAX: usize = 60;

/// A profile of version 2 to begin with, under this name; `from`: what the transcript is called. What could not be known stands in it as comments.
#[must_use]
pub fn profile(of: &Proposal, device: &str, from: &str) -> String {
    let mut text = head(of, device, from);
    let names = names(&of.said);
    text.push_str("\nframes:\n");
    text.push_str(&frames(of));
    messages(of, &names, &mut text);
    text.push_str("\n# TODO How a reply is known to be one of a request: by `order`, by `kind`, or by a field with its number.\nmatch: order\n");
    let prompt = !of.heard.cutting.framing.prompts.is_empty();
    let list = names.join(", ");
    let ends = match (prompt, names.is_empty()) {
        (true, _) => format!("each: [{list}], until: prompt, at-most: 64, "),
        (false, true) => String::new(),
        (false, false) => format!("reply: [{list}], "),
    };
    let echo = if of.echo { "echo: true, " } else { "" };
    let _ = writeln!(
        text,
        "# TODO `timeout` is longer than the slowest reply; a transcript has no times."
    );
    let _ = writeln!(text, "ask: {{{echo}{ends}timeout: 1 s}}");
    sent(of, &mut text);
    text.push_str(
        "\n# TODO Name the verbs that leave this pump safe, such as [stop], and take the line `make-safe` out of `lacks`.\n\
         make-safe: []\nlacks:\n  make-safe: nobody has said yet what ends its therapy\n",
    );
    text
}

fn head(of: &Proposal, device: &str, from: &str) -> String {
    let mut text = format!(
        "# Proposed by `pump-hil learn` from {from} ({}).\n\
         # It says what was seen, and how often; it does not know what the device means. TODO marks what is left for you.\n",
        of.form.what()
    );
    if let Some((count, first)) = of.left_out {
        let _ = writeln!(
            text,
            "# Lines without > or < were left out: {count}, the first of them is line {first}."
        );
    }
    let _ = write!(
        text,
        "profile: 2\ndevice: {device}\nsummary: TODO one sentence about this device.\n"
    );
    text
}

/// The frames, and which of them are sent and heard.
fn frames(of: &Proposal) -> String {
    let mut text = String::new();
    let prompts = &of.heard.cutting.framing.prompts;
    let heard = if of.sent.is_some() { "in" } else { "f" };
    let mut side = |layout: &Layout, name: &str, whose: &str| {
        for line in seen(layout, whose) {
            let _ = writeln!(text, "  # {line}");
        }
        text.push_str(&layout.yaml(name));
    };
    let whose = match (&of.sent, of.pieces.1) {
        (Some(_), _) => "of the pump",
        (None, 0) => "of the pump",
        (None, _) => "both ways",
    };
    side(&of.heard, heard, whose);
    if let Some(sent) = &of.sent {
        side(sent, "out", "that were sent");
    }
    let signs: Vec<String> = prompts.iter().map(|sign| char::from(*sign).to_string()).collect();
    if let [first, ..] = &signs[..] {
        let _ = writeln!(
            text,
            "  # What stands behind the last line: {}. TODO Say in `gives` what state each shows.",
            signs.join(" ")
        );
        let piece = match signs.len() {
            1 => format!("\"{}\"", escape(first.as_bytes())),
            _ => format!("{{sign: \"{}\"}}", escape(signs.join("|").as_bytes())),
        };
        let _ = writeln!(text, "  prompt: {{is: [{piece}], at-rest: 20 ms}}");
    }
    if of.sent.is_some() {
        let hear = if prompts.is_empty() { "in" } else { "[in, prompt]" };
        let _ = writeln!(text, "speak:\n  plain: {{send: out, hear: {hear}}}");
    }
    text
}

/// What was seen of frames, with counts.
fn seen(layout: &Layout, whose: &str) -> Vec<String> {
    let (cutting, framing) = (&layout.cutting, &layout.cutting.framing);
    let count = cutting.frames.len();
    let (whole, pieces) = cutting.whole;
    let mut told = vec![match framing.stream {
        true => format!("{count} frames {whose}, in one stream."),
        false => format!("{count} frames {whose}, in {whole} of {pieces} pieces of the transcript."),
    }];
    let quoted = |bytes: &[u8]| format!("\"{}\"", escape(bytes));
    let all = format!("{count} of {count} frames");
    if !layout.sync.is_empty() {
        told.push(format!("begin {}: {all}", quoted(&layout.sync)));
    }
    match (&framing.length, framing.ends.first()) {
        (Some(length), end) => {
            let lengths = super::bytes::distinct(layout.contents().iter().map(|content| content.len()));
            told.push(format!(
                "length at byte {} as {}: {all}, {lengths} lengths",
                length.at, length.word
            ));
            told.extend(end.map(|end| format!("end {}: {all}", quoted(end))));
        }
        (None, Some(end)) => told.push(format!("end {}: {all}", quoted(end))),
        (None, None) => {
            told.push("Nothing was seen that ends a frame: each piece of the transcript counts as one.".to_owned());
            told.push("TODO What ends it? A last text, a length, or how long a silence? Texts that were typed often lack their end.".to_owned());
        }
    }
    if let Some(escape) = framing.escape {
        let seen = match (escape, cutting.escaped) {
            (Stuffing::Cobs, _) => "every frame is written so".to_owned(),
            (_, 0) => "by what frames begin and end with; no byte stood for another, so make sure".to_owned(),
            (_, times) => format!("bytes stood for others in {times} frames"),
        };
        told.push(format!("escape: {seen}"));
    }
    if layout.trailer > 0 {
        told.push(format!(
            "TODO {} bytes behind the body are not explained by a check that is known.",
            layout.trailer
        ));
    }
    told.extend(of_check(layout));
    told
}

fn of_check(layout: &Layout) -> Vec<String> {
    let different = super::bytes::distinct(layout.contents().into_iter());
    let Some(CheckAt {
        name,
        then,
        holds,
        different: over,
        others,
        ..
    }) = &layout.check
    else {
        return vec![match different < DIFFERENT_LEAST {
            true => format!("No check was looked for: {DIFFERENT_LEAST} frames must differ, and {different} do."),
            false => "No check holds: the whole catalogue, sums and exclusive-ors were tried at the end of each frame."
                .to_owned(),
        }];
    };
    let then = if then.is_empty() {
        String::new()
    } else {
        format!(", {then}")
    };
    let mut told = vec![format!(
        "check {name}{then}: {} of {} frames, {over} of them different",
        holds.0, holds.1
    )];
    told.extend(
        others
            .iter()
            .map(|other| format!("as many have {other}: more frames would tell which")),
    );
    told
}

/// The names of messages.
fn names(said: &[Likely]) -> Vec<String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let shown = said.iter().take(MESSAGES_MAX);
    let names = shown.zip(1_usize..).map(|(one, number)| {
        let letters = one.example.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        let word: String = letters.chars().take_while(char::is_ascii_alphabetic).collect();
        let is_text = one.keys.iter().any(|key| key.starts_with("is: \""));
        let plain = is_text && word.len() >= 2 && one.example.starts_with(&word);
        let name = if plain {
            word.to_ascii_lowercase()
        } else {
            format!("m{number}")
        };
        let count = taken.entry(name.clone()).or_default();
        *count = count.saturating_add(1);
        // The names of frames may be taken by prompts.
        if *count == 1 && name != "prompt" {
            name
        } else {
            format!("{name}-{number}")
        }
    });
    names.collect()
}

fn messages(of: &Proposal, names: &[String], text: &mut String) {
    let all = of
        .said
        .iter()
        .map(|one| one.witnesses.len())
        .fold(of.unlike, usize::saturating_add);
    text.push_str(
        "\n# TODO Say in `gives` what each tells of the pump, in `means` which are refusals, and which come `unasked`.\nmessages:",
    );
    text.push_str(if names.is_empty() { " {}\n" } else { "\n" });
    for (one, name) in of.said.iter().zip(names) {
        let _ = writeln!(
            text,
            "  # {} of {all} frames, such as \"{}\"",
            one.witnesses.len(),
            escape(one.example.as_bytes())
        );
        let alone = |piece: &&usize| of.unprompted.get(**piece) == Some(&true);
        match one.pieces.iter().filter(alone).count() {
            0 => {}
            count => {
                let _ = writeln!(
                    text,
                    "  # {count} of them came when nothing had just been sent. TODO Is it `unasked`?"
                );
            }
        }
        for field in &one.fields {
            let _ = writeln!(text, "  #   {field}");
        }
        let frame = (!of.heard.cutting.framing.prompts.is_empty()).then(|| "frame: in".to_owned());
        let keys: Vec<String> = frame.into_iter().chain(one.keys.iter().cloned()).collect();
        let _ = writeln!(text, "  {name}:\n    {}", keys.join("\n    "));
    }
    let more = of.said.len().saturating_sub(names.len());
    if more > 0 {
        let _ = writeln!(text, "  # {more} more forms were seen; they are not written here.");
    }
    if of.unlike > 0 {
        let _ = writeln!(
            text,
            "  # {} of {all} frames have long bodies of bytes: no message is proposed for them.",
            of.unlike
        );
    }
}

/// What was sent, as comments: only a person knows what it does.
fn sent(of: &Proposal, text: &mut String) {
    if of.asked.is_empty() {
        text.push_str("\n# Nothing was sent in the transcript.\n");
        return;
    }
    text.push_str(
        "\n# What was sent. TODO Take the sign # off what you need, name it, and state its `effect`: none, set, stop or dose.\n\
         # A verb that the harness knows (LANGUAGE.md, *do*) stands under `verbs` instead, without `effect`.\n# own:\n#   verbs:\n",
    );
    for (one, number) in of.asked.iter().take(MESSAGES_MAX).zip(1_usize..) {
        let mut keys: Vec<String> = one.keys.clone();
        let send = match &mut keys[..] {
            [is] if is.starts_with("is: \"") => is.trim_start_matches("is: ").to_owned(),
            [is] => format!("{{{is}}}"),
            [when, is] => {
                let when = when.trim_start_matches("when: {").trim_end_matches('}');
                format!("{{{when}, {is}}}")
            }
            _ => continue,
        };
        let times = match one.witnesses.len() {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let _ = writeln!(text, "#     # {times}, such as \"{}\"", escape(one.example.as_bytes()));
        let _ = writeln!(text, "#     sent-{number}: {{send: {send}, effect: TODO}}");
    }
}
