//! What the harness says to a pump, read by the stub's firmware: the other half of the protocol, written twice on purpose.

use super::attack::Target;
use super::seeds;
use pump_hil_model::quantity::Span;
use pump_hil_talk::protocol::{Codec, text_lines_1};
use stub_pump::line::Request;
use stub_sim::{Machine, MachineSettings, Millis};

#[test]
fn lines_of_any_bytes_to_the_pump_are_answered_in_lines() {
    Target {
        name: "to-pump",
        inputs: 700,
        seeds: seeds::golden_lines("host"),
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    bytes.split(|b| *b == b'\n').for_each(same_request);
    let mut pump = Machine::new(MachineSettings::default());
    let (mut said, mut now) = (Vec::new(), 0);
    // In pieces, with time between them; a long input would only be the same again and again.
    for piece in bytes[..bytes.len().min(4_096)].chunks(61).chain([&b"\n"[..]]) {
        pump.receive(piece);
        now += 1_000;
        // It stops whenever it said something, and so more than once in a second.
        while pump.now() < Millis(now) {
            pump.run_until(Millis(now));
            pump.take_output(&mut said);
        }
    }
    Codec::new(text_lines_1()).feed(&said, Span(0), |line| {
        assert!(
            line.heard.is_ok(),
            "the firmware says what the harness cannot read: {line:?}"
        );
    });
    assert!(said.is_empty() || said.ends_with(b"\r\n"), "a line without an end");
}

/// What the firmware takes for a request, the harness writes in the same bytes, and the other way round.
fn same_request(line: &[u8]) {
    let Ok(request) = Request::parse(line.strip_suffix(b"\r").unwrap_or(line)) else {
        return;
    };
    // A line that a person types (`?`) has no number, and the harness never says one.
    let Some(seq) = request.seq else { return };
    let fields: Vec<(&str, &str)> = request.pairs().collect();
    let written = text_lines_1()
        .request(seq.into(), request.verb, &fields)
        .expect("what the firmware reads can be written");
    let again = Request::parse(&written[..written.len() - 1]).expect("what was written can be read");
    assert_eq!((again.seq, again.verb), (request.seq, request.verb));
    assert_eq!(again.pairs().collect::<Vec<_>>(), fields);
}
