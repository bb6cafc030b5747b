//! A plan as a scenario that `pump-hil run` can play.

use crate::plan::{Mode, Plan, Rx, What};
use std::fmt::Write;

/// The file. Steps that the pump may rightly refuse say so; whether it was right is the oracle's to say.
pub fn scenario(plan: &Plan) -> String {
    let mut text = String::from("scenario: generated\nsummary: A case that was drawn at random.\n");
    let _ = writeln!(text, "start: {}", civil(plan.start_s));
    let _ = writeln!(text, "seed: {}", plan.seed);
    let _ = writeln!(text, "log-every: {} s", plan.log_every_s);
    let _ = writeln!(text, "reservoir: {} nL", plan.reservoir);
    let _ = writeln!(text, "prescription: {}", prescription(&plan.rx));
    let alarms = alarms(plan);
    if !alarms.is_empty() {
        let _ = writeln!(text, "allow-alarms: [{}]", alarms.join(", "));
    }
    text.push_str("timeline:\n");
    let mut clock = plan.start_s;
    for (at, what) in plan.timed() {
        step(&mut text, at, what, &mut clock);
    }
    let _ = writeln!(text, "  - at: {} s\n    wait: 1 s", plan.end_s());
    text.push_str("snapshot: none\n");
    text
}

fn prescription(rx: &Rx) -> String {
    let mut text = format!("{{drug: {}, ", rx.drug.name);
    let _ = match &rx.mode {
        Mode::Continuous { rate } => write!(text, "mode: continuous, rate: {rate} nL/day"),
        Mode::Minimum => write!(text, "mode: minimum"),
        Mode::Periodic {
            rate,
            dose,
            over_s,
            interval_s,
        } => write!(
            text,
            "mode: periodic, rate: {rate} nL/day, dose: {dose} nL, over: {over_s} s, interval: {interval_s} s"
        ),
        Mode::Flex { daily, weekend } => {
            let steps = |days: &str, steps: &[(u16, u64)]| {
                let steps = steps.iter().map(|(minute, rate)| {
                    let (hour, minute) = (minute / 60, minute % 60);
                    format!("{{day: {days}, at: \"{hour:02}:{minute:02}\", rate: {rate} nL/day}}")
                });
                steps.collect::<Vec<_>>()
            };
            let all = [steps("daily", daily), steps("[sat, sun]", weekend)].concat();
            write!(text, "mode: flex, schedule: [{}]", all.join(", "))
        }
    };
    if let Some(ptm) = rx.ptm {
        let _ = write!(
            text,
            ", patient-bolus: {{dose: {} nL, over: {} s, lockout: {} s, count: {}, window: {} s, max: {} nL}}",
            ptm.dose, ptm.over_s, ptm.lockout_s, ptm.count, ptm.window_s, ptm.max
        );
    }
    for (key, nl) in [
        ("low-reservoir", rx.low),
        ("catheter", rx.catheter),
        ("tubing", rx.tubing),
    ] {
        if let Some(nl) = nl {
            let _ = write!(text, ", {key}: {nl} nL");
        }
    }
    let limits = [
        rx.trial_s.map(|s| format!("time: {s} s")),
        rx.trial_nl.map(|nl| format!("dose: {nl} nL")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        let _ = write!(text, ", trial: {{{}}}", limits.join(", "));
    }
    text + "}"
}

fn step(text: &mut String, at: u64, what: &What, clock: &mut i64) {
    let mut line = |words: &str| {
        let _ = writeln!(text, "  - at: {at} s\n    {words}");
    };
    match what {
        What::Start => line("do: start\n    refused: allowed"),
        What::Stop => line("do: stop\n    refused: allowed"),
        What::Minimum => line("do: minimum-rate\n    refused: allowed"),
        What::PatientBolus => line("do: patient-bolus\n    refused: allowed"),
        What::Bolus { dose, over_s } => line(&format!(
            "do: single-bolus\n    with: {{dose: {dose} nL, over: {over_s} s}}\n    refused: allowed"
        )),
        What::Prime => line("do: prime-bolus\n    refused: allowed"),
        What::Bridge { volume, rate } => line(&format!(
            "do: bridge-bolus\n    with: {{volume: {volume} nL, rate: {rate} nL/day}}\n    refused: allowed"
        )),
        What::Refill { added } => line(&format!("do: refill\n    with: {{added: {added} nL}}")),
        What::SetClock { by_s } => {
            *clock += by_s;
            let to = (*clock + i64::try_from(at).unwrap_or(0)).max(0);
            line(&format!("do: set-clock\n    with: {{to: \"{}\"}}", civil(to - to % 60)));
            *clock -= to % 60;
        }
        What::Program(rx) => line(&format!("program: {}\n    refused: allowed", prescription(rx))),
        What::Aborted(rx, s) => line(&format!("stage: {}\n  - after: {s} s\n    do: abort", prescription(rx))),
        What::BrownOut { ms } => line(&format!("inject: brown-out\n    with: {{for: {ms} ms}}")),
        What::BatteryOut { s } => line(&format!(
            "inject: battery-depleted\n  - after: {s} s\n    clear: battery-depleted"
        )),
        What::Reset => line("probe: reset"),
        What::ClearAlarm(alarm) => line(&format!(
            "do: clear-alarm\n    with: {{alarm: {alarm}}}\n    refused: allowed"
        )),
        What::SelfTest => line("do: self-test"),
        What::LogEvery { s } => line(&format!("do: log-every\n    with: {{interval: {s} s}}")),
        What::Wait => line("wait: 1 s"),
        What::Raw { lines, .. } => line(&lines.join("\n")),
    }
}

/// Alarms that the plan can bring about; any other fails the case.
fn alarms(plan: &Plan) -> Vec<&'static str> {
    let mut alarms = vec!["reservoir-low", "reservoir-empty", "stopped-48h"];
    let programmed = plan.steps.iter().filter_map(|step| match &step.what {
        What::Program(rx) => Some(&**rx),
        _ => None,
    });
    let all: Vec<&Rx> = std::iter::once(&plan.rx).chain(programmed).collect();
    if all.iter().any(|rx| rx.trial_s.or(rx.trial_nl).is_some()) {
        alarms.push("trial-ended");
    }
    if all.iter().any(|rx| rx.ptm.is_some()) {
        alarms.push("dose-limit");
    }
    let any = |of: fn(&What) -> bool| plan.steps.iter().any(|step| of(&step.what));
    if any(|what| matches!(what, What::BrownOut { .. } | What::BatteryOut { .. })) {
        alarms.push("battery-reset");
    }
    if any(|what| matches!(what, What::Aborted(..) | What::Raw { .. })) {
        alarms.push("session-idle");
    }
    if any(|what| matches!(what, What::Raw { .. })) {
        alarms.extend([
            "motor-stall",
            "repeated-stall",
            "eri",
            "end-of-service",
            "occlusion",
            "memory-repaired",
        ]);
    }
    alarms
}

/// Date and time of day, from seconds since 2000-01-01.
pub fn civil(s: i64) -> String {
    let (days, of_day) = (s.div_euclid(86_400), s.rem_euclid(86_400));
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}",
        of_day / 3_600,
        of_day / 60 % 60
    )
}

/// Year, month and day of so many days after 2000-01-01.
pub fn date(mut days: i64) -> (i64, i64, i64) {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 2000;
    while days >= 365 + i64::from(leap(year)) {
        days -= 365 + i64::from(leap(year));
        year += 1;
    }
    let february = 28 + i64::from(leap(year));
    for (month, length) in (1..).zip([31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        if days < length {
            return (year, month, days + 1);
        }
        days -= length;
    }
    unreachable!("the days of a year are those of its months")
}
