//! Laws that hold whatever is asked of the pump and whatever its sensors say.
mod common;

use common::*;
use proptest::prelude::*;
use stub_pump::command::{Command, Day, DrugId, Field};
use stub_pump::io::{Input, ResetReason, STROKE_NL, Tone};
use stub_pump::units::{Millis, NgPerMl, Nl, NlPerDay, Seconds};
use stub_pump::vocabulary::{AlarmId, Mode, State};

/// Small, large and limiting numbers alike.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        Just(u64::MAX),
        Just(u64::from(u32::MAX) + 1),
        1_u64..2_000,
        1_u64..1_000_000,
        any::<u64>()
    ]
}

fn field() -> impl Strategy<Value = Field> {
    let flex = (0_u8..9, any::<u8>(), any::<u16>(), number()).prop_map(|(day, index, minute, rate)| Field::Flex {
        day: if day > 7 { Day::Daily } else { Day::On(day) },
        index,
        minute,
        rate: NlPerDay(rate),
    });
    let mode = prop_oneof![
        Just(Mode::None),
        Just(Mode::Continuous),
        Just(Mode::Flex),
        Just(Mode::Periodic),
        Just(Mode::Minimum)
    ];
    let plain = (0_usize..18, number()).prop_map(|(which, n)| match which {
        0 => Field::Conc(NgPerMl(n)),
        1 => Field::Rate(NlPerDay(n)),
        2 => Field::FlexClear,
        3 => Field::Dose(Nl(n)),
        4 => Field::Over(Seconds(n)),
        5 => Field::Interval(Seconds(n)),
        6 => Field::PtmDose(Nl(n)),
        7 => Field::PtmOver(Seconds(n)),
        8 => Field::PtmLockout(Seconds(n)),
        9 => Field::PtmCount(n),
        10 => Field::PtmWindow(Seconds(n)),
        11 => Field::PtmMax(Nl(n)),
        12 => Field::Low(Nl(n)),
        13 => Field::Catheter(Nl(n)),
        14 => Field::Tubing(Nl(n)),
        15 => Field::TrialTime(Seconds(n)),
        16 => Field::TrialDose(Nl(n)),
        _ => Field::SoftConfirm,
    });
    prop_oneof![
        flex,
        mode.prop_map(Field::Mode),
        any::<u8>().prop_map(|at| Field::Drug(DrugId(at))),
        plain
    ]
}

#[derive(Clone, Debug)]
enum Act {
    Ask(Command),
    /// A prescription that is fine.
    Program(u8),
    Commit,
    Sense(Input),
    Pass(u64),
    Stall(u64),
    Reset(u8),
    Fail(bool),
}

fn command() -> impl Strategy<Value = Command> {
    use Command::*;
    prop_oneof![
        Just(SessionBegin),
        field().prop_map(Stage),
        any::<u32>().prop_map(|crc32| Commit { crc32 }),
        Just(Abort),
        Just(Start),
        Just(Stop),
        Just(MinimumRate),
        Just(PatientBolus),
        (number(), number()).prop_map(|(dose, over)| Bolus {
            dose: Nl(dose),
            over: Seconds(over)
        }),
        (500_u64..100_000, 60_u64..7_200).prop_map(|(dose, over)| Bolus {
            dose: Nl(dose),
            over: Seconds(over)
        }),
        Just(Prime),
        (number(), number()).prop_map(|(volume, rate)| Bridge {
            volume: Nl(volume),
            rate: NlPerDay(rate)
        }),
        (number(), number()).prop_map(|(removed, added)| Refill {
            removed: Nl(removed),
            added: Nl(added)
        }),
        Just(Refill {
            removed: Nl(0),
            added: Nl(20_000_000)
        }),
        (0_usize..24).prop_map(|at| ClearAlarm(ALARMS[at])),
        Just(Mute),
        Just(TestAlarm(Tone::Critical)),
        number().prop_map(|s| ClockSet(Seconds(s))),
        number().prop_map(|s| LogEvery(Seconds(s))),
        any::<bool>().prop_map(ReportTones),
        Just(SelfTest),
        Just(Interrogate),
    ]
}

const ALARMS: [AlarmId; 24] = [
    AlarmId::ReservoirEmpty,
    AlarmId::EndOfService,
    AlarmId::EndOfLife,
    AlarmId::BatteryReset,
    AlarmId::MotorStall,
    AlarmId::RepeatedStall,
    AlarmId::Occlusion,
    AlarmId::CatheterDisconnection,
    AlarmId::Stopped48h,
    AlarmId::MemoryError,
    AlarmId::WatchdogReset,
    AlarmId::OverTemperature,
    AlarmId::TrialEnded,
    AlarmId::SelfTest,
    AlarmId::ReservoirLow,
    AlarmId::Eri,
    AlarmId::MemoryRepaired,
    AlarmId::PressureCreep,
    AlarmId::DoseLimit,
    AlarmId::SessionIdle,
    AlarmId::RefillDiscrepancy,
    AlarmId::ClockJump,
    AlarmId::Magnet,
    AlarmId::LogWriteFailed,
];

fn input() -> impl Strategy<Value = Input> {
    (
        prop_oneof![Just(2_900_u16), any::<u16>()],
        prop_oneof![Just(1_000_i32), any::<i32>()],
        prop_oneof![Just(30_000_i32), any::<i32>()],
        prop_oneof![Just(5_000_u32), any::<u32>()],
        any::<bool>(),
        any::<bool>(),
        prop_oneof![Just(37_000_i32), any::<i32>()],
    )
        .prop_map(
            |(battery_mv, catheter_pa, reservoir_pa, motor_ua, magnet, telemetry_wake, temperature_mc)| Input {
                rtc: Seconds(0),
                encoder_edges: 0,
                battery_mv,
                catheter_pa,
                reservoir_pa,
                motor_ua,
                magnet,
                telemetry_wake,
                temperature_mc,
            },
        )
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => command().prop_map(Act::Ask),
        3 => (0_u8..4).prop_map(Act::Program),
        1 => Just(Act::Commit),
        1 => input().prop_map(Act::Sense),
        4 => prop_oneof![0..10 * SECOND, 0..HOUR, 0..3 * DAY].prop_map(Act::Pass),
        1 => (0_u64..6).prop_map(Act::Stall),
        1 => (0_u8..4).prop_map(Act::Reset),
        1 => any::<bool>().prop_map(Act::Fail),
    ]
}

fn good(which: u8) -> Vec<Field> {
    match which {
        0 => with_ptm(500_000, 700_000),
        1 => flex(&[(0, 300_000), (480, 1_200_000), (1_320, 48_000)]),
        2 => periodic(48_000, 100_000, 600, 7_200),
        _ => continuous(3_000_000),
    }
}

fn perform(mut bench: Bench, act: Act) -> Bench {
    match act {
        Act::Ask(command) => {
            let _ = bench.command(command);
        }
        Act::Program(which) => {
            let _ = bench.command(Command::SessionBegin);
            let _ = bench.pump.stage_all(Millis(bench.now), &good(which));
            let crc32 = bench.pump.staged_crc32();
            let _ = bench.command(Command::Commit { crc32 });
        }
        Act::Commit => {
            let crc32 = bench.pump.staged_crc32();
            let _ = bench.command(Command::Commit { crc32 });
        }
        Act::Sense(input) => {
            let (rtc, encoder_edges) = (bench.input.rtc, bench.input.encoder_edges);
            bench.sense(|now| {
                *now = Input {
                    rtc,
                    encoder_edges,
                    ..input
                }
            });
        }
        Act::Pass(ms) => bench.run_for(ms),
        Act::Stall(strokes) => bench.stalls = strokes,
        Act::Reset(which) => {
            let reasons = [
                ResetReason::BrownOut,
                ResetReason::Watchdog,
                ResetReason::Debug,
                ResetReason::PowerOn,
            ];
            bench = bench.reset(reasons[usize::from(which)], 50);
        }
        Act::Fail(fail) => bench.pump.nv_mut().writes_left = fail.then_some(0),
    }
    bench
}

/// What must hold after every act.
fn check(bench: &Bench) -> Result<(), TestCaseError> {
    let totals = bench.pump.totals();
    let kinds = [
        totals.basal,
        totals.patient,
        totals.periodic,
        totals.clinician,
        totals.prime,
        totals.bridge,
    ];
    prop_assert_eq!(
        kinds.iter().map(|nl| nl.0).sum::<u64>(),
        totals.total.0,
        "volumes add up"
    );
    prop_assert_eq!(totals.strokes * STROKE_NL, totals.total.0);
    prop_assert!(
        totals.strokes + 1 >= bench.strokes,
        "{} counted, {} made",
        totals.strokes,
        bench.strokes
    );
    let status = bench.pump.status();
    prop_assert!(
        status.state != State::Stopped || status.rate == NlPerDay(0),
        "stopped means no rate"
    );
    prop_assert!(bench.longest_gap <= 60_000, "the watchdog is fed");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_sequence_of_requests_faults_and_resets_breaks_the_books(acts in prop::collection::vec(act(), 1..60)) {
        let mut bench = Bench::ready();
        for act in acts {
            bench = perform(bench, act);
            check(&bench)?;
        }
    }

    /// What is delivered in any window of the prescription's length stays within its maximum, whatever patient and clinician ask for and when, and over
    /// resets.
    #[test]
    fn no_window_holds_more_than_the_rolling_maximum(
        asks in prop::collection::vec((0_u8..5, 1_u64..3 * HOUR), 1..80),
        max in 520_000_u64..900_000,
        stop_every in 3_usize..20,
    ) {
        let mut bench = Bench::ready();
        let mut fields = flex(&[(0, 300_000), (480, 700_000)]);
        fields.extend(ptm(20_000, 300, 900, 48, 86_400, max));
        bench.program(&fields);
        bench.ok(Command::Start);
        let mut given = vec![(bench.now, bench.pump.totals().total.0)];
        for (i, (who, wait)) in asks.into_iter().enumerate() {
            let _ = bench.command(match who {
                0 => Command::Bolus { dose: Nl(30_000), over: Seconds(1_800) },
                1 => Command::Bridge { volume: Nl(60_000), rate: NlPerDay(1_200_000) },
                _ => Command::PatientBolus,
            });
            if i % stop_every == 0 {
                bench.run_for(2 * MINUTE);
                bench.ok(Command::Stop);
                bench.ok(Command::Start);
            }
            if i % 7 == 3 {
                bench = bench.reset(ResetReason::Debug, 50);
            }
            bench.run_for(wait);
            given.push((bench.now, bench.pump.totals().total.0));
        }
        for (i, &(from, before)) in given.iter().enumerate() {
            for &(_, after) in given[i..].iter().take_while(|&&(until, _)| until <= from + DAY) {
                prop_assert!(after - before <= max + 1_500, "{} nl in a window of at most {max}", after - before);
            }
        }
    }

    /// A flex schedule gives what its integral says, from any second of the week on.
    #[test]
    fn a_schedule_gives_its_integral(
        steps in prop::collection::btree_map(1_u16..1440, 48_000_u64..3_000_000, 0..12),
        first in 48_000_u64..3_000_000,
        begin in 0_u64..7 * DAY,
        hold in HOUR..3 * DAY,
    ) {
        let steps: Vec<_> = [(0, first)].into_iter().chain(steps).collect();
        let mut bench = Bench::ready();
        bench.program(&flex(&steps));
        bench.run_until(bench.now + begin);
        bench.refill();
        bench.ok(Command::Start);
        let begin = bench.now;
        bench.run_for(hold);
        let rate_at = |ms: u64| steps.iter().rev().find(|step| u64::from(step.0) * MINUTE <= ms % DAY).unwrap().1;
        let mut edges: Vec<_> = (0..12).flat_map(|day| steps.iter().map(move |step| day * DAY + u64::from(step.0) * MINUTE)).collect();
        edges.retain(|&edge| edge > begin && edge < begin + hold);
        edges.insert(0, begin);
        edges.push(begin + hold);
        let exact: u128 = edges.windows(2).map(|pair| u128::from(rate_at(pair[0])) * u128::from(pair[1] - pair[0])).sum();
        let exact = u64::try_from(exact / u128::from(DAY)).unwrap();
        let given = bench.pump.totals().basal.0;
        prop_assert!(given <= exact && exact - given <= 2 * STROKE_NL, "{given} for {exact}");
    }
}
