//! What goes over the line, byte for byte.

use crate::bench::Bench;
use pump_hil_model::case::{OwnArg, Request};
use pump_hil_model::event::Said;
use pump_hil_model::quantity::{Rate, Span, Volume};
use std::collections::BTreeMap;

const SYRINGE: &str = include_str!("../../../../fixtures/devices/syringe.yaml");
const AA: &str = include_str!("../../../../fixtures/devices/aa-pump.yaml");
const CONSOLE: &str = include_str!("../../../../fixtures/devices/console-pump.yaml");
const SLIP: &str = include_str!("../../../../fixtures/devices/slip-pump.yaml");
const MODBUS: &str = include_str!("../../../../fixtures/devices/modbus-pump.yaml");
const JSON: &str = include_str!("../../../../fixtures/devices/json-pump.yaml");

fn bolus() -> Request {
    Request::SingleBolus {
        dose: Volume(50_000),
        over: Span(600_000),
    }
}

fn own(verb: &str, with: &[(&str, OwnArg)]) -> Request {
    Request::Own {
        own: verb.to_owned(),
        with: with
            .iter()
            .map(|(name, arg)| ((*name).to_owned(), arg.clone()))
            .collect(),
    }
}

fn has(fields: &BTreeMap<String, String>, key: &str, value: &str) {
    assert_eq!(fields.get(key).map(String::as_str), Some(value), "{key} of {fields:?}");
}

#[test]
fn a_syringe_pump_in_basic_frames() {
    let mut bench = Bench::new(SYRINGE);
    assert_eq!(bench.ask(&Request::Status), b"00DIS\r");
    bench.hears(b"\x0200SI1.650W0.000ML\x03");
    let fields = bench.end().unwrap();
    has(&fields, "state", "stopped");
    has(&fields, "reported", "1650000nl");
    // Three requests, one after the other; the total is asked before, because it proves what was done.
    assert_eq!(bench.ask(&bolus()), b"00DIS\r");
    bench.hears(b"\x0200SI1.650W0.000ML\x03");
    assert_eq!(bench.sent(), b"00VOL0.05\r");
    bench.hears(b"\x0200S\x03");
    assert_eq!(bench.sent(), b"00RAT0.3MH\r");
    bench.hears(b"\x0200S\x03");
    assert_eq!(bench.sent(), b"00RUN\r");
    bench.hears(b"\x0200S\x03");
    let fields = bench.end().unwrap();
    assert!(
        !fields.contains_key("reported"),
        "the reply says nothing of now: {fields:?}"
    );
    assert_eq!(bench.ask(&Request::Stop), b"00STP\r");
    bench.hears(b"\x0200S?NA\x03");
    assert!(bench.end().is_ok(), "nothing was left to stop");
    assert_eq!(bench.ask(&Request::Start), b"00DIS\r");
    bench.hears(b"\x0200SI1.650W0.000ML\x03");
    assert_eq!(bench.sent(), b"00RUN\r");
    bench.hears(b"\x0200S?\x03");
    assert_eq!(bench.end().unwrap_err(), "syntax");
}

#[test]
fn a_syringe_pump_in_safe_frames_tells_alarms() {
    let safe = SYRINGE.replace("mode: basic", "mode: safe");
    let mut bench = Bench::new(&safe);
    let sent = bench.ask(&Request::Identify);
    assert_eq!(sent[..2], [2, 9], "STX, and a length that counts itself");
    assert_eq!(&sent[2..7], b"00VER");
    assert_eq!((sent.len(), sent[9]), (10, 3));
    // The CRC of the catalogue's own check string stands for that of the manual.
    let reply = frame(b"00SNE1000V3.928");
    bench.hears(&reply[..4]);
    bench.hears(&reply[4..]);
    has(&bench.end().unwrap(), "firmware", "3.928");
    bench.said();
    bench.hears(&frame(b"00A?S"));
    let said = bench.said();
    assert!(
        said.iter()
            .any(|said| matches!(said, Said::Alarm { id, priority } if id == "motor-stall" && priority == "critical")),
        "{said:?}"
    );
}

/// A safe frame with this text; its CRC-16/XMODEM bit by bit.
fn frame(text: &[u8]) -> Vec<u8> {
    let mut crc: u16 = 0;
    for byte in text {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
        }
    }
    let length = u8::try_from(text.len() + 4).unwrap();
    [&[2, length], text, &crc.to_be_bytes(), &[3]].concat()
}

#[test]
fn binary_frames_with_a_heartbeat() {
    let mut bench = Bench::new(AA);
    // CRC-8/SMBUS of 01 00.
    assert_eq!(bench.ask(&Request::Status), [0xAA, 0x01, 0x00, crc8(&[1, 0])]);
    let mut status = vec![0xAA, 0x81, 5, 1, 0, 0, 0x03, 0xE8];
    status.push(crc8(&status[1..]));
    // A heartbeat in the middle of an exchange.
    let mut beat = vec![0xAA, 0x7F, 5, 0, 0, 0x27, 0x10, 0b101];
    beat.push(crc8(&beat[1..]));
    bench.hears(&[beat.clone(), status].concat());
    let fields = bench.end().unwrap();
    has(&fields, "state", "running");
    has(&fields, "reported", "10000nl");
    let alarms: Vec<String> = bench
        .said()
        .into_iter()
        .filter_map(|said| match said {
            Said::Alarm { id, priority } => Some(format!("{id} {priority}")),
            _ => None,
        })
        .collect();
    assert_eq!(alarms, ["air critical", "occlusion critical"]);
    let mut clear = vec![0xAA, 0x7F, 5, 0, 0, 0x2A, 0xF8, 0];
    clear.push(crc8(&clear[1..]));
    bench.hears(&clear);
    let cleared = bench
        .said()
        .iter()
        .filter(|said| matches!(said, Said::AlarmClear { .. }))
        .count();
    assert_eq!(cleared, 2);
    let run = own("run", &[("rate", OwnArg::Rate(Rate(24_000_000)))]);
    assert_eq!(bench.ask(&run)[..2], [0xAA, 0x01]);
    let mut running = vec![0xAA, 0x81, 5, 1, 0, 0, 0x03, 0xE8];
    running.push(crc8(&running[1..]));
    bench.hears(&running);
    // 1 mL/h are 100000 times 10 nL/h.
    assert_eq!(bench.sent()[..7], [0xAA, 0x10, 4, 0, 1, 0x86, 0xA0]);
    // An acknowledgement of another command is none of this one.
    let mut other = vec![0xAA, 0x06, 1, 0x11];
    other.push(crc8(&other[1..]));
    bench.hears(&other);
    assert!(!bench.is_over());
    let mut nak = vec![0xAA, 0x15, 2, 0x10, 1];
    nak.push(crc8(&nak[1..]));
    bench.hears(&nak);
    assert_eq!(bench.end().unwrap_err(), "not-allowed");
    // No answer, and it runs as before: that proves nothing.
    bench.ask(&run);
    bench.hears(&running);
    bench.sent();
    bench.passes(300);
    assert_eq!(bench.sent()[..2], [0xAA, 0x01]);
    bench.hears(&running);
    assert!(bench.end().unwrap_err().contains("NoReply"));
    assert!(bench.sent().is_empty(), "it is not said again");
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc: u8, byte| {
        (0..8).fold(
            crc ^ byte,
            |crc, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 7 },
        )
    })
}

#[test]
fn a_console_echoes_and_ends_with_a_prompt() {
    let mut bench = Bench::new(CONSOLE);
    assert_eq!(bench.ask(&Request::Status), b"STAT\r");
    bench.hears(b"STAT\r\nVOL -0.002 mL\r\nRATE 1.000 mL/h\r\n>");
    assert!(!bench.is_over(), "a prompt is one only when nothing follows");
    bench.passes(20);
    let fields = bench.end().unwrap();
    has(&fields, "state", "running");
    has(&fields, "reported", "-2000nl");
    has(&fields, "rate", "24000000nl/d");
    bench.said();
    // Unasked, glued to the prompt that was there.
    bench.hears(b">END 0.500 mL\r\n:");
    bench.passes(20);
    let said = bench.said();
    assert!(
        said.iter()
            .any(|said| matches!(said, Said::Other { kind, .. } if kind == "ended")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|said| matches!(said, Said::State { to, .. } if to == "stopped")),
        "{said:?}"
    );
    // A row that was cut, with the banner behind it.
    bench.hears(b"RESTARTIBOOT console-pump 2.1\r\n:");
    let said = bench.said();
    assert!(
        said.iter()
            .any(|said| matches!(said, Said::Boot { reason } if reason == "console-pump 2.1")),
        "{said:?}"
    );
    // The error's prompt is no state.
    bench.passes(20);
    assert_eq!(bench.ask(&Request::Stop), b"STP\r");
    bench.hears(b"STP\r\nERR WHAT\r\n?");
    bench.passes(20);
    assert_eq!(bench.end().unwrap_err(), "syntax");
}

#[test]
fn a_console_s_silence_is_an_answer() {
    let mut bench = Bench::new(CONSOLE);
    assert_eq!(bench.ask(&own("dump", &[])), b"DUMP\r");
    bench.hears(b"DUMP\r\nLOG 1\r\n");
    bench.passes(60);
    bench.hears(b"0001 5 0.1\r\n");
    bench.passes(99);
    assert!(!bench.is_over());
    bench.passes(1);
    has(&bench.end().unwrap(), "text", "DUMP\\r\\nLOG 1\\r\\n0001 5 0.1\\r\\n");
    let rate = |nl_per_h: i64| own("quiet-rate", &[("rate", OwnArg::Rate(Rate(nl_per_h * 24)))]);
    assert_eq!(bench.ask(&rate(900_000)), b"!RATE 900\r");
    bench.passes(299);
    assert!(!bench.is_over());
    bench.passes(1);
    assert!(bench.end().is_ok(), "silence means that it was carried out");
    bench.ask(&rate(1_000));
    bench.hears(b"ERR RANGE\r\n");
    assert_eq!(bench.end().unwrap_err(), "out-of-range");
    // As long as the dose takes, and two seconds.
    assert_eq!(
        bench.ask(&own("bolus-now", &[("dose", OwnArg::Volume(Volume(50_000)))])),
        b"BOL 50\r"
    );
    bench.passes(4_999);
    assert!(!bench.is_over());
    bench.passes(1);
    assert!(bench.end().is_err(), "a dose is not sent twice");
    assert!(bench.sent().is_empty());
}

#[test]
fn registers_in_slip() {
    let mut bench = Bench::new(SLIP);
    let sent = bench.ask(&Request::Stop);
    // Modbus, function 6: address 1, register 0x10, value 0; its CRC is 0F 88, low byte first.
    assert_eq!(sent, [0xC0, 1, 6, 0, 0x10, 0, 0, 0x88, 0x0F, 0xC0]);
    bench.hears(&sent);
    assert!(bench.end().is_ok());
    bench.ask(&Request::Status);
    let said = [1, 3, 8, 0, 1, 0, 0, 0xC0, 0xDB, 0, 1];
    let mut frame = vec![0xC0];
    for byte in said.into_iter().chain(crc_modbus(&said).to_le_bytes()) {
        match byte {
            0xC0 => frame.extend([0xDB, 0xDC]),
            0xDB => frame.extend([0xDB, 0xDD]),
            byte => frame.push(byte),
        }
    }
    frame.push(0xC0);
    bench.hears(&frame);
    let fields = bench.end().unwrap();
    has(&fields, "state", "running");
    has(&fields, "reported", "49371nl");
    let said = bench.said();
    assert!(
        matches!(&said[..], [Said::Alarm { id, .. }] if id == "occlusion"),
        "{said:?}"
    );
}

fn crc_modbus(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0xA001 }
        })
    })
}

#[test]
fn modbus_frames_are_ended_by_silence() {
    let mut bench = Bench::new(MODBUS);
    let sent = bench.ask(&own("read", &[("at", OwnArg::Count(0x6B))]));
    assert_eq!(sent[..6], [1, 3, 0, 0x6B, 0, 1]);
    let mut reply = vec![1, 3, 2, 0x02, 0x2B];
    reply.extend(crc_modbus(&reply).to_le_bytes());
    bench.hears(&reply[..3]);
    bench.passes(9);
    bench.hears(&reply[3..]);
    assert!(!bench.is_over());
    bench.passes(10);
    has(&bench.end().unwrap(), "value", "555");
    bench.ask(&own("read", &[("at", OwnArg::Count(9))]));
    let mut exception = vec![1, 0x83, 2];
    exception.extend(crc_modbus(&exception).to_le_bytes());
    bench.hears(&exception);
    bench.passes(10);
    assert_eq!(bench.end().unwrap_err(), "unknown-key");
}

#[test]
fn lines_of_json() {
    let mut bench = Bench::new(JSON);
    assert_eq!(bench.ask(&Request::Status), b"{\"id\":1,\"do\":\"status\"}\n");
    // An answer to another request is none of this one.
    bench.hears(b"{\"id\":7,\"ok\":true,\"state\":\"idle\",\"ml\":9.0,\"alarm\":null}\n");
    assert!(!bench.is_over());
    bench.hears(b"{\"event\":\"flow\",\"ul_per_s\":1e-05}\n{\"id\":1,\"ok\":true,\"state\":\"running\",\"ml\":1e-05,\"alarm\":\"stall\"}\n");
    let fields = bench.end().unwrap();
    has(&fields, "state", "running");
    has(&fields, "reported", "10nl");
    let said = bench.said();
    assert!(
        said.iter()
            .any(|said| matches!(said, Said::Other { kind, fields } if kind == "flow" && fields["flow"] == "0.00001"))
    );
    assert!(
        said.iter()
            .any(|said| matches!(said, Said::Alarm { id, .. } if id == "motor-stall"))
    );
    assert_eq!(bench.ask(&bolus()), b"{\"id\":2,\"do\":\"status\"}\n");
    bench.hears(b"{\"id\":2,\"ok\":true,\"state\":\"idle\",\"ml\":0.0,\"alarm\":null}\n");
    assert_eq!(
        bench.sent(),
        b"{\"id\":3,\"do\":\"start\",\"ul_per_h\":300,\"ul\":50}\n"
    );
    // No answer: whether it runs is asked, and it is not said again.
    bench.passes(1_000);
    assert_eq!(bench.sent(), b"{\"id\":4,\"do\":\"status\"}\n");
    bench.hears(b"{\"id\":4,\"ok\":true,\"state\":\"running\",\"ml\":0.0,\"alarm\":null}\n");
    has(&bench.end().unwrap(), "sure-by", "status");
}
