//! Texts that are alike, and the template that all of them are: which parts are always the same, and which are numbers or words.

use super::bytes::distinct;
use super::transcript::Side;
use crate::messages::{Around, Template};
use pump_hil_model::quantity::{Pressure, Rate, Span, Temperature, Voltage, Volume};
use std::collections::{BTreeMap, BTreeSet};

/// A message of text that is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// The template, as a profile says it.
    pub template: String,
    /// The first text that it was made of.
    pub example: String,
    /// The texts that it was made of, by their places.
    pub witnesses: Vec<usize>,
    /// What is known of its fields, for people.
    pub fields: Vec<String>,
}

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    Sign(char),
}

/// Words of a field that are listed; of more, any word is taken.
const WORDS_MAX: usize = 6;
/// Fields of a template; of more only the first are.
const FIELDS_MAX: usize = 40;

/// Puts texts together that are alike. Of what was sent each word may be another request: only numbers vary there.
pub fn alike(texts: &[&str], from: Side) -> Vec<Likeness> {
    let mut groups: BTreeMap<Vec<Token<'_>>, Vec<usize>> = BTreeMap::new();
    for (place, text) in texts.iter().enumerate() {
        groups.entry(shape(&tokens(text), from)).or_default().push(place);
    }
    let mut found: Vec<Likeness> = groups
        .into_values()
        .map(|witnesses| likeness(texts, witnesses))
        .collect();
    // In the order in which they came.
    found.sort_by_key(|one| one.witnesses.first().copied());
    found
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut glued = false;
    while let Some(first) = rest.chars().next() {
        let len = match number_len(rest, glued) {
            0 if first.is_ascii_alphabetic() => rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len()),
            0 => 0,
            len => len,
        };
        let (token, behind) = rest.split_at(if len == 0 { first.len_utf8() } else { len });
        tokens.push(match token.as_bytes().last() {
            Some(last) if len > 0 && (last.is_ascii_digit() || *last == b'.') => Token::Number(token),
            _ if len > 0 => Token::Word(token),
            _ => Token::Sign(first),
        });
        glued = first.is_ascii_alphanumeric();
        rest = behind;
    }
    tokens
}

/// Bytes of the number with which a text begins; a minus behind a letter or digit is none of it.
fn number_len(text: &str, glued: bool) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let minus = usize::from(!glued && text.starts_with('-'));
    let whole = digits(minus);
    if whole == 0 {
        return 0;
    }
    let mut len = minus.saturating_add(whole);
    let behind = digits(len.saturating_add(1));
    if bytes.get(len) == Some(&b'.') {
        len = len.saturating_add(1).saturating_add(behind);
    }
    let exponent = digits(len.saturating_add(2));
    if matches!(bytes.get(len..len.saturating_add(2)), Some([b'e' | b'E', b'+' | b'-'])) && exponent > 0 {
        len = len.saturating_add(2).saturating_add(exponent);
    }
    len
}

/// What texts must share to be alike: their signs, and those words that say which message it is.
fn shape<'a>(tokens: &[Token<'a>], from: Side) -> Vec<Token<'a>> {
    let is_key = |at: usize| {
        let behind = |by: usize| at.checked_add(by).and_then(|next| tokens.get(next));
        let quoted = behind(1) == Some(&Token::Sign('"')) && behind(2) == Some(&Token::Sign(':'));
        at == 0 || quoted || matches!(behind(1), Some(Token::Sign('=' | ':')))
    };
    let part = |(at, token): (usize, &Token<'a>)| match token {
        Token::Number(_) => Token::Number(""),
        Token::Word(word) if from == Side::Host || is_key(at) => Token::Word(word),
        Token::Word(_) => Token::Word(""),
        sign => *sign,
    };
    tokens.iter().enumerate().map(part).collect()
}

/// A part of a template.
enum Part {
    Literal(String),
    Field { holds: String, told: String },
}

fn likeness(texts: &[&str], witnesses: Vec<usize>) -> Likeness {
    let mine: Vec<&str> = witnesses
        .iter()
        .filter_map(|place| texts.get(*place).copied())
        .collect();
    let split: Vec<Vec<Token<'_>>> = mine.iter().map(|text| tokens(text)).collect();
    let width = split.first().map_or(0, Vec::len);
    let column = |at: usize| split.iter().filter_map(move |tokens| tokens.get(at).copied());
    let mut parts: Vec<Part> = Vec::new();
    for at in 0..width {
        let unit = match (column(at.saturating_add(1)).next(), column(at.saturating_add(2)).next()) {
            (Some(Token::Sign(' ')), Some(Token::Word(_))) => Some(at.saturating_add(2)),
            _ => None,
        };
        let unit = unit.and_then(|from| unit_of(split.first()?.get(from..)?));
        parts.extend(part(&column(at).collect::<Vec<_>>(), unit));
    }
    let example = mine.first().copied().unwrap_or_default().to_owned();
    let (template, fields) = written(&parts);
    let reads = |template: &str| is_read(template, &mine);
    let (template, fields) = if reads(&template) {
        (template, fields)
    } else {
        // No template of fields holds all of them: what they begin with, and the rest as it is.
        let told = "{text}: texts of several forms".to_owned();
        (format!("{}{{text:rest}}", braces(&begin(&mine))), vec![told])
    };
    Likeness {
        template,
        example,
        witnesses,
        fields,
    }
}

/// The template of these parts, and what is known of its fields.
fn written(parts: &[Part]) -> (String, Vec<String>) {
    let (mut numbers, mut words) = (0_usize, 0_usize);
    let (mut template, mut fields) = (String::new(), Vec::new());
    for part in parts {
        match part {
            Part::Literal(text) => template.push_str(&braces(text)),
            Part::Field { holds, told } => {
                let number = !holds.contains('|') && !holds.starts_with("word");
                let (letter, count) = if number { ('n', &mut numbers) } else { ('w', &mut words) };
                *count = count.saturating_add(1);
                template.push_str(&format!("{{{letter}{count}:{holds}}}"));
                if fields.len() < FIELDS_MAX {
                    fields.push(format!("{letter}{count}: {told}"));
                }
            }
        }
    }
    (template, fields)
}

/// A brace that stands for itself stands twice.
fn braces(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// What texts begin with, up to the first that differs.
fn begin(texts: &[&str]) -> String {
    let bytes: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let shared = super::bytes::common_prefix(&bytes);
    let letters = shared.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    String::from_utf8_lossy(shared.get(..letters).unwrap_or_default()).into_owned()
}

fn part(column: &[Token<'_>], unit: Option<&'static str>) -> Vec<Part> {
    match column.first() {
        Some(Token::Number(_)) => vec![number(column, unit)],
        Some(Token::Word(_)) => word(column),
        Some(Token::Sign(sign)) => vec![Part::Literal(sign.to_string())],
        None => Vec::new(),
    }
}

fn text_of<'a>(token: &Token<'a>) -> Option<&'a str> {
    match token {
        Token::Number(text) | Token::Word(text) => Some(text),
        Token::Sign(_) => None,
    }
}

/// A number is always a field: that it was the same each time says little.
fn number(column: &[Token<'_>], unit: Option<&'static str>) -> Part {
    let texts: Vec<&str> = column.iter().filter_map(text_of).collect();
    let any = |what: fn(&str) -> bool| texts.iter().any(|text| what(text));
    let padded = any(|text| text.len() > 1 && text.starts_with('0') && !text.contains('.'));
    let widths = distinct(texts.iter().map(|text| text.len()));
    let holds = if any(|text| text.contains(['e', 'E'])) {
        "sci".to_owned()
    } else if any(|text| text.contains('.')) {
        if any(|text| text.starts_with('-')) {
            "-dec"
        } else {
            "dec"
        }
        .to_owned()
    } else if padded && widths == 1 {
        format!("int{}", texts.first().map_or(1, |text| text.len()))
    } else if padded {
        "text[0-9-]".to_owned()
    } else {
        "int".to_owned()
    };
    let seen: BTreeSet<&str> = texts.iter().copied().collect();
    let told = match (seen.first(), seen.len()) {
        (Some(one), 1) => format!("always {one}"),
        (_, many) => format!("{many} values, such as {}", listed(seen.into_iter().take(3))),
    };
    // A text of digits is no number.
    let unit = unit.filter(|_| !holds.starts_with("text"));
    let unit = unit.map_or(String::new(), |unit| format!(" in {unit}"));
    Part::Field {
        holds: format!("{holds}{unit}"),
        told,
    }
}

/// A word that is always the same, or one of some; of those that differ in a single letter that letter is the field.
fn word(column: &[Token<'_>]) -> Vec<Part> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in column.iter().filter_map(text_of) {
        let count = counts.entry(text).or_default();
        *count = count.saturating_add(1);
    }
    if let (1, Some((only, _))) = (counts.len(), counts.first_key_value()) {
        return vec![Part::Literal((*only).to_owned())];
    }
    let words: Vec<&[u8]> = counts.keys().map(|word| word.as_bytes()).collect();
    let before = super::bytes::common_prefix(&words).len();
    let len = words.first().map_or(0, |word| word.len());
    let behind = |word: &&str| word.get(before.saturating_add(1)..).map(str::to_owned);
    let rest = counts
        .keys()
        .next()
        .and_then(behind)
        .filter(|rest| !(before == 0 && rest.is_empty()));
    if let Some(rest) = rest.filter(|rest| {
        counts
            .keys()
            .all(|word| word.len() == len && behind(word).as_ref() == Some(rest))
    }) {
        let letters: Vec<Token<'_>> = column
            .iter()
            .filter_map(text_of)
            .filter_map(|text| Some(Token::Word(text.get(before..)?.get(..1)?)))
            .collect();
        let first = column
            .first()
            .and_then(text_of)
            .and_then(|text| text.get(..before))
            .unwrap_or_default();
        let letter = word(&letters);
        return [Part::Literal(first.to_owned())]
            .into_iter()
            .chain(letter)
            .chain([Part::Literal(rest)])
            .collect();
    }
    let told = counts
        .iter()
        .map(|(word, count)| format!("{word} ({count} of {})", column.len()));
    let told = listed(told.take(WORDS_MAX).collect::<Vec<_>>().iter().map(String::as_str));
    let holds = if counts.len() > WORDS_MAX {
        "word[A-Za-z]".to_owned()
    } else {
        counts.into_keys().collect::<Vec<_>>().join("|")
    };
    vec![Part::Field { holds, told }]
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// The unit that stands behind a number, where it is one of the harness.
fn unit_of(tokens: &[Token<'_>]) -> Option<&'static str> {
    let text: String = tokens
        .iter()
        .take_while(|token| matches!(token, Token::Word(_) | Token::Sign('/')))
        .map(|token| text_of(token).unwrap_or("/"))
        .collect();
    let known = [
        Volume::UNITS,
        Rate::UNITS,
        Span::UNITS,
        Voltage::UNITS,
        Pressure::UNITS,
        Temperature::UNITS,
    ];
    known
        .into_iter()
        .flatten()
        .map(|(name, ..)| *name)
        .find(|name| *name == text)
}

/// Whether a template can be read by the loader, and reads all of these.
fn is_read(template: &str, texts: &[&str]) -> bool {
    let around = Around {
        pairs: None,
        units: &[],
        parts: &|_| None,
    };
    let Ok(template) = Template::new(template, around) else {
        return false;
    };
    let mut values = Vec::new();
    texts.iter().all(|text| template.read(text, &mut values).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(texts: &[&str]) -> Vec<(String, usize)> {
        let found = alike(texts, Side::Pump);
        found
            .into_iter()
            .map(|one| (one.template, one.witnesses.len()))
            .collect()
    }

    #[test]
    fn numbers_words_and_units_vary() {
        let texts = [
            "00SI0.000W0.000ML",
            "00II1.650W0.000ML",
            "00S",
            "00I",
            "00S?NA",
            "00S?OOR",
            "VOL 0.500 mL",
            "VOL 12.5 mL",
            "OK",
            "ERR",
            "OK",
        ];
        let due = [
            ("{n1:int2}{w1:I|S}I{n2:dec}W{n3:dec}ML", 2),
            ("{n1:int2}{w1:I|S}", 2),
            ("{n1:int2}S?{w1:NA|OOR}", 2),
            ("VOL {n1:dec in mL} mL", 2),
            ("OK", 2),
            ("ERR", 1),
        ];
        assert_eq!(
            templates(&texts),
            due.map(|(template, count)| (template.to_owned(), count))
        );
    }

    #[test]
    fn each_word_that_was_sent_may_be_another_request() {
        let found = alike(&["00RUN", "00STP", "00RAT60MH", "00RAT5MH", "00RUN"], Side::Host);
        let found: Vec<(&str, usize)> = found.iter().map(|one| (&*one.template, one.witnesses.len())).collect();
        let due = [("{n1:int2}RUN", 2), ("{n1:int2}STP", 1), ("{n1:int2}RAT{n2:int}MH", 2)];
        assert_eq!(found, due);
    }

    #[test]
    fn keys_of_json_are_part_of_the_message() {
        let texts = [
            r#"{"id":1,"ok":true,"ml":0.0}"#,
            r#"{"id":2,"ok":false,"ml":1e-05}"#,
            r#"{"id":3,"do":"stop"}"#,
        ];
        let due = [
            (r#"{{"id":{n1:int},"ok":{w1:false|true},"ml":{n2:sci}}}"#, 2),
            (r#"{{"id":{n1:int},"do":"stop"}}"#, 1),
        ];
        assert_eq!(
            templates(&texts),
            due.map(|(template, count)| (template.to_owned(), count))
        );
    }

    #[test]
    fn what_no_field_holds_is_kept_as_it_is() {
        // Digits of any number with leading zeros, glued to others.
        let found = alike(&["A007", "A12", "A-3"], Side::Pump);
        let read: usize = found.iter().map(|one| one.witnesses.len()).sum();
        assert_eq!(read, 3);
        for one in &found {
            assert!(
                is_read(
                    &one.template,
                    &["A007", "A12", "A-3"][one.witnesses[0]..=one.witnesses[0]]
                ),
                "{one:?}"
            );
        }
    }
}
