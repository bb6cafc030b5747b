//! `do`: the verbs and their arguments.

use super::date::date;
use super::dosing::Dosing;
use super::told::Told;
use super::values::{at_least_0, time};
use crate::catalog::Catalog;
use crate::scenario::people::meant;
use crate::scenario::raw::Vol;
use pump_hil_model::case::{Arg, OwnArg, ReadArgs, Request, Verb};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{Rate, Span, Volume};
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
    let Some(verb) = Verb::find(&word.0.text) else {
        return own_request(word, with, catalog, told);
    };
    let given = arguments(verb, word, with, told)?;
    verb.request(&mut Given {
        given,
        catalog,
        dosing,
        told,
    })
}

/// A verb that only the device of the scenario has.
fn own_request<K>(
    word: &Word<K>,
    with: Option<&Table<Scalar>>,
    catalog: &Catalog,
    told: &mut Told<'_>,
) -> Option<Request> {
    let own = &word.0.text;
    let known = catalog.device()?.arguments(own)?;
    let given: &[(Text, Scalar)] = with.map_or(&[], |table| table.entries.as_slice());
    for (key, _) in given.iter().filter(|(key, _)| !known.contains(&key.text)) {
        let message = format!("`{own}` takes no `{}`", short(&key.text));
        let help = suggest(&key.text, known.iter().map(String::as_str));
        let help = help.unwrap_or_else(|| match known {
            [] => "it takes nothing: remove `with`".to_owned(),
            known => format!("it takes {}", known.join(", ")),
        });
        told.tell(Problem::new(Mistake::UnknownKey, key.place, message).help(help));
    }
    let missing = known
        .iter()
        .find(|name| !given.iter().any(|(key, _)| key.text == **name));
    if let Some(name) = missing {
        let place = with.map_or(word.0.place, |table| table.place);
        told.tell(Problem::new(
            Mistake::MissingKey,
            place,
            format!("`{own}` needs `{name}`"),
        ));
        return None;
    }
    let with = given
        .iter()
        .map(|(key, value)| (key.text.clone(), OwnArg::written(&value.0.text)));
    Some(Request::Own {
        own: own.clone(),
        with: with.collect(),
    })
}

/// The arguments that were given; `None` if one is missing.
fn arguments<'r, K>(
    verb: Verb,
    word: &Word<K>,
    with: Option<&'r Table<Scalar>>,
    told: &mut Told<'_>,
) -> Option<&'r [(Text, Scalar)]> {
    let given: &[(Text, Scalar)] = with.map_or(&[], |table| table.entries.as_slice());
    let known = || verb.args().map(Arg::word);
    for (key, _) in given {
        if !known().any(|name| name == key.text) {
            let message = format!("`{verb}` takes no `{}`", short(&key.text));
            let help = suggest(&key.text, known());
            let help = help.unwrap_or_else(|| "it takes nothing: remove `with`".to_owned());
            told.tell(Problem::new(Mistake::UnknownKey, key.place, message).help(help));
        }
    }
    let mut complete = true;
    for name in verb.must().iter().map(|arg| arg.word()) {
        if !given.iter().any(|(key, _)| key.text == name) {
            complete = false;
            let place = with.map_or(word.0.place, |table| {
                table.entries.first().map_or(table.place, |(key, _)| key.place)
            });
            let message = format!("`{verb}` needs `{name}`");
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
    let help = meant(list, &text.text).or_else(|| suggest(&text.text, words.iter().map(String::as_str)));
    told.tell(problem.maybe_help(help));
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
fn example(verb: Verb) -> String {
    let one = |arg: &Arg| format!("{}: {}", arg.word(), arg.example());
    verb.must().iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The arguments of one `do`.
struct Given<'a, 't> {
    given: &'a [(Text, Scalar)],
    catalog: &'a Catalog,
    dosing: Dosing,
    told: &'a mut Told<'t>,
}

impl Given<'_, '_> {
    fn text(&self, arg: Arg) -> Option<Text> {
        let mut given = self.given.iter();
        given
            .find(|(key, _)| key.text == arg.word())
            .map(|(_, value)| value.0.clone())
    }
}

impl ReadArgs for Given<'_, '_> {
    fn is_given(&self, arg: Arg) -> bool {
        self.text(arg).is_some()
    }

    fn dose(&mut self, arg: Arg) -> Option<Volume> {
        self.dosing.dose(&Quantity::new(self.text(arg)?), self.told)
    }

    fn volume(&mut self, arg: Arg) -> Option<Volume> {
        at_least_0(&Quantity::<Vol>::new(self.text(arg)?), self.told)
    }

    fn rate(&mut self, arg: Arg) -> Option<Rate> {
        self.dosing.flow(&Quantity::new(self.text(arg)?), self.told)
    }

    fn time(&mut self, arg: Arg) -> Option<Span> {
        time(&Quantity::<Time>::new(self.text(arg)?), self.told)
    }

    fn date(&mut self, arg: Arg) -> Option<i64> {
        date(&self.text(arg)?, self.told)
    }

    fn word(&mut self, arg: Arg) -> Option<String> {
        word_of(arg.word(), &self.text(arg)?, self.catalog, self.told)
    }

    fn switch(&mut self, arg: Arg) -> Option<bool> {
        on_or_off(&self.text(arg)?, self.told)
    }
}
