//! Rules that hold of every device: what is rounded, what is said again, and what is refused before anything is sent.

use crate::bench::Bench;
use pump_hil_model::case::{OwnArg, Request};
use pump_hil_model::quantity::{Rate, Span, Volume};
use pump_hil_talk::device::Profile;
use pump_hil_talk::session::can_say;

const PUMP: &str = r#"
profile: 2
device: small
summary: A pump over lines.
units: {uL/min: 60 uL/h}
frames: {line: {is: [body, "\n"], max: 80}}
messages:
  total: {is: "V{total:dec in uL}", round: nearest, gives: {reported: total}}
  ok: {is: OK}
  busy: {is: BUSY, means: busy}
  refused: {is: "NO {reason:word}", means: refused}
match: order
ask: {reply: [ok, busy, refused], timeout: 1 s, tries: 3}
verbs:
  status: {send: "V?", reply: total}
  stop: {send: STOP}
  single-bolus: {send: "B{dose / over:dec4 in uL/min}", send-round: nearest}
own:
  verbs:
    down: {send: "D{rate:dec4 in uL/min}", send-round: down, effect: dose}
    exact: {send: "E{rate:dec4 in uL/min}", effect: dose}
    set: {send: "S{to:int}", effect: set}
    set-safe: {send: "T{to:int}", effect: set, repeat: safe}
make-safe: [stop]
"#;

fn own(verb: &str, name: &str, arg: OwnArg) -> Request {
    let (own, with) = (verb.to_owned(), [(name.to_owned(), arg)].into());
    Request::Own { own, with }
}

/// 1 mL/h, which are 16.666.. uL/min.
fn rate() -> OwnArg {
    OwnArg::Rate(Rate(24_000_000))
}

#[test]
fn what_cannot_be_sent_exactly_is_rounded_only_where_it_is_said_how() {
    let mut bench = Bench::new(PUMP);
    let bolus = Request::SingleBolus {
        dose: Volume(50_000),
        over: Span(180_000),
    };
    assert_eq!(bench.ask(&bolus), b"B16.67\n");
    bench.hears(b"OK\n");
    let fields = bench.end().unwrap();
    let sent = fields.iter().find(|(key, _)| key.starts_with("sent."));
    assert_eq!(sent.unwrap().1, "24004800nl/d", "what was sent stands in the reply");
    assert_eq!(bench.ask(&own("down", "rate", rate())), b"D16.66\n");
    bench.hears(b"OK\n");
    bench.end().unwrap();
    let profile = Profile::parse(PUMP, "small.yaml").unwrap();
    let told = can_say(&own("exact", "rate", rate()), &profile)
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("cannot be sent exactly") && told.contains("send-round"),
        "{told}"
    );
}

#[test]
fn a_number_that_is_finer_is_rounded_only_where_it_is_said_how() {
    let mut bench = Bench::new(PUMP);
    bench.ask(&Request::Status);
    bench.hears(b"V1.0006\n");
    assert_eq!(bench.end().unwrap()["reported"], "1001nl");
    let mut strict = Bench::new(&PUMP.replace("round: nearest, gives", "gives"));
    strict.ask(&Request::Status);
    strict.hears(b"V1.0006\n");
    assert!(!strict.is_over(), "what the harness cannot hold is no answer");
}

#[test]
fn what_reads_stops_or_sets_safely_is_said_again_and_nothing_else() {
    let times = |request: &Request| {
        let mut bench = Bench::new(PUMP);
        let first = bench.ask(request);
        bench.passes(10_000);
        let again = bench.sent().len() / first.len();
        assert!(bench.end().is_err());
        1 + again
    };
    assert_eq!(times(&Request::Status), 3);
    assert_eq!(times(&Request::Stop), 3);
    assert_eq!(times(&own("set-safe", "to", OwnArg::Count(7))), 3);
    assert_eq!(times(&own("set", "to", OwnArg::Count(7))), 1);
    assert_eq!(times(&own("down", "rate", rate())), 1);
}

#[test]
fn who_is_busy_did_nothing_and_is_asked_again_so_often() {
    let mut bench = Bench::new(PUMP);
    let request = own("down", "rate", rate());
    assert_eq!(bench.ask(&request), b"D16.66\n");
    bench.hears(b"BUSY\n");
    bench.passes(1_000);
    assert_eq!(bench.sent(), b"D16.66\n");
    bench.hears(b"OK\n");
    bench.end().unwrap();
    bench.ask(&request);
    for again in [true, true, false] {
        bench.hears(b"BUSY\n");
        bench.passes(1_000);
        assert_eq!(!bench.sent().is_empty(), again);
    }
    assert!(bench.end().is_err());
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let told = |from: &str, to: &str| {
        assert!(PUMP.contains(from), "{from}");
        Profile::parse(&PUMP.replacen(from, to, 1), "small.yaml")
            .expect_err(to)
            .to_string()
    };
    for (from, to, why) in [
        (
            "  stop: {send: STOP}",
            "  stpo: {send: STOP}",
            "`stpo` is no verb that the harness knows",
        ),
        ("reply: total}", "reply: totl}", "`totl` is no message of this profile"),
        (
            "gives: {reported: total}",
            "gives: {reportd: total}",
            "`reportd` is nothing that a message gives",
        ),
        (
            "gives: {reported: total}",
            "gives: {reported: sum}",
            "`sum` is no field of this message",
        ),
        ("effect: set}", "}", "say what `set` does"),
        (
            "{dose / over:",
            "{dose over:",
            "`dose over` is neither an argument nor a quantity",
        ),
        (
            "send-round: nearest",
            "timeout: 2 parsec",
            "neither an argument nor a quantity",
        ),
        (
            "  stop: {send: STOP}",
            "  stop: {send: \"V?\"}",
            "nothing says that it ends therapy",
        ),
        ("timeout: 1 s", "timeout: 0 s", "more than 0"),
    ] {
        let told = told(from, to);
        assert!(told.contains(why) && told.contains("small.yaml:"), "{to}: {told}");
    }
    let wrong = PUMP.replace("send-round: nearest", "send-round: nearest, timeout: dose");
    let profile = Profile::parse(&wrong, "small.yaml").unwrap();
    let bolus = Request::SingleBolus {
        dose: Volume(50_000),
        over: Span(180_000),
    };
    let told = can_say(&bolus, &profile).unwrap_err().to_string();
    assert!(told.contains("a volume, not a time"), "{told}");
}
