//! Boluses: the patient's with all its limits, the periodic, the clinician's, prime and bridge.
mod common;

use common::*;
use stub_pump::command::{Command, Done, Field};
use stub_pump::record::What;
use stub_pump::units::{Nl, NlPerDay, Seconds};
use stub_pump::vocabulary::{AlarmId, BolusEnd, BolusKind, Code, State};

fn pca(fields: &[Field]) -> Bench {
    let mut bench = Bench::ready();
    bench.program(fields);
    bench.ok(Command::Start);
    bench
}

#[test]
fn a_patient_bolus_is_spread_over_its_time_and_counted_apart() {
    let mut bench = pca(&with_ptm(500_000, 700_000));
    let done = bench.ok(Command::PatientBolus);
    assert_eq!(
        done,
        Done::Bolus {
            dose: Nl(20_000),
            over: Seconds(300)
        }
    );
    bench.run_for(150 * SECOND);
    let half = bench.pump.totals().patient.0;
    assert!((9_500..=10_000).contains(&half), "{half}");
    bench.run_for(151 * SECOND);
    assert_eq!(bench.pump.totals().patient.0, 20_000);
    assert_eq!(
        bench.when(|what| matches!(what, What::BolusEnd { .. })).unwrap() - 2 * MINUTE,
        300_200
    );
    assert_eq!(bench.pump.status().bolus, None);
}

#[test]
fn a_bolus_inside_the_lockout_is_refused_and_one_at_its_end_is_not() {
    let mut bench = pca(&with_ptm(500_000, 700_000));
    bench.ok(Command::PatientBolus);
    let start = bench.now;
    bench.run_until(start + HOUR - SECOND);
    let refusal = bench.refused(Command::PatientBolus);
    assert_eq!((refusal.code, refusal.wait), (Code::Lockout, Some(Seconds(1))));
    bench.run_until(start + HOUR);
    bench.ok(Command::PatientBolus);
}

#[test]
fn every_refusal_is_logged_with_its_reason() {
    let mut bench = pca(&with_ptm(500_000, 700_000));
    bench.ok(Command::PatientBolus);
    for _ in 0..10 {
        bench.refused(Command::PatientBolus);
    }
    bench.run_for(SECOND);
    let logged = bench.pump.event_log(0).filter(|event| {
        matches!(
            event.what,
            What::Refused {
                code: Code::BolusActive,
                ..
            }
        )
    });
    assert_eq!(logged.count(), 10);
}

#[test]
fn the_count_is_of_starts_in_a_rolling_window() {
    let mut bench = pca(&with_ptm(500_000, 900_000));
    let first = bench.now;
    for _ in 0..4 {
        bench.ok(Command::PatientBolus);
        bench.run_for(2 * HOUR);
    }
    assert_eq!(bench.refused(Command::PatientBolus).code, Code::Count);
    bench.run_until(first + DAY - 1);
    assert_eq!(bench.refused(Command::PatientBolus).code, Code::Count);
    bench.run_until(first + DAY);
    bench.ok(Command::PatientBolus);
}

#[test]
fn the_rolling_maximum_counts_the_basal_of_the_whole_window() {
    // 500 uL of basal a day leave room for two boluses, also on the first day, when little of the basal has been given.
    let mut bench = pca(&with_ptm(500_000, 540_000));
    bench.ok(Command::PatientBolus);
    bench.run_for(HOUR);
    bench.ok(Command::PatientBolus);
    bench.run_for(HOUR);
    assert_eq!(bench.refused(Command::PatientBolus).code, Code::MaxDose);
    assert!(bench.has(AlarmId::DoseLimit));
    assert_eq!(bench.state(), State::Running);
    bench.run_for(DAY);
    assert!(!bench.has(AlarmId::DoseLimit), "the window has let go of the first two");
    bench.ok(Command::PatientBolus);
    bench.run_for(DAY);
    assert_eq!(
        bench.state(),
        State::Running,
        "boluses that were allowed never throttle the basal"
    );
}

#[test]
fn a_bolus_that_was_cut_counts_what_it_gave() {
    let mut fields = continuous(500_000);
    fields.extend(ptm(100_000, 3_600, 3_600, 12, 86_400, 640_000));
    let mut bench = pca(&fields);
    bench.ok(Command::PatientBolus);
    bench.run_for(30 * MINUTE);
    bench.ok(Command::Stop);
    assert_eq!(bench.pump.status().bolus, None);
    bench.run_for(SECOND);
    assert_eq!(bench.pump.totals().patient.0, 50_000);
    bench.ok(Command::Start);
    bench.run_for(HOUR);
    assert_eq!(bench.refused(Command::PatientBolus).code, Code::MaxDose);
}

#[test]
fn basal_that_reaches_the_maximum_by_itself_falls_to_minimum_rate_and_comes_back() {
    let mut bench = pca(&with_ptm(500_000, 300_000));
    bench.run_for(16 * HOUR);
    assert_eq!(bench.state(), State::MinimumRate);
    assert!(bench.has(AlarmId::DoseLimit));
    let most = bench.pump.totals().basal.0;
    assert!(most <= 301_500, "{most}");
    bench.run_for(DAY);
    let back = bench.when(|what| {
        matches!(
            what,
            What::State {
                to: State::Running,
                cause: stub_pump::vocabulary::Cause::DoseLimitOver,
                ..
            }
        )
    });
    assert!(back.is_some());
}

#[test]
fn a_clinicians_bolus_runs_beside_the_basal_and_only_one_at_a_time() {
    let mut bench = Bench::running();
    let bolus = Command::Bolus {
        dose: Nl(50_000),
        over: Seconds(1_200),
    };
    bench.ok(bolus);
    assert_eq!(bench.refused(bolus).code, Code::BolusActive);
    bench.run_for(DAY + SECOND);
    let totals = bench.pump.totals();
    assert_eq!((totals.clinician.0, totals.basal.0), (50_000, 500_000));
}

#[test]
fn what_a_bolus_leaves_of_a_stroke_goes_to_the_next_of_its_kind() {
    let mut bench = Bench::running();
    for _ in 0..4 {
        bench.ok(Command::Bolus {
            dose: Nl(1_250),
            over: Seconds(60),
        });
        bench.run_for(10 * MINUTE);
    }
    assert_eq!(bench.pump.totals().clinician.0, 5_000);
}

#[test]
fn prime_fills_tubing_and_catheter_only_when_stopped() {
    let mut bench = Bench::ready();
    let mut fields = continuous(500_000);
    fields.extend([Field::Catheter(Nl(180_000)), Field::Tubing(Nl(200_000))]);
    bench.program(&fields);
    bench.ok(Command::Prime);
    bench.run_for(30 * MINUTE);
    let totals = bench.pump.totals();
    assert_eq!(
        (totals.prime.0, totals.basal.0, bench.state()),
        (380_000, 0, State::Stopped)
    );
    bench.ok(Command::Start);
    assert_eq!(bench.refused(Command::Prime).code, Code::NotStopped);
}

#[test]
fn a_bridge_holds_the_new_rate_back_until_the_old_concentration_is_through() {
    let mut bench = Bench::running();
    bench.ok(Command::Bridge {
        volume: Nl(100_000),
        rate: NlPerDay(200_000),
    });
    bench.run_for(12 * HOUR - SECOND);
    let totals = bench.pump.totals();
    assert_eq!(totals.basal.0, 0);
    assert!(totals.bridge.0 >= 99_500);
    bench.run_for(12 * HOUR);
    let totals = bench.pump.totals();
    assert_eq!(totals.bridge.0, 100_000);
    assert!((249_000..=250_000).contains(&totals.basal.0), "{totals:?}");
}

#[test]
fn periodic_boluses_start_at_once_and_then_from_start_to_start() {
    let mut bench = pca(&periodic(0, 50_000, 600, 21_600));
    let start = bench.now;
    bench.run_for(3 * DAY - SECOND);
    let starts: Vec<_> = bench
        .events
        .iter()
        .filter(|event| {
            matches!(
                event.what,
                What::BolusStart {
                    kind: BolusKind::Periodic,
                    ..
                }
            )
        })
        .map(|event| event.t.0 - start)
        .collect();
    assert_eq!(starts, (0..12).map(|i| i * 6 * HOUR).collect::<Vec<_>>());
    assert_eq!(bench.pump.totals().periodic.0, 600_000);
}

#[test]
fn stopping_and_starting_is_no_way_around_the_interval() {
    let mut bench = pca(&periodic(0, 50_000, 600, 21_600));
    for _ in 0..5 {
        bench.run_for(30 * MINUTE);
        bench.ok(Command::Stop);
        bench.ok(Command::Start);
    }
    assert_eq!(bench.pump.totals().periodic.0, 50_000);
}

#[test]
fn an_alarm_ends_a_bolus_and_keeps_the_next_from_starting() {
    let mut bench = pca(&with_ptm(500_000, 700_000));
    bench.ok(Command::PatientBolus);
    bench.run_for(MINUTE);
    bench.stalls = u64::MAX;
    bench.run_for(10 * MINUTE);
    assert!(bench.has(AlarmId::MotorStall));
    assert_eq!(
        bench.count(|what| matches!(
            what,
            What::BolusEnd {
                cause: BolusEnd::Alarm,
                ..
            }
        )),
        1
    );
    let refusal = bench.refused(Command::PatientBolus);
    assert_eq!(
        (refusal.code, refusal.alarm),
        (Code::AlarmActive, Some(AlarmId::MotorStall))
    );
}

#[test]
fn periodic_boluses_come_back_when_the_dose_limit_is_over() {
    let mut fields = periodic(96_000, 50_000, 600, 14_400);
    fields.extend(ptm(20_000, 300, 3_600, 4, 86_400, 300_000));
    let mut bench = pca(&fields);
    bench.run_for(3 * DAY);
    let over = bench.when(|what| {
        matches!(
            what,
            What::State {
                cause: stub_pump::vocabulary::Cause::DoseLimitOver,
                ..
            }
        )
    });
    let over = over.expect("the limit was reached and left");
    let after = bench.count_since(over, |what| {
        matches!(
            what,
            What::BolusStart {
                kind: BolusKind::Periodic,
                ..
            }
        )
    });
    assert!(after > 0, "no periodic bolus since {over}");
}

#[test]
fn more_boluses_than_are_remembered_loosen_no_limit() {
    let mut fields = continuous(48_000);
    fields.extend(ptm(500, 60, 300, 48, 86_400, 700_000));
    let mut bench = pca(&fields);
    for _ in 0..48 {
        bench.ok(Command::PatientBolus);
        bench.run_for(5 * MINUTE);
    }
    assert_eq!(bench.refused(Command::PatientBolus).code, Code::Count);
    for _ in 0..3 {
        bench.ok(Command::Bolus {
            dose: Nl(500),
            over: Seconds(60),
        });
        bench.run_for(5 * MINUTE);
        assert_eq!(bench.refused(Command::PatientBolus).code, Code::Count);
    }
}

#[test]
fn a_bolus_of_any_kind_is_held_to_the_rolling_maximum() {
    let bolus = Command::Bolus {
        dose: Nl(60_000),
        over: Seconds(3_600),
    };
    let bridge = Command::Bridge {
        volume: Nl(60_000),
        rate: NlPerDay(480_000),
    };
    for request in [bolus, bridge] {
        let mut bench = pca(&with_ptm(500_000, 600_000));
        bench.ok(request);
        bench.run_for(4 * HOUR);
        // 500 of basal, 60 that was given, and 60 more.
        assert_eq!(bench.refused(request).code, Code::MaxDose);
        assert!(bench.has(AlarmId::DoseLimit), "{request:?}");
        assert_eq!(bench.state(), State::Running);
    }
}
