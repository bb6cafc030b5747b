//! Journals: as they are, where the chain must tell what was changed; and chained anew, as a forger would, where a judge has to bear it.

use super::attack::Target;
use super::seeds::{self, JOURNALS};
use pump_hil_model::event::Event;
use pump_hil_model::event_text::event_line;
use pump_hil_verdict::journal::{Header, JournalError, Reader};
use pump_hil_verdict::judge::Outcome;
use pump_hil_verdict::whole;
use sha2::{Digest as _, Sha256};
use std::path::Path;

const CHAIN: &[u8] = b",\"chain\":\"";

#[test]
fn a_journal_of_any_bytes_is_refused_or_says_what_was_written() {
    let whole = seeds::texts(JOURNALS, "jsonl");
    let known: Vec<(Header, Vec<Event>)> = whole.iter().map(|bytes| opened(bytes).expect("it is whole")).collect();
    Target {
        name: "journal",
        inputs: 250,
        seeds: whole,
        read: &|bytes| {
            // A byte that was changed is found, and what stands before it is as it was written.
            if let Ok((header, events)) = opened(bytes) {
                let same = |known: &&(Header, Vec<Event>)| known.0 == header && known.1.starts_with(&events);
                assert!(known.iter().any(|known| same(&known)), "a journal that nobody wrote");
            }
            forged(&chained(bytes));
        },
    }
    .run();
}

/// A journal that reads to a good end, if only in the middle of a line.
fn opened(bytes: &[u8]) -> Result<(Header, Vec<Event>), JournalError> {
    let (header, mut events) = Reader::new(bytes, Path::new("changed.jsonl"))?.into_parts();
    let read = events.by_ref().collect();
    events.finish()?;
    Ok((header, read))
}

/// It is judged, told, and judged alike again.
fn forged(bytes: &[u8]) {
    match judged(bytes) {
        Err(error) => harmless(&error.to_string()),
        Ok(outcome) => assert_eq!(judged(bytes).expect("as before"), outcome),
    }
    for event in opened(bytes).map(|(_, events)| events).unwrap_or_default() {
        harmless(&event_line(&event));
    }
}

fn judged(bytes: &[u8]) -> Result<Outcome, JournalError> {
    let (header, mut events) = Reader::new(bytes, Path::new("forged.jsonl"))?.into_parts();
    let outcome = whole::judge(&header.case, &mut events);
    events.finish()?;
    Ok(outcome)
}

#[track_caller]
fn harmless(told: &str) {
    assert!(!told.chars().any(char::is_control), "{told:?}");
}

/// The lines with a chain that is right.
fn chained(bytes: &[u8]) -> Vec<u8> {
    let (mut chain, mut out) = ([0; 32], Vec::new());
    for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
        let mark = line.windows(CHAIN.len()).rposition(|part| part == CHAIN);
        let mut line = line[..mark.unwrap_or(line.len())].to_vec();
        line.push(b'}');
        chain = Sha256::new().chain_update(chain).chain_update(&line).finalize().into();
        line.pop();
        out.extend(line);
        let hex: String = chain.iter().map(|byte| format!("{byte:02x}")).collect();
        out.extend(CHAIN);
        out.extend(hex.bytes());
        out.extend(b"\"}\n");
    }
    out
}
