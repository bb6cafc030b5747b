//! Therapy by rate and schedule: whole strokes, exact over years.
mod common;

use common::*;
use stub_pump::command::Command;
use stub_pump::vocabulary::{AlarmId, Code, DoseCause, State};

#[test]
fn a_day_at_half_a_millilitre_is_a_thousand_strokes() {
    let mut bench = Bench::running();
    bench.run_for(DAY);
    // The thousandth stroke begins at the last instant of the day.
    assert_eq!(bench.pump.totals().strokes, 999);
    bench.run_for(SECOND);
    let totals = bench.pump.totals();
    assert_eq!(
        (totals.strokes, totals.basal.0, totals.reservoir.0),
        (1_000, 500_000, 19_500_000)
    );
    assert_eq!(bench.strokes, 1_000);
    assert_eq!(
        bench
            .doses
            .iter()
            .filter(|entry| entry.cause == DoseCause::Periodic)
            .count(),
        24
    );
}

#[test]
fn a_stopped_pump_moves_nothing() {
    let mut bench = Bench::ready();
    bench.run_for(DAY);
    assert_eq!((bench.strokes, bench.state()), (0, State::Stopped));
}

#[test]
fn a_stop_finishes_the_stroke_that_runs() {
    let mut bench = Bench::running();
    let stroke = 500 * DAY / 500_000;
    bench.run_for(stroke + 100);
    assert!(bench.output.motor);
    bench.ok(Command::Stop);
    assert_eq!(bench.state(), State::Stopped);
    assert!(bench.output.motor, "the stroke goes on");
    bench.run_for(MINUTE);
    let entry = bench.doses.last().unwrap();
    assert_eq!((entry.cause, entry.basal.0, entry.strokes), (DoseCause::Stop, 500, 1));
}

#[test]
fn the_forecast_takes_every_allotted_bolus_as_used() {
    let mut bench = Bench::ready();
    bench.program(&with_ptm(500_000, 700_000));
    assert_eq!(bench.pump.forecast().refill, None, "a stopped pump uses nothing");
    bench.ok(Command::Start);
    // 18 mL above the threshold at 500 and four times 20 uL a day.
    let days = |bench: &Bench| (bench.pump.forecast().refill.unwrap().0 - bench.pump.status().rtc.0) as f64 / 86_400.0;
    assert!((days(&bench) - 18_000.0 / 580.0).abs() < 0.01, "{}", days(&bench));
    // The maximum leaves room for two of the four.
    bench.program(&with_ptm(500_000, 540_000));
    assert!((days(&bench) - 18_000.0 / 540.0).abs() < 0.01, "{}", days(&bench));
    bench.program(&flex(&[(0, 240_000), (720, 480_000)]));
    assert!((days(&bench) - 18_000.0 / 360.0).abs() < 0.01, "{}", days(&bench));
}

#[test]
fn weekdays_can_differ_and_midnight_is_a_step() {
    use stub_pump::command::{Day, Field};
    use stub_pump::units::NlPerDay;
    let mut bench = Bench::ready();
    let mut fields = flex(&[(0, 300_000)]);
    for day in [5, 6] {
        fields.push(Field::Flex {
            day: Day::On(day),
            index: 1,
            minute: 0,
            rate: NlPerDay(360_000),
        });
        fields.push(Field::Flex {
            day: Day::On(day),
            index: 2,
            minute: 480,
            rate: NlPerDay(600_000),
        });
    }
    bench.program(&fields);
    bench.ok(Command::Start);
    let mut rates = Vec::new();
    for (day, hour) in [(0, 12), (4, 23), (5, 1), (5, 9), (6, 1), (6, 9), (7, 1)] {
        bench.run_until(day * DAY + hour * HOUR);
        rates.push(bench.pump.status().rate.0 / 1000);
    }
    assert_eq!(rates, [300, 300, 360, 600, 360, 600, 300]);
}

#[test]
fn a_stop_and_a_start_within_a_stroke_are_logged_in_their_order() {
    let mut bench = Bench::running();
    bench.run_until_driven();
    bench.ok(Command::Stop);
    bench.ok(Command::Start);
    bench.run_for(SECOND);
    let causes: Vec<_> = bench.doses.iter().rev().take(2).map(|entry| entry.cause).collect();
    assert_eq!(causes, [DoseCause::Start, DoseCause::Stop]);
}

#[test]
fn minimum_rate_is_no_way_around_heat() {
    let mut bench = Bench::running();
    bench.sense(|input| input.temperature_mc = 60_000);
    bench.run_for(2 * MINUTE);
    assert_eq!(bench.state(), State::Stopped);
    let refusal = bench.refused(Command::MinimumRate);
    assert_eq!(
        (refusal.code, refusal.alarm),
        (Code::AlarmActive, Some(AlarmId::OverTemperature))
    );
}
