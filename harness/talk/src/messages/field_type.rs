//! The types of fields, by their words.

use super::class::Class;
use super::pairs::PairsForm;
use super::text_field::TextField;
use std::sync::Arc;

/// What a template may name.
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations, reason = "it holds a function")]
pub struct Around<'a> {
    /// How keys and values stand.
    pub pairs: Option<&'a Arc<PairsForm>>,
    /// Texts of units, for fields that say one.
    pub units: &'a [String],
    /// Texts that stand for parts of messages, by their names.
    pub parts: &'a dyn Fn(&str) -> Option<String>,
}

/// What a field holds, from its text.
pub(super) fn field_of(text: &str, around: Around<'_>) -> Result<TextField, String> {
    let number = |rest: &str| rest.parse::<usize>().ok().filter(|n| (1..=18).contains(n));
    if let Some((min, max)) = text
        .strip_prefix("uint ")
        .and_then(|range| range.trim().split_once(".."))
    {
        let bound = |bound: &str| {
            bound
                .parse::<u64>()
                .map_err(|_| format!("`{bound}` is no number of `{text}`"))
        };
        let (min, max) = (bound(min)?, bound(max)?);
        return Ok(TextField::Uint { min, max });
    }
    if let Some(class) = text.strip_prefix("word[").and_then(|rest| rest.strip_suffix(']')) {
        return Class::new(class).map(TextField::Word);
    }
    if let Some(class) = text.strip_prefix("text[").and_then(|rest| rest.strip_suffix(']')) {
        return Class::new(class).map(TextField::Of);
    }
    if let Some(digits) = text.strip_prefix("int").and_then(number) {
        let digits = Some(digits);
        return Ok(TextField::Int { digits });
    }
    if let Some(digits) = text.strip_prefix("hex").and_then(number) {
        return Ok(TextField::Hex { digits });
    }
    let (signed, dec) = match text.strip_prefix('-') {
        Some(dec) => (true, dec),
        None => (false, text),
    };
    if let Some(rest) = dec.strip_prefix("dec") {
        let (digits, width) = match rest.strip_prefix('>') {
            Some(width) => (None, number(width)),
            None => (number(rest), None),
        };
        if rest.is_empty() || digits.is_some() || width.is_some() {
            // A width has room for a minus, and says so by itself.
            let signed = signed || width.is_some();
            return Ok(TextField::Dec { signed, digits, width });
        }
    }
    Ok(match text {
        "int" => TextField::Int { digits: None },
        "uint" => TextField::Uint { min: 0, max: u64::MAX },
        "sci" => TextField::Sci,
        "word" => TextField::Word(Class::new("A-Za-z0-9_-")?),
        "text" | "rest" => TextField::Text { until: None },
        "unit" if around.units.is_empty() => {
            return Err("a field that says a unit needs `units` in the profile".to_owned());
        }
        "unit" => TextField::OneOf(around.units.to_vec()),
        "pairs" => match around.pairs {
            Some(form) => TextField::Pairs(Arc::clone(form)),
            None => return Err("a field of pairs needs `pairs` in the profile".to_owned()),
        },
        words if words.contains('|') && words.split('|').all(|word| !word.is_empty()) => {
            TextField::OneOf(words.split('|').map(str::to_owned).collect())
        }
        // The types are small letters: this can only be a word.
        word if word.starts_with(|c: char| c.is_ascii_uppercase()) => TextField::OneOf(vec![word.to_owned()]),
        _ => {
            return Err(format!(
                "`{text}` is no type of a field; there are int, int2, uint, uint 1..9, dec, dec4, dec>10, -dec, sci, hex4, \
                 word, word[a-z], text, text[a-z], rest, unit, pairs, and words such as `ON|OFF`"
            ));
        }
    })
}
