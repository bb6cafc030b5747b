//! The simulated rig as the runner sees it: a real PTY, a real probe session, granted time.

#![cfg(feature = "sim")]

use pump_hil_model::case::{Mode, Prescription, Request};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::{Concentration, Rate, Span, Volume};
use pump_hil_model::value::MemoryValue;
use pump_hil_rig::probe::ProbeError;
use pump_hil_rig::{End, OpenOptions, Rig, RigError, RigFile};
use pump_hil_talk::session::{RequestEnd, Session, SessionEvent};
use std::sync::Arc;
use std::time::Duration;

/// A rig and a session on it, driven as a runner drives them.
struct Driven {
    rig: Rig,
    session: Session,
    events: Vec<(Span, Body)>,
    /// How long an answer is waited for at a time.
    patience: Duration,
}

impl Driven {
    async fn open() -> Self {
        let file = RigFile::sim().expect("the built-in rig");
        let options = OpenOptions {
            seed: 7,
            start_s: 820_454_400,
            ..OpenOptions::default()
        };
        let rig = Rig::open(&file, &options).await.expect("the simulated rig opens");
        let session = Session::new(Arc::clone(rig.profile()));
        Self {
            rig,
            session,
            events: Vec::new(),
            patience: Duration::from_millis(50),
        }
    }

    async fn transmit(&mut self) {
        while let Some(bytes) = self.session.poll_transmit() {
            self.rig.send(&bytes).await.expect("the line takes it");
        }
    }

    /// Journals what there is; gives the outcome of the request that ended.
    fn drain(&mut self) -> Option<RequestEnd> {
        let mut outcome = None;
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Journal(body) => self.events.push((self.rig.now(), body)),
                SessionEvent::Done { end, .. } => outcome = Some(end),
            }
        }
        outcome
    }

    async fn ask(&mut self, request: &Request) -> RequestEnd {
        let now = self.rig.now();
        self.session.request(request, now).expect("the profile has it");
        for _ in 0..10_000 {
            self.transmit().await;
            if let Some(outcome) = self.drain() {
                return outcome;
            }
            let mut got = self.rig.reply_wait(self.patience).await.expect("the line stands");
            if got.bytes.is_empty() {
                let until = self.session.poll_timeout().expect("a reply is awaited");
                got = self.rig.receive(until).await.expect("the line stands");
            }
            self.session.handle_bytes(&got.bytes, got.now);
            self.session.handle_timeout(got.now);
        }
        panic!("{request:?} found no end");
    }

    async fn run_to(&mut self, until: Span) {
        while self.rig.now() < until {
            let got = self.rig.receive(until).await.expect("the line stands");
            self.session.handle_bytes(&got.bytes, got.now);
            self.drain();
            self.transmit().await;
        }
    }

    /// Programmed with 0.5 mL a day, and running.
    async fn therapy() -> Self {
        let mut bench = Self::open().await;
        let program = Request::Program {
            prescription: Box::new(half_a_millilitre_a_day()),
            cut_after: None,
        };
        let outcome = bench.ask(&program).await;
        assert!(matches!(outcome, RequestEnd::Ok { .. }), "{outcome:?}");
        let left = bench.rig.sample().unwrap().expect("a test block").reservoir_nl;
        let refill = Request::Refill {
            removed: Some(Volume(left)),
            added: Volume(20_000_000),
        };
        assert!(matches!(bench.ask(&refill).await, RequestEnd::Ok { .. }));
        let outcome = bench.ask(&Request::Start).await;
        assert!(
            matches!(outcome, RequestEnd::Ok { .. }),
            "{outcome:?} {:?}",
            bench.events
        );
        bench
    }

    fn said(&self) -> impl Iterator<Item = &Said> {
        self.events.iter().filter_map(|(_, body)| match body {
            Body::Pump { said, .. } => Some(said),
            _ => None,
        })
    }
}

fn half_a_millilitre_a_day() -> Prescription {
    Prescription {
        drug: "morphine-10-mg-per-mL".to_owned(),
        concentration: "10 mg/mL".parse::<Concentration>().unwrap(),
        mode: Mode::Continuous { rate: Rate(500_000) },
        patient_bolus: None,
        low_reservoir: None,
        catheter: None,
        tubing: None,
        trial: None,
        confirm_soft_limits: false,
        raw: Vec::new(),
    }
}

fn fault(name: &str) -> FaultName {
    FaultName::find(name).expect("it is in the catalogue")
}

const DAY: Span = Span(86_400_000);

#[tokio::test(flavor = "current_thread")]
async fn a_day_of_therapy_is_delivered_counted_and_seen_by_the_probe() {
    let mut bench = Driven::therapy().await;
    let end = bench.rig.now().checked_add(DAY).unwrap();
    bench.run_to(end).await;
    let sample = bench.rig.sample().unwrap().expect("the simulated rig has a test block");
    assert!((990..=1_001).contains(&sample.strokes), "{sample:?}");
    assert!((490_000..=501_000).contains(&sample.displaced_nl), "{sample:?}");
    let doses = bench.said().filter(|s| matches!(s, Said::Dose(_))).count();
    assert!(doses >= 24, "{doses} dose entries in a day");
    let garbled: Vec<_> = bench
        .events
        .iter()
        .filter(|(_, b)| {
            matches!(
                b,
                Body::Garbled { .. } | Body::Nonsense { .. } | Body::Gap { .. } | Body::NoReply { .. }
            )
        })
        .collect();
    assert!(garbled.is_empty(), "{garbled:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn two_runs_of_a_day_give_the_same_bytes() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut bench = Driven::therapy().await;
        bench.run_to(DAY).await;
        assert!(matches!(bench.ask(&Request::ReadLog).await, RequestEnd::Ok { .. }));
        runs.push(bench.events);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_fault_is_armed_seen_in_effect_and_cleared() {
    let mut bench = Driven::therapy().await;
    let occlusion = fault("catheter-occlusion");
    bench.rig.arm_fault(occlusion, 0).unwrap();
    let state = bench.rig.fault_effect(occlusion).unwrap();
    assert!(state.armed && state.in_effect, "{state:?}");
    bench.run_to(Span(4 * 3_600_000)).await;
    let alarms: Vec<_> = bench.said().filter(|s| matches!(s, Said::Alarm { .. })).collect();
    assert!(
        alarms
            .iter()
            .any(|s| matches!(s, Said::Alarm { id, .. } if id == "occlusion")),
        "{alarms:?}"
    );
    bench.rig.clear_fault(occlusion).unwrap();
    let state = bench.rig.fault_effect(occlusion).unwrap();
    assert!(!state.armed && !state.in_effect, "{state:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_breakpoint_holds_the_pump_and_its_time() {
    let mut bench = Driven::therapy().await;
    bench.rig.break_at("motor_stroke").unwrap();
    let got = loop {
        let got = bench.rig.receive(DAY).await.unwrap();
        bench.session.handle_bytes(&got.bytes, got.now);
        if got.end != End::Bytes {
            break got;
        }
    };
    assert_eq!(got.end, End::Halted);
    assert!(bench.rig.stands_at("motor_stroke").unwrap());
    let held = bench.rig.receive(DAY).await.unwrap();
    assert_eq!((held.now, held.end), (got.now, End::Halted));
    bench.rig.clear_break("motor_stroke").unwrap();
    bench.rig.resume().unwrap();
    bench.run_to(DAY).await;
    assert_eq!(bench.rig.now(), DAY);
}

#[tokio::test(flavor = "current_thread")]
async fn a_reset_by_the_probe_is_told_by_the_pump() {
    let mut bench = Driven::therapy().await;
    bench.rig.reset().unwrap();
    let later = bench.rig.now().checked_add(Span(60_000)).unwrap();
    bench.run_to(later).await;
    let boots: Vec<_> = bench.said().filter(|s| matches!(s, Said::Boot { .. })).collect();
    assert!(
        boots
            .iter()
            .any(|s| matches!(s, Said::Boot { reason } if reason == "debug")),
        "{boots:?}"
    );
    let status = bench.ask(&Request::Status).await;
    assert!(matches!(status, RequestEnd::Ok { .. }), "{status:?}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_dead_line_is_a_silence_with_an_end_and_the_gap_is_read_back() {
    let mut bench = Driven::therapy().await;
    let cut = fault("serial-cut");
    bench.rig.arm_fault(cut, 0).unwrap();
    let outcome = bench.ask(&Request::Status).await;
    assert_eq!(outcome, RequestEnd::NoReply { tries: 3 });
    bench.run_to(Span(6 * 3_600_000)).await;
    bench.rig.clear_fault(cut).unwrap();
    bench.run_to(Span(12 * 3_600_000)).await;
    for _ in 0..20 {
        let soon = bench.rig.now().checked_add(Span(100)).unwrap();
        bench.run_to(soon).await;
    }
    let gap = bench.events.iter().find_map(|(_, b)| match b {
        Body::Gap { of, from, count } if of == "dose" => Some((*from, *count)),
        _ => None,
    });
    let (from, count) = gap.expect("the dose entries of six hours are missing");
    for n in from..from + count {
        let read_back = bench
            .events
            .iter()
            .any(|(_, b)| matches!(b, Body::Pump { n: Some(m), said: Said::Dose(_), .. } if *m == n));
        assert!(read_back, "entry {n} of {from}+{count} was not read back");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn noise_on_the_line_never_loses_a_request_for_good() {
    let mut bench = Driven::therapy().await;
    bench.rig.arm_fault(fault("serial-noise"), 400).unwrap();
    let mut answered = 0;
    for _ in 0..40 {
        match bench.ask(&Request::Status).await {
            RequestEnd::Ok { .. } => answered += 1,
            RequestEnd::NoReply { tries } => assert_eq!(tries, 3),
            other => panic!("{other:?}"),
        }
    }
    assert!(answered >= 30, "{answered} of 40 were answered");
    assert!(bench.events.iter().any(|(_, b)| matches!(b, Body::Garbled { .. })));
}

#[tokio::test(flavor = "current_thread")]
async fn the_probe_leaves_the_pump_safe() {
    let mut bench = Driven::therapy().await;
    bench.rig.arm_fault(fault("catheter-leak"), 50).unwrap();
    bench.rig.halt().unwrap();
    let (did, failed) = bench.rig.go_safe();
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(did.len(), 3, "{did:?}");
    let later = bench.rig.now().checked_add(Span(60_000)).unwrap();
    bench.run_to(later).await;
    let RequestEnd::Ok { fields } = bench.ask(&Request::Status).await else {
        panic!("no status");
    };
    assert!(
        fields["state"] == "minimum-rate" || fields["state"] == "stopped",
        "{fields:?}"
    );
    assert!(!bench.rig.fault_effect(fault("catheter-leak")).unwrap().armed);
}

#[tokio::test(flavor = "current_thread")]
async fn words_and_bits_are_read_written_and_flipped_by_name() {
    let mut bench = Driven::open().await;
    bench
        .rig
        .write_value("scratch", &MemoryValue::Unsigned(0x1234_5678))
        .unwrap();
    assert_eq!(
        bench.rig.read_value("0x20002000").unwrap(),
        MemoryValue::Unsigned(0x1234_5678)
    );
    assert_eq!(bench.rig.flip("scratch", 9).unwrap(), (0x2000_2001, 0x56, 0x54));
    assert_eq!(
        bench.rig.read_value("scratch").unwrap(),
        MemoryValue::Unsigned(0x1234_5478)
    );
    let error = bench.rig.read_value("scrach").unwrap_err().to_string();
    assert!(
        error.contains("no symbol `scrach`") && error.contains("scratch"),
        "{error}"
    );
    assert!(matches!(
        bench.rig.read_value("0x40000000"),
        Err(RigError::Probe(ProbeError::Refused { .. }))
    ));
}

#[tokio::test(flavor = "current_thread")]
async fn an_unknown_defect_is_refused() {
    let options = OpenOptions {
        defect: Some("no-such-defect".to_owned()),
        ..OpenOptions::default()
    };
    let error = Rig::open(&RigFile::sim().unwrap(), &options).await.unwrap_err();
    assert!(matches!(error, RigError::Defect { .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_a_busy_host_lets_wait_finds_the_pump_as_one_that_comes_at_once() {
    // The tone is on its way to the beeper at the same instant, but only when time is next granted.
    let test = Request::TestAlarm {
        priority: "critical".to_owned(),
    };
    for patience in [Duration::ZERO, Duration::from_secs(1)] {
        let mut bench = Driven::therapy().await;
        bench.patience = patience;
        assert!(matches!(bench.ask(&test).await, RequestEnd::Ok { .. }));
        let tone = |bench: &mut Driven| bench.rig.read_value("PUMP_HIL_BLOCK+0x70").unwrap();
        assert_eq!(tone(&mut bench), MemoryValue::Unsigned(0), "{patience:?}");
        let at_once = bench.rig.now();
        bench.run_to(at_once).await;
        let later = Span(at_once.0 + 1);
        bench.run_to(later).await;
        assert_eq!(tone(&mut bench), MemoryValue::Unsigned(3), "{patience:?}");
    }
}
