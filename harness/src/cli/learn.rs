//! `pump-hil learn`: a transcript, and the profile that can be proposed of it.

use super::exit::{CliError, Exit};
use super::line_args::{Learn, TranscriptForm};
use super::print::print;
use crate::journal;
use pump_hil_model::event::Body;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::files::read_at_most;
use pump_hil_talk::learn::{Form, Piece, Proposal, Side, Transcript, Untaught, profile};
use pump_hil_talk::wire::unescape;
use std::path::Path;

/// Longest transcript that is read, in bytes.
const BYTES_MAX: usize = 16 << 20;
/// As the first line of each journal begins.
const JOURNAL: &[u8] = b"{\"pump_hil_journal\":";

pub(super) fn learn(args: &Learn) -> Result<Exit, CliError> {
    let path = &args.transcript;
    let wrong =
        |why: &dyn std::fmt::Display| CliError::usage(format!("cannot learn from `{}`: {why}", safe_path(path)));
    let bytes = read_at_most(path, BYTES_MAX).map_err(|error| wrong(&error))?;
    let form = match args.form {
        Some(TranscriptForm::Journal) => Some(Form::Journal),
        Some(TranscriptForm::Lines) => Some(Form::Lines),
        Some(TranscriptForm::Hex) => Some(Form::Hex),
        Some(TranscriptForm::Capture) => Some(Form::Capture),
        None => bytes.starts_with(JOURNAL).then_some(Form::Journal),
    };
    let transcript = match form {
        Some(Form::Journal) => of_journal(path).map_err(|error| wrong(&error))?,
        form => Transcript::read(&bytes, form).map_err(|error| wrong(&error))?,
    };
    let proposal = Proposal::of(&transcript).map_err(|error| wrong(&error))?;
    let file = path.file_name().map(safe_path).unwrap_or_default();
    print(&profile(&proposal, &args.device, &file))?;
    Ok(Exit::Passed)
}

/// The bytes of a journal both ways. A line of which only the begin was kept is left out.
fn of_journal(path: &Path) -> Result<Transcript, CliError> {
    let wrong = |error: &dyn std::fmt::Display| CliError::usage(error.to_string());
    let (_, mut events) = journal::open(path).map_err(|error| wrong(&error))?.into_parts();
    let mut pieces = Vec::new();
    for event in events.by_ref() {
        let (from, text) = match &event.body {
            Body::Sent { bytes, .. } => (Side::Host, bytes),
            Body::Received { bytes, .. } => (Side::Pump, bytes),
            _ => continue,
        };
        if is_cut(text) {
            continue;
        }
        let bytes = unescape(text).map_err(|error| wrong(&error))?;
        pieces.extend((!bytes.is_empty()).then_some(Piece { from, bytes }));
    }
    events.finish().map_err(|error| wrong(&error))?;
    if pieces.is_empty() {
        return Err(wrong(&Untaught::Empty));
    }
    Ok(Transcript {
        form: Form::Journal,
        pieces,
        left_out: None,
    })
}

/// Whether only the begin of a line stands here, as a journal marks it.
fn is_cut(text: &str) -> bool {
    let size = text
        .rsplit_once("...(")
        .and_then(|(_, size)| size.strip_suffix(" bytes)"));
    size.is_some_and(|size| !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit()))
}
