//! Several parts left out at once, as chance has it: what one lacks may be what another leans on.

use super::{Less, cases, play_all};

/// Profiles that are tried, and cases of each.
const PROFILES: u64 = 32;
const CASES: usize = 16;

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        // Knuth's constants; the high bits are the better ones.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.below(sides) == 0
    }
}

/// A profile with parts left out, and their names. What nearly every scenario asks stays: `start`, `stop`, `refill` and sessions.
fn drawn(dice: &mut Dice) -> (Less, String) {
    let (mut less, mut names) = (Less::nothing(), Vec::new());
    let [no_events, no_entries] = [dice.one_in(2), dice.one_in(2)];
    for (section, out) in [("events", no_events), ("dose-entry", no_entries)] {
        if out {
            less = less.section(section);
            names.push(section);
        }
    }
    match dice.below(4) {
        0 => {
            less = less.section("logs");
            names.push("logs");
        }
        1 => {
            less = less.line("  event: {send: event-log");
            names.push("event-log");
        }
        2 => {
            less = less.line("  dose: {send: dose-log");
            names.push("dose-log");
        }
        _ => {}
    }
    if dice.one_in(3) {
        less = less.line("  read-back:").line("  count-key:");
        names.push("read-back");
    }
    let verbs = [
        "identify",
        "status",
        "totals",
        "set-clock",
        "log-every",
        "minimum-rate",
        "mute",
        "read-prescription",
    ];
    for verb in verbs {
        if dice.one_in(3) {
            less = less.verb(verb);
            names.push(verb);
        }
    }
    if dice.one_in(4) {
        less = less.because(&[("unasked", "it is polled"), ("battery", "mains")]);
        names.push("unasked");
    }
    (less, names.join("+"))
}

#[test]
fn each_scenario_passes_or_is_skipped_without_several_parts() {
    let all = cases();
    let mut dice = Dice(4711);
    let (mut wrong, mut played) = (Vec::new(), 0);
    for _ in 0..PROFILES {
        let (less, names) = drawn(&mut dice);
        let some: Vec<_> = (0..CASES)
            .filter_map(|_| all.get(usize::try_from(dice.below(all.len() as u64)).unwrap()).cloned())
            .collect();
        let sums = play_all(&less, "mixed", &some);
        played += sums.passed + sums.in_part;
        if !sums.wrong.is_empty() {
            wrong.push(format!("without {names}: {}", sums.told()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(played > 100, "only {played} cases were played");
}
