//! `inject` and `clear`: faults and their parameters, in the unit of the test block.

use super::Compiler;
use crate::scenario::raw::RawStep;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::Action;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::fault::{FaultName, Param};
use pump_hil_model::quantity::{
    Current, Percent, Pressure, QuantityError, Resistance, Span, Temperature, Voltage, Volume,
};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Scalar, Table, Text};

impl Compiler<'_> {
    /// Arms a fault.
    pub(super) fn inject(&mut self, step: &RawStep) -> Option<Action> {
        let name = FaultName::find(&step.inject.as_ref()?.0.text)?;
        self.needs.insert(Capability::Fault(name));
        self.needs.insert(Capability::TestBlock);
        self.injected.insert(name);
        let param = self.fault_param(name, step)?;
        Some(Action::Inject { fault: name, param })
    }

    fn fault_param(&mut self, name: FaultName, step: &RawStep) -> Option<i64> {
        let fault = name.fault();
        let key = param_key(fault.param);
        let given: &[(Text, Scalar)] = step.with.as_ref().map_or(&[], |table: &Table<Scalar>| &table.entries);
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
                self.tell(Problem::new(text.place, message).help(help));
            }
        }
        let Some(text) = value else {
            let place = step.inject.as_ref().map_or(step.place, |word| word.0.place);
            if fault.default.is_none() && given.is_empty() {
                let key = key.unwrap_or("");
                let problem = Problem::new(place, format!("`{name}` needs its parameter `{key}`"));
                self.tell(problem.help(format!("such as `with: {{{key}: {}}}`", param_example(fault.param))));
            }
            return fault.default;
        };
        match param_value(fault.param, text) {
            Ok(value) if i32::try_from(value).is_ok() => Some(value),
            Ok(_) => {
                self.tell(Problem::new(
                    text.place,
                    format!("`{}` is too large for `{name}`", short(&text.text)),
                ));
                None
            }
            Err(problem) => {
                self.tell(problem);
                None
            }
        }
    }

    /// Clears a fault.
    pub(super) fn clear(&mut self, step: &RawStep) -> Option<Action> {
        let word = &step.clear.as_ref()?.0;
        let fault = FaultName::find(&word.text)?;
        if !self.injected.contains(&fault) {
            let message = format!("`{fault}` is cleared, but no step before this one injects it");
            let names: Vec<&str> = self.injected.iter().map(|name| name.as_str()).collect();
            self.tell(Problem::new(word.place, message).maybe_help(suggest(&word.text, names)));
            return None;
        }
        Some(Action::Clear { fault })
    }
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

/// A fault's parameter in the unit of the test block.
fn param_value(param: Param, text: &Text) -> Result<i64, Problem> {
    let whole = &text.text;
    let wrong = |error: QuantityError| crate::catalog::load::quantity_problem(text, &error);
    let limited = |value: i64, low: i64, high: i64, show: &dyn Fn(i64) -> String| {
        if (low..=high).contains(&value) {
            Ok(value)
        } else {
            let message = format!("`{}` is not between {} and {}", short(whole), show(low), show(high));
            Err(Problem::new(text.place, message))
        }
    };
    let word = i64::from(i32::MAX);
    let divided = |value: i64, by: i64, unit: &str| {
        if value % by == 0 {
            Ok(value / by)
        } else {
            Err(Problem::new(
                text.place,
                format!("`{}` is not a whole number of {unit}", short(whole)),
            ))
        }
    };
    match param {
        Param::None => Ok(0),
        Param::Count(_, low, high) => {
            let value = pump_hil_model::yaml::raw::integer(whole);
            let value =
                value.ok_or_else(|| Problem::new(text.place, format!("`{}` is not a whole number", short(whole))))?;
            limited(value, low, high, &|n| n.to_string())
        }
        Param::Percent(_, low, high) => {
            let percent: Percent = whole.parse().map_err(wrong)?;
            limited(divided(percent.0, 1_000, "percent")?, low, high, &|n| format!("{n} %"))
        }
        Param::Hours(_) => {
            let span: Span = whole.parse().map_err(wrong)?;
            let hours = divided(span.0, 3_600_000, "hours")?;
            limited(hours, 1, 100_000, &|n| format!("{n} h"))
        }
        Param::Millis(_, true) => {
            let by: Span = whole.parse().map_err(wrong)?;
            if by.0 == 0 {
                return Err(Problem::new(text.place, format!("`{}` changes nothing", short(whole))));
            }
            limited(by.0, -word, word, &|n| Span(n).to_string())
        }
        Param::Millis(_, false) => {
            let span: Span = whole.parse().map_err(wrong)?;
            limited(span.0, 1, word, &|n| Span(n).to_string())
        }
        Param::Volume(_) => {
            let volume: Volume = whole.parse().map_err(wrong)?;
            limited(volume.0, 0, word, &|n| Volume(n).to_string())
        }
        Param::Voltage(_) => {
            let voltage: Voltage = whole.parse().map_err(wrong)?;
            limited(voltage.0, 0, 100_000, &|n| Voltage(n).to_string())
        }
        Param::Resistance(_) => {
            let resistance: Resistance = whole.parse().map_err(wrong)?;
            limited(resistance.0, 1, 1_000_000, &|n| Resistance(n).to_string())
        }
        Param::Pressure(_) => Ok(whole.parse::<Pressure>().map_err(wrong)?.0),
        Param::Current(_) => {
            let current: Current = whole.parse().map_err(wrong)?;
            limited(current.0, 1, 1_000_000, &|n| Current(n).to_string())
        }
        Param::Temperature(_) => {
            let temperature: Temperature = whole.parse().map_err(wrong)?;
            limited(temperature.0, -100_000, 200_000, &|n| Temperature(n).to_string())
        }
    }
}
