//! `do`: the verbs and their arguments.

use super::dosing::Dosing;
use super::told::Told;
use super::values::{at_least_0, date, time};
use crate::catalog::Catalog;
use crate::scenario::raw::{Dose, Flow, Vol};
use pump_hil_model::case::Request;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::words::{VERBS, Verb};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Quantity, Scalar, Table, Text, Time, Word};

/// Compiles a verb with its arguments.
pub(super) fn request<K>(
    word: &Word<K>,
    with: Option<&Table<Scalar>>,
    catalog: &Catalog,
    dosing: Dosing,
    told: &mut Told<'_>,
) -> Option<Request> {
    let verb = VERBS.iter().find(|verb| verb.name == word.0.text)?;
    let arguments = arguments(verb, word, with, told)?;
    let text = |key: &str| {
        arguments
            .iter()
            .find(|(k, _)| k.text == key)
            .map(|(_, value)| value.0.clone())
    };
    Some(match verb.name {
        "identify" => Request::Identify,
        "status" => Request::Status,
        "totals" => Request::Totals,
        "read-prescription" => Request::ReadPrescription,
        "forecast" => Request::Forecast,
        "read-log" => Request::ReadLog,
        "commit" => Request::Commit,
        "abort" => Request::Abort,
        "start" => Request::Start,
        "stop" => Request::Stop,
        "minimum-rate" => Request::MinimumRate,
        "patient-bolus" => Request::PatientBolus,
        "prime-bolus" => Request::PrimeBolus,
        "mute" => Request::Mute,
        "self-test" => Request::SelfTest,
        "single-bolus" => {
            let dose = dosing.dose(&Quantity::<Dose>::new(text("dose")?), told);
            let over = time(&Quantity::<Time>::new(text("over")?), told);
            Request::SingleBolus {
                dose: dose?,
                over: over?,
            }
        }
        "bridge-bolus" => {
            let volume = at_least_0(&Quantity::<Vol>::new(text("volume")?), told);
            let rate = dosing.flow(&Quantity::<Flow>::new(text("rate")?), told);
            Request::BridgeBolus {
                volume: volume?,
                rate: rate?,
            }
        }
        "refill" => {
            let removed = text("removed").map(|t| at_least_0(&Quantity::<Vol>::new(t), told));
            let added = at_least_0(&Quantity::<Vol>::new(text("added")?), told);
            Request::Refill {
                removed: match removed {
                    Some(None) => return None,
                    Some(some) => some,
                    None => None,
                },
                added: added?,
            }
        }
        "clear-alarm" => Request::ClearAlarm {
            alarm: word_of("alarm", &text("alarm")?, catalog, told)?,
        },
        "test-alarm" => Request::TestAlarm {
            priority: word_of("priority", &text("priority")?, catalog, told)?,
        },
        "set-clock" => Request::SetClock {
            to_s: date(&text("to")?, told)?,
        },
        "log-every" => Request::LogEvery {
            interval: time(&Quantity::<Time>::new(text("interval")?), told)?,
        },
        "report-tones" => Request::ReportTones {
            on: on_or_off(&text("on")?, told)?,
        },
        _ => return None,
    })
}

/// The arguments that were given; `None` if one is missing.
fn arguments<'r, K>(
    verb: &Verb,
    word: &Word<K>,
    with: Option<&'r Table<Scalar>>,
    told: &mut Told<'_>,
) -> Option<&'r [(Text, Scalar)]> {
    let given: &[(Text, Scalar)] = with.map_or(&[], |table| table.entries.as_slice());
    let known = || verb.must.iter().chain(verb.may).copied();
    for (key, _) in given {
        if !known().any(|name| name == key.text) {
            let message = format!("`{}` takes no `{}`", verb.name, short(&key.text));
            let help = suggest(&key.text, known());
            let help = help.unwrap_or_else(|| "it takes nothing: remove `with`".to_owned());
            told.tell(Problem::new(Mistake::UnknownKey, key.place, message).help(help));
        }
    }
    let mut complete = true;
    for name in verb.must {
        if !given.iter().any(|(key, _)| key.text == *name) {
            complete = false;
            let place = with.map_or(word.0.place, |table| {
                table.entries.first().map_or(table.place, |(key, _)| key.place)
            });
            let message = format!("`{}` needs `{name}`", verb.name);
            told.tell(
                Problem::new(Mistake::MissingKey, place, message)
                    .help(format!("such as `with: {{{}}}`", example(verb))),
            );
        }
    }
    complete.then_some(given)
}

/// A word of a list, inside `with`.
fn word_of(list: &str, text: &Text, catalog: &Catalog, told: &mut Told<'_>) -> Option<String> {
    let words = catalog.words(list).unwrap_or_default();
    if words.contains(&text.text) {
        return Some(text.text.clone());
    }
    let problem = Problem::new(
        Mistake::UnknownWord,
        text.place,
        format!("unknown {list} `{}`", short(&text.text)),
    );
    told.tell(problem.maybe_help(suggest(&text.text, words.iter().map(String::as_str))));
    None
}

fn on_or_off(text: &Text, told: &mut Told<'_>) -> Option<bool> {
    match text.text.as_str() {
        "true" | "on" | "yes" => Some(true),
        "false" | "off" | "no" => Some(false),
        other => {
            let message = format!("`{}` is neither `true` nor `false`", short(other));
            told.tell(Problem::new(Mistake::WrongKind, text.place, message));
            None
        }
    }
}

/// What the arguments of a verb look like.
fn example(verb: &Verb) -> String {
    let one = |name: &&str| match *name {
        "dose" => "dose: 50 uL",
        "over" => "over: 10 min",
        "volume" => "volume: 0.4 mL",
        "rate" => "rate: 0.2 mL/day",
        "added" => "added: 20 mL",
        "alarm" => "alarm: occlusion",
        "priority" => "priority: critical",
        "to" => "to: 2026-03-29 01:59",
        "interval" => "interval: 5 min",
        _ => "on: true",
    };
    verb.must.iter().map(one).collect::<Vec<_>>().join(", ")
}
