//! What needs no step: alarms, faults of the firmware, records, silence, a broken rig.

use super::judge_journal;
use super::kinds;
use pump_hil_model::case::{Case, Request};
use pump_hil_model::crash::{Crash, Frame, Why};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_testing::situation::{HOUR, MINUTE, Run, ask, case};

#[test]
fn an_alarm_that_the_scenario_does_not_name_is_a_failure() {
    let mut case = case(vec![ask(Request::Start)]);
    let run = || {
        let mut run = Run::begun();
        run.start(480_000).alarm("magnet", "non-critical").ended()
    };
    assert_eq!(kinds(&case, run()), [ReasonKind::UnexpectedAlarm]);
    case.allow_alarms.insert("magnet".into());
    assert_eq!(kinds(&case, run()), []);
}

#[test]
fn firmware_that_faults_is_a_failure_unless_the_scenario_allows_it() {
    let mut case = case(vec![ask(Request::Start)]);
    let record = |why: Why| {
        let mut crash = Crash::new(why);
        crash.exception = Some("HardFault".into());
        let frame = |function: &str, interrupted_by: Option<&str>| Frame {
            function: function.into(),
            file: Some("pump.rs".into()),
            line: Some(7),
            interrupted_by: interrupted_by.map(str::to_owned),
            ..Frame::default()
        };
        crash.stack = vec![frame("HardFault", None), frame("Pump::step", Some("HardFault"))];
        Body::Crash(Box::new(crash))
    };
    let run = |why: Why| {
        let mut run = Run::begun();
        run.start(480_000).basal_until(HOUR).push(record(why));
        run.ended()
    };
    let Verdict::Failed { reasons } = judge_journal(&case, run(Why::Fault)).verdict else {
        panic!("it passed");
    };
    assert_eq!(
        (
            reasons.len(),
            reasons[0].kind,
            reasons[0].t,
            &*reasons[0].came.to_string()
        ),
        (
            1,
            ReasonKind::FirmwareFault,
            Span(HOUR),
            "the firmware faulted: HardFault in Pump::step (pump.rs:7)"
        )
    );
    assert_eq!(kinds(&case, run(Why::Reset)), [], "a record by itself is for people");
    let afterwards = || {
        let mut run = Run::begun();
        run.start(480_000).push(Body::Played).push(record(Why::Fault));
        run.push(record(Why::Fault)).ended()
    };
    let fault = [ReasonKind::FirmwareFault];
    assert_eq!(kinds(&case, afterwards()), fault, "each time that it is told to stop");
    case.firmware_may_fault = true;
    assert_eq!(kinds(&case, run(Why::Fault)), []);
    assert_eq!(kinds(&case, afterwards()), []);
}

#[test]
fn starts_that_nobody_asked_for_are_counted() {
    let mut case = case(vec![ask(Request::Start)]);
    let boot = || Body::Pump {
        n: None,
        pump_t: None,
        read_back: false,
        said: Said::Boot { reason: "debug".into() },
    };
    let probe = || Body::Probe {
        did: "reset the core".into(),
    };
    let fault = || Body::Crash(Box::new(Crash::new(Why::Fault)));
    let unasked = |case: &Case, events: Vec<Body>| {
        let mut run = Run::begun();
        run.start(480_000);
        for event in events {
            run.push(event);
        }
        judge_journal(case, run.ended()).unasked_starts
    };
    assert_eq!(unasked(&case, vec![]), 0, "the one before the begin");
    assert_eq!(unasked(&case, vec![boot(), boot()]), 2);
    let started = || {
        let mut run = Run::begun();
        run.start(480_000).push(boot());
        run.ended()
    };
    assert_eq!(kinds(&case, started()), [ReasonKind::UnaskedStart]);
    case.may_start_again = true;
    assert_eq!(kinds(&case, started()), []);
    assert_eq!(unasked(&case, vec![probe(), boot()]), 0);
    assert_eq!(unasked(&case, vec![probe(), fault(), boot()]), 1);
    assert_eq!(unasked(&case, vec![boot(), Body::Played, boot()]), 1);
    let mut run = Run::begun();
    run.start(480_000).arm("brown-out").push(boot()).disarm("brown-out");
    assert_eq!(judge_journal(&case, run.ended()).unasked_starts, 0);
    case.firmware_may_fault = true;
    assert_eq!(unasked(&case, vec![fault(), boot()]), 0);
}

#[test]
fn firmware_that_hangs_fails_the_case_there_and_what_comes_after_it_says_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let hung = Body::Hung {
        place: "Pump::step (pump.rs:7)".into(),
        limit_ms: 60_000,
    };
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR).push(hung);
    run.push(Body::RigTrouble {
        code: None,
        what: "later".into(),
    });
    let Verdict::Failed { reasons } = judge_journal(&case, run.ended()).verdict else {
        panic!("it did not fail");
    };
    assert_eq!(
        (reasons.len(), reasons[0].kind, reasons[0].t),
        (1, ReasonKind::Hang, Span(HOUR))
    );
    assert_eq!(
        reasons[0].came.to_string(),
        "the firmware hangs in Pump::step (pump.rs:7): no answer within 60000 ms of host time"
    );
}

#[test]
fn while_the_pump_is_made_safe_a_hang_is_judged_and_what_a_restart_brings_is_not() {
    let case = case(vec![ask(Request::Start)]);
    let hung = || Body::Hung {
        place: "Pump::stop (pump.rs:7)".into(),
        limit_ms: 10_000,
    };
    let reset = || Body::Probe { did: "reset".into() };
    let fault = || Body::Crash(Box::new(Crash::new(Why::Fault)));
    let kinds = |events: Vec<Body>| {
        let mut run = Run::begun();
        run.start(480_000);
        for event in events {
            run.push(event);
        }
        kinds(&case, run.ended())
    };
    let (hang, faulted) = (ReasonKind::Hang, ReasonKind::FirmwareFault);
    assert_eq!(kinds(vec![Body::Played, hung(), reset(), fault(), hung()]), [hang]);
    assert_eq!(kinds(vec![Body::Played, fault(), hung()]), [faulted, hang]);
    assert_eq!(kinds(vec![hung(), reset(), fault()]), [hang]);
    let silent = Body::NoReply {
        verb: "stop".into(),
        tries: 3,
    };
    assert_eq!(kinds(vec![Body::Played, reset(), silent]), []);
}

#[test]
fn a_rig_that_breaks_while_the_pump_is_made_safe_leaves_no_verdict() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    let what = "QEMU: it ended".to_owned();
    run.start(480_000).push(Body::Played).push(Body::RigTrouble {
        code: None,
        what: what.clone(),
    });
    assert_eq!(
        judge_journal(&case, run.ended()).verdict,
        Verdict::Inconclusive {
            why: vec![Trouble::told(TroubleCode::RIG, what)]
        }
    );
}

#[test]
fn a_gap_is_a_failure_unless_the_line_was_disturbed() {
    let case = case(vec![ask(Request::Start)]);
    let gap = pump_hil_model::event::Body::Gap {
        of: "event".into(),
        from: 7,
        count: 2,
    };
    let mut run = Run::begun();
    run.start(480_000).push(gap.clone());
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Gap]);
    let mut run = Run::begun();
    run.start(480_000).arm("serial-drop").disarm("serial-drop").push(gap);
    assert_eq!(kinds(&case, run.ended()), []);
}

#[test]
fn what_failed_before_the_rig_broke_stays_failed_and_what_came_after_says_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let trouble = || pump_hil_model::event::Body::RigTrouble {
        code: None,
        what: "the probe is gone".into(),
    };
    let mut before = Run::begun();
    before.start(480_000).alarm("magnet", "non-critical").push(trouble());
    assert_eq!(kinds(&case, before.ended()), [ReasonKind::UnexpectedAlarm]);
    let mut after = Run::begun();
    after.start(480_000).push(trouble()).alarm("magnet", "non-critical");
    let why = vec![Trouble::told(TroubleCode::RIG, "the probe is gone")];
    assert_eq!(
        judge_journal(&case, after.ended()).verdict,
        Verdict::Inconclusive { why }
    );
}

#[test]
fn a_pump_that_does_not_answer_the_set_up_has_not_failed_and_one_that_falls_silent_later_has() {
    let case = case(vec![]);
    let silence = || pump_hil_model::event::Body::NoReply {
        verb: "identify".into(),
        tries: 3,
    };
    let why = vec![Trouble::told(TroubleCode::RIG, "set-up: no answer")];
    let mut never = Run::default();
    never.push(silence()).push(pump_hil_model::event::Body::RigTrouble {
        code: None,
        what: why[0].to_string(),
    });
    assert_eq!(
        judge_journal(&case, never.ended()).verdict,
        Verdict::Inconclusive { why }
    );
    let mut later = Run::begun();
    later.push(silence());
    assert_eq!(kinds(&case, later.ended()), [ReasonKind::NoReply]);
}

#[test]
fn a_journal_without_an_end_says_nothing() {
    let case = case(vec![ask(Request::Start)]);
    let mut events = Run::begun().start(480_000).ended();
    events.pop();
    assert!(matches!(
        judge_journal(&case, events).verdict,
        Verdict::Inconclusive { .. }
    ));
}

#[test]
fn a_fault_that_could_not_be_confirmed_makes_the_run_inconclusive() {
    let case = case(vec![]);
    let mut run = Run::begun();
    run.push(pump_hil_model::event::Body::FaultUnconfirmed {
        fault: pump_hil_model::fault::FaultName::find("motor-stall").unwrap(),
        why: "the effect word stayed 0".into(),
    });
    assert!(matches!(
        judge_journal(&case, run.ended()).verdict,
        Verdict::Inconclusive { .. }
    ));
}

fn dose_at(run: &mut Run, n: u64, pump_t: i64) {
    run.entry("periodic");
    let place = run.events.len() - 2;
    if let Body::Pump {
        n: number,
        pump_t: time,
        ..
    } = &mut run.events[place].body
    {
        (*number, *time) = (Some(n), Some(Span(pump_t)));
    }
}

#[test]
fn an_entry_that_goes_back_in_time_is_a_failure_and_one_that_was_made_good_is_none() {
    let case = case(vec![]);
    let mut run = Run::begun();
    for (n, pump_t) in [(1, HOUR), (3, 3 * HOUR), (2, 2 * HOUR)] {
        dose_at(run.at(run.t.max(pump_t)), n, pump_t);
    }
    assert_eq!(kinds(&case, run.clone().ended()), []);
    dose_at(&mut run, 4, 2 * HOUR);
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Record]);
}

#[test]
fn a_pump_whose_time_falls_behind_is_not_passed() {
    let case = case(vec![]);
    let mut run = Run::begun();
    for hour in 1..=48_i64 {
        // Its entries come so late that none can be compared.
        let n = u64::try_from(hour).unwrap();
        dose_at(run.at(hour * HOUR), n, hour * HOUR * 9 / 10);
    }
    let verdict = judge_journal(&case, run.ended()).verdict;
    assert!(matches!(verdict, Verdict::Inconclusive { .. }), "{verdict:?}");
}

#[test]
fn a_record_that_cannot_be_is_a_failure() {
    let case = case(vec![]);
    let again = "dose 4 came again or late; its number was passed already".to_owned();
    let mut run = Run::begun();
    run.push(Body::Nonsense { why: again.clone() });
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Record]);
    let mut run = Run::begun();
    run.arm("serial-noise").push(Body::Nonsense { why: again });
    assert_eq!(kinds(&case, run.ended()), [], "on a noisy line anything comes");
}

#[test]
fn volumes_that_cannot_be_are_a_failure_and_nothing_is_computed_with_them() {
    let case = case(vec![ask(Request::Start)]);
    let mut run = Run::begun();
    run.start(480_000).basal_until(HOUR);
    let entry = run.events.len() - 2;
    let Body::Pump {
        said: Said::Dose(entry),
        ..
    } = &mut run.events[entry].body
    else {
        panic!("the last entry");
    };
    (entry.basal_nl, entry.patient_nl) = (i64::MAX, i64::MAX);
    assert_eq!(kinds(&case, run.ended()), [ReasonKind::Record]);
}

#[test]
fn a_bolus_that_begins_with_numbers_that_cannot_be_is_told_once() {
    let (dose, over) = (Volume(50_000), Span(20 * MINUTE));
    let case = case(vec![ask(Request::Start), ask(Request::SingleBolus { dose, over })]);
    let codes = |dose_nl: i64, over_ms: i64| {
        let mut run = Run::begun();
        run.start(480_000).step(|run| {
            let kind = "clinician".into();
            run.reply("single-bolus", None)
                .said(Said::BolusStart { kind, dose_nl, over_ms });
        });
        run.at(20 * MINUTE).give(0, 6_500).give(3, 50_000);
        let (kind, cause) = ("clinician".into(), "complete".into());
        run.said(Said::BolusEnd {
            kind,
            given_nl: 50_000,
            cause,
        });
        run.entry("bolus-end").basal_until(HOUR);
        match judge_journal(&case, run.ended()).verdict {
            Verdict::Failed { reasons } => reasons.iter().map(|r| r.code().to_owned()).collect(),
            _ => Vec::new(),
        }
    };
    assert_eq!(codes(50_000, 20 * MINUTE), [""; 0]);
    assert_eq!(codes(-50_000, 20 * MINUTE), ["record-number"]);
    assert_eq!(codes(50_000, i64::MIN), ["record-number"]);
}
