//! What the pump says against what it said before: a status, a state, a priority, a count that nothing explains.

use super::heard::{codes, reply, timed};
use super::judge_journal;
use crate::dose::CLASSES;
use pump_hil_model::case::{Action, Case, Check, Request};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::Verdict;
use pump_hil_testing::situation::{HOUR, MINUTE, Run, SECOND, alarm, ask, case, expect};

/// On granted time, in therapy for an hour.
fn in_therapy() -> Run {
    let mut run = timed(None);
    run.start(480_000).basal_until(HOUR);
    for event in &mut run.events {
        if let Body::Pump { pump_t, .. } = &mut event.body {
            *pump_t = Some(event.t);
        }
    }
    run
}

fn therapy() -> Case {
    case(vec![ask(Request::Start), ask(Request::Status), ask(Request::Status)])
}

/// The request goes out, with this number, and the pump says so.
fn status(run: &mut Run, n: u32, state: &str, bolus: &str, rate: &str) {
    run.push(Body::Sent {
        bytes: format!("#{n} status"),
        request: None,
    });
    run.push(reply("status", &[("state", state), ("bolus", bolus), ("rate", rate)]));
}

/// What is wrong with a run, in words.
fn wrong(case: &Case, run: &Run) -> Vec<String> {
    match judge_journal(case, run.clone().ended()).verdict {
        Verdict::Passed => vec![],
        Verdict::Failed { reasons } => reasons.iter().map(|reason| reason.came.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_status_is_held_to_what_was_told_before_it_was_asked_for() {
    let status_says = |state: &str, bolus: &str, rate: &str| {
        let mut run = in_therapy();
        status(&mut run, 7, state, bolus, rate);
        wrong(&therapy(), &run)
    };
    assert_eq!(status_says("running", "none", "480000nl/d"), [""; 0]);
    for (state, bolus, rate, word) in [
        ("stopped", "none", "480000nl/d", "by its status it is stopped"),
        ("running", "prime", "480000nl/d", "a prime bolus goes on"),
        ("running", "none", "150000nl/d", "its rate is 150000 nL/day"),
    ] {
        let said = status_says(state, bolus, rate);
        assert!(said.len() == 1 && said[0].contains(word), "{said:?}");
    }
}

#[test]
fn the_rate_is_held_to_also_while_a_bolus_goes_on() {
    for (rate, wrongs) in [("480000nl/d", 0), ("150000nl/d", 1)] {
        let mut run = in_therapy();
        run.said(Said::BolusStart {
            kind: "clinician".into(),
            dose_nl: 0,
            over_ms: 0,
        });
        status(&mut run, 7, "running", "clinician", rate);
        let said = wrong(&therapy(), &run);
        let of_rate = said.iter().filter(|what| what.contains("its rate is"));
        assert_eq!(of_rate.count(), wrongs, "{said:?}");
    }
}

#[test]
fn what_was_so_until_just_now_is_right_only_where_nobody_was_told_before_the_question() {
    let stopped = |told_first: bool| {
        let case = case(vec![ask(Request::Start), ask(Request::Stop), ask(Request::Status)]);
        let mut run = in_therapy();
        run.step(|run| {
            run.push(Body::Sent {
                bytes: "#6 stop".into(),
                request: None,
            });
            run.reply("stop", None);
            if told_first {
                run.state("stopped", "command").entry("stop");
            }
        });
        run.step(|run| {
            status(run, 7, "running", "none", "0nl/d");
            if !told_first {
                run.state("stopped", "command").entry("stop");
            }
        });
        wrong(&case, &run)
    };
    assert_eq!(stopped(false), [""; 0]);
    assert!(
        stopped(true)[0].contains("by its status it is running"),
        "{:?}",
        stopped(true)
    );
}

#[test]
fn the_first_status_of_a_state_that_nobody_told_is_held_to_the_next() {
    let then = |first: &str, second: Option<&str>, starts: bool| {
        let mut run = timed(None);
        status(&mut run, 7, first, "none", "0nl/d");
        if let Some(second) = second {
            status(&mut run, 8, second, "none", "0nl/d");
        }
        if starts {
            run.at(HOUR).start(480_000);
        }
        wrong(&case(vec![ask(Request::Start)]), &run)
    };
    assert_eq!(then("stopped", Some("stopped"), true), [""; 0]);
    assert_eq!(then("stopped", None, false), [""; 0]);
    for said in [
        then("running", Some("stopped"), false),
        then("minimum-rate", None, true),
        then("running", None, true),
    ] {
        assert!(said[0].contains("by its status it is"), "{said:?}");
    }
}

#[test]
fn what_comes_about_later_explains_no_status() {
    for (later, wrongs) in [(SECOND, 0), (MINUTE, 1)] {
        let mut run = in_therapy();
        status(&mut run, 7, "minimum-rate", "none", "480000nl/d");
        let (t, from) = (HOUR + later, "running".to_owned());
        run.at(t).push(Body::Pump {
            n: Some(90),
            pump_t: Some(Span(t)),
            read_back: false,
            said: Said::State {
                from,
                to: "minimum-rate".into(),
                cause: "dose-limit".into(),
            },
        });
        let said = wrong(&therapy(), &run);
        let of_state = said.iter().filter(|what| what.contains("by its status it is"));
        assert_eq!(of_state.count(), wrongs, "{later}: {said:?}");
    }
}

#[test]
fn a_state_that_changes_by_a_command_was_given_one() {
    let stops = |steps: Vec<Action>, sent: bool, cause: &str| {
        let case = case([vec![ask(Request::Start)], steps].concat());
        let mut run = in_therapy();
        run.step(|run| {
            if sent {
                run.push(Body::Sent {
                    bytes: "#6 stop".into(),
                    request: None,
                });
                run.push(Body::Sent {
                    bytes: "#6 stop".into(),
                    request: None,
                });
                run.reply("stop", None);
            }
            run.state("stopped", cause).entry("stop");
            if !sent {
                run.reply("status", None);
            }
        });
        wrong(&case, &run)
    };
    assert_eq!(stops(vec![ask(Request::Stop)], true, "command"), [""; 0]);
    let word = "its state changes to stopped by a command that nobody gave";
    assert_eq!(stops(vec![ask(Request::Status)], false, "command"), [word]);
    assert_eq!(stops(vec![ask(Request::Status)], false, "occlusion"), [""; 0]);
}

#[test]
fn an_alarm_has_its_own_priority_unless_the_scenario_names_another() {
    let raised = |case: &Case, priority: &str| {
        let mut run = in_therapy();
        run.step(|run| {
            run.alarm("magnet", priority);
        });
        wrong(case, &run)
    };
    let named = case(vec![ask(Request::Start), expect(vec![alarm("magnet")])]);
    assert_eq!(raised(&named, "non-critical"), [""; 0]);
    assert_eq!(
        raised(&named, "critical"),
        ["it raises the alarm magnet as critical, which is non-critical"]
    );
    let mut other = named.clone();
    if let Action::Expect { checks, .. } = &mut other.steps[1].action {
        *checks = vec![Check::Alarm {
            id: "magnet".into(),
            priority: Some("critical".into()),
        }];
    }
    assert_eq!(raised(&other, "critical"), [""; 0]);
}

#[test]
fn strokes_are_those_of_what_is_reported() {
    let classes = CLASSES.map(|class| (class, "0nl"));
    let none_given = [&classes[..], &[("strokes", "0")]].concat();
    for (more, codes_of_it) in [(0, vec![]), (300, vec!["oracle-strokes"])] {
        let mut run = in_therapy();
        run.events.insert(1, run.events[0].clone());
        run.events[1].body = reply("totals", &none_given);
        for event in &mut run.events {
            if let Body::Pump {
                said: Said::Dose(entry),
                ..
            } = &mut event.body
                && entry.cause == "periodic"
            {
                entry.strokes += more;
            }
        }
        assert_eq!(codes(&therapy(), run), codes_of_it);
    }
}

#[test]
fn a_pump_that_does_not_answer_stop_at_the_end_does_not_pass() {
    let mut run = in_therapy();
    run.push(Body::Played).push(Body::NoReply {
        verb: "make-safe".into(),
        tries: 3,
    });
    assert_eq!(codes(&therapy(), run), ["not-heard"]);
}

#[test]
fn a_bolus_that_nobody_asked_for_is_found_also_in_the_last_moment_and_under_a_prescription_that_cannot_be_read() {
    let mut case = therapy();
    for raw in [false, true] {
        if let (true, Some(rx)) = (raw, &mut case.prescription) {
            rx.raw.push(("rate".into(), "480000nl/d".into()));
        }
        let mut run = in_therapy();
        run.said(Said::BolusStart {
            kind: "clinician".into(),
            dose_nl: 50_000,
            over_ms: 600_000,
        });
        assert_eq!(codes(&case, run), ["oracle-unasked-bolus"], "{raw}");
    }
}

#[test]
fn a_start_that_neither_line_nor_log_tells_did_not_come_about() {
    let granted = |log_is_read: bool| {
        let mut run = timed(None);
        run.step(|run| {
            run.reply("start", None);
            if log_is_read {
                let of = "event".to_owned();
                run.push(Body::LogRead { of, last: 6 });
            }
        });
        run.at(MINUTE).sample();
        codes(&case(vec![ask(Request::Start)]), run)
    };
    assert_eq!(granted(true), ["oracle-start"]);
    assert_eq!(granted(false), [""; 0]);
}

#[test]
fn what_a_status_says_of_the_reservoir_goes_on_from_the_last_entry() {
    let says = |reservoir: &str| {
        let mut run = in_therapy();
        run.at(HOUR + 30 * MINUTE).push(Body::Sent {
            bytes: "#7 status".into(),
            request: None,
        });
        run.push(reply(
            "status",
            &[("state", "running"), ("bolus", "none"), ("reservoir", reservoir)],
        ));
        codes(&therapy(), run)
    };
    assert_eq!(says("19970000nl"), [""; 0]);
    assert_eq!(says("19100000nl"), ["oracle-reservoir"]);
}
