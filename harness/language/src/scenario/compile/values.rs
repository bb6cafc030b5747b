//! Texts and numbers that stand for one value: times, quantities. Each is read, or told and `None`.

use super::told::Told;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{QuantityError, Span};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::quantity::quantity_problem;
use pump_hil_model::yaml::raw::{Count, Quantity, Text};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Longest time that a scenario may name: 100 years. Sums of a million of them still fit.
pub(super) const TIME_MAX: Span = Span(100 * 365 * 86_400_000);

/// A quantity.
fn parse<Q: FromStr<Err = QuantityError>>(text: &Text, told: &mut Told<'_>) -> Option<Q> {
    text.text
        .parse()
        .map_err(|error| told.tell(quantity_problem(text, &error)))
        .ok()
}

/// A quantity that must not be negative.
pub(super) fn at_least_0<D, Q>(raw: &Quantity<D>, told: &mut Told<'_>) -> Option<Q>
where
    Q: FromStr<Err = QuantityError> + Default + PartialOrd,
{
    let value = parse(&raw.0, told)?;
    not_negative(&raw.0, value, told)
}

/// What this text stands for, if it is not negative.
pub(super) fn not_negative<Q: Default + PartialOrd>(text: &Text, value: Q, told: &mut Told<'_>) -> Option<Q> {
    if value < Q::default() {
        let message = format!("`{}` is negative", short(&text.text));
        told.tell(Problem::new(Mistake::Range, text.place, message));
        return None;
    }
    Some(value)
}

/// A time between 0 and [`TIME_MAX`].
pub(super) fn time<D>(raw: &Quantity<D>, told: &mut Told<'_>) -> Option<Span> {
    time_between(raw, Span(0), TIME_MAX, told)
}

/// A time between two others.
pub(super) fn time_between<D>(raw: &Quantity<D>, low: Span, high: Span, told: &mut Told<'_>) -> Option<Span> {
    let value: Span = at_least_0(raw, told)?;
    if value < low || value > high {
        let message = format!("`{}` is not between {low} and {high}", short(&raw.0.text));
        told.tell(Problem::new(Mistake::Range, raw.0.place, message));
        return None;
    }
    Some(value)
}

/// The time of a key that is given, which must be more than 0.
pub(super) fn positive_time<D>(raw: Option<&Quantity<D>>, key: &str, told: &mut Told<'_>) -> Option<Span> {
    let raw = raw?;
    let span = time(raw, told)?;
    if span.0 == 0 {
        let shown = short(&raw.0.text);
        let problem = |message| Problem::new(Mistake::Range, raw.0.place, message);
        told.tell(match key {
            "within" | "for" => problem(format!("`{key}: {shown}` can never hold: it is over at once"))
                .help(format!("leave `{key}` out to look at this instant")),
            _ => problem(format!("`{key}: {shown}` is over at once")),
        });
        return None;
    }
    Some(span)
}

/// A 32-bit number.
pub(super) fn bits_32(count: Count, told: &mut Told<'_>) -> Option<u32> {
    let number = u32::try_from(count.value).ok();
    // That it is less than 0 was told with the file's shape.
    if number.is_none() && count.value >= 0 {
        let message = format!("{} does not fit 32 bits", count.value);
        told.tell(Problem::new(Mistake::Range, count.place, message));
    }
    number
}

/// Tells texts that stand twice in a list.
pub(super) fn each_once(texts: &[Text], told: &mut Told<'_>) {
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(&text.text) {
            let message = format!("`{}` is named twice", short(&text.text));
            told.tell(Problem::new(Mistake::Twice, text.place, message));
        }
    }
}
