//! Values of options, read from their text.

use crate::report::Source;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use pump_hil_model::quantity::Span;
use std::fmt::Display;
use std::str::FromStr;

/// An instant of a scenario, since its begin.
#[derive(Debug, Clone, Copy)]
pub struct Instant(pub Span);

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = Span::from_clock(text).or_else(|| text.parse().ok());
        let example = "give a time since the begin, such as `13h`, `13:30:00` or `1+02:00:00`";
        span.map(Self).ok_or_else(|| example.to_owned())
    }
}

/// A source of what a journal holds.
#[derive(Debug, Clone, Copy)]
pub struct ShownSource(pub Source);

impl ValueEnum for ShownSource {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(Source::Pump),
            Self(Source::Host),
            Self(Source::Probe),
            Self(Source::Faults),
            Self(Source::Lines),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.word()))
    }
}

/// A whole number between two others. What is none is told without the names of Rust's types and ranges.
pub(super) fn whole_number<N>(text: &str, low: N, high: N) -> Result<N, String>
where
    N: FromStr + PartialOrd + Display + Copy,
{
    let number = text.parse().ok().filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("it must be a whole number from {low} to {high}"))
}

/// A reason, which says something.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    let given = (!text.is_empty()).then(|| text.to_owned());
    given.ok_or_else(|| "it is empty; say in a few words why the dose logs are right".to_owned())
}

/// The name of a device, as the names of files and scenarios are.
pub(super) fn device_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let right = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(fits);
    let what = || "it must be lower-case words joined by `-`, such as `our-pump`".to_owned();
    right.then(|| text.to_owned()).ok_or_else(what)
}
