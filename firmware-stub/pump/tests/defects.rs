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
    let basal = continuous(500_000);
    let pca = with_ptm(500_000, 540_000);
    match of {
        Defect::LockoutOffByOne => {
            let mut bench = started(planted, &with_ptm(500_000, 900_000));
            bench.ok(Command::PatientBolus);
            bench.run_for(HOUR - 30 * SECOND);
            format!("{:?}", bench.command(Command::PatientBolus))
        }
        Defect::RollingWindowForgetsBasal => {
            let mut bench = started(planted, &pca);
            (0..3)
                .map(|_| {
                    bench.run_for(2 * HOUR);
                    bench.command(Command::PatientBolus).is_ok().to_string()
                })
                .collect()
        }
        Defect::RollingWindowForgetsBolusInProgress => {
            let mut fields = basal;
            fields.extend(ptm(100_000, 3_600, 3_600, 12, 86_400, 640_000));
            let mut bench = started(planted, &fields);
            bench.ok(Command::PatientBolus);
            bench.run_for(30 * MINUTE);
            bench.ok(Command::Stop);
            bench.ok(Command::Start);
            bench.run_for(HOUR);
            format!("{:?}", bench.command(Command::PatientBolus))
        }
        Defect::SilentStall => {
            let mut bench = started(planted, &basal);
            bench.stalls = u64::MAX;
            bench.run_for(HOUR);
            format!("{:?}", bench.critical())
        }
        Defect::StallCountedAsDelivered => {
            let mut bench = started(planted, &basal);
            bench.stalls = u64::MAX;
            bench.run_for(HOUR);
            bench.pump.totals().strokes.to_string()
        }
        Defect::RemainderRoundedAway => {
            let mut bench = started(planted, &basal);
            bench.run_for(3 * DAY);
            bench.pump.totals().strokes.to_string()
        }
        Defect::EosThreeMonths => {
            let mut bench = started(planted, &continuous(48_000));
            bench.sense(|input| input.battery_mv = 2_500);
            bench.run_for(95 * DAY);
            format!("{:?}", bench.alarm_at(AlarmId::EndOfService))
        }
        Defect::StalePrescriptionAfterAbort => {
            let mut bench = started(planted, &basal);
            bench.ok(Command::SessionBegin);
            bench.pump.stage_all(Millis(bench.now), &continuous(1_200_000)).unwrap();
            bench.ok(Command::Abort);
            bench.run_for(DAY);
            format!("{} {:?}", bench.pump.totals().strokes, bench.critical())
        }
        Defect::CommitWithoutCrcCheck => {
            let mut bench = started(planted, &basal);
            bench.ok(Command::SessionBegin);
            bench.pump.stage_all(Millis(bench.now), &continuous(1_200_000)).unwrap();
            format!("{:?}", bench.command(Command::Commit { crc32: 1 }))
        }
        Defect::MuteNeverRearms => {
            let mut bench = started(planted, &basal);
            bench.sense(|input| input.catheter_pa = 80_000);
            bench.ok(Command::Mute);
            bench.run_for(121 * SECOND);
            format!("{:?}", bench.output.tone)
        }
        Defect::ReservoirNotDecrementedByBolus => {
            let mut bench = started(planted, &basal);
            bench.ok(Command::Bolus {
                dose: Nl(100_000),
                over: Seconds(600),
            });
            bench.run_for(HOUR);
            bench.pump.totals().reservoir.0.to_string()
        }
        Defect::PrimeCountedAsTherapy => {
            let mut fields = basal;
            fields.push(Field::Catheter(Nl(100_000)));
            let mut bench = bench(planted, &fields);
            bench.ok(Command::Prime);
            bench.run_for(HOUR);
            bench.pump.totals().basal.0.to_string()
        }
        Defect::OcclusionAlarmLate => {
            let mut bench = started(planted, &basal);
            bench.sense(|input| input.catheter_pa = 80_000);
            bench.run_for(HOUR);
            format!("{:?}", bench.critical())
        }
        Defect::No48hAlarm => {
            let mut bench = started(planted, &basal);
            bench.ok(Command::Stop);
            bench.run_for(3 * DAY);
            format!("{:?}", bench.critical())
        }
        Defect::StoppedAfterEmiWake => {
            let mut bench = started(planted, &basal);
            bench.sense(|input| input.battery_mv = 2_500);
            bench.run_for(HOUR);
            bench.sense(|input| input.telemetry_wake = true);
            bench.run_for(DAY);
            bench.strokes.to_string()
        }
        Defect::BolusRetriedTwice => {
            let mut bench = started(planted, &basal);
            bench.ok(Command::Bolus {
                dose: Nl(100_000),
                over: Seconds(600),
            });
            bench.run_for(HOUR);
            bench.pump.totals().clinician.0.to_string()
        }
        Defect::FlexMidnightSkipped => {
            let mut bench = started(planted, &flex(&[(0, 240_000), (1_080, 1_200_000)]));
            bench.run_for(26 * HOUR);
            bench.pump.status().rate.0.to_string()
        }
        Defect::BrownOutResumesFullRate => {
            let mut bench = started(planted, &basal);
            bench.run_for(HOUR);
            let bench = bench.reset(ResetReason::BrownOut, 100);
            bench.pump.status().rate.0.to_string()
        }
        Defect::MemoryFlipUnnoticed => {
            let mut bench = started(planted, &basal);
            bench.pump.nv_mut().slots.get_mut(&Slot::PrescriptionA).unwrap()[9] ^= 1;
            bench.run_for(HOUR);
            format!("{:?}", bench.has(AlarmId::MemoryRepaired))
        }
        Defect::LowReservoirLate => {
            let mut bench = started(planted, &basal);
            bench.run_for(37 * DAY);
            format!("{:?}", bench.has(AlarmId::ReservoirLow))
        }
        Defect::PeriodicIntervalInMinutes => {
            let mut bench = started(planted, &periodic(0, 50_000, 600, 86_400));
            bench.run_for(DAY - MINUTE);
            bench.pump.totals().periodic.0.to_string()
        }
    }
}

#[test]
fn every_defect_shows() {
    for &defect in Defect::ALL {
        let (right, wrong) = (observe(defect, None), observe(defect, Some(defect)));
        assert_ne!(right, wrong, "{} changes nothing", defect.name());
    }
}
