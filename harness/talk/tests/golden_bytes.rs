//! The harness's codec against the golden bytes that the firmware's codec is held to as well.

use pump_hil_model::quantity::Span;
use pump_hil_talk::frames::Wrong;
use pump_hil_talk::protocol::{Codec, Heard, Line, text_lines_1};
use pump_hil_talk::wire::read_value;

const GOOD: &str = include_str!("../../../fixtures/wire/good.txt");
const BAD: &str = include_str!("../../../fixtures/wire/bad.txt");
const VALUES: &str = include_str!("../../../fixtures/wire/values.txt");

/// One case of a golden file.
#[derive(Default)]
struct Case<'a> {
    name: &'a str,
    from_pump: bool,
    canonical: bool,
    bytes: Vec<u8>,
    is: Vec<&'a str>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for block in text.split("\n\n") {
        let mut case = Case {
            canonical: true,
            ..Case::default()
        };
        for line in block.lines().filter(|l| !l.starts_with("//") && !l.is_empty()) {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("no key in `{line}`"));
            match key {
                "case" => case.name = value,
                "from" => case.from_pump = value == "pump",
                "canonical" => case.canonical = value == "yes",
                "bytes" => case.bytes = unescape(value),
                "is" => case.is.push(value),
                other => panic!("unknown key `{other}`"),
            }
        }
        if !case.name.is_empty() {
            cases.push(case);
        }
    }
    cases
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let kind = rest[0];
        rest = &rest[1..];
        match kind {
            b'n' => bytes.push(b'\n'),
            b'r' => bytes.push(b'\r'),
            b'\\' => bytes.push(b'\\'),
            b'x' => {
                let hex = std::str::from_utf8(&rest[..2]).unwrap();
                bytes.push(u8::from_str_radix(hex, 16).unwrap());
                rest = &rest[2..];
            }
            other => panic!("unknown escape {other}"),
        }
    }
    bytes
}

/// A line in the words of the golden files.
fn shown(line: &Line) -> String {
    let fields = |fields: &[(String, String)]| fields.iter().map(|(k, v)| format!(" {k}={v}")).collect::<String>();
    match &line.heard {
        Ok(Heard::Reply {
            id: Some(seq),
            refused: None,
            fields: f,
        }) => format!("reply seq={seq} ok{}", fields(f)),
        Ok(Heard::Reply {
            id: Some(seq),
            refused: Some(code),
            fields: f,
        }) => format!("reply seq={seq} err code={code}{}", fields(f)),
        Ok(Heard::Data {
            id: Some(seq),
            fields: f,
        }) => format!("data seq={seq}{}", fields(f)),
        Ok(Heard::Reply { id: None, .. } | Heard::Data { id: None, .. }) => "no number".to_owned(),
        Ok(Heard::Message(_) | Heard::Echo) => "no message of this protocol".to_owned(),
        Ok(Heard::Event {
            n,
            t_ms,
            kind,
            fields: f,
        }) => format!("event n={n} t={t_ms}ms kind={kind}{}", fields(f)),
        Ok(Heard::Dose { n, t_ms, fields: f }) => format!("dose n={n} t={t_ms}ms{}", fields(f)),
        Err(Wrong::TooLong { .. }) => "bad too-long".to_owned(),
        Err(Wrong::Check { .. }) => "bad crc".to_owned(),
        Err(_) => "bad syntax".to_owned(),
    }
}

/// What the decoder makes of `bytes` that come `step` at a time.
fn decoded(bytes: &[u8], step: usize) -> Vec<String> {
    let mut codec = Codec::new(text_lines_1());
    let mut lines = Vec::new();
    for piece in bytes.chunks(step) {
        codec.feed(piece, Span(0), |line| lines.push(shown(&line)));
    }
    lines
}

#[test]
fn every_pump_line_is_read_as_the_golden_bytes_say_however_it_is_split() {
    let mut seen = 0;
    for case in cases(GOOD).iter().chain(&cases(BAD)).filter(|c| c.from_pump) {
        for step in [1, 2, 7, 64, 100_000] {
            assert_eq!(decoded(&case.bytes, step), case.is, "{} in pieces of {step}", case.name);
        }
        seen += 1;
    }
    assert!(seen >= 30, "only {seen} cases from the pump");
}

#[test]
fn every_canonical_request_is_written_with_the_golden_bytes() {
    let mut seen = 0;
    for case in cases(GOOD).iter().filter(|c| !c.from_pump && c.canonical) {
        let mut bytes = Vec::new();
        for is in case.is.iter().filter_map(|is| is.strip_prefix("request ")) {
            let fields: Vec<(&str, &str)> = is.split(' ').map(|f| f.split_once('=').unwrap()).collect();
            bytes.extend(
                text_lines_1()
                    .request(fields[0].1.parse().unwrap(), fields[1].1, &fields[2..])
                    .unwrap(),
            );
        }
        if case.is[0].starts_with("request") {
            assert_eq!(bytes, case.bytes, "{}", case.name);
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} requests");
}

#[test]
fn no_host_line_is_taken_for_a_pump_line() {
    for case in cases(GOOD).iter().chain(&cases(BAD)).filter(|c| !c.from_pump) {
        let lines = decoded(&case.bytes, 50);
        assert!(
            lines
                .iter()
                .all(|l| l.starts_with("bad ") || l.starts_with("reply seq=1 ok")),
            "{}: {lines:?}",
            case.name
        );
    }
}

#[test]
fn every_value_is_read_as_the_golden_table_says() {
    let mut seen = 0;
    for line in VALUES.lines().filter(|l| !l.starts_with("//") && !l.is_empty()) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let unit = if columns[1] == "-" { "" } else { columns[1] };
        let read = read_value(columns[0], unit, false).map_or_else(|e| e.to_string(), |v| v.to_string());
        assert_eq!(read, columns[2], "{line}");
        seen += 1;
    }
    assert!(seen >= 30, "only {seen} values");
}

#[test]
fn a_line_of_a_hundred_megabytes_takes_no_memory_and_the_next_one_stands() {
    let mut codec = Codec::new(text_lines_1());
    let mut lines = Vec::new();
    let noise = vec![b'z'; 1 << 20];
    for _ in 0..100 {
        codec.feed(&noise, Span(0), |line| lines.push(line));
    }
    codec.feed(b"\n=2 ok *BD06\r\n", Span(0), |line| lines.push(line));
    assert_eq!(lines.len(), 2);
    let len = 100 << 20;
    assert_eq!(lines[0].heard, Err(Wrong::TooLong { len, max: 320 }));
    assert!(lines[0].text.len() < 600);
    assert_eq!(shown(&lines[1]), "reply seq=2 ok");
}
