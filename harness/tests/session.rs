//! The session joined to a scripted pump in virtual time, over a line that loses, repeats and spoils.

use pump_hil::device::Profile;
use pump_hil::event::{Body, Said};
use pump_hil::quantity::{Concentration, Rate, Span, Volume};
use pump_hil::scenario::case::{FlexStep, Mode, PatientBolus, Prescription, Request};
use pump_hil::session::{Outcome, RequestError, Session, SessionEvent};
use pump_hil::wire::{Crc32, crc16};
use std::sync::Arc;

const STUB: &str = include_str!("../../fixtures/devices/stub.yaml");

fn profile() -> Arc<Profile> {
    Arc::new(Profile::parse(STUB, "stub.yaml").expect("the shipped profile loads"))
}

/// Ends a pump's line.
fn line(body: &str) -> Vec<u8> {
    format!("{body} *{:04X}\r\n", crc16(body.as_bytes())).into_bytes()
}

/// A pump that keeps to the protocol and notes what it carried out.
#[derive(Default)]
struct Pump {
    rest: Vec<u8>,
    carried_out: Vec<String>,
    staged: Vec<(String, String)>,
    in_force: Vec<(String, String)>,
    last: Option<(String, Vec<u8>)>,
    doses: u64,
    /// Verb and code that is refused.
    refuse: Option<(&'static str, &'static str)>,
    /// Spoils one staged field in the read-back.
    misreads: bool,
}

impl Pump {
    fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let mut said = Vec::new();
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            let taken: Vec<u8> = self.rest.drain(..=end).collect();
            let text = String::from_utf8_lossy(&taken).trim_end().to_owned();
            if !text.is_empty() {
                said.extend(self.answer(&text));
            }
        }
        said
    }

    fn answer(&mut self, text: &str) -> Vec<u8> {
        let Some((body, crc)) = text.rsplit_once(" *") else {
            return line("=0 err code=syntax");
        };
        if u16::from_str_radix(crc, 16) != Ok(crc16(body.as_bytes())) || !body.starts_with('#') {
            return line("=0 err code=crc");
        }
        if let Some((last, answer)) = &self.last
            && last == text
        {
            return answer.clone();
        }
        let mut tokens = body[1..].split(' ');
        let (seq, verb) = (tokens.next().unwrap(), tokens.next().unwrap());
        let fields: Vec<(String, String)> = tokens
            .map(|t| t.split_once('=').expect("a field"))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let answer = self.carry_out(seq, verb, &fields);
        self.last = Some((text.to_owned(), answer.clone()));
        answer
    }

    fn carry_out(&mut self, seq: &str, verb: &str, fields: &[(String, String)]) -> Vec<u8> {
        self.carried_out.push(verb.to_owned());
        if let Some((refused, code)) = self.refuse
            && refused == verb
        {
            return line(&format!("={seq} err code={code} field=rate"));
        }
        match verb {
            "stage" => self.staged.extend(fields.iter().cloned()),
            "staged" => return self.read_back(seq),
            "commit" => {
                if fields[0].1 != self.crc() {
                    return line(&format!("={seq} err code=crc-mismatch"));
                }
                self.in_force = std::mem::take(&mut self.staged);
            }
            "abort" => self.staged.clear(),
            "dose-log" => return self.log(seq, fields),
            _ => {}
        }
        line(&format!("={seq} ok"))
    }

    /// Daily steps expanded, in the order in which they came.
    fn expanded(&self) -> Vec<(String, String)> {
        let daily = |v: &str| v.strip_prefix("daily,").map(str::to_owned);
        let mut out: Vec<(String, String)> = Vec::new();
        let steps: Vec<String> = self
            .staged
            .iter()
            .filter(|(k, _)| k == "flex")
            .filter_map(|(_, v)| daily(v))
            .collect();
        for (key, value) in &self.staged {
            if key == "flex" && value.starts_with("daily,") {
                if Some(&value["daily,".len()..]) != steps.first().map(String::as_str) {
                    continue;
                }
                for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
                    out.extend(steps.iter().map(|s| (key.clone(), format!("{day},{s}"))));
                }
            } else {
                out.push((key.clone(), value.clone()));
            }
        }
        out
    }

    fn crc(&self) -> String {
        let mut crc = Crc32::default();
        for (key, value) in self.expanded() {
            crc.feed(format!("{key}={value}\n").as_bytes());
        }
        format!("{:08X}", crc.value())
    }

    fn read_back(&self, seq: &str) -> Vec<u8> {
        let mut said = Vec::new();
        let fields = self.expanded();
        for (place, (key, value)) in fields.iter().enumerate() {
            let value = if self.misreads && place == 3 { "1nl/d" } else { value };
            said.extend(line(&format!("+{seq} {key}={value}")));
        }
        said.extend(line(&format!("={seq} ok fields={} crc32={}", fields.len(), self.crc())));
        said
    }

    fn entry(n: u64) -> String {
        format!(
            "cause=periodic mode=continuous rate=500000nl/d basal={}nl patient=0nl periodic=0nl clinician=0nl prime=0nl bridge=0nl strokes={n} reservoir=1nl",
            n * 500
        )
    }

    /// The next dose entry, said unasked.
    fn dose(&mut self) -> Vec<u8> {
        self.doses += 1;
        let n = self.doses;
        line(&format!("${n} t={}ms {}", n * 1_000, Self::entry(n)))
    }

    fn log(&self, seq: &str, fields: &[(String, String)]) -> Vec<u8> {
        let (from, count): (u64, u64) = (fields[0].1.parse().unwrap(), fields[1].1.parse().unwrap());
        let mut said = Vec::new();
        for n in from..(from + count).min(self.doses + 1) {
            said.extend(line(&format!("+{seq} n={n} t={}ms {}", n * 1_000, Self::entry(n))));
        }
        said.extend(line(&format!("={seq} ok first=1 last={}", self.doses)));
        said
    }
}

/// What the line does to the k-th piece, to the pump and back.
type Line = fn(usize, Vec<u8>) -> Vec<u8>;

fn clean(_: usize, bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// Session, pump and line in virtual time.
struct World {
    session: Session,
    pump: Pump,
    to_pump: Line,
    from_pump: Line,
    pieces: usize,
    now: Span,
    bodies: Vec<Body>,
}

impl World {
    fn new() -> Self {
        Self {
            session: Session::new(profile()),
            pump: Pump::default(),
            to_pump: clean,
            from_pump: clean,
            pieces: 0,
            now: Span(0),
            bodies: Vec::new(),
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.session.handle_bytes(bytes, self.now);
    }

    fn drain(&mut self) -> Option<Outcome> {
        let mut outcome = None;
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Journal(body) => self.bodies.push(body),
                SessionEvent::Done { outcome: o, .. } => outcome = Some(o),
            }
        }
        outcome
    }

    /// Lets everything that is under way come to its end; gives the last outcome.
    fn run(&mut self) -> Option<Outcome> {
        let mut last = None;
        for _ in 0..10_000 {
            last = self.drain().or(last);
            if let Some(bytes) = self.session.poll_transmit() {
                self.pieces += 1;
                let arrived = (self.to_pump)(self.pieces, bytes);
                let said = self.pump.take(&arrived);
                let heard = (self.from_pump)(self.pieces, said);
                self.hear(&heard);
            } else if let Some(due) = self.session.poll_timeout() {
                assert!(due > self.now, "a timeout that is due already");
                self.now = due;
                self.session.handle_timeout(due);
            } else {
                return last;
            }
        }
        panic!("no end");
    }

    fn ask(&mut self, request: &Request) -> Outcome {
        self.session.request(request, self.now).expect("it can be said");
        self.run().expect("it ends")
    }

    fn carried_out(&self, verb: &str) -> usize {
        self.pump.carried_out.iter().filter(|v| *v == verb).count()
    }

    fn sent(&self) -> Vec<&str> {
        let mut sent = Vec::new();
        for body in &self.bodies {
            if let Body::Sent { bytes } = body {
                sent.push(bytes.as_str());
            }
        }
        sent
    }
}

fn continuous() -> Prescription {
    Prescription {
        drug: "morphine-10".to_owned(),
        concentration: Concentration(10_000_000),
        mode: Mode::Continuous { rate: Rate(500_000) },
        patient_bolus: Some(PatientBolus {
            dose: Volume(20_000),
            over: Span(300_000),
            lockout: Span(14_400_000),
            count: 4,
            window: Span(86_400_000),
            max: Volume(700_000),
        }),
        low_reservoir: Some(Volume(2_000_000)),
        catheter: Some(Volume(200_000)),
        tubing: Some(Volume(150_000)),
        trial: None,
        confirm_soft_limits: true,
        raw: Vec::new(),
    }
}

fn program(prescription: Prescription) -> Request {
    Request::Program {
        prescription: Box::new(prescription),
        cut_after: None,
    }
}

#[test]
fn a_prescription_is_staged_read_back_and_committed() {
    let mut world = World::new();
    let outcome = world.ask(&program(continuous()));
    assert!(matches!(outcome, Outcome::Ok { .. }), "{outcome:?}");
    let keys: Vec<&str> = world.pump.in_force.iter().map(|(k, _)| k.as_str()).collect();
    assert_eq!(
        keys,
        [
            "drug",
            "conc",
            "mode",
            "rate",
            "ptm-dose",
            "ptm-over",
            "ptm-lockout",
            "ptm-count",
            "ptm-window",
            "ptm-max",
            "low",
            "catheter",
            "tubing",
            "soft"
        ]
    );
    assert!(
        world
            .pump
            .in_force
            .contains(&("ptm-lockout".to_owned(), "14400s".to_owned()))
    );
    assert!(world.sent().iter().all(|line| line.len() <= 242), "{:?}", world.sent());
    assert_eq!(world.carried_out("stage"), 2);
}

#[test]
fn a_daily_schedule_is_staged_once_and_read_back_seven_times() {
    let mut world = World::new();
    let step = |day, minute, rate| FlexStep {
        day,
        minute,
        rate: Rate(rate),
    };
    let steps = (0..7)
        .flat_map(|day| [step(day, 0, 480_000), step(day, 360, 960_000)])
        .collect();
    let rx = Prescription {
        mode: Mode::Flex { steps },
        ..continuous()
    };
    let outcome = world.ask(&program(rx));
    assert!(matches!(outcome, Outcome::Ok { .. }), "{outcome:?}");
    let flex: Vec<&str> = world
        .pump
        .in_force
        .iter()
        .filter(|(k, _)| k == "flex")
        .map(|(_, v)| v.as_str())
        .collect();
    assert_eq!(flex, ["daily,1,0min,480000nl/d", "daily,2,360min,960000nl/d"]);
}

#[test]
fn a_read_back_that_differs_is_never_committed() {
    let mut world = World::new();
    world.pump.misreads = true;
    let Outcome::Refused { reason, fields } = world.ask(&program(continuous())) else {
        panic!("it must not pass");
    };
    assert_eq!(
        (reason.as_str(), fields["field"].as_str()),
        ("read-back-differs", "rate")
    );
    assert_eq!(
        (fields["intended"].as_str(), fields["read"].as_str()),
        ("500000nl/d", "1nl/d")
    );
    assert_eq!((world.carried_out("commit"), world.carried_out("abort")), (0, 1));
}

#[test]
fn a_field_that_is_refused_aborts_the_session_and_keeps_the_first_reason() {
    let mut world = World::new();
    world.pump.refuse = Some(("stage", "hard-limit"));
    let Outcome::Refused { reason, fields } = world.ask(&program(continuous())) else {
        panic!("it must not pass");
    };
    assert_eq!(
        (reason.as_str(), fields["at"].as_str(), fields["field"].as_str()),
        ("hard-limit", "stage", "rate")
    );
    assert_eq!((world.carried_out("commit"), world.carried_out("abort")), (0, 1));
}

#[test]
fn a_session_cut_off_at_any_byte_sends_not_one_more_and_the_next_request_is_understood() {
    let mut whole = World::new();
    whole.ask(&program(continuous()));
    let total: usize = whole.sent().iter().map(|line| line.len() - 1).sum();
    for cut in 0..=u32::try_from(total).unwrap() {
        let mut world = World::new();
        let request = Request::Program {
            prescription: Box::new(continuous()),
            cut_after: Some(cut),
        };
        let outcome = world.ask(&request);
        assert_eq!(outcome, Outcome::CutOff { sent: cut });
        let sent: usize = world.sent().iter().map(|line| line.replace("\\n", "\n").len()).sum();
        assert_eq!(sent, cut as usize);
        assert!(
            !world
                .bodies
                .iter()
                .any(|b| matches!(b, Body::Reply { .. } | Body::NoReply { .. }))
        );
        assert!(
            matches!(world.ask(&Request::Status), Outcome::Ok { .. }),
            "after a cut at {cut}"
        );
        let complete = cut as usize == total;
        assert_eq!(world.pump.in_force.is_empty(), !complete, "after a cut at {cut}");
    }
}

#[test]
fn a_lost_reply_is_asked_for_again_with_the_same_bytes_and_gives_no_second_bolus() {
    let mut world = World::new();
    world.from_pump = |piece, bytes| if piece == 1 { Vec::new() } else { bytes };
    assert!(matches!(world.ask(&Request::PatientBolus), Outcome::Ok { .. }));
    assert_eq!(world.carried_out("patient-bolus"), 1);
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert_eq!(world.now, Span(2_000));
}

#[test]
fn a_request_that_was_garbled_on_its_way_is_said_again_at_once() {
    let mut world = World::new();
    world.to_pump = |piece, mut bytes| {
        if piece == 1 {
            bytes[4] ^= 1;
        }
        bytes
    };
    assert!(matches!(world.ask(&Request::PatientBolus), Outcome::Ok { .. }));
    assert_eq!((world.carried_out("patient-bolus"), world.now), (1, Span(0)));
}

#[test]
fn a_dead_line_ends_after_the_tries_of_the_profile() {
    let mut world = World::new();
    world.to_pump = |_, _| Vec::new();
    assert_eq!(world.ask(&Request::Stop), Outcome::NoReply { tries: 3 });
    assert_eq!(world.now, Span(6_000));
    assert!(world.bodies.contains(&Body::NoReply {
        verb: "stop".to_owned(),
        tries: 3
    }));
}

#[test]
fn a_pump_that_never_falls_silent_but_does_not_answer_is_given_up_as_soon() {
    let mut world = World::new();
    world.session.request(&Request::Stop, world.now).unwrap();
    let mut outcome = None;
    while outcome.is_none() && world.now < Span(10_000) {
        world.now.0 += 10;
        world.hear(b"spew");
        outcome = world.drain();
    }
    assert_eq!((outcome, world.now), (Some(Outcome::NoReply { tries: 3 }), Span(6_000)));
}

#[test]
fn doubled_lines_are_told_and_change_nothing() {
    let mut world = World::new();
    world.from_pump = |_, bytes| [bytes.clone(), bytes].concat();
    let outcome = world.ask(&program(continuous()));
    assert!(matches!(outcome, Outcome::Ok { .. }), "{outcome:?}");
    assert!(
        world
            .bodies
            .iter()
            .any(|b| matches!(b, Body::Garbled { why } if why.contains("nobody waits for")))
    );
}

#[test]
fn a_prescription_is_programmed_through_noise_or_not_at_all() {
    let mut programmed = 0;
    for spoilt in 0..400 {
        let mut world = World::new();
        world.pieces = spoilt;
        // Every fifth piece has a byte spoilt, at a place that wanders.
        world.from_pump = |piece, mut bytes| {
            if piece % 5 == 0 && !bytes.is_empty() {
                let at = piece * 31 % bytes.len();
                bytes[at] ^= 1 << (piece % 7);
            }
            bytes
        };
        match world.ask(&program(continuous())) {
            Outcome::Ok { .. } => {
                programmed += 1;
                assert!(!world.pump.in_force.is_empty());
            }
            Outcome::NoReply { .. } => {}
            Outcome::Refused { reason, .. } => assert!(reason.starts_with("read-back"), "{reason}"),
            other => panic!("{other:?}"),
        }
        assert!(world.carried_out("commit") <= 1);
    }
    assert!(programmed >= 380, "{programmed} of 400");
}

#[test]
fn missing_dose_entries_are_told_and_read_back_from_the_log() {
    let mut world = World::new();
    let first = world.pump.dose();
    world.hear(&first);
    for _ in 0..100 {
        world.pump.dose();
    }
    let next = world.pump.dose();
    world.hear(&next);
    world.run();
    assert!(world.bodies.contains(&Body::Gap {
        of: "dose".to_owned(),
        from: 2,
        count: 100
    }));
    let mut heard: Vec<u64> = world
        .bodies
        .iter()
        .filter_map(|b| match b {
            Body::Pump {
                n: Some(n),
                said: Said::Dose(_),
                ..
            } => Some(*n),
            _ => None,
        })
        .collect();
    heard.sort_unstable();
    assert_eq!(heard, (1..=102).collect::<Vec<u64>>());
    assert_eq!(world.carried_out("dose-log"), 2);
}

#[test]
fn entries_that_stay_missing_are_told_and_the_recovery_ends() {
    let mut world = World::new();
    world.to_pump = |_, _| Vec::new();
    let first = world.pump.dose();
    world.hear(&first);
    world.pump.dose();
    let third = world.pump.dose();
    world.hear(&third);
    world.run();
    assert!(
        world
            .bodies
            .iter()
            .any(|b| matches!(b, Body::Garbled { why } if why.contains("2..=2 stay missing")))
    );
    assert!(!world.bodies.iter().any(|b| matches!(b, Body::NoReply { .. })));
}

#[test]
fn the_log_is_compared_with_what_was_heard() {
    let mut world = World::new();
    for _ in 0..150 {
        let dose = world.pump.dose();
        world.hear(&dose);
    }
    world.pump.dose();
    let Outcome::Ok { fields } = world.ask(&Request::ReadLog) else {
        panic!("nothing differs");
    };
    assert_eq!((fields["read"].as_str(), fields["unheard"].as_str()), ("151", "1"));

    let mut liar = World::new();
    let mut dose = String::from_utf8(liar.pump.dose()).unwrap();
    dose = dose.replace("basal=500nl", "basal=1000nl");
    let body = dose.split(" *").next().unwrap().to_owned();
    liar.hear(&line(&body));
    let Outcome::Refused { reason, fields } = liar.ask(&Request::ReadLog) else {
        panic!("the log says otherwise");
    };
    assert_eq!((reason.as_str(), fields["differing"].as_str()), ("log-differs", "1"));
}

#[test]
fn an_event_without_what_it_needs_is_kept_under_its_own_name_and_told() {
    let mut world = World::new();
    world.hear(&line("!1 t=5ms alarm id=occlusion"));
    world.run();
    assert!(matches!(&world.bodies[1], Body::Nonsense { why } if why.contains("`priority` is missing")));
    assert!(matches!(&world.bodies[2], Body::Pump { said: Said::Other { kind, .. }, .. } if kind == "alarm"));
}

#[test]
fn text_from_a_hostile_pump_reaches_the_journal_escaped_and_cut() {
    let mut world = World::new();
    let mut noise = vec![0x1B; 1_000_000];
    noise.push(b'\n');
    world.hear(&noise);
    world.run();
    let Body::Received { bytes } = &world.bodies[0] else {
        panic!("{:?}", world.bodies[0]);
    };
    assert!(
        bytes.len() < 2_100 && bytes.ends_with("...(1000001 bytes)"),
        "{}",
        bytes.len()
    );
    assert!(world.bodies.iter().all(|b| !format!("{b:?}").contains('\u{1b}')));
}

#[test]
fn making_safe_gives_up_everything_else_and_tries_the_next_way() {
    let mut world = World::new();
    world.session.request(&Request::Status, world.now).unwrap();
    world.session.request(&Request::Totals, world.now).unwrap();
    world.session.poll_transmit();
    world.pump.refuse = Some(("stop", "busy"));
    world.session.make_safe(world.now);
    let abandoned = std::iter::from_fn(|| world.session.poll_event())
        .filter(|e| {
            matches!(
                e,
                SessionEvent::Done {
                    outcome: Outcome::Abandoned,
                    ..
                }
            )
        })
        .count();
    assert_eq!(abandoned, 2);
    let Some(Outcome::Ok { fields }) = world.run() else {
        panic!("minimum rate is carried out");
    };
    assert_eq!(fields["did"], "minimum-rate");
    assert_eq!(world.pump.carried_out, ["stop", "minimum-rate"]);
}

#[test]
fn what_cannot_be_said_is_refused_before_anything_is_sent() {
    let mut world = World::new();
    let bolus = Request::SingleBolus {
        dose: Volume(1_000),
        over: Span(1_500),
    };
    let error = world.session.request(&bolus, Span(0)).unwrap_err();
    assert!(matches!(error, RequestError::Unit { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "`single-bolus`, `over`: 1500 base units are no whole number of `s` (1000 base units each)"
    );
    let refill = Request::Refill {
        removed: None,
        added: Volume(1),
    };
    assert!(matches!(
        world.session.request(&refill, Span(0)),
        Err(RequestError::Open { .. })
    ));
    for _ in 0..65 {
        let _ = world.session.request(&Request::Status, Span(0));
    }
    let full = world.session.request(&Request::Status, Span(0));
    assert_eq!(full, Err(RequestError::QueueFull { limit: 64 }));
}

#[test]
fn a_raw_value_is_sent_as_it_stands_in_place_of_the_right_one() {
    let mut world = World::new();
    let rx = Prescription {
        raw: vec![("ptm-lockout".to_owned(), "5min".to_owned())],
        ..continuous()
    };
    world.ask(&program(rx));
    let sent = world.sent().concat();
    assert!(sent.contains("ptm-lockout=5min") && !sent.contains("14400s"), "{sent}");
}

#[test]
fn raw_bytes_get_their_answer_into_the_journal() {
    let mut world = World::new();
    world.session.send_raw(b"#7 status *0000\n");
    world.run();
    assert!(
        world
            .bodies
            .iter()
            .any(|b| matches!(b, Body::Reply { verb, refused: Some(code), .. } if verb == "raw" && code == "crc"))
    );
}
