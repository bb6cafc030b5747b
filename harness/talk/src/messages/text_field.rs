//! The fields of text messages: what each may hold, how far it goes, and how it is written.

use super::class::Class;
use super::pairs::{PairsError, PairsForm};
use super::value::{Given, Value};
use std::sync::Arc;

/// What a field of a text message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextField {
    /// A whole number with or without a minus, of so many digits or as many as it needs.
    Int {
        /// Exactly so many digits, with leading zeros.
        digits: Option<usize>,
    },
    /// A whole number without sign or leading zero, in this range.
    Uint {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// A decimal number with a point.
    Dec {
        /// It may be below 0.
        signed: bool,
        /// Digits at most.
        digits: Option<usize>,
        /// Bytes that it fills, with spaces in front.
        width: Option<usize>,
    },
    /// A decimal number that may have an exponent.
    Sci,
    /// So many hexadecimal digits.
    Hex {
        /// Digits.
        digits: usize,
    },
    /// One or more of these characters, the first a letter.
    Word(Class),
    /// One or more of these characters.
    Of(Class),
    /// Anything up to what stands behind it.
    Text {
        /// The byte that ends it; `None`: the end.
        until: Option<u8>,
    },
    /// One of these words.
    OneOf(Vec<String>),
    /// Keys with values.
    Pairs(Arc<PairsForm>),
}

/// Digits of a number that is read or written: more cannot be held exactly.
const DIGITS_MAX: usize = 30;

/// Why something cannot be put into a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Another kind of value.
    #[error("the field takes {0}")]
    Kind(&'static str),
    /// A number that the field cannot hold.
    #[error("{number} does not fit {what}")]
    Number {
        /// The number.
        number: i128,
        /// The field.
        what: String,
    },
    /// A word that the field cannot hold.
    #[error("`{word}` does not fit {what}")]
    Word {
        /// The word.
        word: String,
        /// The field.
        what: String,
    },
    /// A pair.
    #[error("{0}")]
    Pairs(#[from] PairsError),
}

impl TextField {
    /// Takes the field off the front of `text`; `None` where it is none.
    #[must_use]
    pub fn read<'a>(&self, text: &'a str) -> Option<(Value<'a>, &'a str)> {
        match self {
            Self::Int { digits } => {
                let (minus, rest) = split_minus(text);
                let (number, rest) = split_digits(rest, *digits)?;
                let plain = digits.is_some() || number.len() == 1 || !number.starts_with('0');
                let digits: i128 = number.parse().ok().filter(|_| plain)?;
                let digits = if minus { digits.checked_neg()? } else { digits };
                Some((Value::Number { digits, tens: 0 }, rest))
            }
            Self::Uint { min, max } => {
                let (number, rest) = split_digits(text, None)?;
                // The protocol of a counter has neither sign nor leading zero: two texts must not be one number.
                let plain = number.len() == 1 || !number.starts_with('0');
                let number: u64 = number.parse().ok().filter(|_| plain)?;
                let digits = i128::from(number);
                (*min..=*max)
                    .contains(&number)
                    .then_some((Value::Number { digits, tens: 0 }, rest))
            }
            Self::Dec { signed, digits, width } => {
                let (field, rest) = match width {
                    Some(width) => {
                        let (field, rest) = text.split_at_checked(*width)?;
                        (field.trim_start_matches(' '), rest)
                    }
                    None => (text, ""),
                };
                let (value, behind) = read_decimal(field, *signed, *digits, false)?;
                match width {
                    Some(_) => behind.is_empty().then_some((value, rest)),
                    None => Some((value, behind)),
                }
            }
            Self::Sci => read_decimal(text, true, None, true),
            Self::Hex { digits } => {
                let (number, rest) = text.split_at_checked(*digits)?;
                let hex = number.bytes().all(|byte| byte.is_ascii_hexdigit());
                let digits = i128::from_str_radix(number, 16).ok().filter(|_| hex)?;
                Some((Value::Number { digits, tens: 0 }, rest))
            }
            Self::Word(class) => {
                let (word, rest) = class.take(text)?;
                let first = word.bytes().next()?;
                first.is_ascii_alphabetic().then_some((Value::Text(word), rest))
            }
            Self::Of(class) => {
                let (word, rest) = class.take(text)?;
                Some((Value::Text(word), rest))
            }
            Self::Text { until } => {
                let end = until.and_then(|until| text.bytes().position(|byte| byte == until));
                let (word, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
                Some((Value::Text(word), rest))
            }
            Self::OneOf(words) => {
                // The longest that fits: one may begin with another.
                let fits = words.iter().filter(|word| text.starts_with(word.as_str()));
                let word = fits.max_by_key(|word| word.len())?;
                let (word, rest) = text.split_at_checked(word.len())?;
                Some((Value::Text(word), rest))
            }
            Self::Pairs(form) => {
                form.check(text).ok()?;
                Some((Value::Pairs(text), ""))
            }
        }
    }

    /// Appends the field.
    ///
    /// # Errors
    /// What it cannot hold.
    pub fn write(&self, given: Given<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
        match (self, given) {
            (Self::Pairs(form), Given::Pairs(pairs)) => Ok(form.write(pairs, out)?),
            (Self::Pairs(_), _) => Err(WriteError::Kind("keys with values")),
            (_, Given::Pairs(_)) => Err(WriteError::Kind("one value")),
            (_, Given::Number(number)) => {
                let text = self.text_of(number).ok_or_else(|| WriteError::Number {
                    number,
                    what: self.what(),
                })?;
                self.push(&text, out)
            }
            (_, Given::Text(word)) => self.push(word, out),
        }
    }

    /// Appends a text, which must read back as all of the field.
    fn push(&self, text: &str, out: &mut Vec<u8>) -> Result<(), WriteError> {
        if !matches!(self.read(text), Some((_, ""))) {
            return Err(WriteError::Word {
                word: text.to_owned(),
                what: self.what(),
            });
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn text_of(&self, number: i128) -> Option<String> {
        Some(match self {
            Self::Int { digits: Some(digits) } => format!("{number:0digits$}"),
            Self::Hex { digits } if number >= 0 => format!("{number:0digits$X}"),
            Self::Dec { width: Some(width), .. } => format!("{number:>width$}"),
            Self::Hex { .. } | Self::Pairs(_) => return None,
            _ => number.to_string(),
        })
    }

    /// What it is, for messages.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Int { digits: Some(digits) } => format!("a whole number of {digits} digits"),
            Self::Int { digits: None } => "a whole number".to_owned(),
            Self::Uint { min, max } => format!("a number from {min} to {max} without leading zeros"),
            Self::Dec {
                digits: Some(digits), ..
            } => format!("a decimal number of at most {digits} digits"),
            Self::Dec { .. } => "a decimal number".to_owned(),
            Self::Sci => "a number".to_owned(),
            Self::Hex { digits } => format!("{digits} hex digits"),
            Self::Of(class) => format!("a text of `{}`", class.text()),
            Self::Word(class) => format!("a word of `{}`", class.text()),
            Self::Text { .. } => "a text".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Pairs(form) => format!("keys with values (`{}key{}value`)", form.before, form.between),
        }
    }

    /// Why all of `text` is not this field; for the one that must be told why.
    #[must_use]
    pub fn why_not(&self, text: &str) -> String {
        match self {
            Self::Pairs(form) => form.check(text).map_or_else(|why| why.to_string(), |()| String::new()),
            _ => format!("`{}` is not {}", pump_hil_model::yaml::check::short(text), self.what()),
        }
    }

    /// The bytes that it may begin with.
    #[must_use]
    pub fn begins(&self) -> Vec<u8> {
        let all = |holds: &dyn Fn(u8) -> bool| (0..=u8::MAX).filter(|byte| holds(*byte)).collect();
        match self {
            Self::Int { .. } => all(&|byte| byte.is_ascii_digit() || byte == b'-'),
            Self::Uint { .. } => all(&|byte| byte.is_ascii_digit()),
            Self::Dec { .. } | Self::Sci => all(&|byte| byte.is_ascii_digit() || b"+-. ".contains(&byte)),
            Self::Hex { .. } => all(&|byte| byte.is_ascii_hexdigit()),
            Self::Word(class) => all(&|byte| class.has(byte) && byte.is_ascii_alphabetic()),
            Self::Of(class) => all(&|byte| class.has(byte)),
            Self::Text { .. } => all(&|_| true),
            Self::OneOf(words) => words.iter().filter_map(|word| word.bytes().next()).collect(),
            Self::Pairs(form) => form.before.bytes().take(1).collect(),
        }
    }

    /// Whether the field ends by itself where this byte stands; else what is behind it would be taken into it.
    #[must_use]
    pub fn stops_at(&self, byte: u8) -> bool {
        match self {
            Self::Int { digits: Some(_) } | Self::Hex { .. } | Self::OneOf(_) => true,
            Self::Dec { width: Some(_), .. } => true,
            Self::Int { .. } | Self::Uint { .. } => !byte.is_ascii_digit(),
            Self::Dec { .. } => !byte.is_ascii_digit() && byte != b'.',
            Self::Sci => !byte.is_ascii_digit() && !matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'),
            Self::Word(class) | Self::Of(class) => !class.has(byte),
            Self::Text { until } => *until == Some(byte),
            Self::Pairs(_) => false,
        }
    }
}

fn split_minus(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// The digits at the front of a text: exactly so many, or all there are, at least one.
fn split_digits(text: &str, exactly: Option<usize>) -> Option<(&str, &str)> {
    let all = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let len = exactly.unwrap_or(all);
    if len == 0 || len > all || len > DIGITS_MAX {
        return None;
    }
    text.split_at_checked(len)
}

fn read_decimal(text: &str, signed: bool, most: Option<usize>, exponent: bool) -> Option<(Value<'_>, &str)> {
    let (minus, rest) = if signed { split_minus(text) } else { (false, text) };
    let rest = if exponent {
        rest.strip_prefix('+').unwrap_or(rest)
    } else {
        rest
    };
    let whole_len = rest
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len());
    let (whole, rest) = rest.split_at_checked(whole_len)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => {
            let len = after
                .bytes()
                .position(|byte| !byte.is_ascii_digit())
                .unwrap_or(after.len());
            after.split_at_checked(len)?
        }
        None => ("", rest),
    };
    let count = whole.len().saturating_add(fraction.len());
    if count == 0 || count > most.unwrap_or(DIGITS_MAX).min(DIGITS_MAX) {
        return None;
    }
    let parts = whole.bytes().chain(fraction.bytes());
    let digits = parts.fold(0_i128, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(i128::from(digit.saturating_sub(b'0')))
    });
    let mut tens = i32::try_from(fraction.len()).ok()?.checked_neg()?;
    let mut rest = rest;
    if exponent && let Some(after) = rest.strip_prefix(['e', 'E']) {
        let (down, after) = match after.strip_prefix('-') {
            Some(after) => (true, after),
            None => (false, after.strip_prefix('+').unwrap_or(after)),
        };
        let (power, after) = split_digits(after, None)?;
        // Beyond these no number of a pump is, and the sum stays small.
        let power: i32 = power.parse().ok().filter(|power| *power <= 40)?;
        tens = tens.checked_add(if down { power.checked_neg()? } else { power })?;
        rest = after;
    }
    let digits = if minus { digits.checked_neg()? } else { digits };
    Some((Value::Number { digits, tens }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(digits: i128, tens: i32) -> Value<'static> {
        Value::Number { digits, tens }
    }

    #[test]
    fn numbers_are_read_exactly_and_end_where_they_end() {
        let dec = TextField::Dec {
            signed: false,
            digits: None,
            width: None,
        };
        assert_eq!(dec.read("1.65W"), Some((number(165, -2), "W")));
        assert_eq!(dec.read(".5"), Some((number(5, -1), "")));
        assert_eq!(dec.read("0.05"), Some((number(5, -2), "")));
        assert_eq!(dec.read("-1"), None);
        assert_eq!(dec.read("."), None);
        let dec4 = TextField::Dec {
            signed: false,
            digits: Some(4),
            width: None,
        };
        assert_eq!(dec4.read("12.34"), Some((number(1234, -2), "")));
        assert_eq!(dec4.read("123.45"), None);
        let wide = TextField::Dec {
            signed: true,
            digits: None,
            width: Some(10),
        };
        assert_eq!(wide.read("    100.00 g"), Some((number(10_000, -2), " g")));
        assert_eq!(wide.read("     -0.50 g"), Some((number(-50, -2), " g")));
        assert_eq!(wide.read("  1 00.00 g"), None);
        assert_eq!(TextField::Sci.read("1e-05,"), Some((number(1, -5), ",")));
        assert_eq!(TextField::Sci.read("-1.50E+3"), Some((number(-150, 1), "")));
        assert_eq!(TextField::Sci.read("1e99"), None);
        let int = TextField::Int { digits: None };
        assert_eq!(int.read("-12x"), Some((number(-12, 0), "x")));
        assert_eq!(int.read("007"), None);
        assert_eq!(
            TextField::Int { digits: Some(2) }.read("007"),
            Some((number(0, 0), "7"))
        );
        let uint = TextField::Uint { min: 1, max: 10 };
        assert_eq!(uint.read("10 "), Some((number(10, 0), " ")));
        assert_eq!((uint.read("11"), uint.read("0"), uint.read("01")), (None, None, None));
        assert_eq!(TextField::Hex { digits: 2 }.read("fFF"), Some((number(255, 0), "F")));
        assert_eq!(TextField::Hex { digits: 2 }.read("+F"), None);
        let long = "1".repeat(31);
        assert_eq!(
            (int.read(&long), dec.read(&long), TextField::Sci.read(&long)),
            (None, None, None)
        );
    }

    #[test]
    fn what_is_written_must_read_back_as_the_whole_field() {
        let written = |field: &TextField, given| {
            let mut out = Vec::new();
            field.write(given, &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        let dec4 = TextField::Dec {
            signed: false,
            digits: Some(4),
            width: None,
        };
        assert_eq!(written(&dec4, Given::Number(1234)).unwrap(), "1234");
        assert!(
            written(&dec4, Given::Number(12_345))
                .unwrap_err()
                .to_string()
                .contains("at most 4 digits")
        );
        assert!(written(&dec4, Given::Number(-1)).is_err());
        assert_eq!(written(&dec4, Given::Text("1.25")).unwrap(), "1.25");
        let word = TextField::Word(Class::new("a-z-").unwrap());
        assert_eq!(written(&word, Given::Text("stop-now")).unwrap(), "stop-now");
        assert!(written(&word, Given::Text("stop now")).is_err());
        assert_eq!(
            written(&TextField::Int { digits: Some(3) }, Given::Number(7)).unwrap(),
            "007"
        );
        assert!(written(&TextField::Int { digits: Some(3) }, Given::Number(1_000)).is_err());
        let on = TextField::OneOf(vec!["ON".to_owned(), "OFF".to_owned()]);
        assert_eq!(written(&on, Given::Text("OFF")).unwrap(), "OFF");
        assert!(written(&on, Given::Text("off")).is_err());
        assert_eq!(on.read("OFFX"), Some((Value::Text("OFF"), "X")));
    }
}
