//! Plans that are made so that a defect must show: what is needed for it stands in front, and behind it comes what chance brings.

use crate::draw::{self, Die, spread, volume};
use crate::plan::{About, DRUGS, Mode, Nl, Plan, Ptm, Timed, What};
use proptest::prelude::*;

/// Plans for one defect. Whether one of them does show it, [`crate::shows::must_show`] says.
pub fn plan(defect: &'static str) -> impl Strategy<Value = Plan> {
    let dice = prop::array::uniform8(0..10_000_u32);
    (draw::plan(), dice).prop_map(move |(mut plan, dice)| {
        plan.rx.trial_s = None;
        plan.rx.trial_nl = None;
        plan.reservoir = 20_000_000;
        plan.log_every_s = 3_600;
        let by_chance = std::mem::take(&mut plan.steps);
        plan.steps.push(step(5 + u64::from(dice[0] % 600), What::Start));
        aim(defect, &mut plan, dice);
        plan.steps
            .extend(by_chance.into_iter().skip(1).filter(|_| tail(defect)).take(4));
        plan
    })
}

/// Whether steps by chance may follow: for some, nothing may.
fn tail(defect: &str) -> bool {
    !matches!(
        defect,
        "remainder-rounded-away" | "low-reservoir-late" | "eos-three-months"
    )
}

fn step(gap_s: u64, what: What) -> Timed {
    Timed { gap_s, what }
}

fn aim(defect: &str, plan: &mut Plan, dice: [Die; 8]) {
    match defect {
        "lockout-off-by-one" | "rolling-window-forgets-basal" | "rolling-window-forgets-bolus-in-progress" => {
            patient(defect, plan, dice);
        }
        "remainder-rounded-away" => {
            steady(
                plan,
                48_000 + 12_000 * Nl::from(dice[1] % 8) + 3_000 + Nl::from(dice[2] % 8_500),
            );
            plan.rx.ptm = None;
            plan.tail_s = 86_400 * (2 + u64::from(dice[3] % 3));
        }
        "stale-prescription-after-abort" => {
            let rate = spread(dice[1], 48_000, 90_000);
            steady(plan, rate);
            let mut other = plan.rx.clone();
            other.ptm = None;
            other.mode = Mode::Continuous {
                rate: rate + 1_000 + Nl::from(dice[2]),
            };
            let s = u64::from(dice[3] % 200);
            plan.steps
                .push(step(spread(dice[4], 10, 90_000), What::Aborted(Box::new(other), s)));
            plan.steps.push(step(7_200, What::Wait));
        }
        "reservoir-not-decremented-by-bolus" | "bolus-retried-twice" => {
            steady(plan, spread(dice[1], 48_000, 90_000));
            plan.rx.ptm = None;
            let dose = volume(dice[2], 5_000, plan.rx.drug.soft_bolus.min(100_000));
            let over_s = spread(dice[3], 120, 10_000);
            plan.steps
                .push(step(spread(dice[4], 10, 90_000), What::Bolus { dose, over_s }));
            plan.steps.push(step(over_s + 60, What::Wait));
        }
        "prime-counted-as-therapy" => {
            plan.rx.catheter = Some(volume(dice[1], 5_000, 300_000));
            plan.steps.insert(0, step(5 + u64::from(dice[2] % 5_000), What::Prime));
            plan.steps[1].gap_s += 2_800;
        }
        "no-48h-alarm" => {
            plan.steps.push(step(spread(dice[1], 10, 20_000), What::Stop));
            plan.steps.push(step(200_000, What::Wait));
            plan.rx.ptm = None;
        }
        _ => of_time(defect, plan, dice),
    }
}

/// Defects that time brings out, without any bolus.
fn of_time(defect: &str, plan: &mut Plan, dice: [Die; 8]) {
    match defect {
        "flex-midnight-skipped" => {
            plan.rx.ptm = None;
            plan.rx.mode = Mode::Flex {
                daily: vec![
                    (0, spread(dice[1], 48_000, 90_000)),
                    (600, spread(dice[2], 48_000, 96_000)),
                ],
                weekend: Vec::new(),
            };
            plan.steps.push(step(100_000 + u64::from(dice[3]), What::Wait));
        }
        "brown-out-resumes-full-rate" => {
            let ms = 60 + u64::from(dice[2] % 2_000);
            plan.steps
                .push(step(spread(dice[1], 10, 90_000), What::BrownOut { ms }));
            plan.steps.push(step(3_800, What::Wait));
        }
        "low-reservoir-late" => {
            let rate = spread(dice[1], 48_000, 90_000);
            steady(plan, rate);
            plan.rx.ptm = None;
            let low = volume(dice[2], 60_000, 3_000_000);
            plan.rx.low = Some(low);
            plan.reservoir = low + volume(dice[3], 500, 10_000);
            plan.tail_s = 86_400 * (plan.reservoir - low) / rate + 16_000;
        }
        "periodic-interval-in-minutes" => {
            let interval_s = spread(dice[1], 3_600, 172_800);
            plan.rx.ptm = None;
            plan.rx.mode = Mode::Periodic {
                rate: 0,
                dose: volume(dice[2], 500, 3_000),
                over_s: spread(dice[3], 60, interval_s / 3),
                interval_s,
            };
            plan.steps.push(step(interval_s / 2, What::Wait));
        }
        _ => gadget(defect, plan, dice),
    }
}

fn steady(plan: &mut Plan, rate: Nl) {
    if rate > plan.rx.drug.soft_rate {
        plan.rx.drug = DRUGS[0];
    }
    plan.rx.mode = Mode::Continuous { rate };
}

fn patient(defect: &str, plan: &mut Plan, dice: [Die; 8]) {
    plan.rx.drug = DRUGS[dice[1] as usize % 2];
    let rate = spread(dice[2], 200_000, 1_200_000);
    steady(plan, rate);
    let window_s = spread(dice[3], 14_400, 86_400);
    let given = draw::programmed(&plan.rx.mode, window_s);
    // No more than basal gives in the window: a maximum between the two is less than neither.
    let dose = volume(dice[4], 30_000, 100_000).min(given);
    let over_s = spread(dice[5], 120, 3_600);
    let lockout_s = spread(dice[6], over_s.max(400), 7_000);
    let mut ptm = Ptm {
        dose,
        over_s,
        lockout_s,
        count: 3,
        window_s,
        max: given + 3 * dose,
    };
    let first = spread(dice[7], 10, 50_000);
    match defect {
        "lockout-off-by-one" => {
            plan.steps.push(step(first, What::PatientBolus));
            plan.steps
                .push(step(lockout_s - 5 - u64::from(dice[7] % 50), What::PatientBolus));
        }
        "rolling-window-forgets-basal" => {
            ptm.max = given + dose / 2;
            plan.steps.push(step(window_s + first, What::PatientBolus));
        }
        _ => {
            ptm.max = given + dose + dose / 8;
            plan.steps.push(step(window_s + first, What::PatientBolus));
            plan.steps.push(step(over_s * 3 / 4, What::Stop));
            plan.steps.push(step(5, What::Start));
            plan.steps.push(step(lockout_s, What::PatientBolus));
        }
    }
    plan.rx.ptm = Some(ptm);
}

/// What is about a fault, in lines of YAML.
fn gadget(defect: &str, plan: &mut Plan, dice: [Die; 8]) {
    let rate = spread(dice[1], 48_000, 90_000);
    steady(plan, rate);
    plan.rx.ptm = None;
    // Six strokes.
    let six = 6 * 500 * 86_400 / rate + 60;
    let alarm = |fault: &str, alarm: &str, within: u64| {
        let expect = format!("  - within: {within} s\n    expect: {{alarm: {alarm}}}");
        vec![format!("inject: {fault}"), expect, format!("  - clear: {fault}")]
    };
    let (about, lasts_s, lines) = match defect {
        "silent-stall" | "stall-counted-as-delivered" => (About::Stall, six, alarm("motor-stall", "motor-stall", six)),
        "occlusion-alarm-late" => (About::Occlusion, six, alarm("catheter-occlusion", "occlusion", six)),
        "memory-flip-unnoticed" => {
            let bit = dice[2] % 200;
            let inject = format!("inject: memory-bit-flip\n    with: {{bit: {bit}}}");
            let expect = "  - within: 1 h\n    expect: {alarm: memory-repaired}".to_owned();
            (About::BitFlip, 3_600, vec![inject, expect])
        }
        "commit-without-crc-check" => (About::WrongCrc, 60, wrong_crc(dice[2])),
        "mute-never-rearms" => {
            let lines = "inject: brown-out\n  - within: 1 min\n    expect: {alarm: battery-reset}\n  - do: mute\n  - \
                         within: 125 s\n    expect: {event: unmuted}";
            (About::Mute, 200, vec![lines.to_owned()])
        }
        "stopped-after-emi-wake" => {
            plan.reservoir = volume(dice[2], 2_000_000, 9_000_000);
            plan.rx.low = Some(plan.reservoir);
            let lines = "inject: emi-wake\n  - after: 1 min\n    clear: emi-wake\n  - wait: 12 h";
            (About::EmiWake, 43_300, vec![lines.to_owned()])
        }
        "eos-three-months" => {
            plan.log_every_s = 43_200;
            let lines =
                "inject: battery-low\n    with: {to: 2.5 V}\n  - within: 2 h\n    expect: {alarm: eri}\n  - wait: 94 d";
            (About::BatteryLow, 94 * 86_400 + 7_300, vec![lines.to_owned()])
        }
        _ => panic!("no aim for the defect {defect}"),
    };
    plan.steps.push(step(
        spread(dice[3], 2_000, 20_000),
        What::Raw { lines, lasts_s, about },
    ));
}

/// A session that is committed with a wrong sum over what was staged.
fn wrong_crc(die: Die) -> Vec<String> {
    let body = format!("#60000 commit crc32={die:08X}");
    let crc = body.bytes().fold(0xFFFF_u16, |crc, byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    });
    vec![
        "stage: {drug: saline, mode: continuous, rate: 77 uL/day}".to_owned(),
        format!("  - send: {{text: \"{body} *{crc:04X}\\r\\n\"}}"),
        "  - within: 5 s\n    expect: {reply: {code: crc-mismatch}}".to_owned(),
        "  - do: abort".to_owned(),
    ]
}
