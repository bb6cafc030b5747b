//! What outlives a reset, and what a flipped bit does.
mod common;

use common::*;
use proptest::prelude::*;
use stub_pump::command::Command;
use stub_pump::io::ResetReason;
use stub_pump::nv::Slot;
use stub_pump::vocabulary::{AlarmId, BolusEnd, Code, DoseCause, State};

use stub_pump::record::What;
use stub_pump::units::{Nl, NlPerDay, Seconds};
use stub_pump::{DOSE_RING, EVENT_RING};

fn flip(bench: &mut Bench, slot: Slot, bit: usize) {
    let record = bench.pump.nv_mut().slots.get_mut(&slot).unwrap();
    let at = bit / 8 % record.len();
    record[at] ^= 1 << (bit % 8);
}

#[test]
fn a_brown_out_leaves_minimum_rate_and_a_critical_alarm() {
    let mut bench = Bench::running();
    bench.run_for(DAY);
    let mut bench = bench.reset(ResetReason::BrownOut, 100);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::MinimumRate, vec![AlarmId::BatteryReset])
    );
    assert_eq!(bench.refused(Command::Start).alarm, Some(AlarmId::BatteryReset));
    bench.ok(Command::ClearAlarm(AlarmId::BatteryReset));
    bench.ok(Command::Start);
    assert_eq!(bench.pump.status().rate, NlPerDay(500_000));
}

#[test]
fn the_encoder_finds_what_was_delivered_since_the_last_save() {
    let mut bench = Bench::running();
    bench.run_for(DAY + 55 * MINUTE);
    let before = bench.pump.totals();
    let bench = bench.reset(ResetReason::Debug, 100);
    assert_eq!(bench.pump.totals(), before);
    assert_eq!(bench.state(), State::Running);
    assert_eq!(bench.doses.last().unwrap().cause, DoseCause::Reset);
}

#[test]
fn without_the_encoder_the_pump_takes_the_most_that_can_have_been() {
    let mut bench = Bench::running();
    bench.run_for(DAY + 55 * MINUTE);
    let before = bench.pump.totals();
    bench.input.encoder_edges = 0;
    let bench = bench.reset(ResetReason::BrownOut, 100);
    let after = bench.pump.totals();
    assert!(
        after.strokes >= before.strokes && after.reservoir <= before.reservoir,
        "{before:?} {after:?}"
    );
    assert!(after.strokes <= before.strokes + 4);
}

#[test]
fn a_bolus_that_a_reset_cut_off_is_ended_and_counted() {
    let mut bench = Bench::running();
    bench.ok(Command::Bolus {
        dose: Nl(100_000),
        over: Seconds(3_600),
    });
    bench.run_for(30 * MINUTE + 10 * SECOND);
    let before = bench.pump.totals();
    let bench = bench.reset(ResetReason::Watchdog, 90_000);
    assert_eq!(bench.pump.status().bolus, None);
    assert_eq!(bench.pump.totals().total, before.total);
    let given = bench.events.iter().find_map(|event| match event.what {
        What::BolusEnd {
            given,
            cause: BolusEnd::Reset,
            ..
        } => Some(given.0),
        _ => None,
    });
    assert!((48_000..=53_000).contains(&given.unwrap()), "{given:?}");
    assert_eq!(bench.critical(), [AlarmId::WatchdogReset]);
}

#[test]
fn lockout_and_history_outlive_a_reset() {
    let mut bench = Bench::ready();
    bench.program(&with_ptm(500_000, 700_000));
    bench.ok(Command::Start);
    bench.ok(Command::PatientBolus);
    bench.run_for(10 * MINUTE);
    let mut bench = bench.reset(ResetReason::Debug, 100);
    assert_eq!(
        bench.refused(Command::PatientBolus).code,
        Code::SelfTest,
        "no bolus in the power-on self-test"
    );
    bench.run_for(10 * SECOND);
    assert_eq!(bench.refused(Command::PatientBolus).code, Code::Lockout);
}

#[test]
fn log_numbers_go_on_over_resets() {
    let mut bench = Bench::running();
    bench.run_for(3 * HOUR);
    let (last_event, last_dose) = (bench.events.last().unwrap().n, bench.doses.last().unwrap().n);
    bench.events.clear();
    bench.doses.clear();
    let bench = bench.reset(ResetReason::Software, 10);
    assert_eq!((bench.events[0].n, bench.doses[0].n), (last_event + 1, last_dose + 1));
}

#[test]
fn the_rings_keep_the_newest_and_read_back_what_was_sent() {
    let mut bench = Bench::running();
    bench.run_for(30 * DAY);
    let (first, last) = bench.pump.dose_log_bounds();
    assert_eq!(last - first + 1, 512);
    let stored: Vec<_> = bench.pump.dose_log(first).collect();
    assert_eq!(stored, bench.doses[bench.doses.len() - 512..]);
    let stored: Vec<_> = bench.pump.event_log(1).collect();
    assert_eq!(stored, bench.events);
}

#[test]
fn both_copies_lost_leave_minimum_rate_and_an_alarm_until_programmed_anew() {
    let mut bench = Bench::running();
    bench.run_for(HOUR);
    flip(&mut bench, Slot::PrescriptionA, 77);
    flip(&mut bench, Slot::PrescriptionB, 77);
    let before = bench.strokes;
    bench.run_for(3 * MINUTE);
    assert_eq!(
        (bench.state(), bench.critical()),
        (State::MinimumRate, vec![AlarmId::MemoryError])
    );
    assert_eq!(bench.strokes, before, "no stroke by a prescription that is not certain");
    assert_eq!(bench.refused(Command::Start).code, Code::NoPrescription);
    bench.program(&continuous(500_000));
    bench.ok(Command::ClearAlarm(AlarmId::MemoryError));
    bench.ok(Command::Start);
}

#[test]
fn a_lost_state_is_rescued_from_the_dose_log() {
    let mut bench = Bench::running();
    bench.run_for(DAY + MINUTE);
    for slot in [Slot::StateA, Slot::StateB] {
        flip(&mut bench, slot, 100);
    }
    let bench = bench.reset(ResetReason::Debug, 100);
    assert_eq!(bench.state(), State::MinimumRate);
    assert!(bench.has(AlarmId::MemoryError));
    assert!(bench.pump.totals().strokes >= 999, "{:?}", bench.pump.totals());
}

#[test]
fn a_memory_that_fails_loses_records_and_says_how_many() {
    let mut bench = Bench::running();
    bench.run_for(HOUR + MINUTE);
    bench.pump.nv_mut().writes_left = Some(0);
    bench.run_for(3 * HOUR);
    assert!(bench.has(AlarmId::LogWriteFailed));
    bench.pump.nv_mut().writes_left = None;
    bench.run_for(HOUR);
    let lost = bench.events.iter().find_map(|event| match event.what {
        What::LogGap { lost } => Some(lost),
        _ => None,
    });
    assert!(lost.unwrap() >= 3, "{lost:?}");
    bench.ok(Command::ClearAlarm(AlarmId::LogWriteFailed));
    bench.run_until(bench.now + DAY);
    assert_eq!(bench.pump.totals().strokes, bench.strokes);
}

#[test]
fn a_log_record_is_read_from_its_other_copy_where_one_is_damaged() {
    let mut bench = Bench::running();
    bench.run_for(20 * HOUR);
    let n = bench.doses.last().unwrap().n as usize;
    for (ring, at) in [(DOSE_RING, 1), (DOSE_RING, n - 1)] {
        flip(&mut bench, Slot::Dose(at as u16), 9);
        flip(&mut bench, Slot::Dose((at + 1 + ring as usize) as u16), 9);
    }
    flip(&mut bench, Slot::Event(2), 9);
    let bench = bench.reset(ResetReason::Debug, 10);
    assert_eq!(bench.pump.dose_log(1).collect::<Vec<_>>(), bench.doses);
    assert_eq!(bench.pump.event_log(1).collect::<Vec<_>>(), bench.events);
}

#[test]
fn a_log_copy_that_cannot_be_written_is_an_alarm_and_loses_nothing() {
    for worn in [
        (|slot| matches!(slot, Slot::Dose(at) if u32::from(at) < DOSE_RING)) as fn(Slot) -> bool,
        |slot| matches!(slot, Slot::Dose(at) if u32::from(at) >= DOSE_RING),
        |slot| matches!(slot, Slot::Event(at) if u32::from(at) < EVENT_RING),
        |slot| matches!(slot, Slot::Event(at) if u32::from(at) >= EVENT_RING),
    ] {
        let mut bench = Bench::running();
        bench.pump.nv_mut().worn = worn;
        bench.run_for(HOUR);
        let _ = bench.command(Command::PatientBolus);
        assert!(bench.has(AlarmId::LogWriteFailed));
        bench.run_for(20 * HOUR);
        assert_eq!(bench.count(|what| matches!(what, What::LogGap { .. })), 0);
        let bench = bench.reset(ResetReason::Debug, 10);
        assert_eq!(bench.pump.dose_log(1).collect::<Vec<_>>(), bench.doses);
        assert_eq!(bench.pump.event_log(1).collect::<Vec<_>>(), bench.events);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any single bit of any stored copy: the dose stays right, and the pump says that it repaired it.
    #[test]
    fn a_flipped_bit_is_noticed_before_it_doses(copy_b in any::<bool>(), bit in 0_usize..4096) {
        let mut bench = Bench::running();
        bench.run_for(HOUR);
        let slot = if copy_b { Slot::PrescriptionB } else { Slot::PrescriptionA };
        flip(&mut bench, slot, bit);
        bench.run_for(2 * MINUTE);
        prop_assert!(bench.has(AlarmId::MemoryRepaired));
        let told = What::Memory { copy_b, lost: false };
        prop_assert_eq!(bench.count(|what| *what == told), 1);
        let nv = bench.pump.nv();
        prop_assert_eq!(&nv.slots[&Slot::PrescriptionA], &nv.slots[&Slot::PrescriptionB]);
        bench.run_for(DAY - HOUR - MINUTE);
        prop_assert_eq!(bench.pump.totals().strokes, 1_000);
        prop_assert_eq!(bench.state(), State::Running);
    }

    /// A bit flipped while the pump is off is noticed at boot.
    #[test]
    fn a_bit_flipped_in_a_reset_is_noticed_at_boot(which in 0_usize..4, bit in 0_usize..8192) {
        let slot = [Slot::PrescriptionA, Slot::PrescriptionB, Slot::StateA, Slot::StateB][which];
        let mut bench = Bench::running();
        bench.run_for(HOUR);
        flip(&mut bench, slot, bit);
        let before = bench.pump.totals();
        let bench = bench.reset(ResetReason::Debug, 10);
        prop_assert!(bench.has(AlarmId::MemoryRepaired));
        prop_assert_eq!(bench.state(), State::Running);
        prop_assert_eq!(bench.pump.totals(), before);
    }

    /// The supply fails at any write of a day of therapy: the pump comes back with totals that are not below what was delivered and never doses more.
    #[test]
    fn a_cut_at_any_write_never_leads_to_more_dose(cut in 0_u32..200, hours in 0_u64..30) {
        let mut bench = Bench::ready();
        bench.program(&with_ptm(500_000, 700_000));
        bench.ok(Command::Start);
        bench.pump.nv_mut().writes_left = Some(cut);
        bench.run_for(hours * HOUR);
        let _ = bench.command(Command::PatientBolus);
        bench.run_for(20 * MINUTE);
        let strokes = bench.strokes;
        bench.pump.nv_mut().writes_left = None;
        let bench = bench.reset(ResetReason::BrownOut, 100);
        prop_assert!(bench.pump.totals().strokes + 1 >= strokes, "{:?} {}", bench.pump.totals(), strokes);
        prop_assert!(bench.state() != State::Running);
    }
}
