//! `do`: the verbs and their arguments.

use super::Compiler;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::quantity::{Rate, Span, Volume};
use pump_hil_model::case::{Arg, ReadArgs, Request, Verb};
use crate::scenario::raw::Vol;
use pump_hil_model::yaml::raw::Time;
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Quantity, Scalar, Table, Text, Word};

impl Compiler<'_> {
    /// Compiles a verb with its arguments.
    pub(super) fn request<K>(&mut self, word: &Word<K>, with: Option<&Table<Scalar>>) -> Option<Request> {
        let verb = Verb::find(&word.0.text)?;
        let given = self.arguments(verb, word, with)?;
        verb.request(&mut Given { compiler: self, given })
    }

    /// The arguments that were given; `None` if one is missing.
    fn arguments<'r, K>(
        &mut self,
        verb: Verb,
        word: &Word<K>,
        with: Option<&'r Table<Scalar>>,
    ) -> Option<&'r [(Text, Scalar)]> {
        let given: &[(Text, Scalar)] = with.map_or(&[], |table| table.entries.as_slice());
        let known = || verb.args().map(Arg::word);
        for (key, _) in given {
            if !known().any(|name| name == key.text) {
                let message = format!("`{}` takes no `{}`", verb, short(&key.text));
                let help = suggest(&key.text, known());
                let help = help.unwrap_or_else(|| "it takes nothing: remove `with`".to_owned());
                self.tell(Problem::new(key.place, message).help(help));
            }
        }
        let mut complete = true;
        for name in verb.must().iter().map(|arg| arg.word()) {
            if !given.iter().any(|(key, _)| key.text == name) {
                complete = false;
                let place = with.map_or(word.0.place, |table| {
                    table.entries.first().map_or(table.place, |(key, _)| key.place)
                });
                let message = format!("`{}` needs `{name}`", verb);
                self.tell(Problem::new(place, message).help(format!("such as `with: {{{}}}`", example(verb))));
            }
        }
        complete.then_some(given)
    }

    /// A word of a list, inside `with`.
    fn word_of(&mut self, list: &str, text: &Text) -> Option<String> {
        let words = self.catalog.words(list).unwrap_or_default();
        if words.contains(&text.text) {
            return Some(text.text.clone());
        }
        let problem = Problem::new(text.place, format!("unknown {list} `{}`", short(&text.text)));
        self.tell(problem.maybe_help(suggest(&text.text, words.iter().map(String::as_str))));
        None
    }

    fn on_or_off(&mut self, text: &Text) -> Option<bool> {
        match text.text.as_str() {
            "true" | "on" | "yes" => Some(true),
            "false" | "off" | "no" => Some(false),
            other => {
                let message = format!("`{}` is neither `true` nor `false`", short(other));
                self.tell(Problem::new(text.place, message));
                None
            }
        }
    }
}

/// What the arguments of a verb look like.
fn example(verb: Verb) -> String {
    let one = |arg: &Arg| format!("{}: {}", arg.word(), arg.example());
    verb.must().iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The arguments of one `do`.
struct Given<'g, 'c> {
    compiler: &'g mut Compiler<'c>,
    given: &'g [(Text, Scalar)],
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
        self.compiler.dose(&Quantity::new(self.text(arg)?))
    }

    fn volume(&mut self, arg: Arg) -> Option<Volume> {
        self.compiler.at_least_0(&Quantity::<Vol>::new(self.text(arg)?))
    }

    fn rate(&mut self, arg: Arg) -> Option<Rate> {
        self.compiler.flow(&Quantity::new(self.text(arg)?))
    }

    fn time(&mut self, arg: Arg) -> Option<Span> {
        self.compiler.time(&Quantity::<Time>::new(self.text(arg)?))
    }

    fn date(&mut self, arg: Arg) -> Option<i64> {
        self.compiler.civil(&self.text(arg)?)
    }

    fn word(&mut self, arg: Arg) -> Option<String> {
        self.compiler.word_of(arg.word(), &self.text(arg)?)
    }

    fn switch(&mut self, arg: Arg) -> Option<bool> {
        self.compiler.on_or_off(&self.text(arg)?)
    }
}
