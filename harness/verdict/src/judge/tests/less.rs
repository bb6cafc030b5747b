//! A pump that shows less: what it does not promise is not missed, and what it says is held against it all the same.

use super::heard::{reply, sent};
use super::judge_journal;
use pump_hil_model::case::{Action, Case, PatientBolus, Request};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::lack::{Lack, Lacks};
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_testing::situation::{HOUR, MINUTE, Run, ask, case, continuous};

/// The same run of a pump that lacks this.
fn of_less(lacks: &[Lack], mut events: Vec<Event>) -> Vec<Event> {
    let what: Lacks = lacks.iter().map(|lack| (*lack, "it is so".to_owned())).collect();
    let timing = Body::Timing {
        scale: None,
        drift: Percent(1_000),
    };
    for body in [Body::Lacks { what }, timing] {
        let (t, host_us) = (Span(0), 0);
        events.insert(0, Event { t, host_us, body });
    }
    events
}

fn kinds(case: &Case, lacks: &[Lack], events: Vec<Event>) -> Option<Vec<ReasonKind>> {
    match judge_journal(case, of_less(lacks, events)).verdict {
        Verdict::Passed => Some(Vec::new()),
        Verdict::Failed { reasons } => Some(reasons.into_iter().map(|reason| reason.kind).collect()),
        _ => None,
    }
}

const SAYS_NOTHING: &[Lack] = &[Lack::EVENTS, Lack::DOSE_ENTRIES, Lack::DOSE_LOG, Lack::EVENT_LOG];

#[test]
fn a_status_need_not_be_explained_by_what_is_never_told() {
    let case = case(vec![ask(Request::Status)]);
    let mut run = Run::begun();
    for (t, state) in [(MINUTE, "running"), (HOUR, "minimum-rate")] {
        run.at(t).push(sent()).push(reply(
            "status",
            &[("state", state), ("bolus", "patient"), ("rate", "6000nl/d")],
        ));
    }
    let events = run.ended();
    assert!(kinds(&case, &[], events.clone()).unwrap().contains(&ReasonKind::Record));
    assert_eq!(kinds(&case, SAYS_NOTHING, events), Some(vec![]));
}

#[test]
fn only_what_is_promised_is_missed() {
    let case = case(vec![ask(Request::Status)]);
    let mut run = Run::begun();
    run.at(30 * HOUR).push(sent()).push(reply("status", &[]));
    let events = run.ended();
    assert_eq!(kinds(&case, &[], events.clone()), None, "no entry for thirty hours");
    assert_eq!(kinds(&case, &[Lack::UNASKED], events.clone()), Some(vec![]));
    assert_eq!(kinds(&case, &[Lack::LOG_EVERY], events), Some(vec![]));
}

#[test]
fn one_that_never_said_a_word_may_not_be_there() {
    let case = case(vec![ask(Request::Mute)]);
    let silent = |heard: bool| {
        let mut run = Run::begun();
        if heard {
            run.push(sent()).push(reply("mute", &[]));
        }
        let (verb, tries) = ("mute".to_owned(), 3);
        run.at(MINUTE).step(|run| {
            run.push(Body::NoReply { verb, tries });
        });
        run.ended()
    };
    assert_eq!(
        kinds(&case, &[Lack::IDENTIFY], silent(false)),
        None,
        "it is no failure of a pump"
    );
    assert_eq!(
        kinds(&case, &[Lack::IDENTIFY], silent(true)),
        Some(vec![ReasonKind::NoReply])
    );
    assert_eq!(kinds(&case, &[], silent(false)), Some(vec![ReasonKind::NoReply]));
}

#[test]
fn a_lockout_that_is_not_kept_shows_without_events() {
    let bolus = |_| Action::Do {
        request: Request::PatientBolus,
        refused: None,
        keep: std::collections::BTreeMap::new(),
    };
    let mut case = case((0..2).map(bolus).collect());
    let mut rx = continuous(480_000);
    rx.patient_bolus = Some(PatientBolus {
        dose: Volume(20_000),
        over: Span(5 * MINUTE),
        lockout: Span(4 * HOUR),
        count: 6,
        window: Span(24 * HOUR),
        max: Volume(2_000_000),
    });
    case.prescription = Some(rx);
    let after = |t: i64| {
        let mut run = Run::begun();
        run.push(sent()).push(reply("start", &[]));
        for at in [HOUR, HOUR + t] {
            run.at(at).step(|run| {
                run.push(sent()).push(reply("patient-bolus", &[]));
            });
        }
        run.ended()
    };
    assert_eq!(kinds(&case, SAYS_NOTHING, after(5 * HOUR)), Some(vec![]));
    assert_eq!(kinds(&case, SAYS_NOTHING, after(HOUR)), Some(vec![ReasonKind::Oracle]));
}

#[test]
fn what_it_gives_beyond_what_it_was_asked_for_shows_in_its_totals() {
    let mut case = case(vec![ask(Request::Totals)]);
    case.prescription = Some(continuous(480_000));
    let given = |nl: i64| {
        let mut run = Run::begun();
        run.push(sent()).push(reply("start", &[]));
        let classes = ["patient", "periodic", "clinician", "prime", "bridge"];
        let basal = format!("{nl}nl");
        let mut fields = vec![("basal", basal.as_str())];
        fields.extend(classes.map(|class| (class, "0nl")));
        run.at(24 * HOUR).step(|run| {
            run.push(sent()).push(reply("totals", &fields));
        });
        run.ended()
    };
    assert_eq!(kinds(&case, SAYS_NOTHING, given(480_000)), Some(vec![]));
    let more = kinds(&case, SAYS_NOTHING, given(520_000)).unwrap();
    assert!(more.contains(&ReasonKind::Oracle), "{more:?}");
    // It may have ended therapy of its own, which nobody told.
    assert_eq!(kinds(&case, SAYS_NOTHING, given(300_000)), Some(vec![]));
    let but_entries = &SAYS_NOTHING[1..];
    let less = kinds(&case, but_entries, given(300_000)).unwrap();
    assert!(less.contains(&ReasonKind::Oracle), "{less:?}");
}

#[test]
fn what_is_not_claimed_is_told() {
    let case = case(vec![]);
    let outcome = judge_journal(&case, of_less(&[Lack::IDENTIFY], Run::begun().ended()));
    assert_eq!(
        outcome.notes,
        ["the pump was not identified (this pump has no identify: it is so)"]
    );
    let outcome = judge_journal(&case, of_less(SAYS_NOTHING, Run::begun().ended()));
    assert!(
        outcome.notes.iter().any(|note| note.contains("alarms")),
        "{:?}",
        outcome.notes
    );
    let outcome = judge_journal(&case, Run::begun().ended());
    assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
}
