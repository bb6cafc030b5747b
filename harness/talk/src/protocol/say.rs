//! A request in bytes.

use super::formula::{exact_decimal, near_decimal};
use super::meaning::Round;
use super::resolve::{EncodeError, Protocol};
use super::verb::{Header, Put, Say};
use crate::frames::Wrong;
use crate::messages::{AnyField, Dimension, FieldValue, Given, Unit};
use pump_hil_model::quantity::Span;

/// A request as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its body, which a device that echoes sends back.
    pub body: Vec<u8>,
    /// The frame without its end, as a device that answers with the same sends it back.
    pub content: Vec<u8>,
    /// The numbers in its header.
    pub header: Vec<(String, i128)>,
    /// How long its reply may take, where the verb says it.
    pub timeout: Option<Span>,
    /// What could not be sent exactly: the formula, and what was sent, in base units.
    pub rounded: Vec<(String, String)>,
}

/// What is put into a field.
enum Text {
    Number(i128),
    Word(String),
}

impl Text {
    fn given(&self) -> Given<'_> {
        match self {
            Self::Number(number) => Given::Number(*number),
            Self::Word(word) => Given::Text(word),
        }
    }
}

impl Say {
    /// Whether the same bytes may be sent for another.
    pub(super) fn is_said_as(&self, other: &Self) -> bool {
        (self.kind, &self.end, &self.header, &self.shape) == (other.kind, &other.end, &other.header, &other.shape)
    }

    /// The request with these arguments; `id` is its number, where requests have one.
    ///
    /// # Errors
    /// An argument that is missing, or what a field cannot hold.
    pub fn write<'a>(
        &self,
        protocol: &Protocol,
        id: u64,
        argument: &dyn Fn(&str) -> Option<FieldValue<'a>>,
    ) -> Result<Written, EncodeError> {
        let id_field = protocol.id_field();
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        let argument = |name: &str| {
            let of_id = (name == id_field && !name.is_empty()).then_some(FieldValue::Number(Dimension::Count, id));
            of_id.or_else(|| argument(name))
        };
        let mut rounded = Vec::new();
        let body = self.body(&argument, &mut rounded)?;
        let mut header = Vec::with_capacity(self.header.len());
        for (name, holds) in &self.header {
            let wrong = |why| of_field(name, why);
            header.push((name.clone(), holds.number(&argument).map_err(wrong)?));
        }
        let kind = protocol.kinds.get(self.kind).ok_or(EncodeError::NoMessage)?;
        let mut bytes = Vec::with_capacity(body.len().saturating_add(16));
        let held = |name: &str| {
            header
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, number)| *number)
        };
        if kind.body || kind.ends.is_empty() || !kind.before.is_empty() {
            let written = kind.write(&body, &held, &mut bytes);
            written.map_err(EncodeError::Frame)?;
        }
        if !self.end.is_empty() {
            // The frame that is heard says nothing of what is sent.
            bytes.clone_from(&body);
            bytes.extend_from_slice(&self.end);
            let (len, max) = (body.len(), kind.max);
            if len > max {
                return Err(EncodeError::Frame(Wrong::TooLong { len, max }));
            }
        }
        let mut content = Vec::new();
        if self.answer.as_sent {
            kind.content(&body, &held, &mut content).map_err(EncodeError::Frame)?;
        }
        let timeout = self.answer.timeout.as_ref();
        let timeout = timeout.map(|formula| formula.span(&argument)).transpose();
        Ok(Written {
            bytes,
            timeout: timeout.map_err(|why| of_field("timeout", why))?,
            content,
            body,
            header,
            rounded,
        })
    }

    /// What stands between header and end.
    fn body<'a>(
        &self,
        argument: &dyn Fn(&str) -> Option<FieldValue<'a>>,
        rounded: &mut Vec<(String, String)>,
    ) -> Result<Vec<u8>, EncodeError> {
        let mut texts = Vec::with_capacity(self.puts.len());
        for (put, field) in self.puts.iter().zip(self.shape.fields()) {
            if is_fixed(field) {
                texts.push(None);
                continue;
            }
            let text = put.text(field, argument, self.round, rounded);
            texts.push(text.map_err(|why| of_field(field.name(), why))?);
        }
        let mut body = Vec::with_capacity(64);
        let given = |field: AnyField<'_>| {
            let place = self.shape.place_of(field.name())?;
            texts.get(place)?.as_ref().map(Text::given)
        };
        let written = self.shape.write(&given, &mut body);
        written.map_err(|(field, why)| of_field(&field, why))?;
        Ok(body)
    }
}

/// What a field cannot hold.
fn of_field(name: &str, why: String) -> EncodeError {
    EncodeError::Field {
        field: format!("`{name}`"),
        why,
    }
}

/// Whether a field can only hold one number.
fn is_fixed(field: AnyField<'_>) -> bool {
    matches!(field, AnyField::Bytes(field) if field.only.is_some())
}

impl Header {
    fn number<'a>(&self, argument: &dyn Fn(&str) -> Option<FieldValue<'a>>) -> Result<i128, String> {
        match self {
            Self::Is(number) => Ok(*number),
            Self::Argument(formula) => {
                let (over, under) = formula.value(argument)?.in_unit(Dimension::Count, 1)?;
                (under == 1)
                    .then_some(over)
                    .ok_or_else(|| "it is no whole number".to_owned())
            }
        }
    }
}

impl Put {
    /// What stands in the field; `None`: nothing, which a field that may be empty can hold.
    fn text<'a>(
        &self,
        field: AnyField<'_>,
        argument: &dyn Fn(&str) -> Option<FieldValue<'a>>,
        round: Option<Round>,
        rounded: &mut Vec<(String, String)>,
    ) -> Result<Option<Text>, String> {
        if let Some(name) = self.formula.alone() {
            match argument(name) {
                Some(FieldValue::Word(word)) => {
                    let theirs = self.words.iter().find(|(ours, _)| ours == word);
                    return Ok(Some(Text::Word(theirs.map_or(word, |(_, theirs)| theirs).to_owned())));
                }
                None if matches!(field, AnyField::Text(field) if field.optional) => return Ok(None),
                _ => {}
            }
        }
        let unit = self
            .unit
            .as_ref()
            .map_or((Dimension::Count, 1), |unit| (unit.dimension, unit.size));
        let value = self.formula.value(argument)?.in_unit(unit.0, unit.1)?;
        let fits = |text: &str| match field {
            // As it is written: a field of so many digits adds zeros of its own.
            AnyField::Text(field) => field.holds.write(number_or_text(text).given(), &mut Vec::new()).is_ok(),
            AnyField::Bytes(_) | AnyField::Group(_) => true,
        };
        if let Some(text) = exact_decimal(value, self.places).filter(|text| fits(text)) {
            return Ok(Some(number_or_text(&text)));
        }
        let Some(round) = round else {
            return Err(self.inexact(value));
        };
        // As many places as the field can hold.
        let near = (0..=self.places).rev().find_map(|places| {
            let text = near_decimal(value, places, round == Round::Down)?;
            fits(&text).then_some(text)
        });
        let text = near.ok_or_else(|| self.inexact(value))?;
        let sent = base_of(&text, self.unit.as_ref());
        rounded.push((field.name().to_owned(), sent));
        Ok(Some(number_or_text(&text)))
    }

    fn inexact(&self, (over, under): (i128, i128)) -> String {
        let unit = self.unit.as_ref().map_or("", |unit| unit.suffix.as_str());
        let value = match exact_decimal((over, under), 18) {
            Some(exact) => exact,
            None => format!("{over}/{under}"),
        };
        format!("{value} `{unit}` cannot be sent exactly; `send-round: nearest` in the profile allows what comes near")
    }
}

fn number_or_text(text: &str) -> Text {
    text.parse().map_or_else(|_| Text::Word(text.to_owned()), Text::Number)
}

/// A decimal of a unit in base units, as journals have it; of one that has no whole number of them the decimal itself.
fn base_of(text: &str, unit: Option<&Unit>) -> String {
    let Some(unit) = unit else { return text.to_owned() };
    let places = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let digits: Option<i128> = text.replace('.', "").parse().ok();
    let power = 10_i128.checked_pow(u32::try_from(places).unwrap_or(u32::MAX));
    let base = digits.zip(power).and_then(|(digits, power)| {
        let all = digits.checked_mul(unit.size.into())?;
        (all.checked_rem(power)? == 0).then(|| all.checked_div(power))?
    });
    base.map_or_else(
        || format!("{text} {}", unit.suffix),
        |base| format!("{base}{}", unit.dimension.suffix()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_told_in_base_units() {
        let unit = Unit::new("uL", "1 uL").unwrap();
        assert_eq!(base_of("16.67", Some(&unit)), "16670nl");
        assert_eq!(base_of("1.0001", Some(&unit)), "1.0001 uL");
        assert_eq!(base_of("12", None), "12");
    }
}
