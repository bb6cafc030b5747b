//! What goes wrong outside the firmware, as its sensors tell it.
mod common;

use common::*;
use stub_pump::command::Command;
use stub_pump::record::What;
use stub_pump::units::{Nl, Seconds};
use stub_pump::vocabulary::{AlarmId, Cause, Code, Life, PressureIs, State};

#[test]
fn a_stroke_without_edges_is_tried_again_and_not_counted() {
    let mut bench = Bench::running();
    bench.stalls = 2; // the stroke and its second try
    bench.run_for(DAY + SECOND);
    assert_eq!(bench.count(|what| matches!(what, What::Stall { .. })), 1);
    assert_eq!(bench.count(|what| matches!(what, What::StallEnd { .. })), 1);
    assert!(!bench.has(AlarmId::MotorStall));
    assert_eq!(bench.pump.totals().strokes, bench.strokes);
    assert_eq!(bench.pump.totals().strokes, 1_000, "one late stroke costs no dose");
}

#[test]
fn a_jam_alarms_after_three_strokes_and_the_pump_goes_on_trying() {
    let mut bench = Bench::running();
    bench.stalls = u64::MAX;
    bench.run_for(3 * MINUTE);
    assert_eq!(bench.critical(), [AlarmId::MotorStall]);
    assert_eq!(bench.state(), State::Running);
    assert_eq!(
        bench.refused(Command::ClearAlarm(AlarmId::MotorStall)).code,
        Code::StillPresent
    );
    bench.run_for(DAY);
    bench.stalls = 0;
    bench.run_for(MINUTE);
    assert_eq!(bench.count(|what| matches!(what, What::StallEnd { .. })), 1);
    let after_the_jam = bench.pump.totals().strokes;
    assert!(after_the_jam <= 2, "a day without dose is not made up: {after_the_jam}");
    bench.ok(Command::ClearAlarm(AlarmId::MotorStall));
}

#[test]
fn stalls_that_come_again_and_again_are_critical() {
    let mut bench = Bench::running();
    for _ in 0..5 {
        bench.stalls = 1;
        bench.run_for(HOUR);
    }
    assert!(!bench.has(AlarmId::RepeatedStall), "the second try of each worked");
    for _ in 0..5 {
        bench.stalls = 2;
        bench.run_for(HOUR);
    }
    assert!(bench.has(AlarmId::RepeatedStall));
}

#[test]
fn a_magnet_holds_the_strokes_and_its_end_is_told_without_being_asked() {
    let mut bench = Bench::running();
    bench.run_for(HOUR);
    let before = bench.strokes;
    bench.sense(|input| input.magnet = true);
    bench.run_for(10 * MINUTE);
    assert!(bench.has(AlarmId::Magnet) && bench.has(AlarmId::MotorStall));
    assert!(!bench.output.motor);
    bench.run_for(DAY);
    assert_eq!(bench.strokes, before);
    bench.sense(|input| input.magnet = false);
    bench.run_for(MINUTE);
    assert_eq!(bench.count(|what| *what == What::Magnet { on: false }), 1);
    assert_eq!(bench.count(|what| matches!(what, What::StallEnd { .. })), 1);
    assert!(!bench.has(AlarmId::Magnet));
    bench.run_for(DAY);
    assert!(
        (1_000..=1_002).contains(&(bench.strokes - before)),
        "{}",
        bench.strokes - before
    );
}

#[test]
fn a_telemetry_wake_while_an_alarm_sounds_does_not_stop_the_infusion() {
    let mut bench = Bench::running();
    bench.sense(|input| input.battery_mv = 2_500);
    bench.run_for(HOUR);
    assert!(bench.has(AlarmId::Eri));
    let before = bench.strokes;
    bench.sense(|input| input.telemetry_wake = true);
    bench.run_for(DAY);
    assert_eq!(bench.count(|what| *what == What::Wake), 1);
    assert_eq!(bench.strokes - before, 1_000);
}

#[test]
fn a_hard_occlusion_stops_in_the_middle_of_a_stroke_and_makes_nothing_up() {
    let mut bench = Bench::running();
    bench.run_for(500 * DAY / 500_000 + 100);
    assert!(bench.output.motor);
    bench.sense(|input| input.catheter_pa = 70_000);
    assert!(!bench.output.motor);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::Stopped, vec![AlarmId::Occlusion])
    );
    assert_eq!(bench.refused(Command::Start).alarm, Some(AlarmId::Occlusion));
    assert_eq!(
        bench.refused(Command::ClearAlarm(AlarmId::Occlusion)).code,
        Code::StillPresent
    );
    bench.sense(|input| input.catheter_pa = 1_000);
    bench.ok(Command::ClearAlarm(AlarmId::Occlusion));
    let before = bench.strokes;
    bench.ok(Command::Start);
    bench.run_for(80 * SECOND);
    assert_eq!(
        bench.strokes, before,
        "the first stroke comes a whole stroke's time later"
    );
}

#[test]
fn a_load_on_the_motor_tells_an_occlusion_that_the_sensor_does_not_see() {
    let mut bench = Bench::running();
    bench.sense(|input| input.motor_ua = 13_000);
    bench.run_for(6 * MINUTE);
    assert_eq!(bench.critical(), [AlarmId::Occlusion]);
}

#[test]
fn a_pressure_that_creeps_for_days_warns_and_goes_on() {
    let mut bench = Bench::running();
    for day in 0..30 {
        bench.sense(|input| input.catheter_pa = 1_000 + day * 300);
        bench.run_for(DAY);
    }
    assert!(bench.has(AlarmId::PressureCreep));
    assert!(
        bench
            .when(|what| *what
                == What::Pressure {
                    is: PressureIs::Creeping
                })
            .is_some()
    );
    assert_eq!((bench.state(), bench.critical()), (State::Running, vec![]));
}

#[test]
fn a_catheter_that_comes_off_is_told_apart() {
    let mut bench = Bench::running();
    bench.run_for(HOUR);
    bench.sense(|input| input.catheter_pa = 20);
    bench.run_for(8 * MINUTE);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::Stopped, vec![AlarmId::CatheterDisconnection])
    );
}

#[test]
fn a_reservoir_without_pressure_stops_whatever_was_computed() {
    let mut bench = Bench::running();
    bench.sense(|input| input.reservoir_pa = 0);
    bench.run_for(5 * MINUTE);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::Stopped, vec![AlarmId::ReservoirEmpty])
    );
}

#[test]
fn low_and_empty_come_by_the_computed_volume() {
    let mut bench = Bench::ready();
    bench.ok(Command::Refill {
        removed: Nl(20_000_000),
        added: Nl(2_250_000),
    });
    bench.ok(Command::Start);
    bench.run_for(12 * HOUR - MINUTE);
    assert!(!bench.has(AlarmId::ReservoirLow));
    bench.run_for(2 * MINUTE);
    assert!(bench.has(AlarmId::ReservoirLow));
    bench.run_for(4 * DAY);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::Stopped, vec![AlarmId::ReservoirEmpty])
    );
    assert_eq!(bench.pump.totals().reservoir, Nl(0));
    assert_eq!(bench.refused(Command::Start).code, Code::ReservoirEmpty);
    bench.refill();
    assert!(!bench.has(AlarmId::ReservoirLow));
    bench.ok(Command::ClearAlarm(AlarmId::ReservoirEmpty));
    bench.ok(Command::Start);
}

#[test]
fn a_residual_that_is_far_from_the_computed_one_is_told() {
    for (removed, told) in [
        (17_200_000, false),
        (12_800_000, false),
        (18_000_000, true),
        (11_000_000, true),
    ] {
        let mut bench = Bench::running();
        bench.run_for(10 * DAY);
        bench.ok(Command::Refill {
            removed: Nl(removed),
            added: Nl(20_000_000),
        });
        assert_eq!(bench.has(AlarmId::RefillDiscrepancy), told, "{removed}");
    }
}

#[test]
fn end_of_service_is_ninety_days_after_the_indicator_to_the_millisecond() {
    let mut bench = Bench::running();
    bench.sense(|input| input.battery_mv = 2_500);
    bench.run_for(25 * MINUTE);
    let eri = bench
        .alarm_at(AlarmId::Eri)
        .expect("ten readings below, each a mean of ten");
    assert_eq!(bench.pump.status().life, Life::Eri);
    let rtc = MONDAY + eri / 1000;
    assert!(
        bench
            .when(|what| *what
                == What::Eri {
                    eos: Seconds(rtc + 90 * 86_400)
                })
            .is_some()
    );
    assert_eq!(bench.pump.forecast().eos, Some(Seconds(rtc + 90 * 86_400)));
    bench.run_for(30 * DAY);
    bench.refill();
    bench.run_for(30 * DAY);
    bench.refill();
    bench.run_for(31 * DAY);
    assert_eq!(bench.alarm_at(AlarmId::EndOfService), Some(eri + 90 * DAY));
    assert_eq!(bench.state(), State::Stopped);
    assert_eq!(bench.refused(Command::Start).code, Code::EndOfService);
}

#[test]
fn two_bad_readings_are_not_an_empty_battery() {
    let mut bench = Bench::running();
    bench.run_for(HOUR);
    bench.sense(|input| input.battery_mv = 1_950);
    bench.run_for(2 * MINUTE);
    bench.sense(|input| input.battery_mv = 2_900);
    bench.run_for(HOUR);
    assert_eq!(bench.pump.active_alarms().count(), 0);
}

#[test]
fn after_eighty_four_months_the_pump_stops_for_good() {
    let mut bench = Bench::ready();
    bench.run_until(2_557 * DAY - MINUTE);
    assert!(!bench.has(AlarmId::EndOfLife));
    bench.run_for(2 * MINUTE);
    assert!(bench.has(AlarmId::EndOfLife));
    assert_eq!(bench.refused(Command::Start).code, Code::EndOfService);
}

#[test]
fn stopped_for_longer_than_two_days_is_critical() {
    let mut bench = Bench::running();
    bench.run_for(HOUR);
    bench.ok(Command::Stop);
    let stopped = bench.now;
    bench.run_for(48 * HOUR);
    assert!(!bench.has(AlarmId::Stopped48h));
    bench.run_for(SECOND);
    assert_eq!(bench.alarm_at(AlarmId::Stopped48h), Some(stopped + 48 * HOUR + 1));
    bench.ok(Command::Start);
    assert!(!bench.has(AlarmId::Stopped48h));
}

#[test]
fn a_hot_case_stops_the_pump() {
    let mut bench = Bench::running();
    bench.sense(|input| input.temperature_mc = 42_000);
    bench.run_for(HOUR);
    assert_eq!(bench.state(), State::Running);
    bench.sense(|input| input.temperature_mc = 56_000);
    bench.run_for(2 * MINUTE);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::Stopped, vec![AlarmId::OverTemperature])
    );
}

#[test]
fn a_clock_that_jumps_is_set_right_and_changes_no_therapy() {
    let mut bench = Bench::ready();
    bench.program(&flex(&[(0, 240_000), (360, 960_000)]));
    bench.ok(Command::Start);
    for (by_s, hour) in [(-3_600, 2), (6 * 3_600, 4)] {
        bench.run_until(hour * HOUR);
        bench.jump_clock(by_s);
        bench.run_for(2 * MINUTE);
        assert_eq!(bench.count(|what| *what == What::Clock { by_ms: by_s * 1000 }), 1);
    }
    assert!(bench.has(AlarmId::ClockJump));
    bench.run_until(6 * HOUR - SECOND);
    assert_eq!(bench.pump.status().rate.0, 240_000);
    bench.run_until(6 * HOUR + SECOND);
    assert_eq!(bench.pump.status().rate.0, 960_000);
    bench.ok(Command::Interrogate);
    assert_eq!(bench.pump.status().rtc, Seconds(MONDAY + 6 * 3_600 + 1));
}

#[test]
fn setting_the_clock_moves_the_schedule_without_alarm() {
    let mut bench = Bench::ready();
    bench.program(&flex(&[(0, 240_000), (180, 480_000)]));
    bench.ok(Command::Start);
    bench.run_until(HOUR);
    bench.ok(Command::ClockSet(Seconds(MONDAY + 3 * 3_600)));
    assert_eq!(bench.pump.status().rate.0, 480_000);
    bench.run_for(HOUR);
    assert!(!bench.has(AlarmId::ClockJump));
}

#[test]
fn a_trial_ends_by_its_time_or_its_dose() {
    use stub_pump::command::Field;
    for (time, dose) in [(2 * 86_400, 5_000_000), (10 * 86_400, 1_000_000)] {
        let mut bench = Bench::ready();
        let mut fields = continuous(500_000);
        fields.extend([Field::TrialTime(Seconds(time)), Field::TrialDose(Nl(dose))]);
        bench.program(&fields);
        bench.ok(Command::Start);
        bench.run_for(2 * DAY - MINUTE);
        assert_eq!(bench.state(), State::Running);
        bench.run_for(2 * MINUTE);
        assert_eq!(
            (bench.state(), bench.critical()),
            (State::Stopped, vec![AlarmId::TrialEnded])
        );
        assert!(bench.pump.totals().basal.0 <= 1_000_000);
        assert_eq!(
            bench.refused(Command::ClearAlarm(AlarmId::TrialEnded)).code,
            Code::StillPresent
        );
        assert_eq!(bench.refused(Command::Start).code, Code::AlarmActive);
        bench.program(&continuous(500_000));
        bench.ok(Command::Start);
    }
}

#[test]
fn the_safe_state_is_minimum_rate_and_a_stopped_pump_stays_stopped() {
    let mut bench = Bench::running();
    bench
        .pump
        .go_safe(stub_pump::units::Millis(bench.now), Cause::Heartbeat);
    assert_eq!((bench.state(), bench.pump.status().rate.0), (State::MinimumRate, 6_000));
    let mut bench = Bench::ready();
    bench
        .pump
        .go_safe(stub_pump::units::Millis(bench.now), Cause::Heartbeat);
    assert_eq!(bench.state(), State::Stopped);
}

#[test]
fn the_watchdog_is_kicked_well_within_its_ninety_seconds() {
    let mut bench = Bench::running();
    bench.run_for(DAY);
    assert!(bench.longest_gap <= 60_000);
    assert!(bench.kicked >= 1_440);
}

#[test]
fn the_battery_is_read_though_every_look_at_it_falls_into_a_stroke() {
    // A stroke a minute, begun 100 ms before the pump looks.
    let mut bench = Bench::ready();
    bench.program(&continuous(720_000));
    bench.run_for(MINUTE - 100);
    bench.ok(Command::Start);
    bench.input.battery_mv = 2_500;
    bench.run_for(HOUR);
    assert!(bench.has(AlarmId::Eri), "{:?}", bench.pump.status());
}

#[test]
fn a_clock_that_jumps_twice_within_a_minute_is_set_back_twice() {
    let mut bench = Bench::running();
    bench.run_for(HOUR);
    for by_s in [3_600, 1_800, -86_400] {
        bench.jump_clock(by_s);
        bench.run_for(MINUTE);
    }
    bench.run_for(MINUTE);
    assert_eq!(bench.pump.status().rtc.0, MONDAY + bench.now / 1000);
    assert_eq!(bench.input.rtc.0, MONDAY + (bench.now - MINUTE) / 1000 + 60);
}

/// A rotor that is stopped in the middle of a stroke has moved drug: its edges count with the next stroke.
#[test]
fn edges_of_a_stroke_that_was_broken_off_are_counted() {
    let mut bench = Bench::running();
    let edges = bench.input.encoder_edges;
    for _ in 0..16 {
        bench.run_until_driven();
        bench.run_for(100);
        // Two of its four edges came.
        bench.input.encoder_edges = bench.input.encoder_edges.wrapping_add(2);
        bench.sense(|input| input.magnet = true);
        bench.run_for(SECOND);
        bench.sense(|input| input.magnet = false);
        bench.run_for(5 * MINUTE);
    }
    let moved = bench.input.encoder_edges.wrapping_sub(edges);
    let counted = bench.pump.totals().strokes * 4;
    assert!(u64::from(moved) - counted < 4, "{moved} edges moved, {counted} counted");
}
