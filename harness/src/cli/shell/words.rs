//! The words that Tab completes: commands, verbs of the pump, and the arguments of the verb that is typed.

use rustyline::completion::{Completer as Completes, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use std::sync::{Arc, Mutex, PoisonError};

/// Commands of the shell itself.
pub(super) const COMMANDS: [&str; 4] = ["help", "quit", "save", "wait"];

/// A verb with the names of its arguments.
type Verb = (String, Vec<String>);

/// The verbs of the pump; they change when a profile is saved.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(Arc<Mutex<Vec<Verb>>>);

impl Words {
    /// From now on these are the verbs.
    pub fn set(&self, verbs: Vec<Verb>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = verbs;
    }

    /// What may stand where this line ends, and where that begins.
    pub fn fitting(&self, line: &str) -> (usize, Vec<String>) {
        let verbs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let typed = line.get(begin..).unwrap_or_default();
        let words: Vec<String> = match line.split_whitespace().next().filter(|_| begin > 0) {
            None => {
                let verbs = verbs.iter().map(|(verb, _)| verb.clone());
                verbs.chain(COMMANDS.map(str::to_owned)).collect()
            }
            Some(verb) => {
                let verb = verb.trim_end_matches('!');
                let found = verbs.iter().find(|(known, _)| known == verb);
                let names = found.into_iter().flat_map(|(_, names)| names);
                let open = names.filter(|name| !line.contains(&format!(" {name}=")));
                open.map(|name| format!("{name}=")).collect()
            }
        };
        let mut words: Vec<String> = words.into_iter().filter(|word| word.starts_with(typed)).collect();
        words.sort();
        (begin, words)
    }
}

/// Completes lines.
pub(super) struct Completer(Words);

impl Completer {
    /// With these words.
    pub fn of(words: Words) -> Self {
        Self(words)
    }
}

impl Completes for Completer {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (begin, words) = self.0.fitting(line.get(..at).unwrap_or(line));
        let pair = |word: String| Pair {
            display: word.clone(),
            replacement: word,
        };
        Ok((begin, words.into_iter().map(pair).collect()))
    }
}

impl Hinter for Completer {
    type Hint = String;
}

impl Highlighter for Completer {}

impl Validator for Completer {}

impl Helper for Completer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_and_the_arguments_that_are_still_open() {
        let words = Words::default();
        words.set(vec![
            ("single-bolus".to_owned(), vec!["dose".to_owned(), "over".to_owned()]),
            ("status".to_owned(), Vec::new()),
        ]);
        assert_eq!(
            words.fitting("s"),
            (
                0,
                vec!["save".to_owned(), "single-bolus".to_owned(), "status".to_owned()]
            )
        );
        assert_eq!(
            words.fitting("single-bolus! "),
            (14, vec!["dose=".to_owned(), "over=".to_owned()])
        );
        assert_eq!(words.fitting("single-bolus dose=5uL o"), (22, vec!["over=".to_owned()]));
        assert_eq!(words.fitting("status "), (7, Vec::new()));
    }
}
