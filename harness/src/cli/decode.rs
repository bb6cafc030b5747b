//! `pump-hil decode`: the bytes of a journal, read again by a profile. It judges nothing.

use super::adapt_args::Decode;
use super::exit::{CliError, Exit};
use super::inputs;
use super::print::{eprint_styled, print_hung};
use super::project::Project;
use crate::journal;
use crate::report::counted;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_talk::decode::{Decoded, Decoder, Is, Meaning};
use pump_hil_talk::wire::kept;
use std::fmt::Write as _;

/// Where the words of a frame begin.
const BEHIND_TIME: usize = 20;
/// Text that is printed at once: a journal may be large.
const CHUNK: usize = 64 << 10;

pub(super) fn decode(args: &Decode, project: &Project) -> Result<Exit, CliError> {
    let profile = match inputs::profile(&project.shelf(&[])?, &args.device)? {
        Ok(profile) => profile,
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    let cannot = |error: &dyn std::fmt::Display| CliError::rig(error.to_string());
    let (header, mut events) = journal::open(&args.journal).map_err(|e| cannot(&e))?.into_parts();
    let mut told = Told {
        text: format!(
            "{}: {} on {}, its bytes as the profile `{}` reads them. This is no verdict.\n",
            safe_path(&args.journal),
            safe(&header.case.name()),
            safe(&header.rig),
            safe(&profile.device)
        ),
        ..Told::default()
    };
    let mut decoder = Decoder::new(&profile);
    let mut last = Span(0);
    for event in events.by_ref() {
        last = event.t;
        match &event.body {
            Body::Sent { bytes, .. } => {
                let Some(sent) = told.bytes(event.t, "->", bytes) else {
                    continue;
                };
                let (before, sent) = decoder.sent(&sent);
                told.all(event.t, "<-", &before);
                told.all(event.t, "->", &sent);
            }
            Body::Received { bytes, .. } => {
                let Some(came) = told.bytes(event.t, "<-", bytes) else {
                    continue;
                };
                told.all(event.t, "<-", &decoder.heard(&came, event.t));
            }
            Body::Garbled { .. } => told.unknown_then += 1,
            _ => {}
        }
        if told.text.len() >= CHUNK {
            print_hung(&std::mem::take(&mut told.text), BEHIND_TIME)?;
        }
    }
    told.all(last, "<-", &decoder.end());
    events.finish().map_err(|e| cannot(&e))?;
    told.sum_up();
    print_hung(&told.text, BEHIND_TIME)?;
    Ok(Exit::Passed)
}

/// What is told, and how much of each there was.
#[derive(Default)]
struct Told {
    text: String,
    sent: usize,
    understood: usize,
    stray: usize,
    unknown: usize,
    /// Pieces that the run did not understand.
    unknown_then: usize,
}

impl Told {
    /// The bytes of an event; nothing where its text is none of ours.
    fn bytes(&mut self, t: Span, way: &str, text: &str) -> Option<Vec<u8>> {
        let read = kept(text);
        let (told, bytes) = match read {
            None => ("these are not bytes as a journal has them", None),
            Some(read) => match read.total {
                Some(_) => ("the journal has only the first bytes of this", Some(read.bytes)),
                None => ("", Some(read.bytes)),
            },
        };
        if !told.is_empty() {
            self.line(t, way, told);
        }
        bytes
    }

    fn all(&mut self, t: Span, way: &str, decoded: &[Decoded]) {
        for decoded in decoded {
            self.line(t, way, &decoded.bytes);
            match (&decoded.is, way) {
                (_, "->") => self.sent += 1,
                (Is::Message(_), _) => self.understood += 1,
                (Is::Stray(_), _) => self.stray += 1,
                (Is::Unknown(_), _) => self.unknown += 1,
            }
            match &decoded.is {
                Is::Message(meaning) => self.meaning("", meaning),
                Is::Stray(meaning) => self.meaning("STRAY, nobody waits for it: ", meaning),
                Is::Unknown(why) => self.more(&format!("UNKNOWN: {why}")),
            }
        }
    }

    fn meaning(&mut self, begin: &str, meaning: &Meaning) {
        let fields = meaning.fields.iter().map(|(key, value)| format!(" {key}={value}"));
        self.more(&format!("{begin}{};{}", meaning.what, fields.collect::<String>()));
        if !meaning.gives.is_empty() {
            let gives = meaning.gives.iter().map(|(target, value)| format!(" {target}={value}"));
            self.more(&format!("gives{}", gives.collect::<String>()));
        }
    }

    fn line(&mut self, t: Span, way: &str, what: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "{:>16} {way} {}", t.clock(), safe(what));
    }

    fn more(&mut self, what: &str) {
        let _ = writeln!(self.text, "{:BEHIND_TIME$}{}", "", safe(what.trim_end_matches(';')));
    }

    fn sum_up(&mut self) {
        let came = self.understood + self.stray + self.unknown;
        let _ = writeln!(
            self.text,
            "{} sent; {} came: {} understood, {} stray, {} unknown (in the run {} unknown); `pump-hil replay` judges",
            counted(self.sent, "frame"),
            came,
            self.understood,
            self.stray,
            self.unknown,
            self.unknown_then
        );
    }
}
