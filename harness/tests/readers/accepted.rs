//! The record of who accepted which dose log.

use super::attack::Target;
use super::seeds;
use pump_hil_verdict::snapshot::Record;

#[test]
fn a_record_of_any_bytes_is_one_or_the_line_of_its_gap_is_told() {
    let whole = seeds::file("scenarios/snapshots/ACCEPTED.jsonl");
    let first = |lines| {
        whole
            .split_inclusive(|b| *b == b'\n')
            .take(lines)
            .collect::<Vec<_>>()
            .concat()
    };
    Target {
        name: "accepted",
        inputs: 1_500,
        seeds: vec![first(3), first(12)],
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    let Err(why) = Record::parse(bytes) else { return };
    assert!(!why.chars().any(char::is_control), "{why:?}");
    let line = why
        .strip_prefix("line ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok());
    let lines = bytes.split(|b| *b == b'\n').count();
    assert!(line.is_none_or(|line: usize| (1..=lines).contains(&line)), "{why}");
    assert!(line.is_some() || bytes.is_empty(), "{why}");
}
