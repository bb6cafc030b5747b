//! `inject` and `clear`: faults and their parameters, in the unit of the test block.

use super::told::Told;
use crate::scenario::raw::RawStep;
use pump_hil_model::case::Action;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::fault::{FaultName, Param};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{
    Current, Percent, Pressure, QuantityError, Resistance, Span, Temperature, Voltage, Volume,
};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::quantity::quantity_problem;
use pump_hil_model::yaml::raw::{Scalar, Text, integer};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

/// The faults that were injected so far.
#[derive(Debug, Default)]
pub(super) struct Injected(BTreeSet<FaultName>);

impl Injected {
    /// Arms a fault.
    pub fn inject(&mut self, step: &RawStep, told: &mut Told<'_>) -> Option<Action> {
        let name = FaultName::find(&step.inject.as_ref()?.0.text)?;
        // Before its parameter is read: with a wrong one it is injected all the same, and a `clear` after it is no second mistake.
        self.0.insert(name);
        let param = fault_param(name, step, told)?;
        Some(Action::Inject { fault: name, param })
    }

    /// Clears a fault.
    pub fn clear(&self, step: &RawStep, told: &mut Told<'_>) -> Option<Action> {
        let word = &step.clear.as_ref()?.0;
        let fault = FaultName::find(&word.text)?;
        if !self.0.contains(&fault) {
            let message = format!("`{fault}` is cleared, but no step before this one injects it");
            let names: Vec<&str> = self.0.iter().map(|name| name.as_str()).collect();
            let problem = Problem::new(Mistake::Reference, word.place, message);
            told.tell(problem.maybe_help(suggest(&word.text, names)));
            return None;
        }
        Some(Action::Clear { fault })
    }
}

fn fault_param(name: FaultName, step: &RawStep, told: &mut Told<'_>) -> Option<i64> {
    let fault = name.fault();
    let key = param_key(fault.param);
    let given: &[(Text, Scalar)] = step.with.as_ref().map_or(&[], |table| &table.entries);
    let mut value = None;
    for (text, scalar) in given {
        if Some(text.text.as_str()) == key {
            value = Some(&scalar.0);
        } else {
            let message = format!("`{name}` takes no `{}`", short(&text.text));
            let help = key.map_or_else(
                || "it takes nothing: remove `with`".to_owned(),
                |key| format!("it takes `{key}`"),
            );
            told.tell(Problem::new(Mistake::UnknownKey, text.place, message).help(help));
        }
    }
    let Some(text) = value else {
        // A key that it does not take was told, and may be meant to be this one.
        if fault.default.is_none() && given.is_empty() {
            let place = step.inject.as_ref().map_or(step.place, |word| word.0.place);
            let key = key.unwrap_or("");
            let message = format!("`{name}` needs its parameter `{key}`");
            let problem = Problem::new(Mistake::MissingKey, place, message);
            told.tell(problem.help(format!("such as `with: {{{key}: {}}}`", param_example(fault.param))));
        }
        return fault.default;
    };
    let value = param_value(fault.param, text)
        .map_err(|problem| told.tell(problem))
        .ok()?;
    // `param` is an `i32` (TEST-BLOCK.md, `faults`). Most limits lie below it; pressure has none of its own.
    if i32::try_from(value).is_err() {
        let message = format!("`{}` is too large for `{name}`", short(&text.text));
        told.tell(Problem::new(Mistake::Range, text.place, message));
        return None;
    }
    Some(value)
}

/// The key of a fault's parameter.
fn param_key(param: Param) -> Option<&'static str> {
    match param {
        Param::None => None,
        Param::Count(key, ..)
        | Param::Percent(key, ..)
        | Param::Hours(key)
        | Param::Millis(key, _)
        | Param::Volume(key)
        | Param::Voltage(key)
        | Param::Resistance(key)
        | Param::Pressure(key)
        | Param::Current(key)
        | Param::Temperature(key) => Some(key),
    }
}

/// What a fault's parameter looks like.
fn param_example(param: Param) -> &'static str {
    match param {
        Param::None => "",
        Param::Count(..) => "10",
        Param::Percent(..) => "50 %",
        Param::Hours(_) => "72 h",
        Param::Millis(..) => "100 ms",
        Param::Volume(_) => "1 mL",
        Param::Voltage(_) => "2.4 V",
        Param::Resistance(_) => "400 Ohm",
        Param::Pressure(_) => "-2 kPa",
        Param::Current(_) => "20 mA",
        Param::Temperature(_) => "42 C",
    }
}

/// Most that a word of the test block holds.
const WORD: i64 = 0x7fff_ffff;

/// A fault's parameter in the unit of the test block.
fn param_value(param: Param, text: &Text) -> Result<i64, Problem> {
    match param {
        Param::None => Ok(0),
        Param::Count(_, low, high) => {
            let message = || format!("`{}` is not a whole number", short(&text.text));
            let value = integer(&text.text).ok_or_else(|| Problem::new(Mistake::Number, text.place, message()))?;
            limited(text, value, low, high, |n| n)
        }
        Param::Percent(_, low, high) => {
            let percent = whole(text, quantity::<Percent>(text)?.0, 1_000, "percent")?;
            limited(text, percent, low, high, |n| format!("{n} %"))
        }
        Param::Hours(_) => {
            let hours = whole(text, quantity::<Span>(text)?.0, 3_600_000, "hours")?;
            limited(text, hours, 1, 100_000, |n| format!("{n} h"))
        }
        // By how much something moves: forwards or back, but not by nothing.
        Param::Millis(_, true) => {
            let by: Span = quantity(text)?;
            if by.0 == 0 {
                let message = format!("`{}` changes nothing", short(&text.text));
                return Err(Problem::new(Mistake::Range, text.place, message));
            }
            limited(text, by.0, -WORD, WORD, Span)
        }
        Param::Millis(_, false) => limited(text, quantity::<Span>(text)?.0, 1, WORD, Span),
        Param::Volume(_) => limited(text, quantity::<Volume>(text)?.0, 0, WORD, Volume),
        Param::Voltage(_) => limited(text, quantity::<Voltage>(text)?.0, 0, 100_000, Voltage),
        Param::Resistance(_) => limited(text, quantity::<Resistance>(text)?.0, 1, 1_000_000, Resistance),
        Param::Pressure(_) => Ok(quantity::<Pressure>(text)?.0),
        Param::Current(_) => limited(text, quantity::<Current>(text)?.0, 1, 1_000_000, Current),
        Param::Temperature(_) => limited(text, quantity::<Temperature>(text)?.0, -100_000, 200_000, Temperature),
    }
}

fn quantity<Q: FromStr<Err = QuantityError>>(text: &Text) -> Result<Q, Problem> {
    text.text.parse().map_err(|error| quantity_problem(text, &error))
}

/// A value that must lie between two others, which `show` shows.
fn limited<S: Display>(text: &Text, value: i64, low: i64, high: i64, show: impl Fn(i64) -> S) -> Result<i64, Problem> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    let message = format!(
        "`{}` is not between {} and {}",
        short(&text.text),
        show(low),
        show(high)
    );
    Err(Problem::new(Mistake::Range, text.place, message))
}

/// A value in a larger unit, of which it must be a whole number.
fn whole(text: &Text, value: i64, size: i64, unit: &str) -> Result<i64, Problem> {
    if value % size == 0 {
        return Ok(value / size);
    }
    let message = format!("`{}` is not a whole number of {unit}", short(&text.text));
    Err(Problem::new(Mistake::Precision, text.place, message))
}
