use super::request::number;
use super::*;

/// A pump of one's own: lines, one request, its answer, and something that comes unasked.
const PROFILE: &str = "profile: 2
device: lines
summary: Lines.
frames:
  line: {is: [body, \"\\n\"], max: 40}
words: {state: {R: running, S: stopped}}
messages:
  status: {is: \"{state:R|S} {total:dec in mL}\", gives: {state: state, reported: total}}
  refused: {is: \"ERR {reason:word}\", means: refused}
  done: {is: OK}
  hello: {is: \"HELLO {firmware:word}\", unasked: true, gives: {boot: firmware}}
match: order
ask: {reply: [done, refused], timeout: 1 s}
verbs:
  status: {send: \"STAT\", reply: status}
  stop: {send: STOP}
  single-bolus: {send: \"BOL {dose:dec in uL}\"}
make-safe: [stop]
";

fn decoder() -> Decoder {
    Decoder::new(&Profile::parse(PROFILE, "lines.yaml").expect("a profile"))
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn an_answer_is_one_once_and_later_it_is_a_stray() {
    let mut decoder = decoder();
    let (before, sent) = decoder.sent(b"STAT\n");
    assert_eq!(before, []);
    let meaning = Meaning {
        what: "request `status`".to_owned(),
        ..Meaning::default()
    };
    assert_eq!(sent[0].is, Is::Message(meaning));
    let came = decoder.heard(b"R 0.5\nR 0.5\n", Span(10));
    let [first, second] = came.as_slice() else {
        panic!("{came:?}");
    };
    let meaning = |what: &str| Meaning {
        what: what.to_owned(),
        fields: fields(&[("state", "running"), ("total", "500000nl")]),
        gives: vec![("reported", "500000nl".to_owned()), ("state", "running".to_owned())],
    };
    assert_eq!(first.is, Is::Message(meaning("`status`, to `status`")));
    assert_eq!(second.is, Is::Stray(meaning("`status`")));
    assert_eq!(first.bytes, "R 0.5\\n");
}

#[test]
fn what_comes_unasked_and_what_nobody_knows_are_told_apart() {
    let mut decoder = decoder();
    let came = decoder.heard(b"HELLO V1\nWHAT\nOK\nR 0.", Span(0));
    let [hello, what, stray] = came.as_slice() else {
        panic!("{came:?}");
    };
    assert!(
        matches!(&hello.is, Is::Message(meaning) if meaning.what == "`hello`, unasked"),
        "{hello:?}"
    );
    assert!(
        matches!(&what.is, Is::Unknown(why) if why.contains("no message of the profile")),
        "{what:?}"
    );
    assert!(
        matches!(&stray.is, Is::Stray(meaning) if meaning.what == "`done`"),
        "{stray:?}"
    );
    let rest = decoder.end();
    assert!(
        matches!(rest.as_slice(), [Decoded { bytes, is: Is::Unknown(_) }] if bytes == "R 0."),
        "{rest:?}"
    );
}

#[test]
fn what_was_sent_is_read_with_its_arguments() {
    let mut decoder = decoder();
    let (_, sent) = decoder.sent(b"BOL 12.5\n");
    let Is::Message(meaning) = &sent[0].is else {
        panic!("{sent:?}");
    };
    assert_eq!(meaning.what, "request `single-bolus`");
    assert_eq!(meaning.fields, fields(&[("dose", "12.5 uL")]));
    let came = decoder.heard(b"ERR BUSY\n", Span(1));
    assert!(matches!(&came[0].is, Is::Message(meaning) if meaning.what == "`refused`, to `single-bolus`"));
    let (_, sent) = decoder.sent(b"NONE\n");
    assert!(matches!(&sent[0].is, Is::Unknown(_)), "{sent:?}");
}

#[test]
fn a_number_is_written_as_people_do() {
    for (digits, tens, text) in [
        (125, -1, "12.5"),
        (5, -3, "0.005"),
        (-5, -1, "-0.5"),
        (7, 2, "700"),
        (0, 0, "0"),
    ] {
        assert_eq!(number(digits, tens), text);
    }
}
