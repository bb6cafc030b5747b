//! Which cases of a suite run: `--filter` and `--shard`.

use pump_hil_model::capability::Capability;
use pump_hil_model::case::Case;
use std::str::FromStr;

/// Words that must all hold of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Vec<Word>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    negated: bool,
    of: Of,
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    PartOfName,
    Name,
    Verifies,
    Covers,
    Fault,
}

/// Why a selection cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// A word has a prefix that means nothing.
    #[error(
        "`{0}:` is not known in --filter; use a part of a name, name:NAME, verifies:ID, covers:ID or fault:NAME, each with `!` in front for not"
    )]
    Prefix(String),
    /// A word is empty.
    #[error("`{0}` selects nothing: a word is missing")]
    Empty(String),
    /// Not K/N.
    #[error("`{0}` is not a shard; write K/N with 1 <= K <= N, such as 2/4")]
    Shard(String),
}

impl FromStr for Filter {
    type Err = SelectError;
    fn from_str(text: &str) -> Result<Self, SelectError> {
        text.split_whitespace()
            .map(Word::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Word {
    fn parse(word: &str) -> Result<Self, SelectError> {
        let (negated, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        let (of, text) = match rest.split_once(':') {
            None => (Of::PartOfName, rest),
            Some(("name", name)) => (Of::Name, name),
            Some(("verifies", id)) => (Of::Verifies, id),
            Some(("covers", id)) => (Of::Covers, id),
            Some(("fault", name)) => (Of::Fault, name),
            Some((other, _)) => return Err(SelectError::Prefix(other.to_owned())),
        };
        if text.is_empty() {
            return Err(SelectError::Empty(word.to_owned()));
        }
        Ok(Self {
            negated,
            of,
            text: text.to_owned(),
        })
    }

    fn holds(&self, case: &Case) -> bool {
        let found = match self.of {
            Of::PartOfName => case.name().contains(&self.text),
            Of::Name => case.name() == self.text || case.scenario == self.text,
            Of::Verifies => case.verifies.contains(&self.text),
            Of::Covers => case.covers.contains(&self.text),
            Of::Fault => case
                .needs
                .iter()
                .any(|need| matches!(need, Capability::Fault(name) if name.as_str() == self.text)),
        };
        found != self.negated
    }
}

impl Filter {
    /// Whether the case is selected.
    #[must_use]
    pub fn selects(&self, case: &Case) -> bool {
        self.0.iter().all(|word| word.holds(case))
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
mod tests {
    use super::*;

    #[test]
    fn every_case_is_in_exactly_one_shard() {
        for at in 0..100 {
            let parts = (1..=7).filter(|part| format!("{part}/7").parse::<Shard>().unwrap().selects(at));
            assert_eq!(parts.count(), 1, "{at}");
        }
    }

    #[test]
    fn a_shard_that_does_not_exist_is_refused() {
        for text in [
            "0/3",
            "4/3",
            "3",
            "a/b",
            "1/0",
            "-1/2",
            "+1/2",
            "1/2/3",
            "1/",
            "1/99999999999999999999",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_filter_with_an_unknown_prefix_says_what_is_known() {
        assert_eq!("cover:SF04".parse::<Filter>(), Err(SelectError::Prefix("cover".into())));
        assert_eq!("!".parse::<Filter>(), Err(SelectError::Empty("!".into())));
    }
}
