//! A text that should be a quantity and is none: what is wrong with it, and what was meant.

use super::numbers::{one_time, spans_of_clock};
use super::problem::Problem;
use super::raw::Text;
use super::short::short;
use crate::diagnostic::suggest;
use crate::mistake::Mistake;
use crate::quantity::{QuantityError, one_spelling};
use crate::unit_meant::meant;

/// What kind of mistake it is.
#[must_use]
pub fn mistake_of(error: &QuantityError) -> Mistake {
    match error {
        QuantityError::NotANumber { .. } => Mistake::Number,
        QuantityError::Range { .. } => Mistake::Precision,
        QuantityError::Unit { .. } => Mistake::Unit,
    }
}

/// What to write instead of a range or a tolerance as people write them.
fn of_people(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(about) = text.strip_prefix(['~', '≈']) {
        let (_, unit) = split_number(about.trim())?;
        return Some(format!("say how far it may be off: `{} +- 1 {unit}`", about.trim()));
    }
    if let Some(comparison) = comparison(text) {
        return Some(comparison);
    }
    if let Some(digits) = text
        .strip_prefix('.')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    {
        return Some(format!("write `0.{digits}`"));
    }
    if let Some((number, _)) = text.split_once(['e', 'E']).filter(|(_, rest)| has_exponent(rest)) {
        return Some(format!("write the number out, without the `e` behind `{number}`"));
    }
    let between = text.strip_prefix("between ");
    let (from, to) = match between {
        Some(between) => between.split_once(" and ")?,
        None => text.split_once(" to ").or_else(|| text.split_once(['-', '–', '—']))?,
    };
    let (from, (to, unit)) = (from.trim(), split_number(to.trim())?);
    let (low, own) = split_number(from).unwrap_or((from, ""));
    let plain = !low.is_empty() && low.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let own = if own.is_empty() { unit } else { own };
    plain.then(|| format!("write the range as `{low} {own} .. {to} {unit}`"))
}

/// Whether this stands behind the `e` of `6e-1 mL/day`.
fn has_exponent(rest: &str) -> bool {
    let digits = rest.trim_start_matches(['-', '+']);
    rest.len() <= digits.len() + 1 && digits.starts_with(|c: char| c.is_ascii_digit())
}

/// What to write instead of a comparison in words, such as `more than 5 uL`.
fn comparison(text: &str) -> Option<String> {
    const WORDS: &[(&str, &str)] = &[
        ("more than ", ">"),
        ("greater than ", ">"),
        ("over ", ">"),
        ("above ", ">"),
        ("less than ", "<"),
        ("under ", "<"),
        ("below ", "<"),
        ("at least ", ">="),
        ("minimum ", ">="),
        ("at most ", "<="),
        ("up to ", "<="),
        ("maximum ", "<="),
    ];
    let mut all = WORDS.iter();
    let (sign, rest) = all.find_map(|(words, sign)| Some((sign, text.strip_prefix(words)?)))?;
    split_number(rest)?;
    Some(format!("write `\"{sign} {rest}\"`"))
}

/// What to write instead of a number with its thousands apart, `1 000 uL/day`, or of a rate in so many hours, `0.6 mL/24h`.
fn of_rate(text: &str, known: &str) -> Option<String> {
    let (number, unit) = split_number(text.trim())?;
    let plain = unit.replace(' ', "");
    for day in ["/24h", "per24hours", "per24h", "in24h", "/1day", "/1d"] {
        let volume = plain.strip_suffix(day).map(|volume| format!("{volume}/day"));
        if let Some(rate) = volume.filter(|rate| known.split(", ").any(|known| known.trim_matches('`') == rate)) {
            return Some(format!("write `{number} {rate}`"));
        }
    }
    let end = unit.find(|c: char| !c.is_ascii_digit() && c != ' ')?;
    let (thousands, unit) = (&unit[..end], &unit[end..]);
    let groups: Vec<&str> = thousands.split_whitespace().collect();
    let apart = text.trim()[number.len()..].starts_with(' ') && groups.iter().all(|group| group.len() == 3);
    (apart && !groups.is_empty() && !number.contains('.'))
        .then(|| format!("write nothing between thousands: `{number}{} {unit}`", groups.concat()))
}

/// What to write instead of a unit that is not read, of another size than those that are.
fn of_unit(unit: &str, known: &str) -> Option<&'static str> {
    let has = |word: &str| known.split(", ").any(|known| known.trim_matches('`') == word);
    match unit.to_lowercase().as_str() {
        "psi" if has("kPa") => Some("write it in kPa: 1 psi is 6.895 kPa"),
        "mmhg" | "torr" if has("kPa") => Some("write it in Pa: 1 mmHg is 133.3 Pa"),
        "cmh2o" if has("kPa") => Some("write it in Pa: 1 cmH2O is 98.07 Pa"),
        "atm" if has("kPa") => Some("write it in kPa: 1 atm is 101.3 kPa"),
        "ul/min" | "µl/min" if has("uL/h") => Some("write it by the hour: 1 uL/min is 60 uL/h"),
        "ml/min" if has("mL/h") => Some("write it by the hour: 1 mL/min is 60 mL/h"),
        "ml" | "ul" | "µl" | "nl" if has("mL/day") => Some("a rate is a volume in a time, such as `mL/day` or `uL/h`"),
        "mg" | "mcg" | "ug" | "µg" if has("mg/day") => Some("a rate has its time, such as `mg/day`"),
        _ => None,
    }
}

/// What to write instead of several numbers, or of a number and a unit that hold each other's signs.
fn of_several(text: &str, known: &str) -> String {
    match one_time(text).filter(|_| known.contains("min")) {
        Some(time) => format!("write one number and one unit: `{time}`"),
        None => of_people(text).unwrap_or_else(|| one_and_one(known)),
    }
}

/// One number and one unit of what is known here, as an example.
fn one_and_one(known: &str) -> String {
    let first = known.split(", ").next().unwrap_or("").trim_matches('`');
    let example = if known.contains("min") {
        "2.5 h".to_owned()
    } else {
        format!("2.5 {first}")
    };
    format!("write one number and one unit, such as `{example}`")
}

/// What to write instead of a day that is counted, such as `day 2` or `2. day`, where times count from the begin.
fn of_day(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let words = ["day", "tag", "jour"];
    let mut parts = text.split(' ').filter(|part| !part.is_empty());
    let (first, second) = (parts.next()?, parts.next()?);
    let number = match words.contains(&first) {
        true => second,
        false => first.strip_suffix('.').filter(|_| words.contains(&second))?,
    };
    let before = number.parse::<u32>().ok()?.checked_sub(1)?;
    Some(format!(
        "times count from the begin, so day {number} begins at `{before} d`; where the scenario has `start`, a date and a time can stand here, such as `2026-12-31 08:00`"
    ))
}

/// What to write instead of a month or a year: neither has one length.
fn of_calendar(text: &str, unit: &str) -> Option<String> {
    let days = match unit.to_lowercase().as_str() {
        "month" | "months" | "mo" | "monat" | "monate" | "monaten" | "mois" => 30_u32,
        "year" | "years" | "y" | "yr" | "yrs" | "jahr" | "jahre" | "jahren" | "an" | "ans" => 365,
        _ => return None,
    };
    let (number, _) = split_number(text.trim())?;
    let days = number.parse::<u32>().map_or(days, |number| days.saturating_mul(number));
    Some(format!("it has no fixed length: count it in days, such as `{days} d`"))
}

/// What to write instead of a mass, where only a volume is compared.
fn of_mass(dimension: &str, known: &str) -> Option<&'static str> {
    match dimension {
        "mass a day" if known.contains("mL/day") => Some(
            "what is compared is the volume a day: the mass a day divided by the drug's concentration; with 10 mg/mL, `24 mg/day` is `2.4 mL/day`",
        ),
        "mass" if known.contains("mL") && !known.contains('/') => Some(
            "what is compared is the volume: the mass divided by the drug's concentration; with 10 mg/mL, `5 mg` is `0.5 mL`",
        ),
        _ => None,
    }
}

/// A number and the unit behind it, both there.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    (!number.is_empty() && !unit.is_empty()).then_some((number, unit))
}

/// What to write instead of a range whose unit stands only once.
const OF_A_RANGE: &str = "each number of a range needs its unit, such as `49 uL .. 51 uL` or `50 uL +- 1 uL`";

/// A text that is not the quantity that it should be.
#[must_use]
pub fn quantity_problem(text: &Text, error: &QuantityError) -> Problem {
    let shown = short(&text.text);
    match error {
        QuantityError::NotANumber { example, .. } => {
            let message = format!("`{shown}` is not a number with a unit");
            let day = of_day(&text.text).filter(|_| example.ends_with("min"));
            let help = day.or_else(|| of_people(&text.text));
            let help = help.unwrap_or_else(|| format!("write it as `{example}`"));
            Problem::new(Mistake::Number, text.place, message).help(help)
        }
        QuantityError::Range { base, .. } => Problem::new(
            Mistake::Precision,
            text.place,
            format!("`{shown}` is finer or larger than {base} can hold"),
        ),
        QuantityError::Unit { unit, known, .. } if unit.is_empty() => {
            let problem = Problem::new(Mistake::Unit, text.place, format!("`{shown}` has no unit"));
            problem.maybe_help(match text.text.contains("..") || text.text.contains("+-") {
                true => Some(OF_A_RANGE.to_owned()),
                false => suggest("", known.split(", ")),
            })
        }
        QuantityError::Unit { unit, .. } if unit.contains('-') && of_people(&text.text).is_some() => {
            let message = format!("`{shown}` is not a number with a unit");
            Problem::new(Mistake::Number, text.place, message).maybe_help(of_people(&text.text))
        }
        QuantityError::Unit { unit, known, .. }
            if known.contains("min") && ["am", "pm"].iter().any(|half| unit.to_lowercase().ends_with(half)) =>
        {
            let message = format!("`{shown}` is no time that is read here");
            let help =
                "write the time of day in 24 hours, such as `14:00`; or the time since the begin, such as `14 h`";
            Problem::new(Mistake::Unit, text.place, message).help(help)
        }
        QuantityError::Unit { known, .. } if known.contains("min") && text.text.contains(':') => {
            let message = format!("`{shown}` is written like a time by the clock; a duration is wanted here");
            let problem = Problem::new(Mistake::Unit, text.place, message);
            problem.maybe_help(spans_of_clock(&text.text).or_else(|| suggest("", known.split(", "))))
        }
        QuantityError::Unit { unit, known, .. } => {
            let problem = Problem::new(
                Mistake::Unit,
                text.place,
                format!("unknown unit `{}` in `{shown}`", short(unit)),
            );
            let people = of_unit(unit, known)
                .map(str::to_owned)
                .or_else(|| of_rate(&text.text, known));
            if people.is_some() {
                return problem.maybe_help(people);
            }
            if unit.contains(|c: char| c.is_ascii_digit()) {
                return problem.help(of_several(&text.text, known));
            }
            match dimension_of(unit) {
                Some(dimension) => problem
                    .label(format!("a unit of {dimension}"))
                    .help(of_mass(dimension, known).map_or_else(|| format!("known here: {known}"), str::to_owned)),
                None => match meant(unit, known.split(", ")) {
                    Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                    None if known.contains("min") && of_calendar(&text.text, unit).is_some() => {
                        problem.maybe_help(of_calendar(&text.text, unit))
                    }
                    None => problem.maybe_help(suggest("", known.split(", "))),
                },
            }
        }
    }
}

/// What a unit measures.
fn dimension_of(unit: &str) -> Option<&'static str> {
    use crate::quantity::{
        Concentration, Current, Mass, MassRate, Percent, Pressure, Rate, Resistance, Span, Unit, Voltage, Volume,
    };
    let all: [(&'static str, &[Unit]); 12] = [
        ("volume", Volume::UNITS),
        ("rate", Rate::UNITS),
        ("time", Span::UNITS),
        ("mass", Mass::UNITS),
        ("mass a day", MassRate::UNITS),
        ("concentration", Concentration::UNITS),
        ("voltage", Voltage::UNITS),
        ("pressure", Pressure::UNITS),
        ("resistance", Resistance::UNITS),
        ("current", Current::UNITS),
        ("share", Percent::UNITS),
        ("temperature", crate::quantity::Temperature::UNITS),
    ];
    let unit = one_spelling(unit);
    let holds = |units: &&[Unit]| units.iter().any(|(name, ..)| *name == unit);
    all.iter().find(|(_, units)| holds(units)).map(|(name, _)| *name)
}
