//! A journal, read as JSON lines with a chain of hashes: nothing here is the harness's own reader, but for the replay.

use crate::bench::PROGRAM;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::process::Command;

/// Each line is chained to the one before it. The last one may be torn only where `torn` says so. Gives the events.
pub fn events(journal: &[u8], torn: bool) -> Vec<Value> {
    let mut chain = [0; 32];
    let mut events = Vec::new();
    for line in journal.split_inclusive(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(line).unwrap();
        let Some(line) = text.strip_suffix('\n') else {
            assert!(torn, "the journal ends in the middle of a line: {text}");
            break;
        };
        let (body, hash) = line.rsplit_once(",\"chain\":\"").unwrap();
        let before_it = Sha256::new().chain_update(chain).chain_update(body).chain_update("}");
        chain = before_it.finalize().into();
        let hex: String = chain.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, format!("{hex}\"}}"), "the chain is broken at: {line}");
        events.push(serde_json::from_str(line).unwrap());
    }
    events
}

pub fn assert_closed(journal: &[u8]) {
    let events = events(journal, false);
    assert_eq!(events.last().unwrap()["event"], "ended");
    assert_eq!(events[events.len() - 2]["event"], "made-safe");
}

/// The exit code of a replay, and its text.
pub fn replay(journal: &Path) -> (Option<i32>, String) {
    let replayed = Command::new(PROGRAM).arg("replay").arg(journal).output().unwrap();
    (replayed.status.code(), String::from_utf8(replayed.stdout).unwrap())
}
