//! Which cases of a suite are meant: the expression of `--filter`, and `--shard`.

mod expression;
mod matcher;

pub use expression::SelectError;

use expression::{Expr, Of, Predicate};
use matcher::Matcher;
use pump_hil_model::case::Case;
use pump_hil_model::diagnostic::nearest;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Which cases are meant: `name(/flex/) or tag(slow)`. `scenarios/LANGUAGE.md` has all of it.
#[derive(Debug, Clone)]
pub struct Filter(Expr);

impl FromStr for Filter {
    type Err = SelectError;
    fn from_str(text: &str) -> Result<Self, SelectError> {
        expression::parse(text).map(Self)
    }
}

impl Filter {
    /// Whether the case is selected. `paths` are other ways to write its file than the one from the folder of the scenarios.
    #[must_use]
    pub fn selects(&self, case: &Case, paths: &[String]) -> bool {
        holds(&self.0, case, paths)
    }

    /// Why none of these cases, each with its `paths`, is selected: how many each part of the expression selects alone, and what a part may have been
    /// meant to say.
    #[must_use]
    pub fn why_none(&self, cases: &[(&Case, Vec<String>)]) -> String {
        let mut parts = Vec::new();
        predicates(&self.0, &mut parts);
        let told = parts.into_iter().map(|part| {
            let count = cases.iter().filter(|(case, paths)| part.holds(case, paths)).count();
            let values = cases.iter().flat_map(|(case, paths)| part.of.values(case, paths));
            let known: BTreeSet<String> = values.collect();
            let meant = part.matcher.word().filter(|_| count == 0);
            let meant = meant.and_then(|word| nearest(word, known.iter().map(String::as_str)));
            let meant = meant.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            format!("`{}` alone selects {count}{meant}", part.text)
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// Whether a name fits a word in which `*` stands for anything.
#[must_use]
pub fn fits(word: &str, name: &str) -> bool {
    Matcher::word_or_stars(word).fits(name)
}

fn holds(expr: &Expr, case: &Case, paths: &[String]) -> bool {
    match expr {
        Expr::Is(predicate) => predicate.holds(case, paths),
        Expr::Not(inner) => !holds(inner, case, paths),
        Expr::All(parts) => parts.iter().all(|part| holds(part, case, paths)),
        Expr::Any(parts) => parts.iter().any(|part| holds(part, case, paths)),
    }
}

fn predicates<'e>(expr: &'e Expr, found: &mut Vec<&'e Predicate>) {
    match expr {
        Expr::Is(predicate) => found.push(predicate),
        Expr::Not(inner) => predicates(inner, found),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| predicates(part, found)),
    }
}

impl Predicate {
    fn holds(&self, case: &Case, paths: &[String]) -> bool {
        self.of.values(case, paths).iter().any(|value| self.matcher.fits(value))
    }
}

impl Of {
    /// What a case has of this.
    fn values(self, case: &Case, paths: &[String]) -> Vec<String> {
        let needs = || case.needs.iter().map(ToString::to_string);
        match self {
            Self::PartOfName => vec![case.name()],
            // A table's scenario, and its row.
            Self::Name => vec![case.name(), case.scenario.clone()],
            Self::File => std::iter::once(&case.file).chain(paths).cloned().collect(),
            Self::Tag => case.tags.clone(),
            Self::Verifies => case.verifies.clone(),
            Self::Covers => case.covers.clone(),
            Self::Fault => needs()
                .filter_map(|need| need.strip_prefix("fault:").map(str::to_owned))
                .collect(),
            Self::Needs => needs().collect(),
        }
    }
}

/// The K-th of N parts; every case is in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    part: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = SelectError;
    fn from_str(text: &str) -> Result<Self, SelectError> {
        let wrong = || SelectError::Shard(text.to_owned());
        let (part, of) = text.split_once('/').ok_or_else(wrong)?;
        // A sign in front, which `parse` takes, is no digit.
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?;
        let (part, of) = (number(part).ok_or_else(wrong)?, number(of).ok_or_else(wrong)?);
        // With `of` 0 every part is too large, so the remainder in `selects` is never by zero.
        if part == 0 || part > of {
            return Err(wrong());
        }
        Ok(Self { part, of })
    }
}

impl Shard {
    /// Whether the case at this place in the sorted list is in this part.
    #[must_use]
    pub fn selects(self, at: usize) -> bool {
        at % self.of == self.part - 1
    }
}

#[cfg(test)]
mod tests;
