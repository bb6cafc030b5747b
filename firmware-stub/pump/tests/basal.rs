//! Therapy by rate and schedule: whole strokes, exact over years.
mod common;

use common::*;
use stub_pump::command::Command;
use stub_pump::record::{DoseCause, State};

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
