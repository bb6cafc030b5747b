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
    let (from, to) = text.split_once(['-', '–', '—'])?;
    let (from, (to, unit)) = (from.trim(), split_number(to.trim())?);
    let (low, own) = split_number(from).unwrap_or((from, ""));
    let plain = !low.is_empty() && low.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let own = if own.is_empty() { unit } else { own };
    plain.then(|| format!("write the range as `{low} {own} .. {to} {unit}`"))
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
            problem.maybe_help(suggest("", known.split(", ")))
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
            if unit.contains(|c: char| c.is_ascii_digit()) {
                return problem.help(match one_time(&text.text).filter(|_| known.contains("min")) {
                    Some(time) => format!("write one number and one unit: `{time}`"),
                    None => "write one number and one unit, such as `2.5 h`".to_owned(),
                });
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
