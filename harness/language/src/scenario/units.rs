//! The units that people chose in a scenario: what is found is told in them.

use pump_hil_model::quantity::{Rate, Unit, Volume};
use std::cmp::Reverse;

/// The unit of volume and the unit of rate that these files use most, as far as they use any; of two that are used as often, the one that comes first.
pub(super) fn units<'a>(files: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let most = |units: &'static [Unit]| {
        let mut used: Vec<(&'static str, usize)> = Vec::new();
        for unit in files.clone().flat_map(str::lines).flat_map(of_line) {
            let Some((name, ..)) = units.iter().find(|known| known.0 == unit) else {
                continue;
            };
            match used.iter_mut().find(|(known, _)| known == name) {
                Some((_, times)) => *times += 1,
                None => used.push((name, 1)),
            }
        }
        let most = used
            .iter()
            .enumerate()
            .max_by_key(|(at, (_, times))| (*times, Reverse(*at)));
        most.map(|(_, (name, _))| (*name).to_owned())
    };
    [Volume::UNITS, Rate::UNITS].into_iter().filter_map(most).collect()
}

/// What stands behind a number in a line, without its comment.
fn of_line(line: &str) -> impl Iterator<Item = &str> {
    // Each of these units has it, and most lines have none.
    let line = if line.contains('L') { line } else { "" };
    let line = line.split(" #").next().unwrap_or_default();
    let words = line.split(|c: char| c.is_ascii_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | '"' | '\''));
    let mut words = words.filter(|word| !word.is_empty());
    let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let mut is_behind_a_number = false;
    std::iter::from_fn(move || {
        words.by_ref().find(|word| {
            let is_number = number(word);
            std::mem::replace(&mut is_behind_a_number, is_number) && !is_number
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_units_that_a_scenario_uses_most_are_its_own() {
        let of = |text: &str| units([text].into_iter());
        let text = "reservoir: 20 mL # 3 uL, 4 uL\nrate: 0.5 mL/day\npatient-bolus: {dose: 20 uL}\nexpect: {delivered: 20 uL +- 1 uL}";
        assert_eq!(of(text), ["uL", "mL/day"]);
        assert_eq!(of("reservoir: 20 mL\ndose: \"20 uL\""), ["mL"]);
        assert_eq!(of("wait: 3 h"), Vec::<String>::new());
        let units = Volume::UNITS.iter().chain(Rate::UNITS);
        assert!(
            units.clone().all(|unit| unit.0.contains('L')),
            "a line without it is left out"
        );
    }
}
