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
        let told = predicates(&self.0).into_iter().map(|(part, _)| {
            let count = part.count(cases);
            let meant = part.meant(cases).filter(|_| count == 0);
            let meant = meant.map_or_else(String::new, |what| format!(" ({what})"));
            format!("`{}` alone selects {count}{meant}", part.text)
        });
        let told = told.collect::<Vec<_>>().join(", ");
        let all_are_words = |expr: &Expr| matches!(expr, Expr::Is(part) if part.of == Of::PartOfName);
        match &self.0 {
            Expr::All(parts) if parts.iter().all(all_are_words) => {
                format!("{told}; all words must be in the name: write `or` between them to take either")
            }
            _ => told,
        }
    }

    /// The parts of the expression that select none of these cases, each with what it may have been meant to say. One behind `not`, which may well exclude
    /// nothing, is told only where it looks like a typing mistake.
    #[must_use]
    pub fn idle(&self, cases: &[(&Case, Vec<String>)]) -> Vec<String> {
        let mut idle = Vec::new();
        for (part, negated) in predicates(&self.0) {
            let meant = part.meant(cases);
            if part.count(cases) == 0 && (!negated || meant.is_some()) {
                let meant = meant.map_or_else(String::new, |what| format!("; {what}"));
                idle.push(format!("`{}` selects no case{meant}", part.text));
            }
        }
        idle
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

/// The questions of an expression, and whether each is behind `not`.
fn predicates(expr: &Expr) -> Vec<(&Predicate, bool)> {
    match expr {
        Expr::Is(predicate) => vec![(predicate, false)],
        Expr::Not(inner) => predicates(inner).into_iter().map(|(part, not)| (part, !not)).collect(),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().flat_map(predicates).collect(),
    }
}

impl Predicate {
    fn holds(&self, case: &Case, paths: &[String]) -> bool {
        self.of.values(case, paths).iter().any(|value| self.matcher.fits(value))
    }

    fn count(&self, cases: &[(&Case, Vec<String>)]) -> usize {
        cases.iter().filter(|(case, paths)| self.holds(case, paths)).count()
    }

    /// What it may have been meant to say, by what these cases have.
    fn meant(&self, cases: &[(&Case, Vec<String>)]) -> Option<String> {
        let word = self.matcher.word()?;
        let values = cases.iter().flat_map(|(case, paths)| self.of.values(case, paths));
        let known: BTreeSet<String> = values.collect();
        let mut holding = known.iter().filter(|value| value.contains(word));
        match (self.of, holding.next(), holding.next()) {
            // A whole name is asked for, and this is a part of some.
            (Of::Name, Some(_), _) => Some(format!("`{word}`, without `name`, takes all names that hold it")),
            (Of::Fault | Of::Tag | Of::Verifies | Of::Covers, Some(one), more) => {
                let before = if one.starts_with(word) { "" } else { "*" };
                let all = format!("{before}{word}*");
                Some(format!("did you mean `{}`?", more.map_or(one, |_| &all)))
            }
            _ => {
                let small = word.to_lowercase();
                let fits = |value: &&String| self.of != Of::File && value.to_lowercase().contains(&small);
                let holds = known.iter().find(fits).map(|_| &*small).filter(|small| *small != word);
                // An id has the letters that its source gives it.
                let holds = holds.filter(|_| self.of == Of::PartOfName);
                let near = || nearest(word, known.iter().map(String::as_str));
                Some(format!("did you mean `{}`?", holds.or_else(near)?))
            }
        }
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
