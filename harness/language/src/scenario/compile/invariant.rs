//! The text forms of `always`: `delivered <= prescribed + 14.5 %`, `state != stopped`, `no alarm occlusion`.

use super::cannot_fail::{Limits, SHARE_MAX, cannot_fail, share_can_fail};
use super::range::{negative, problem, quantity};
use super::told::Told;
use crate::catalog::Catalog;
use crate::scenario::people::meant;
use crate::scenario::raw::measure_names;
use pump_hil_model::case::{Invariant, Measure, Op, Operand, Range, Rule};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Percent;
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::quantity::quantity_problem;
use pump_hil_model::yaml::raw::Text;

const HELP: &str = "write it as `delivered <= prescribed + 14.5 %`, `state != stopped` or `no alarm occlusion`";

/// Compiles one line of `always`.
pub(super) fn invariant(text: &Text, catalog: &Catalog, limits: Limits, told: &mut Told<'_>) -> Option<Invariant> {
    match rule(text, catalog, limits) {
        Ok(rule) => Some(Invariant {
            line: text.place.line,
            text: text.text.trim().to_owned(),
            rule,
        }),
        Err(problem) => {
            told.tell(problem);
            None
        }
    }
}

fn rule(text: &Text, catalog: &Catalog, limits: Limits) -> Result<Rule, Problem> {
    let whole = text.text.trim();
    let mut words = whole.split_whitespace();
    if ["no alarms", "no-alarm", "no-alarms"]
        .iter()
        .any(|near| whole.starts_with(near))
    {
        return Err(unreadable(text).help("write `no alarm`, or `no alarm occlusion` for one of them"));
    }
    if words.next() == Some("no") && words.next() == Some("alarm") {
        let id = words.next().map(str::to_owned);
        if let Some(id) = &id {
            known(text, "alarm", id, catalog)?;
        }
        return if words.next().is_some() {
            Err(unreadable(text))
        } else {
            Ok(Rule::NoAlarm { id })
        };
    }
    let (left, op, right) = split(whole).ok_or_else(|| unreadable(text))?;
    if left == "state" {
        let equal = match op {
            "==" => true,
            "!=" => false,
            _ => {
                let message = format!("a state is not compared with `{op}`");
                let help = "compare it with `==` or `!=`, such as `state != stopped`";
                return Err(Problem::new(Mistake::Comparison, text.place, message).help(help));
            }
        };
        known(text, "state", right, catalog)?;
        return Ok(Rule::State {
            equal,
            state: right.to_owned(),
        });
    }
    let op = match op {
        "<=" => Op::AtMost,
        ">=" => Op::AtLeast,
        "==" => Op::Equal,
        other => {
            let message = format!("measures are not compared with `{other}`");
            return Err(Problem::new(Mistake::Comparison, text.place, message).help("use `<=`, `>=` or `==`"));
        }
    };
    let left = measure(text, left)?;
    compare(text, left, op, right, limits)
}

fn compare(text: &Text, left: Measure, op: Op, right: &str, limits: Limits) -> Result<Rule, Problem> {
    let dim = left.dimension();
    let (base, slacks) = slacks(right);
    let (mut percent, mut absolute) = (Percent(0), 0_i64);
    for (sign, slack) in slacks {
        let wanted = match op {
            Op::AtMost => "+",
            Op::AtLeast => "-",
            Op::Equal => "+-",
        };
        // Slack may only widen a rule: a tighter one would read like a tolerance and be none.
        if sign != wanted {
            let message = format!("the slack `{sign} {}` has the wrong direction", short(slack));
            let problem = Problem::new(Mistake::Comparison, text.place, message);
            return Err(problem.help(format!("write `{wanted} {}`", short(slack))));
        }
        if slack.ends_with('%') {
            let share: Percent = slack.parse().map_err(|error| quantity_problem(text, &error))?;
            if share.0 < 0 {
                return Err(negative(text, slack));
            }
            percent = Percent(percent.0.saturating_add(share.0));
        } else {
            let value = quantity(slack, dim).map_err(|error| problem(text, dim, &error))?;
            if value < 0 {
                return Err(negative(text, slack));
            }
            absolute = absolute.saturating_add(value);
        }
    }
    let right = if base.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        Operand::Value(quantity(base, dim).map_err(|error| problem(text, dim, &error))?)
    } else {
        let other = measure(text, base)?;
        if other.dimension() != dim {
            let message = format!(
                "`{}` and `{}` are not of the same dimension",
                name_of(left),
                name_of(other)
            );
            return Err(Problem::new(Mistake::Comparison, text.place, message));
        }
        Operand::Measure(other)
    };
    can_break(text, (left, op, right), (percent, absolute), limits)?;
    Ok(Rule::Compare {
        left,
        op,
        right,
        percent,
        absolute,
    })
}

/// A rule that no pump can break holds nothing.
fn can_break(
    text: &Text,
    (left, op, right): (Measure, Op, Operand),
    (percent, absolute): (Percent, i64),
    limits: Limits,
) -> Result<(), Problem> {
    share_can_fail(percent, text)?;
    let right = match right {
        Operand::Measure(right) if right == left => {
            return Err(cannot_fail(text, "a measure is compared with itself"));
        }
        Operand::Measure(_) if op == Op::AtLeast && percent == SHARE_MAX => {
            return Err(cannot_fail(
                text,
                "no pump can break it: `- 100 %` leaves nothing that must be there",
            ));
        }
        Operand::Measure(_) => return limits.slack(left, absolute, text),
        Operand::Value(right) => right,
    };
    let slack = percent.of(right).saturating_abs().saturating_add(absolute);
    let (low, high) = (right.checked_sub(slack), right.checked_add(slack));
    let range = Range {
        low: low.filter(|_| op != Op::AtMost),
        high: high.filter(|_| op != Op::AtLeast),
        text: text.text.trim().to_owned(),
    };
    limits.can_miss(left, &range, text)
}

/// A word inside a text, which the structural check cannot see.
fn known(text: &Text, list: &str, word: &str, catalog: &Catalog) -> Result<(), Problem> {
    let words = catalog.words(list).unwrap_or_default();
    if words.iter().any(|known| known == word) {
        return Ok(());
    }
    let message = format!("unknown {list} `{}`", short(word));
    let problem = Problem::new(Mistake::UnknownWord, text.place, message);
    let help = meant(list, word).or_else(|| suggest(word, words.iter().map(String::as_str)));
    Err(problem.maybe_help(help))
}

fn unreadable(text: &Text) -> Problem {
    let message = format!("cannot read `{}`", short(&text.text));
    Problem::new(Mistake::Format, text.place, message).help(HELP)
}

/// A measure by its name.
fn measure(text: &Text, name: &str) -> Result<Measure, Problem> {
    let names = measure_names();
    if let Some((_, measure)) = names.iter().find(|(known, _)| known == name) {
        return Ok(*measure);
    }
    let problem = Problem::new(
        Mistake::UnknownWord,
        text.place,
        format!("unknown measure `{}`", short(name)),
    );
    Err(problem.maybe_help(suggest(name, names.iter().map(|(known, _)| known.as_str()))))
}

fn name_of(measure: Measure) -> String {
    let names = measure_names();
    names
        .into_iter()
        .find(|(_, m)| *m == measure)
        .map_or_else(String::new, |(name, _)| name)
}

/// Splits at the first comparison.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find(['<', '>', '=', '!'])?;
    let len = if text[at + 1..].starts_with('=') { 2 } else { 1 };
    let (left, rest) = text.split_at(at);
    let (op, right) = rest.split_at(len);
    let (left, right) = (left.trim(), right.trim());
    (!left.is_empty() && !right.is_empty()).then_some((left, op, right))
}

/// Splits `prescribed + 14.5 % + 10 uL` into its base and its slacks.
fn slacks(text: &str) -> (&str, Vec<(&str, &str)>) {
    let mut list = Vec::new();
    let mut rest = text;
    // From the right, so that what is left over is the base. A sign stands free; a `-` inside a name or before a number does not.
    while let Some(at) = [" +- ", " + ", " - "].iter().filter_map(|sign| rest.rfind(sign)).max() {
        let (before, after) = rest.split_at(at);
        let after = after.trim_start();
        let (sign, slack) = after.split_once(' ').unwrap_or((after, ""));
        list.push((sign, slack.trim()));
        rest = before.trim_end();
    }
    list.reverse();
    (rest.trim(), list)
}
