//! Each thing that can be expected: its words as reports show them, and its stable code.

mod came;

use super::*;
use crate::case::{Check, Measure, Range, Verb};
use crate::quantity::{Percent, Rate, Volume};
use crate::value::Wanted;
use std::collections::{BTreeMap, BTreeSet};

fn fields(list: &[(&str, &str)]) -> BTreeMap<String, String> {
    list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn assert_expected(all: &[(Expected, &str, &str)]) {
    for (expected, code, words) in all {
        assert_eq!((expected.code(), &*expected.to_string()), (*code, *words));
    }
}

#[test]
fn what_a_check_expects_is_told_as_the_scenario_has_it() {
    let check = Expected::Check;
    let id = || "occlusion".to_owned();
    let priority = Some("critical".to_owned());
    let range = Range {
        low: None,
        high: Some(24_000_000),
        text: "<= 24 mL/day".to_owned(),
    };
    let (what, since) = (Measure::Rate, Some("noon".to_owned()));
    let measure = Check::Measure { what, since, range };
    let kind = || "rx".to_owned();
    let with = || fields(&[("by", "clinician"), ("n", "2")]);
    let memory = Check::Memory {
        at: "PUMP.n".to_owned(),
        value: Wanted::parse(">= 41").unwrap(),
    };
    let event = |fields| Check::Event { kind: kind(), fields };
    assert_expected(&[
        (
            check(Check::Alarm {
                id: id(),
                priority: None,
            }),
            "expect-alarm",
            "alarm `occlusion`",
        ),
        (
            check(Check::Alarm { id: id(), priority }),
            "expect-alarm",
            "alarm `occlusion` with priority critical",
        ),
        (check(Check::NoAlarm { id: None }), "expect-no-alarm", "no alarm"),
        (
            check(Check::NoAlarm { id: Some(id()) }),
            "expect-no-alarm",
            "no alarm `occlusion`",
        ),
        (
            check(Check::AlarmCleared { id: id() }),
            "expect-alarm-cleared",
            "alarm `occlusion` cleared",
        ),
        (check(Check::State("stopped".into())), "expect-state", "state stopped"),
        (check(Check::Mode("flex".into())), "expect-mode", "mode flex"),
        (check(Check::Bolus("none".into())), "expect-bolus", "bolus none"),
        (check(event(fields(&[]))), "expect-event", "event `rx`"),
        (check(event(with())), "expect-event", "event `rx` with by=clinician n=2"),
        (
            check(Check::NoEvent { kind: kind() }),
            "expect-no-event",
            "no event `rx`",
        ),
        (
            check(Check::Reply { fields: with() }),
            "expect-reply",
            "reply with by=clinician n=2",
        ),
        (check(measure), "expect-measure", "rate since `noon` <= 24 mL/day"),
        (check(memory), "expect-memory", "PUMP.n >= 41"),
        (Expected::Within(Span(60_000)), "expect-within", "true within 1 min"),
        (
            Expected::CoreAt("main".into()),
            "expect-breakpoint",
            "the core at `main`",
        ),
        (Expected::Always("no alarm".into()), "always", "always no alarm"),
    ]);
}

#[test]
fn what_holds_of_every_pump_is_told_without_a_scenario() {
    let answer = |refused: Option<&str>| {
        let refused = refused.map(str::to_owned);
        Expected::Answer(Answer {
            verb: Verb::Start.to_string(),
            refused,
        })
    };
    let verb = "start".to_owned();
    assert_expected(&[
        (answer(None), "refusal", "`start` accepted"),
        (answer(Some("any")), "refusal", "`start` refused"),
        (answer(Some("allowed")), "refusal", "`start` accepted or refused"),
        (answer(Some("stopped")), "refusal", "`start` refused with `stopped`"),
        (Expected::Reply { verb: verb.clone() }, "no-reply", "a reply to `start`"),
        (
            Expected::SetUp { verb },
            "set-up-refused",
            "a pump that accepts `start`, with which the scenario begins",
        ),
        (
            Expected::Firmware(Firmware::NoLockup),
            "firmware-lockup",
            "firmware that does not lock up",
        ),
        (
            Expected::NamedAlarmsOnly,
            "unexpected-alarm",
            "no alarm that the scenario does not name",
        ),
    ]);
}

#[test]
fn what_a_profile_promises_is_told() {
    assert_expected(&[
        (
            Expected::Records(Records::Promised {
                message: "beat".into(),
                after: Span(3_000),
            }),
            "unasked-lacking",
            "`beat` at least every 3 s, by itself",
        ),
        (
            Expected::Records(Records::Samples {
                verb: "status".into(),
                every: Span(500),
            }),
            "samples-lacking",
            "an answer to `status`, which is asked every 500 ms",
        ),
    ]);
}

#[test]
fn what_holds_of_every_pumps_records_and_firmware_is_told_without_a_scenario() {
    let (number, after, time) = (8, 7, Span(60_000));
    let not_before = Records::NotBefore { number, after, time };
    assert_expected(&[
        (
            Expected::Records(Records::All { of: "dose".into() }),
            "record-gap",
            "every dose record",
        ),
        (
            Expected::Records(Records::InOrder),
            "record-order",
            "records in their order, with possible values",
        ),
        (
            Expected::Records(not_before),
            "record-time",
            "record 8 no earlier than record 7, 1 min",
        ),
        (
            Expected::Records(Records::Possible),
            "record-number",
            "numbers that a pump can have",
        ),
        (
            Expected::Records(Records::Every(Span(3_600_000))),
            "record-lacking",
            "a dose entry at least every 1 h",
        ),
        (
            Expected::Clock { drift: Percent(1_000) },
            "clock-drift",
            "a clock that is at most 1 % off the host's",
        ),
        (
            Expected::Firmware(Firmware::NoFault),
            "firmware-fault",
            "firmware that does not fault (`firmware-faults: allowed` where it may)",
        ),
        (
            Expected::Firmware(Firmware::NoUnaskedStart),
            "firmware-start",
            "no restart without a request (a scenario may expect some with `resets`)",
        ),
        (
            Expected::Firmware(Firmware::Runs),
            "firmware-hang",
            "firmware that does what it is asked",
        ),
        (
            Expected::Firmware(Firmware::Stops),
            "not-stopped",
            "a pump that delivers no therapy once it was told to stop",
        ),
    ]);
}

#[test]
fn accounts_and_dose_logs_agree_within_what_is_said() {
    let agree = |what, with| Expected::Agree {
        what,
        with,
        tolerance: Volume(5_000),
    };
    let case = "a".to_owned();
    assert_expected(&[
        (
            agree(Account::Delivered, Account::Reported),
            "reconcile-delivered",
            "delivered within 5 uL of reported",
        ),
        (
            agree(Account::Actuated, Account::Reported),
            "reconcile-actuated",
            "actuated within 5 uL of reported",
        ),
        (
            agree(Account::Delivered, Account::Actuated),
            "reconcile-unmoved",
            "delivered within 5 uL of actuated",
        ),
        (Expected::AcceptedLog, "snapshot-missing", "an accepted dose log"),
        (
            Expected::LogOf { case },
            "snapshot-differs",
            "the dose log of snapshots/a.snap",
        ),
    ]);
}

fn assert_allowed(all: &[(Allowed, &str, &str)]) {
    for (allowed, code, words) in all {
        assert_expected(&[(Expected::Oracle(allowed.clone()), *code, *words)]);
    }
}

#[test]
fn volumes_and_rates_that_the_oracle_allows_are_told_with_units() {
    let (least, most) = (Volume(99_000), Volume(101_000));
    let volume = Allowed::Volume {
        class: "basal",
        least,
        most,
    };
    let day = Allowed::Day {
        given: Volume(480_000),
        tolerance: Volume(3_400),
    };
    let rate = Allowed::Rate {
        rate: Rate(480_000),
        mode: "flex",
    };
    let stays = "the prescription in force stays until somebody commits another";
    let stopped = Allowed::StaysUntilStart { state: "stopped" };
    let reservoir = Allowed::Reservoir(Volume(20_000));
    let strokes = Allowed::Strokes(most);
    assert_allowed(&[
        (Allowed::PrescriptionStays, "oracle-prescription", stays),
        (
            Allowed::TherapyStarts,
            "oracle-start",
            "therapy that was granted starts",
        ),
        (stopped, "oracle-start", "stopped until somebody starts therapy"),
        (volume, "oracle-volume", "basal volume between 99 uL and 101 uL"),
        (day, "oracle-day", "480 uL in the last day, within 3.4 uL"),
        (rate, "oracle-rate", "rate 480 uL/day by mode flex"),
        (reservoir, "oracle-reservoir", "computed reservoir 20 uL"),
        (strokes, "oracle-strokes", "strokes for 101 uL since the begin"),
        (Allowed::Actuated { most }, "oracle-actuated", "at most 101 uL actuated"),
    ]);
}

#[test]
fn boluses_and_alarms_that_are_due_are_told_with_their_time() {
    let (dose, over, kind) = (Volume(20_000), Span(600_000), "clinician");
    let bolus = Allowed::Bolus {
        kind: kind.into(),
        dose,
    };
    let periodic = Allowed::Periodic { dose, over };
    let begins = "the clinician bolus that was granted begins";
    let unasked = "no clinician bolus that nobody asked for";
    let stopped = "alarm `stopped-48h` after 2 d without therapy";
    let service = "end of service 90 d after the replacement indicator";
    let alarm = Allowed::Alarm;
    let low = DueAlarm::ReservoirLow(Volume(2_000_000));
    assert_allowed(&[
        (bolus, "oracle-bolus", "clinician bolus of 20 uL"),
        (periodic, "oracle-periodic", "periodic bolus of 20 uL over 10 min"),
        (Allowed::NoPeriodic, "oracle-periodic", "no periodic bolus"),
        (
            Allowed::PeriodicApart(over),
            "oracle-periodic",
            "periodic boluses 10 min apart",
        ),
        (
            Allowed::PeriodicEvery(over),
            "oracle-periodic",
            "a periodic bolus every 10 min",
        ),
        (Allowed::Begins { kind }, "oracle-bolus-begin", begins),
        (Allowed::NoneUnasked { kind }, "oracle-unasked-bolus", unasked),
        (alarm(DueAlarm::Stopped), "oracle-alarm", stopped),
        (alarm(DueAlarm::EndOfService), "oracle-alarm", service),
        (alarm(low), "oracle-alarm", "alarm `reservoir-low` at 2 mL"),
        (
            alarm(DueAlarm::TrialEnded),
            "oracle-alarm",
            "alarm `trial-ended` at the trial's limit",
        ),
    ]);
}

#[test]
fn a_bolus_that_is_granted_or_refused_is_told_with_what_forbids_it() {
    let day = Span(86_400_000);
    let lockout = Forbids::Lockout {
        since: Span(60_000),
        lockout: Span(3_600_000),
    };
    let count = Forbids::Count {
        count: 4,
        window: day,
        allowed: 4,
    };
    let max = Forbids::MaxDose {
        given: Volume(101_000),
        window: day,
        dose: Volume(20_000),
        max: Volume(110_000),
    };
    let none = Forbids::NotAllowed;
    for (why, words) in [
        (none, "refused with `not-allowed`: no patient bolus is prescribed"),
        (Forbids::Stopped, "refused with `stopped`: the pump is stopped"),
        (
            Forbids::BolusActive,
            "refused with `bolus-active`: a bolus is in progress",
        ),
        (lockout, "refused with `lockout`: 1 min after the last, lockout 1 h"),
        (count, "refused with `count`: 4 in 1 d, allowed 4"),
        (
            max,
            "refused with `max-dose`: 101 uL in 1 d already, and 20 uL more is above 110 uL",
        ),
    ] {
        for (by, who) in [(Asker::Patient, "patient bolus"), (Asker::Clinician, "bolus")] {
            let words = format!("{who} {words}");
            assert_allowed(&[(Allowed::Refused { by, why }, "oracle-granted", &words)]);
        }
    }
    let granted = |by| Allowed::Granted { by };
    let patient = "patient bolus granted: nothing in the prescription forbids it";
    let clinician = "bolus granted: it stays within the rolling maximum";
    assert_allowed(&[
        (granted(Asker::Patient), "oracle-refused", patient),
        (granted(Asker::Clinician), "oracle-refused", clinician),
    ]);
}

#[test]
fn silence_has_its_own_code_whatever_was_expected() {
    let reason = |kind| Reason {
        kind,
        t: Span(0),
        in_set_up: false,
        step: None,
        line: None,
        expected: Expected::Answer(Answer {
            verb: Verb::Start.to_string(),
            refused: None,
        }),
        came: Came::NoAnswer {
            verb: Verb::Start.to_string(),
        },
    };
    let codes: BTreeSet<&str> = [ReasonKind::NoReply, ReasonKind::Refusal]
        .map(|kind| reason(kind).code())
        .into();
    assert_eq!(codes, BTreeSet::from(["no-reply", "refusal"]));
}
