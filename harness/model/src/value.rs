//! Values of typed memory, and what a scenario may want of them.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// What a place in memory holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MemoryValue {
    /// A truth.
    Bool(bool),
    /// A whole number that is not negative.
    Unsigned(u64),
    /// A negative one.
    Signed(i64),
    /// A variant's name, `none` where there is nothing, a character; or a number that is not whole, as text, so that it is the same in every journal.
    Text(String),
}

impl MemoryValue {
    /// As a person writes it: a number (also `0x...`), `true`, `false`, or a word.
    #[must_use]
    pub fn written(text: &str) -> Self {
        let text = text.trim();
        match (text, Number::parse(text)) {
            ("true", _) => Self::Bool(true),
            ("false", _) => Self::Bool(false),
            (_, Some(Number::Whole(whole))) => Self::whole(whole).unwrap_or_else(|| Self::Text(text.to_owned())),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// A whole number; `None` beyond 64 bits.
    #[must_use]
    pub fn whole(number: i128) -> Option<Self> {
        let signed = || i64::try_from(number).map(Self::Signed);
        u64::try_from(number).map(Self::Unsigned).or_else(|_| signed()).ok()
    }

    /// `number` written so that it reads back the same.
    #[must_use]
    pub fn real(number: impl fmt::Display) -> Self {
        Self::Text(number.to_string())
    }

    /// As a number, where it is one.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        match self {
            Self::Bool(_) => None,
            Self::Unsigned(number) => Some(Number::Whole((*number).into())),
            Self::Signed(number) => Some(Number::Whole((*number).into())),
            Self::Text(text) => Number::parse(text),
        }
    }
}

impl fmt::Display for MemoryValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(truth) => truth.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A number that a scenario or the memory has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// An integer of up to 64 bits, signed or not.
    Whole(i128),
    /// Any other.
    Real(f64),
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        // Neither `inf` nor `nan`, which may be variants' names.
        if !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let whole = match digits.strip_prefix("0x") {
            Some(hex) => u64::from_str_radix(&hex.replace('_', ""), 16).ok(),
            None => digits.parse().ok(),
        };
        match whole.map(i128::from) {
            Some(whole) if text.starts_with('-') => Some(Self::Whole(whole.saturating_neg())),
            Some(whole) => Some(Self::Whole(whole)),
            None => text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(Self::Real),
        }
    }

    /// As a floating-point number: exact up to 53 bits, which is what a `double` of the firmware holds.
    #[must_use]
    pub fn real(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            // Not as reals: from 2^53 on neighbours would be equal.
            (Self::Whole(a), Self::Whole(b)) => Some(a.cmp(&b)),
            (a, b) => a.real().partial_cmp(&b.real()),
        }
    }
}

/// What a scenario wants of a value: `3`, `>= 3`, `1 .. 5`, `2.5 +- 0.1`, `true`, `Running`, `!= Stopped`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "MemoryValue", into = "MemoryValue")]
pub struct Wanted {
    /// As it was written.
    text: String,
    /// Exactly this, or with `true` anything but this.
    exactly: Option<(MemoryValue, bool)>,
    /// How the value must compare with each number.
    bounds: Vec<(Number, &'static [Ordering])>,
}

const AT_MOST: &[Ordering] = &[Ordering::Less, Ordering::Equal];
const AT_LEAST: &[Ordering] = &[Ordering::Greater, Ordering::Equal];

impl Wanted {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("nothing is wanted".to_owned());
        }
        let number = |part: &str| {
            let part = part.trim();
            Number::parse(part).ok_or_else(|| format!("`{part}` is not a number"))
        };
        // The longer ones first: `<` is the begin of `<=` as well.
        let prefixed: [(&str, &'static [Ordering]); 4] = [
            ("<=", AT_MOST),
            (">=", AT_LEAST),
            ("<", &[Ordering::Less]),
            (">", &[Ordering::Greater]),
        ];
        let of = |bounds| {
            Ok(Self {
                text: text.to_owned(),
                exactly: None,
                bounds,
            })
        };
        for (prefix, how) in prefixed {
            if let Some(rest) = text.strip_prefix(prefix) {
                return of(vec![(number(rest)?, how)]);
            }
        }
        if let Some((low, high)) = text.split_once("..") {
            let (low, high) = (number(low)?, number(high)?);
            if low.compare(high) == Some(Ordering::Greater) {
                return Err(format!("no value is in the range `{text}`"));
            }
            return of(vec![(low, AT_LEAST), (high, AT_MOST)]);
        }
        if let Some((middle, slack)) = text.split_once("+-") {
            let (low, high) = match (number(middle)?, number(slack)?) {
                // Both have at most 64 bits: no sum of them is beyond 128.
                (Number::Whole(a), Number::Whole(b)) => {
                    (Number::Whole(a.saturating_sub(b)), Number::Whole(a.saturating_add(b)))
                }
                (a, b) => (Number::Real(a.real() - b.real()), Number::Real(a.real() + b.real())),
            };
            return of(vec![(low, AT_LEAST), (high, AT_MOST)]);
        }
        let (value, not) = match text.strip_prefix("!=") {
            Some(rest) => (rest, true),
            None => (text.strip_prefix("==").unwrap_or(text), false),
        };
        Ok(Self {
            text: text.to_owned(),
            exactly: Some((MemoryValue::written(value), not)),
            bounds: Vec::new(),
        })
    }

    /// Whether `value` is so.
    #[must_use]
    pub fn holds(&self, value: &MemoryValue) -> bool {
        // `0x12` and `18` are one number, and a real of the memory is kept as text.
        let same = |wanted: &MemoryValue| match (wanted.number(), value.number()) {
            (Some(wanted), Some(came)) => wanted.compare(came) == Some(Ordering::Equal),
            _ => wanted == value,
        };
        let exactly = self.exactly.as_ref().is_none_or(|(wanted, not)| same(wanted) != *not);
        let bound = |(bound, how): &(Number, &[Ordering])| {
            let order = value.number().and_then(|number| number.compare(*bound));
            order.is_some_and(|order| how.contains(&order))
        };
        exactly && self.bounds.iter().all(bound)
    }

    /// The values that it names, each of which a place must be able to hold, and whether they only bound it.
    #[must_use]
    pub fn named(&self) -> (Option<&MemoryValue>, bool) {
        (self.exactly.as_ref().map(|(value, _)| value), !self.bounds.is_empty())
    }
}

impl PartialEq for Wanted {
    fn eq(&self, other: &Self) -> bool {
        // The text says all the rest, which holds floating-point numbers and so has no `Eq` of its own.
        self.text == other.text
    }
}

impl Eq for Wanted {}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Wanted> for MemoryValue {
    fn from(wanted: Wanted) -> Self {
        Self::Text(wanted.text)
    }
}

impl TryFrom<MemoryValue> for Wanted {
    type Error = String;
    fn try_from(value: MemoryValue) -> Result<Self, String> {
        Self::parse(&value.to_string())
    }
}

/// Whether a name is one of the source: only an image with debug information tells where it stands.
#[must_use]
pub fn needs_image(text: &str) -> bool {
    !text.starts_with("0x") && (text.contains(['.', '[']) || text.contains("::"))
}

/// A word at an address is told as it is written there; a variable as the source has it.
#[must_use]
pub fn shown(at: &str, value: &MemoryValue) -> String {
    match value {
        MemoryValue::Unsigned(number) if !needs_image(at) => format!("{number:#x}"),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(wanted: &str, value: &str) -> bool {
        Wanted::parse(wanted).unwrap().holds(&MemoryValue::written(value))
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_words_as_words() {
        for (wanted, value) in [
            ("3", "3"),
            ("0x12", "18"),
            (">= 3", "3"),
            ("> -4", "-3"),
            ("< 2.5", "2"),
            ("1 .. 5", "5"),
            ("2.5 +- 0.1", "2.55"),
            ("18446744073709551615", "0xffffffffffffffff"),
            ("Running", "Running"),
            ("!= Running", "Stopped"),
            ("== true", "true"),
            ("none", "none"),
        ] {
            assert!(holds(wanted, value), "{wanted}: {value}");
        }
        for (wanted, value) in [
            ("3", "4"),
            (">= 3", "2"),
            (">= 3", "none"),
            ("1 .. 5", "6"),
            ("true", "1"),
            ("Running", "running"),
            ("!= 3", "3"),
            // 2^53 and the number behind it are one as reals.
            ("9007199254740993", "9007199254740992"),
        ] {
            assert!(!holds(wanted, value), "{wanted}: {value}");
        }
    }

    #[test]
    fn what_is_no_comparison_is_told() {
        for (text, why) in [
            (">= Running", "`Running` is not a number"),
            ("5 .. 1", "no value is in the range `5 .. 1`"),
            ("1 +- x", "`x` is not a number"),
            ("", "nothing is wanted"),
        ] {
            assert_eq!(Wanted::parse(text).unwrap_err(), why);
        }
    }

    #[test]
    fn a_value_reads_back_from_a_journal_as_it_was() {
        for value in [
            MemoryValue::Bool(true),
            MemoryValue::Unsigned(u64::MAX),
            MemoryValue::Signed(i64::MIN),
            MemoryValue::real(0.1_f32),
            MemoryValue::Text("Running".to_owned()),
        ] {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<MemoryValue>(&text).unwrap(), value, "{text}");
        }
    }
}
