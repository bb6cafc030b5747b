//! The firmware's codec against the golden bytes in `fixtures/wire` (the format is described there).

use std::path::Path;

use stub_pump::line::{LINE_MAX, LineError, LineWriter, Receiver, Request, ValueError, crc16, number};

#[derive(Default)]
struct Case {
    name: String,
    from: String,
    canonical: bool,
    bytes: Vec<u8>,
    is: Vec<String>,
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/wire")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().expect("an escape") {
                b'n' => b'\n',
                b'r' => b'\r',
                b'\\' => b'\\',
                b'x' => {
                    let hex = [rest.next().expect("hex"), rest.next().expect("hex")];
                    u8::from_str_radix(std::str::from_utf8(&hex).expect("ASCII"), 16).expect("hex")
                }
                other => panic!("unknown escape {other}"),
            },
            other => other,
        });
    }
    bytes
}

fn cases(name: &str) -> Vec<Case> {
    let text = fixture(name);
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("//") && !line.is_empty()) {
        let (key, value) = line
            .split_once(": ")
            .unwrap_or_else(|| panic!("not a line of a case: {line}"));
        if key == "case" {
            cases.push(Case {
                name: value.into(),
                canonical: true,
                ..Case::default()
            });
            continue;
        }
        let case = cases.last_mut().expect("a case begins with its name");
        match key {
            "from" => case.from = value.into(),
            "canonical" => case.canonical = value != "no",
            "bytes" => case.bytes = unescape(value),
            "is" => case.is.push(value.into()),
            _ => panic!("unknown key {key}"),
        }
    }
    assert!(cases.len() > 20, "{name} has only {} cases", cases.len());
    cases
}

/// What the firmware's receiver makes of bytes, in the fixtures' notation.
fn heard(bytes: &[u8]) -> Vec<String> {
    let mut receiver = Receiver::new();
    let mut lines = Vec::new();
    for &byte in bytes {
        if receiver.push(byte) {
            lines.push(match receiver.line().and_then(Request::parse) {
                Err(error) => format!("bad {}", error.code()),
                Ok(request) => {
                    let head = request.seq.map_or("bare".into(), |seq| format!("request seq={seq}"));
                    let pairs: String = request.pairs().map(|(key, value)| format!(" {key}={value}")).collect();
                    format!("{head} verb={}{pairs}", request.verb)
                }
            });
            receiver.clear();
        } else if byte == b'\n' {
            receiver.clear();
        }
    }
    lines
}

/// Writes a pump's line from the fixtures' notation.
fn spoken(is: &str) -> Vec<u8> {
    let mut words = is.split(' ');
    let mark = words.next().expect("a kind of line");
    let number = words.next().and_then(|word| word.split_once('=')).expect("a number").1;
    let mark = match mark {
        "reply" => "=",
        "data" => "+",
        "event" => "!",
        "dose" => "$",
        other => panic!("the pump does not say {other}"),
    };
    let mut line = LineWriter::new(format_args!("{mark}{number}"));
    for word in words {
        match word.split_once('=') {
            Some(("kind", kind))
                if !line.text().contains("kind=") && line.text().split(' ').count() == 2 && mark == "!" =>
            {
                line.word(kind)
            }
            Some((key, value)) => line.pair(key, value),
            None => line.word(word),
        };
    }
    line.finish().expect("a golden line fits").to_vec()
}

#[test]
fn good_requests_are_understood() {
    for case in cases("good.txt").iter().filter(|case| case.from == "host") {
        assert_eq!(heard(&case.bytes), case.is, "{}", case.name);
    }
}

#[test]
fn bad_requests_are_refused_for_the_right_reason() {
    for case in cases("bad.txt").iter().filter(|case| case.from == "host") {
        assert_eq!(heard(&case.bytes), case.is, "{}", case.name);
    }
}

#[test]
fn what_the_pump_says_is_written_byte_for_byte() {
    let mut written = 0;
    for case in cases("good.txt")
        .iter()
        .filter(|case| case.from == "pump" && case.canonical)
    {
        let bytes: Vec<u8> = case.is.iter().flat_map(|is| spoken(is)).collect();
        assert_eq!(
            String::from_utf8_lossy(&bytes),
            String::from_utf8_lossy(&case.bytes),
            "{}",
            case.name
        );
        written += 1;
    }
    assert!(written > 10);
}

#[test]
fn a_pumps_line_is_never_taken_for_a_request() {
    for name in ["good.txt", "bad.txt"] {
        for case in cases(name)
            .iter()
            .filter(|case| case.from == "pump" && !case.bytes.starts_with(b"#"))
        {
            assert!(
                heard(&case.bytes).iter().all(|line| line.starts_with("bad ")),
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn values_are_read_as_the_table_says() {
    let mut read = 0;
    for line in fixture("values.txt")
        .lines()
        .filter(|line| !line.starts_with("//") && !line.is_empty())
    {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [text, unit, result] = columns[..] else {
            panic!("three columns: {line}")
        };
        let is = match number(text, if unit == "-" { "" } else { unit }) {
            Ok(value) => value.to_string(),
            Err(ValueError::NotANumber) => "not-a-number".into(),
            Err(ValueError::WrongUnit) => "wrong-unit".into(),
            Err(ValueError::Wrap) => "wrap".into(),
        };
        assert_eq!(is, result, "{line}");
        read += 1;
    }
    assert!(read > 20);
}

#[test]
fn a_line_that_does_not_fit_is_not_written() {
    let value = "v".repeat(LINE_MAX);
    assert_eq!(LineWriter::new(format_args!("=1")).pair("k", &value).finish(), None);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_harm_and_the_line_after_them_stands(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..800)) {
        let mut bytes = noise;
        bytes.push(b'\n');
        let noise_lines = heard(&bytes).len();
        bytes.extend_from_slice(format!("#9 status *{:04X}\n", crc16(b"#9 status")).as_bytes());
        let lines = heard(&bytes);
        proptest::prop_assert_eq!(lines.len(), noise_lines + 1);
        proptest::prop_assert_eq!(lines.last().map(String::as_str), Some("request seq=9 verb=status"));
    }

    #[test]
    fn one_changed_byte_is_always_noticed(at in 0usize..38, change in 1u8..=255) {
        let body = "#513 bolus dose=10000nl over=600s";
        let mut line = format!("{body} *{:04X}", crc16(body.as_bytes())).into_bytes();
        let at = at % line.len();
        line[at] ^= change;
        // The case of a hex digit of the crc is the one change that means nothing.
        let case = at >= body.len() + 2 && line[at].is_ascii_hexdigit() && change == 0x20;
        proptest::prop_assert!(case || matches!(Request::parse(&line), Err(LineError::Crc | LineError::Syntax)) || line.starts_with(b"?"));
    }
}
