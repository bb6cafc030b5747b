//! What is learned of transcripts that nobody's device said: random bytes show nothing, each check is found where there is one, and whatever is proposed
//! loads.

use proptest::collection::vec;
use proptest::prelude::*;
use pump_hil_talk::device::Profile;
use pump_hil_talk::frames::{Check, Number, Then};
use pump_hil_talk::learn::{Form, Piece, Proposal, Side, Transcript, Untaught, profile};
use pump_hil_talk::wire::unescape;

/// A transcript of what the pump said, each piece behind a request.
fn transcript(said: &[Vec<u8>]) -> Transcript {
    let piece = |from, bytes: &[u8]| Piece {
        from,
        bytes: bytes.to_vec(),
    };
    let pieces = said
        .iter()
        .flat_map(|bytes| [piece(Side::Host, b"?\r"), piece(Side::Pump, bytes)]);
    Transcript {
        form: Form::Lines,
        pieces: pieces.collect(),
        left_out: None,
    }
}

/// The proposed profile, which loads; or why there is none.
fn proposed(transcript: &Transcript) -> Result<String, Untaught> {
    let text = profile(&Proposal::of(transcript)?, "our-pump", "transcript.txt");
    if let Err(wrong) = Profile::parse(&text, "our-pump.yaml") {
        panic!("{wrong}\n{text}");
    }
    Ok(text)
}

/// Different bodies of several lengths.
fn bodies(text: bool) -> Vec<Vec<u8>> {
    let body = |n: u32| {
        let numbers = format!("V{}.{:03}U{}", n * 7919 % 311, n * 104_729 % 1000, n * 31 % 7);
        match text {
            true => numbers.into_bytes(),
            false => (0..4 + n % 3)
                .flat_map(|at| (n * 48_271 + at * 69_621).to_be_bytes())
                .collect(),
        }
    };
    (1..=8).map(body).collect()
}

/// A check with what is done to it besides: `sum-8 negate`.
fn check(words: &str) -> Check {
    let mut words = words.split(' ');
    let begun = Check::find(words.next().unwrap()).unwrap();
    words.fold(begun, |check, then| match then {
        "negate" => check.then(Then::Negate),
        "and-or" => check.then(Then::And(0x3F)).then(Then::Or(0x40)),
        "mod-100" => check.then(Then::Mod(100)),
        _ => panic!("{then}"),
    })
}

/// A check, its form, what stands before the body, between body and check, and behind; and what the profile says of it. `text`: bodies are texts.
const CHECKS: &str = r#"
crc-16/modbus    |u16le|bytes|||          |{check: crc-16/modbus, over: h0..body, as: u16le}
crc-32/iso-hdlc  |u32be|bytes|\xA5||      |{check: crc-32/iso-hdlc, over: h1..body, as: u32be}
crc-8/maxim-dow  |u8   |bytes|||          |{check: crc-8/maxim-dow, over: h0..body, as: u8}
sum-8 negate     |u8   |text |\x02||\x03  |{check: sum-8, over: body, as: u8, negate: true}
xor-8            |HEX2 |text |$|*|\r\n    |{check: xor-8, over: body, as: HEX2}
crc-16/ibm-3740  |HEX4 |text || *|\n      |{check: crc-16/ibm-3740, over: body, as: HEX4}
sum-8 and-or     |u8   |text |||\r        |, and: 0x3F, or: 0x40}
sum-16 mod-100   |dec2 |text |||\r\n      |{check: sum-16, over: body, as: dec2, mod: 100}
"#;

#[test]
fn each_kind_of_check_is_found_where_it_stands() {
    for row in CHECKS.lines().skip(1) {
        let cells: Vec<&str> = row.split('|').collect();
        let [name, word, kind, before, between, behind, due] = cells[..] else {
            panic!("{row}");
        };
        let bytes = |cell: &str| unescape(cell.trim_end()).unwrap();
        let said = bodies(kind.trim() == "text").into_iter().map(|body| {
            let value = check(name.trim()).compute(&body);
            let mut all = [bytes(before), body, bytes(between)].concat();
            assert!(Number::find(word.trim()).unwrap().write(value.into(), &mut all));
            [all, bytes(behind)].concat()
        });
        let said: Vec<Vec<u8>> = said.collect();
        let text = proposed(&transcript(&said)).unwrap();
        let counts = ": 8 of 8 frames, 8 of them different";
        assert!(text.contains(due) && text.contains(counts), "{due}\n{text}");
        // Of three of them nothing is said.
        let text = proposed(&transcript(&said[..3])).unwrap();
        assert!(!text.contains("{check:"), "{text}");
    }
}

#[test]
fn too_little_is_told() {
    let told = |transcript: &Transcript| proposed(transcript).unwrap_err().to_string();
    let one = transcript(&[b"OK\r\n".to_vec()]);
    assert_eq!(
        told(&one),
        "too short: 1 message of the pump; at least 2 are needed to compare them"
    );
    let silent = Transcript {
        pieces: one.pieces[..1].to_vec(),
        ..one
    };
    assert!(
        told(&silent).starts_with("the pump says nothing in it"),
        "{}",
        told(&silent)
    );
    let noise: Vec<u8> = (0..200_u32).map(|n| (n * n * 31 + n * 7) as u8).collect();
    assert!(told(&Transcript::capture(&noise)).starts_with("nothing in it shows where a frame ends"));
}

#[test]
fn escapes_are_known_by_what_they_keep_out() {
    let cobs: Vec<Vec<u8>> = [&[3, 1, 2, 1, 0][..], &[1, 2, 5, 3, 8, 8, 0], &[2, 7, 2, 9, 0]]
        .map(<[u8]>::to_vec)
        .to_vec();
    let text = proposed(&transcript(&cobs)).unwrap();
    assert!(
        text.contains("escape: cobs") && text.contains("is: [body, \"\\x00\"]"),
        "{text}"
    );
    let hdlc: Vec<Vec<u8>> = [
        &b"\x7e\x01\x7d\x5e\x02\x7e"[..],
        b"\x7e\x01\x05\x7e",
        b"\x7e\x01\x7d\x5d\x7e",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    let text = proposed(&transcript(&hdlc)).unwrap();
    assert!(
        text.contains("escape: {mark: 0x7D, xor: 0x20}") && text.contains("stood for others in 2 frames"),
        "{text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_have_no_check(said in vec(vec(any::<u8>(), 1..48), 2..40)) {
        let text = proposed(&transcript(&said));
        prop_assert!(!text.as_ref().is_ok_and(|text| text.contains("{check:")), "{}", text.unwrap_or_default());
    }

    #[test]
    fn a_stream_of_random_bytes_has_no_check(stream in vec(any::<u8>(), 0..2_000)) {
        let text = proposed(&Transcript::capture(&stream));
        prop_assert!(!text.as_ref().is_ok_and(|text| text.contains("{check:")), "{}", text.unwrap_or_default());
    }

    #[test]
    fn random_lines_have_no_check(said in vec("[A-Z]{0,3}[ =:]?-?[0-9.]{0,6}( mL)?[{}\"]?\r\n", 2..40)) {
        let said: Vec<Vec<u8>> = said.into_iter().map(String::into_bytes).collect();
        let text = proposed(&transcript(&said));
        prop_assert!(!text.as_ref().is_ok_and(|text| text.contains("{check:")), "{}", text.unwrap_or_default());
    }

    #[test]
    fn any_text_is_read_or_told(text in "([<>] ?[ -~]{0,20}\n?|.{0,30}\n)*") {
        if let Ok(transcript) = Transcript::read(text.as_bytes(), None) {
            let _ = proposed(&transcript);
        }
    }
}
