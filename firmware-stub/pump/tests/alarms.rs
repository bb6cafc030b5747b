//! Tones, mute and the test alarm.
mod common;

use common::*;
use stub_pump::command::Command;
use stub_pump::io::{ResetReason, Tone};
use stub_pump::record::What;
use stub_pump::vocabulary::{AlarmId, Code};

/// Times at which that tone began, from now on, over the time.
fn tones(bench: &mut Bench, kind: Tone, over: u64) -> Vec<u64> {
    let (from, first) = (bench.now, bench.events.len());
    bench.run_for(over);
    bench.events[first..]
        .iter()
        .filter(|event| event.what == What::Tone { kind })
        .map(|event| event.t.0 - from)
        .collect()
}

fn with_critical() -> Bench {
    let mut bench = Bench::running();
    bench.ok(Command::ReportTones(true));
    bench.run_for(10 * MINUTE);
    bench.sense(|input| input.catheter_pa = 80_000);
    assert_eq!(bench.output.tone, Tone::Critical, "an alarm sounds at once");
    bench
}

#[test]
fn a_critical_alarm_sounds_three_seconds_every_ten_minutes() {
    let mut bench = with_critical();
    assert_eq!(tones(&mut bench, Tone::Silent, 5 * SECOND), [3 * SECOND]);
    let next = tones(&mut bench, Tone::Critical, 30 * MINUTE);
    assert_eq!(
        next,
        [
            10 * MINUTE - 5 * SECOND,
            20 * MINUTE - 5 * SECOND,
            30 * MINUTE - 5 * SECOND
        ]
    );
}

#[test]
fn a_non_critical_alarm_sounds_one_second_every_hour() {
    let mut bench = Bench::running();
    bench.ok(Command::ReportTones(true));
    bench.sense(|input| input.magnet = true);
    bench.sense(|input| input.magnet = false);
    bench.run_for(MINUTE);
    bench.jump_clock(3_600);
    let begun = tones(&mut bench, Tone::NonCritical, 3 * HOUR);
    assert_eq!(begun.len(), 3);
    assert_eq!(begun[1] - begun[0], HOUR);
}

#[test]
fn a_muted_tone_comes_back_after_two_minutes_every_time() {
    let mut bench = with_critical();
    for _ in 0..4 {
        bench.ok(Command::Mute);
        assert_eq!(bench.output.tone, Tone::Silent);
        assert!(bench.pump.active_alarms().all(|alarm| alarm.muted));
        assert_eq!(tones(&mut bench, Tone::Critical, 3 * MINUTE), [2 * MINUTE]);
        assert!(bench.has(AlarmId::Occlusion));
    }
    assert_eq!(bench.count(|what| *what == What::Unmuted), 4);
}

#[test]
fn a_new_alarm_breaks_the_mute() {
    let mut bench = with_critical();
    bench.ok(Command::Mute);
    bench.run_for(10 * SECOND);
    bench.sense(|input| input.magnet = true);
    assert!(!bench.pump.status().muted);
    assert_eq!(bench.output.tone, Tone::Critical);
}

#[test]
fn a_test_alarm_sounds_once_and_is_no_alarm() {
    let mut bench = Bench::running();
    bench.ok(Command::TestAlarm(Tone::NonCritical));
    assert_eq!(bench.output.tone, Tone::Test);
    bench.run_for(2 * SECOND);
    assert_eq!(bench.output.tone, Tone::Silent);
    assert_eq!(bench.pump.active_alarms().count(), 0);
}

#[test]
fn there_must_be_something_to_mute_or_to_clear() {
    let mut bench = Bench::running();
    assert_eq!(bench.refused(Command::Mute).code, Code::NoSuchAlarm);
    assert_eq!(
        bench.refused(Command::ClearAlarm(AlarmId::Occlusion)).code,
        Code::NoSuchAlarm
    );
}

#[test]
fn an_alarm_that_outlives_a_reset_sounds_again() {
    for reason in [ResetReason::Debug, ResetReason::Software, ResetReason::Watchdog] {
        let bench = with_critical();
        let bench = bench.reset(reason, 100);
        assert!(bench.has(AlarmId::Occlusion));
        assert_eq!(bench.output.tone, Tone::Critical, "{reason:?}");
        // The second time nothing new is raised.
        let bench = bench.reset(reason, 100);
        assert_eq!(bench.output.tone, Tone::Critical, "{reason:?}");
    }
}
