//! Frames of every kind: known bytes, every split of reads, bytes lost, doubled, flipped, garbage between. The next intact frame is understood.

mod kinds;

use kinds::{ALL, Kind};
use proptest::prelude::*;
use pump_hil_model::quantity::Span;
use pump_hil_talk::frames::{Cutter, FrameKind, Wrong};
use pump_hil_talk::protocol::Protocol;
use std::sync::Arc;

/// What came of some bytes: bodies, and what was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Got {
    Frame(String, Vec<u8>),
    Wrong(Wrong, Vec<u8>),
}

fn kinds_of(kind: &Kind) -> Arc<[FrameKind]> {
    let text = format!(
        "frames:\n{}\nmessages: {{any: {{is: \"{{all:text}}\"}}}}\nmatch: order\nask: {{reply: [any]}}\n",
        kind.frames
    );
    let protocol = Protocol::parse(&text, "frames.yaml").unwrap_or_else(|wrong| panic!("{}: {wrong}", kind.name));
    Arc::clone(&protocol.kinds)
}

fn cutter(kinds: &Arc<[FrameKind]>) -> Cutter {
    Cutter::new(Arc::clone(kinds), (0..kinds.len()).collect())
}

fn cut(kinds: &Arc<[FrameKind]>, pieces: &[&[u8]]) -> Vec<Got> {
    let (mut cutter, mut got) = (cutter(kinds), Vec::new());
    let mut take = |cut: pump_hil_talk::frames::Cut<'_>| {
        got.push(match cut.frame {
            Ok(frame) => Got::Frame(kinds[frame.kind].name.clone(), frame.body.to_vec()),
            Err(why) => Got::Wrong(why.clone(), cut.raw.to_vec()),
        });
    };
    for piece in pieces {
        cutter.feed(piece, Span(0), &mut take);
    }
    // Long enough for whatever is unfinished.
    while let Some(due) = cutter.poll_timeout() {
        cutter.handle_timeout(due, &mut take);
    }
    got
}

fn bodies(got: &[Got]) -> Vec<Vec<u8>> {
    let body = |got: &Got| match got {
        Got::Frame(_, body) => Some(body.clone()),
        Got::Wrong(..) => None,
    };
    got.iter().filter_map(body).collect()
}

fn written(kind: &Kind, kinds: &[FrameKind], body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    kinds[0]
        .write(
            body,
            &|name| kind.header.iter().find(|(known, _)| *known == name).map(|(_, n)| *n),
            &mut out,
        )
        .unwrap_or_else(|wrong| panic!("{}: {wrong}", kind.name));
    out
}

#[test]
fn known_bytes_are_read_and_written() {
    for kind in ALL {
        let kinds = kinds_of(kind);
        for (body, bytes) in kind.known {
            assert_eq!(written(kind, &kinds, body), *bytes, "{}", kind.name);
            assert_eq!(bodies(&cut(&kinds, &[bytes])), [body.to_vec()], "{}", kind.name);
        }
    }
}

#[test]
fn how_reads_are_split_never_shows() {
    for kind in ALL {
        let kinds = kinds_of(kind);
        let mut stream = Vec::new();
        for (_, bytes) in kind.known {
            stream.extend_from_slice(kind.garbage);
            stream.extend_from_slice(bytes);
        }
        let whole = cut(&kinds, &[&stream]);
        assert_eq!(bodies(&whole).len(), kind.known.len(), "{}: {whole:?}", kind.name);
        for at in 0..=stream.len() {
            let (first, second) = stream.split_at(at);
            assert_eq!(cut(&kinds, &[first, second]), whole, "{} split at {at}", kind.name);
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(cut(&kinds, &single), whole, "{} byte by byte", kind.name);
    }
}

#[test]
fn nothing_that_comes_makes_a_cutter_hold_more_than_a_frame() {
    for kind in ALL {
        let kinds = kinds_of(kind);
        let mut cutter = cutter(&kinds);
        let most = kinds.iter().map(|kind| 2 * kind.max).max().unwrap().max(512) + 1_024;
        for byte in [0x00, 0x02, 0x55, 0x7E, 0xAA, 0xC0, 0xDB, 0xFF] {
            for _ in 0..200 {
                cutter.feed(&[byte; 1_000], Span(0), |_| {});
                assert!(
                    cutter.held().len() <= most,
                    "{} of {byte:#x}: {}",
                    kind.name,
                    cutter.held().len()
                );
            }
        }
    }
}

/// A prompt beside lines: one character, behind which nothing comes.
fn with_a_prompt() -> Arc<[FrameKind]> {
    let text = "frames:\n  line: {is: [body, \"\\r\\n\"], max: 80}\n  prompt: {is: [{state: \":|>|*\"}]}\n\
        messages: {any: {is: \"{all:text}\"}}\nmatch: order\nask: {reply: [any]}\n";
    let mut kinds = Protocol::parse(text, "prompt.yaml").unwrap().kinds.to_vec();
    for kind in kinds.iter_mut().filter(|kind| kind.name == "prompt") {
        kind.at_rest = Some(Span(20));
    }
    // What has a begin of its own is looked for first.
    kinds.sort_by_key(|kind| kind.name == "line");
    kinds.into()
}

#[test]
fn a_prompt_is_one_when_nothing_follows() {
    let kinds = with_a_prompt();
    let frame = |name: &str, body: &[u8]| Got::Frame(name.to_owned(), body.to_vec());
    assert_eq!(
        cut(&kinds, &[b"VOL 1 mL\r\n", b">"]),
        [frame("line", b"VOL 1 mL"), frame("prompt", b"")]
    );
    // What follows makes it the begin of a line.
    assert_eq!(cut(&kinds, &[b"*", b" boot\r\n"]), [frame("line", b"* boot")]);
    let mut cutter = cutter(&kinds);
    cutter.feed(b">", Span(1_000), |_| panic!("not yet"));
    assert_eq!(cutter.poll_timeout(), Some(Span(1_020)));
    cutter.handle_timeout(Span(1_019), |_| panic!("not yet"));
    let mut came = 0;
    cutter.handle_timeout(Span(1_020), |cut| {
        came += 1;
        assert!(cut.frame.is_ok());
    });
    assert_eq!((came, cutter.poll_timeout()), (1, None));
}

#[test]
fn silence_ends_what_is_awaited_so() {
    let mut kinds = with_a_prompt().to_vec();
    kinds[1].silence = Some(Span(60));
    let mut cutter = Cutter::new(kinds.into(), vec![0]);
    cutter.await_silence(Some(1));
    cutter.feed(b"a dump\nof ", Span(0), |_| panic!("not yet"));
    cutter.feed(b"two lines >", Span(50), |_| panic!("not yet"));
    assert_eq!(cutter.poll_timeout(), Some(Span(110)));
    let mut got = Vec::new();
    cutter.handle_timeout(Span(110), |cut| got.push(cut.frame.unwrap().body.to_vec()));
    assert_eq!(got, [b"a dump\nof two lines >".to_vec()]);
    assert_eq!(cutter.poll_timeout(), None);
    // A device that never falls silent is told, and takes no more memory.
    cutter.await_silence(Some(1));
    let mut told = Vec::new();
    for _ in 0..100 {
        cutter.feed(&[b'x'; 50], Span(200), |cut| {
            told.push(cut.frame.map(|_| ()).map_err(Clone::clone))
        });
    }
    assert!(matches!(told[0], Err(Wrong::TooLong { len: 100, max: 80 })), "{told:?}");
    assert!(cutter.held().len() < 2_048);
}

#[derive(Debug, Clone)]
enum Harm {
    Lost(usize),
    Twice(usize),
    Flipped(usize, u8),
    Between(usize, Vec<u8>),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        any::<usize>().prop_map(Harm::Lost),
        any::<usize>().prop_map(Harm::Twice),
        (any::<usize>(), 0_u8..8).prop_map(|(at, bit)| Harm::Flipped(at, bit)),
        (any::<usize>(), proptest::collection::vec(any::<u8>(), 1..9)).prop_map(|(at, bytes)| Harm::Between(at, bytes)),
    ]
}

fn harmed(bytes: &[u8], harm: &Harm) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let len = bytes.len();
    match harm {
        Harm::Lost(at) => drop(bytes.remove(at % len)),
        Harm::Twice(at) => bytes.insert(at % len, bytes[at % len]),
        Harm::Flipped(at, bit) => bytes[at % len] ^= 1 << bit,
        Harm::Between(at, more) => drop(bytes.splice(at % len..at % len, more.iter().copied())),
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_reads_back(body in proptest::collection::vec(0x20_u8..0x7F, 1..40)) {
        for kind in ALL.iter().filter(|kind| kind.any_body) {
            let kinds = kinds_of(kind);
            let bytes = written(kind, &kinds, &body);
            prop_assert_eq!(bodies(&cut(&kinds, &[&bytes])), vec![body.clone()], "{}", kind.name);
        }
    }

    /// Whatever befell a frame, the third behind it is understood: the one behind it may be taken for its rest, and no more than that is lost.
    #[test]
    fn what_befalls_a_frame_costs_no_more_than_the_next(harm in harm(), split in any::<usize>()) {
        for kind in ALL {
            let kinds = kinds_of(kind);
            let (_, good) = kind.known[0];
            let bad = harmed(good, &harm);
            let stream = [&bad[..], good, good, good].concat();
            let got = cut(&kinds, &[&stream]);
            let whole = bodies(&got).iter().filter(|body| **body == kind.known[0].0).count();
            prop_assert!(whole >= 2, "{} after {:?}: {:?}", kind.name, harm, got);
            let (first, second) = stream.split_at(split % stream.len());
            prop_assert_eq!(cut(&kinds, &[first, second]), got, "{}", kind.name);
        }
    }

    #[test]
    fn any_bytes_are_cut_the_same_however_they_come(bytes in proptest::collection::vec(any::<u8>(), 0..120), split in any::<usize>()) {
        for kind in ALL {
            let kinds = kinds_of(kind);
            let whole = cut(&kinds, &[&bytes]);
            let at = if bytes.is_empty() { 0 } else { split % bytes.len() };
            prop_assert_eq!(cut(&kinds, &[&bytes[..at], &bytes[at..]]), whole, "{}", kind.name);
        }
    }
}
