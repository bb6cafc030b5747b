//! Ranges of measures: `<= 10 uL`, `20 uL +- 1 %`, `19 uL .. 21 uL`, `0`; resolved to inclusive integers.

use super::cannot_fail::{Limits, deviation_can_fail, share_can_fail};
use pump_hil_model::case::{Measure, MeasuredIn, Range};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{Percent, Pressure, QuantityError, Rate, Span, Voltage, Volume};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::quantity::quantity_problem;
use pump_hil_model::yaml::raw::Text;

/// A quantity of a dimension, in base units.
pub(super) fn quantity(text: &str, dim: MeasuredIn) -> Result<i64, QuantityError> {
    match dim {
        MeasuredIn::Volume => text.parse::<Volume>().map(|q| q.0),
        MeasuredIn::Rate => text.parse::<Rate>().map(|q| q.0),
        MeasuredIn::Voltage => text.parse::<Voltage>().map(|q| q.0),
        MeasuredIn::Pressure => text.parse::<Pressure>().map(|q| q.0),
        MeasuredIn::Time => text.parse::<Span>().map(|q| q.0),
        MeasuredIn::Number => text.trim().parse().map_err(|_| QuantityError::NotANumber {
            text: text.trim().to_owned(),
            example: "3",
        }),
    }
}

/// What is wrong with a number; a count has no unit.
pub(super) fn problem(text: &Text, dim: MeasuredIn, error: &QuantityError) -> Problem {
    if dim == MeasuredIn::Number {
        let message = format!("`{}` is not a whole number without a unit", short(text.text.trim()));
        return Problem::new(Mistake::Number, text.place, message).help("write it as `3` or `<= 3`");
    }
    quantity_problem(text, error)
}

/// Resolves the range of a measure, which a pump must be able to miss.
pub(super) fn range(text: &Text, what: Measure, limits: Limits) -> Result<Range, Problem> {
    let (whole, dim) = (text.text.trim(), what.dimension());
    let number = |part: &str| quantity(part.trim(), dim).map_err(|error| problem(text, dim, &error));
    // The longer sign first, or `<` would take it and leave a `=` before the number.
    let (low, high) = if let Some(rest) = whole.strip_prefix("<=") {
        (None, Some(number(rest)?))
    } else if let Some(rest) = whole.strip_prefix(">=") {
        (Some(number(rest)?), None)
    } else if let Some(rest) = whole.strip_prefix('<') {
        // Base units are whole, so less than 3 is at most 2.
        (None, Some(number(rest)?.saturating_sub(1)))
    } else if let Some(rest) = whole.strip_prefix('>') {
        (Some(number(rest)?.saturating_add(1)), None)
    } else if let Some((low, high)) = whole.split_once("..") {
        (Some(number(low)?), Some(number(high)?))
    } else if let Some((middle, slack)) = whole.split_once("+-") {
        let middle = number(middle)?;
        let slack = if slack.trim_end().ends_with('%') {
            let percent = slack
                .parse::<Percent>()
                .map_err(|error| quantity_problem(text, &error))?;
            share_can_fail(percent, text)?;
            if percent.0 < 0 {
                return Err(negative(text, slack));
            }
            percent.of(middle).saturating_abs()
        } else {
            number(slack)?
        };
        if slack < 0 {
            return Err(negative(text, &what.text(slack)));
        }
        deviation_can_fail(what, middle, slack, text)?;
        // An end beyond 64 bits is left open: no value lies there.
        (middle.checked_sub(slack), middle.checked_add(slack))
    } else {
        let exact = number(whole.strip_prefix("==").unwrap_or(whole))?;
        (Some(exact), Some(exact))
    };
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        let message = format!("no value is in the range `{}`", short(whole));
        return Err(Problem::new(Mistake::Comparison, text.place, message).help("the lower end comes first"));
    }
    let range = Range {
        low,
        high,
        text: whole.to_owned(),
    };
    limits.can_miss(what, &range, text)?;
    Ok(range)
}

/// A tolerance or slack below 0.
pub(super) fn negative(text: &Text, slack: &str) -> Problem {
    let message = format!("the slack `{}` is negative", short(slack.trim()));
    Problem::new(Mistake::Comparison, text.place, message)
        .help("it says how far a value may be off, so it has no sign of its own")
}
