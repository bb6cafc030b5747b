//! Each seeded defect changes what somebody outside can see; without it the same situation looks right.
#![cfg(feature = "seeded-defects")]
mod common;

use common::*;
use stub_pump::command::{Command, Field};
use stub_pump::io::ResetReason;
use stub_pump::nv::Slot;
use stub_pump::units::{Millis, Nl, Seconds};
use stub_pump::vocabulary::AlarmId;
use stub_pump::{Defect, Settings};

fn bench(defect: Option<Defect>, fields: &[Field]) -> Bench {
    let settings = Settings {
        defect,
        ..Settings::default()
    };
    let mut bench = Bench::with(settings, Memory::default());
    bench.run_for(2 * MINUTE);
    bench.program(fields);
    bench.refill();
    bench
}

fn started(defect: Option<Defect>, fields: &[Field]) -> Bench {
    let mut bench = bench(defect, fields);
    bench.ok(Command::Start);
    bench
}

/// What the outside sees of a pump with that defect, or with none, in the situation that the defect is about.
fn observe(of: Defect, planted: Option<Defect>) -> String {
    match of {
        Defect::LockoutOffByOne => asked_before_the_lockout_ends(planted),
        Defect::RollingWindowForgetsBasal => asked_until_the_maximum(planted),
        Defect::RollingWindowForgetsBolusInProgress => asked_after_a_bolus_was_cut_short(planted),
        Defect::SilentStall => format!("{:?}", stalled(planted).critical()),
        Defect::StallCountedAsDelivered => stalled(planted).pump.totals().strokes.to_string(),
        Defect::RemainderRoundedAway => after(planted, 3 * DAY).pump.totals().strokes.to_string(),
        Defect::EosThreeMonths => {
            let bench = battery_low(planted, &continuous(48_000), 95 * DAY);
            format!("{:?}", bench.alarm_at(AlarmId::EndOfService))
        }
        Defect::StalePrescriptionAfterAbort => {
            let mut bench = staged(planted);
            bench.ok(Command::Abort);
            bench.run_for(DAY);
            format!("{} {:?}", bench.pump.totals().strokes, bench.critical())
        }
        Defect::CommitWithoutCrcCheck => format!("{:?}", staged(planted).command(Command::Commit { crc32: 1 })),
        Defect::MuteNeverRearms => muted(planted),
        Defect::ReservoirNotDecrementedByBolus => clinicians_bolus(planted).pump.totals().reservoir.0.to_string(),
        Defect::PrimeCountedAsTherapy => primed(planted).pump.totals().basal.0.to_string(),
        Defect::OcclusionAlarmLate => {
            let mut bench = occluded(planted);
            bench.run_for(HOUR);
            format!("{:?}", bench.critical())
        }
        Defect::No48hAlarm => {
            let mut bench = started(planted, &basal());
            bench.ok(Command::Stop);
            bench.run_for(3 * DAY);
            format!("{:?}", bench.critical())
        }
        Defect::StoppedAfterEmiWake => {
            let mut bench = battery_low(planted, &basal(), HOUR);
            bench.sense(|input| input.telemetry_wake = true);
            bench.run_for(DAY);
            bench.strokes.to_string()
        }
        Defect::BolusRetriedTwice => clinicians_bolus(planted).pump.totals().clinician.0.to_string(),
        Defect::FlexMidnightSkipped => {
            let mut bench = started(planted, &flex(&[(0, 240_000), (1_080, 1_200_000)]));
            bench.run_for(26 * HOUR);
            bench.pump.status().rate.0.to_string()
        }
        Defect::BrownOutResumesFullRate => {
            let bench = after(planted, HOUR).reset(ResetReason::BrownOut, 100);
            bench.pump.status().rate.0.to_string()
        }
        Defect::MemoryFlipUnnoticed => flipped_in_memory(planted),
        Defect::LowReservoirLate => format!("{:?}", after(planted, 37 * DAY).has(AlarmId::ReservoirLow)),
        Defect::PeriodicIntervalInMinutes => {
            let mut bench = started(planted, &periodic(0, 50_000, 600, 86_400));
            bench.run_for(DAY - MINUTE);
            bench.pump.totals().periodic.0.to_string()
        }
    }
}

fn basal() -> Vec<Field> {
    continuous(500_000)
}

/// Healthy therapy for so long.
fn after(planted: Option<Defect>, for_ms: u64) -> Bench {
    let mut bench = started(planted, &basal());
    bench.run_for(for_ms);
    bench
}

fn stalled(planted: Option<Defect>) -> Bench {
    let mut bench = started(planted, &basal());
    bench.stalls = u64::MAX;
    bench.run_for(HOUR);
    bench
}

fn occluded(planted: Option<Defect>) -> Bench {
    let mut bench = started(planted, &basal());
    bench.sense(|input| input.catheter_pa = 80_000);
    bench
}

fn battery_low(planted: Option<Defect>, fields: &[Field], for_ms: u64) -> Bench {
    let mut bench = started(planted, fields);
    bench.sense(|input| input.battery_mv = 2_500);
    bench.run_for(for_ms);
    bench
}

/// A session is open beside therapy, with another rate in it.
fn staged(planted: Option<Defect>) -> Bench {
    let mut bench = started(planted, &basal());
    bench.ok(Command::SessionBegin);
    bench.pump.stage_all(Millis(bench.now), &continuous(1_200_000)).unwrap();
    bench
}

fn clinicians_bolus(planted: Option<Defect>) -> Bench {
    let mut bench = started(planted, &basal());
    bench.ok(Command::Bolus {
        dose: Nl(100_000),
        over: Seconds(600),
    });
    bench.run_for(HOUR);
    bench
}

fn primed(planted: Option<Defect>) -> Bench {
    let mut fields = basal();
    fields.push(Field::Catheter(Nl(100_000)));
    let mut bench = bench(planted, &fields);
    bench.ok(Command::Prime);
    bench.run_for(HOUR);
    bench
}

fn asked_before_the_lockout_ends(planted: Option<Defect>) -> String {
    let mut bench = started(planted, &with_ptm(500_000, 900_000));
    bench.ok(Command::PatientBolus);
    bench.run_for(HOUR - 30 * SECOND);
    format!("{:?}", bench.command(Command::PatientBolus))
}

fn asked_until_the_maximum(planted: Option<Defect>) -> String {
    let mut bench = started(planted, &with_ptm(500_000, 540_000));
    (0..3)
        .map(|_| {
            bench.run_for(2 * HOUR);
            bench.command(Command::PatientBolus).is_ok().to_string()
        })
        .collect()
}

fn asked_after_a_bolus_was_cut_short(planted: Option<Defect>) -> String {
    let mut fields = basal();
    fields.extend(ptm(100_000, 3_600, 3_600, 12, 86_400, 640_000));
    let mut bench = started(planted, &fields);
    bench.ok(Command::PatientBolus);
    bench.run_for(30 * MINUTE);
    bench.ok(Command::Stop);
    bench.ok(Command::Start);
    bench.run_for(HOUR);
    format!("{:?}", bench.command(Command::PatientBolus))
}

fn muted(planted: Option<Defect>) -> String {
    let mut bench = occluded(planted);
    bench.ok(Command::Mute);
    bench.run_for(121 * SECOND);
    format!("{:?}", bench.output.tone)
}

fn flipped_in_memory(planted: Option<Defect>) -> String {
    let mut bench = started(planted, &basal());
    bench.pump.nv_mut().slots.get_mut(&Slot::PrescriptionA).unwrap()[9] ^= 1;
    bench.run_for(HOUR);
    format!("{:?}", bench.has(AlarmId::MemoryRepaired))
}

#[test]
fn every_defect_shows() {
    for &defect in Defect::ALL {
        let (right, wrong) = (observe(defect, None), observe(defect, Some(defect)));
        assert_ne!(right, wrong, "{} changes nothing", defect.name());
    }
}
