//! What a pump is asked for every so often, by its profile: what is wrong with it is told, and how it is asked.

use crate::bench::Bench;
use pump_hil_model::event::Body;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_talk::device::{Profile, request_of};

const PUMP: &str = r#"
profile: 2
device: small
summary: A pump over lines.
frames: {line: {is: [body, "\n"], max: 80}}
messages:
  total: {is: "V{total:dec in uL} {alarm:word}", round: nearest, gives: {reported: total, alarms: alarm}}
  version: {is: "SMALL {firmware:word}"}
  ok: {is: OK}
  beat: {is: BEAT, unasked: true, lost-after: {state: running, after: 3 s}}
match: order
ask: {reply: [ok], timeout: 1 s, tries: 3}
verbs:
  status: {send: "V?", reply: total}
  stop: {send: STOP}
own:
  verbs:
    version: {send: "I?", reply: version, effect: none}
    reg: {send: "R{at:int}", reply: total, effect: none}
observe:
  reported: {ask: status, every: 500 ms, resolution: 1 uL}
  alarms: {ask: status, every: 500 ms}
dose-log: {from: reported, entry-per: 10 uL}
make-safe: [stop]
"#;

#[test]
fn what_is_observed_is_read() {
    let profile = Profile::parse(PUMP, "small.yaml").unwrap();
    let observing = &profile.observing;
    assert_eq!(observing.asks(), [("status", Span(500))]);
    assert_eq!(observing.reported_off(), Volume(1_000));
    assert_eq!(observing.entry_per, Some(Volume(10_000)));
    assert_eq!(
        (observing.promised[0].message.as_str(), observing.promised[0].after),
        ("beat", Span(3_000))
    );
    assert!(profile.lacks.has(Lack::UNASKED), "nothing tells an alarm by itself");
}

#[test]
fn mistakes_in_it_are_told_at_their_lines() {
    let alarms = "alarms: {ask: status, every: 500 ms}";
    let mut wrong = Vec::new();
    for (from, to, what) in [
        (alarms, "alarms: {ask: statsu, every: 500 ms}", "did you mean `status`?"),
        (
            alarms,
            "alarms: {ask: stop, every: 500 ms}",
            "`stop` does something to the pump",
        ),
        (
            alarms,
            "alarms: {ask: version, every: 500 ms}",
            "no reply to `version` gives `alarms`",
        ),
        (alarms, "alarms: {ask: reg, every: 500 ms}", "`reg` takes `at`"),
        (
            alarms,
            "alarms: {ask: status, every: 5 ms}",
            "`every` must be 20 ms or more",
        ),
        (alarms, "alarms: {ask: status, every: 500}", "must be a text"),
        (alarms, "alarms: {ask: status}", "missing"),
        (
            alarms,
            "delivered: {instrument: balance, density: 998 kg/m3}",
            "is no density: write it as `0.998 g/mL`",
        ),
        (
            alarms,
            "delivered: {instrument: balance, density: 998 g/mL}",
            "0.5 g/mL to 2 g/mL",
        ),
        (
            alarms,
            "actuated: {memory: strokes, each: 0 nL}",
            "`each` must be more than 0",
        ),
        ("resolution: 1 uL", "resolution: -1 uL", "must not be below 0"),
        ("entry-per: 10 uL", "entry-per: 0.5 uL", "no less than the `resolution`"),
        ("from: reported", "from: delivered", "delivered"),
        ("after: 3 s}", "after: 0 s}", "must be more than 0"),
        (
            "{state: running, after",
            "{state: runing, after",
            "did you mean `running`?",
        ),
        (
            "lost-after: {state: running, after: 3 s}",
            "lost-after: {after: 3 s}",
            "RawLost",
        ),
        ("unasked: true, lost", "unasked: also, lost", "can be lost"),
        (
            "  reported: {ask: status, every: 500 ms, resolution: 1 uL}\n",
            "",
            "somebody must ask for it",
        ),
    ] {
        assert!(PUMP.contains(from), "`{from}` is not in the profile");
        let told = Profile::parse(&PUMP.replacen(from, to, 1), "small.yaml")
            .expect_err(to)
            .to_string();
        if !told.contains(what) || !told.starts_with("small.yaml:") {
            wrong.push(format!("{to}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn it_is_asked_once_and_its_answer_is_no_reply_of_a_step() {
    let mut bench = Bench::new(PUMP);
    assert_eq!(bench.polls(&request_of("status")), b"V?\n");
    bench.hears(b"V1.5 none\n");
    let polled = bench.bodies.iter().find_map(|body| match body {
        Body::Polled(polled) => Some(polled.fields["reported"].clone()),
        _ => None,
    });
    assert_eq!(polled.as_deref(), Some("1500nl"), "{:?}", bench.bodies);
    assert!(!bench.bodies.iter().any(|body| matches!(body, Body::Reply { .. })));
    assert_eq!(bench.polls(&request_of("status")), b"V?\n");
    bench.passes(10_000);
    assert_eq!(bench.sent(), b"", "its next time comes");
    assert!(matches!(bench.bodies.last(), Some(Body::PollLost { verb }) if verb == "status"));
}

#[test]
fn the_volume_is_the_integral_of_a_flow_that_is_told() {
    let flows = PUMP.replacen(
        "\"V{total:dec in uL} {alarm:word}\", round: nearest, gives: {reported: total,",
        "\"F{flow:dec in uL/h} {alarm:word}\", gives: {flow: flow,",
        1,
    );
    let mut bench = Bench::new(&flows);
    let reported = |bench: &mut Bench, answer: &[u8]| {
        bench.polls(&request_of("status"));
        bench.hears(answer);
        bench.bodies.iter().rev().find_map(|body| match body {
            Body::Polled(polled) => polled.fields.get("reported").cloned(),
            _ => None,
        })
    };
    assert_eq!(reported(&mut bench, b"F0 none\n").as_deref(), Some("0nl"));
    bench.passes(500);
    assert_eq!(
        reported(&mut bench, b"F3600 none\n").as_deref(),
        Some("0nl"),
        "it stood until now"
    );
    bench.passes(2_500);
    assert_eq!(reported(&mut bench, b"F0 none\n").as_deref(), Some("2500nl"));
    bench.passes(9_000);
    assert_eq!(reported(&mut bench, b"F0 none\n").as_deref(), Some("2500nl"));
}
