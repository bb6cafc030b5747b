//! A quantity is told in one unit wherever it stands: that of the scenario.

use pump_hil_model::quantity::{Pressure, Rate, Span, Unit, Voltage, Volume};
use pump_hil_model::verdict::{Expected, Reason};

/// Dimensions whose units may differ between two texts.
const DIMENSIONS: &[&[Unit]] = &[Volume::UNITS, Rate::UNITS, Pressure::UNITS, Voltage::UNITS];

/// Those of a dose log: for what a scenario names no unit of, or cannot tell exactly in its own.
const OF_A_DOSE_LOG: [&str; 2] = ["uL", "mL/day"];
/// Between two texts that are told in the same units: no text that we make holds it.
const BETWEEN: &str = " \0 ";

/// What was expected, and what it got. What a scenario wrote stays as it stands there, and what it got is told in its units; all else is told in those that the
/// scenario uses most.
pub(super) fn told(units: &[String], reason: &Reason) -> (String, String) {
    let (expected, got) = (reason.expected.to_string(), reason.came.to_string());
    match reason.expected {
        Expected::Check(_) | Expected::Always(_) => {
            let model = format!("{expected} {}", units.join(" "));
            let got = in_times(&in_unit_of(&model, &got));
            // A value that cannot be told exactly as the scenario wrote it: then what it wrote is told in the unit of the value as well.
            let alike = alike(&expected, &got).map_or(String::new(), |alike| format!(" (that is {alike})"));
            (expected + &alike, got)
        }
        // As they stand in its columns.
        Expected::LogOf { .. } | Expected::AcceptedLog => (expected, got),
        _ => {
            let both = in_units(units, &format!("{expected}{BETWEEN}{got}"));
            let (expected, got) = both.split_once(BETWEEN).unwrap_or((&both, ""));
            (expected.to_owned(), got.to_owned())
        }
    }
}

/// The quantities of `expected` in the units of `got`, where it names none of those itself.
fn alike(expected: &str, got: &str) -> Option<String> {
    let is_named = |unit: &&str| expected.split(' ').any(|word| unit_of(word).0 == unit_of(unit).0);
    let told = in_one_of(got.split(' ').filter(|unit| !is_named(unit)), expected);
    let (words, as_written): (Vec<&str>, Vec<&str>) = (told.split(' ').collect(), expected.split(' ').collect());
    let differ = |at: &usize| words[*at] != as_written[*at];
    // The unit of a number always differs, the number not where it is 0.
    let (first, last) = ((1..words.len()).find(differ)?, (1..words.len()).rfind(differ)?);
    let is_unit = DIMENSIONS
        .iter()
        .any(|units| find(units, unit_of(words[first]).0).is_some());
    Some(words[first - usize::from(is_unit)..=last].join(" "))
}

/// `text` with its quantities in the units of a scenario.
#[must_use]
pub fn in_units(units: &[String], text: &str) -> String {
    in_times(&in_unit_of(&units.join(" "), text))
}

/// `text` with its times as people say them: `317 s` is `5 min 17 s`, `239.95 min` is `3 h 59 min 57 s`, and `0 ms` is `0 s`.
fn in_times(text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let (unit, tail) = unit_of(&words[at]);
        let (key, number) = behind_key(&words[at - 1]);
        if find(Span::UNITS, unit).is_none() || !number.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let Ok(time) = format!("{number} {unit}").parse::<Span>() else {
            continue;
        };
        if let Some(told) = in_parts(time) {
            let (first, rest) = told.split_once(' ').unwrap_or((&told, ""));
            (words[at - 1], words[at]) = (format!("{key}{first}"), format!("{rest}{tail}"));
        }
    }
    words.join(" ")
}

/// A time in days, hours, minutes and seconds; `None` of one below a second, which stays in milliseconds.
fn in_parts(time: Span) -> Option<String> {
    const UNITS: [(i64, &str); 3] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min")];
    if (1..1_000).contains(&time.0) {
        return None;
    }
    let (mut rest, mut parts) = (time.0, Vec::new());
    for (ms, unit) in UNITS {
        if rest >= ms {
            parts.push(format!("{} {unit}", rest / ms));
            rest %= ms;
        }
    }
    if rest > 0 || parts.is_empty() {
        let seconds = format!("{}.{:03}", rest / 1_000, rest % 1_000);
        parts.push(format!("{} s", seconds.trim_end_matches('0').trim_end_matches('.')));
    }
    Some(parts.join(" "))
}

/// A number behind the key of a field, as in `added=19`.
fn behind_key(word: &str) -> (&str, &str) {
    word.rfind('=').map_or(("", word), |at| word.split_at(at + 1))
}

/// `text` with all its quantities of a dimension in one unit: the first that `model` names of it, or that of a dose log, in which each of them fits in six places.
fn in_unit_of(model: &str, text: &str) -> String {
    in_one_of(model.split(' ').chain(OF_A_DOSE_LOG), text)
}

/// `text` with all its quantities of a dimension in the first of these units in which each of them fits.
fn in_one_of<'a>(model: impl Iterator<Item = &'a str> + Clone, text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for units in DIMENSIONS {
        let named = |word: &str| find(units, unit_of(word).0);
        let found: Vec<(usize, &Unit)> = (1..words.len())
            .filter_map(|at| Some((at, named(&words[at])?)))
            .collect();
        let wanted = model.clone().filter_map(named);
        let fitting = wanted.into_iter().find_map(|wanted| {
            let number = |at: usize| behind_key(&words[at - 1]).1;
            let numbers = found.iter().map(|(at, unit)| converted(number(*at), unit, wanted));
            Some((wanted, numbers.collect::<Option<Vec<String>>>()?))
        });
        let Some((wanted, numbers)) = fitting else { continue };
        for ((at, _), number) in found.into_iter().zip(numbers) {
            let tail = unit_of(&words[at]).1.to_owned();
            let key = behind_key(&words[at - 1]).0;
            words[at - 1] = format!("{key}{number}");
            words[at] = format!("{}{tail}", wanted.0);
        }
    }
    words.join(" ")
}

/// A unit, without what stands behind it.
fn unit_of(word: &str) -> (&str, &str) {
    let end = word.find([',', ';', ')', ':']).unwrap_or(word.len());
    word.split_at(end)
}

fn find(units: &'static [Unit], word: &str) -> Option<&'static Unit> {
    units.iter().find(|unit| unit.0 == word)
}

/// A decimal number in another unit, exactly.
fn converted(number: &str, from: &Unit, to: &Unit) -> Option<String> {
    const PLACES: u32 = 6;
    let (negative, digits) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if from.0 == to.0 {
        return Some(number.to_owned());
    }
    let is_number = !whole.is_empty() && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_number || part.len() > 9 {
        return None;
    }
    let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let value: i128 = format!("{whole}{part}").parse().ok()?;
    // value / scale, in `from`, is so many of `to`, in millionths.
    let above = value
        .checked_mul(i128::from(from.1))?
        .checked_mul(i128::from(to.2))?
        .checked_mul(10_i128.pow(PLACES))?;
    let below = scale.checked_mul(i128::from(from.2))?.checked_mul(i128::from(to.1))?;
    if above % below != 0 {
        return None;
    }
    let millionths = above / below;
    let text = format!(
        "{}.{:06}",
        millionths / 10_i128.pow(PLACES),
        millionths % 10_i128.pow(PLACES)
    );
    let text = text.trim_end_matches('0').trim_end_matches('.');
    Some(format!("{}{text}", if negative { "-" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::case::Measure;
    use pump_hil_model::verdict::{Allowed, Came, Did, ReasonKind};

    #[test]
    fn what_came_is_told_in_the_unit_of_what_was_expected() {
        for (model, text, told) in [
            ("delivered <= 0.2 mL", "delivered 294.5 uL", "delivered 0.2945 mL"),
            (
                "rate 0.5 mL/day",
                "rate 48 uL/day by mode flex",
                "rate 0.048 mL/day by mode flex",
            ),
            (
                "basal volume between 99 uL and 101 uL",
                "1.0005 mL reported",
                "1000.5 uL reported",
            ),
            ("pressure <= 75 kPa", "pressure 71000 Pa, told", "pressure 71 kPa, told"),
            ("volume 1 mL", "volume 1 nL", "volume 0.000001 mL"),
            // What is no number stays.
            ("volume 1 mL", "about many uL", "about many uL"),
            // Without a unit of the scenario, or where one of them would be rounded in it, all stand in that of a dose log.
            (
                "state running",
                "reservoir 20 mL, 1 nL left",
                "reservoir 20000 uL, 0.001 uL left",
            ),
            (
                "rate 1 mL/h",
                "rate 24 mL/day, 1 uL/day",
                "rate 24 mL/day, 0.001 mL/day",
            ),
            ("rate 1 mL/h", "rate 24 mL/day, 48 mL/day", "rate 1 mL/h, 2 mL/h"),
            ("1 mL", "-3 uL", "-0.003 mL"),
        ] {
            assert_eq!(in_unit_of(model, text), told, "{model}");
        }
    }

    #[test]
    fn times_and_fields_of_the_pump_are_told_as_people_say_them() {
        let units = ["mL".to_owned(), "mL/day".to_owned()];
        for (text, told) in [
            ("317 s", "5 min 17 s"),
            ("lockout 239.95 min", "lockout 3 h 59 min 57 s"),
            ("without-therapy 0 ms", "without-therapy 0 s"),
            ("lockout 4 h, 90 min", "lockout 4 h, 1 h 30 min"),
            ("250 ms late", "250 ms late"),
            ("it came 2 min 36 s too late", "it came 2 min 36 s too late"),
            ("within 146.001 s", "within 2 min 26.001 s"),
            ("refill added=19000 uL left=1 mL", "refill added=19 mL left=1 mL"),
            ("clock by=0 ms", "clock by=0 s"),
        ] {
            assert_eq!(in_units(&units, text), told, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_told_as_the_scenario_wrote_it_is_told_in_one_unit_all_the_same() {
        let of = |rule: &str, rate| {
            let reason = Reason {
                kind: ReasonKind::Invariant,
                t: Span(0),
                in_set_up: false,
                step: None,
                line: None,
                expected: Expected::Always(rule.to_owned()),
                came: Came::Compared {
                    left: (Measure::Rate, rate),
                    right: None,
                },
            };
            told(&["mL/h".to_owned()], &reason)
        };
        let texts = |expected: &str, got: &str| (expected.to_owned(), got.to_owned());
        let expected = "always rate >= 24 mL/h (that is 576 mL/day)";
        assert_eq!(of("rate >= 24 mL/h", 500_000), texts(expected, "rate 0.5 mL/day"));
        assert_eq!(
            of("rate >= 24 mL/h", 24_000_000),
            texts("always rate >= 24 mL/h", "rate 1 mL/h")
        );
    }

    #[test]
    fn a_finding_of_the_oracle_is_told_in_one_unit() {
        let reason = |expected| Reason {
            kind: ReasonKind::Oracle,
            t: Span(0),
            in_set_up: false,
            step: None,
            line: None,
            expected,
            came: Came::Did(Did::Reported(Volume(20_500))),
        };
        let volume = Allowed::Volume {
            class: "basal",
            least: Volume(158),
            most: Volume(2_674_000),
        };
        let told_in = |units: &[&str], expected| {
            let units: Vec<String> = units.iter().map(|unit| (*unit).to_owned()).collect();
            let (expected, got) = told(&units, &reason(expected));
            format!("{expected}: {got}")
        };
        let oracle = || Expected::Oracle(volume.clone());
        let in_ul = "basal volume between 0.158 uL and 2674 uL: 20.5 uL reported";
        assert_eq!(told_in(&["uL", "mL/day"], oracle()), in_ul);
        assert_eq!(told_in(&[], oracle()), in_ul, "of an old journal");
        let in_ml = "basal volume between 0.000158 mL and 2.674 mL: 0.0205 mL reported";
        assert_eq!(told_in(&["mL"], oracle()), in_ml);
        let always = Expected::Always("delivered <= 1 mL + 3 uL".to_owned());
        let as_written = "always delivered <= 1 mL + 3 uL: 0.0205 mL reported";
        assert_eq!(told_in(&["uL"], always), as_written);
    }
}
