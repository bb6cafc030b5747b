//! What a message looks like: a text, or bytes.

use super::layout::{Layout, LayoutField};
use super::pattern::Pattern;
use super::template::{FieldSpec, Miss, Template};
use super::value::{Given, Value};

/// What a message looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// A text with fields.
    Text(Template),
    /// Numbers of fixed sizes.
    Bytes(Layout),
    /// A text that a regular expression fits.
    Like(Pattern),
    /// Whatever came.
    All,
}

/// A field of either.
#[derive(Debug, Clone, Copy)]
pub enum AnyField<'a> {
    /// Of a text.
    Text(&'a FieldSpec),
    /// Of bytes.
    Bytes(&'a LayoutField),
    /// A group of a regular expression.
    Group(&'a str),
}

impl AnyField<'_> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Text(field) => &field.name,
            Self::Bytes(field) => &field.name,
            Self::Group(name) => name,
        }
    }

    /// What its number counts, as the profile says it.
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Text(field) => field.unit.as_deref(),
            Self::Bytes(field) => field.unit.as_deref(),
            Self::Group(_) => None,
        }
    }
}

/// Why a body is not a message: how much of it fitted, which decides what of several is told, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unlike {
    /// Bytes and parts that fitted.
    pub far: (usize, usize),
    /// Why.
    why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    Text(Miss),
    Told(String),
}

impl Shape {
    /// The fields in their order.
    pub fn fields(&self) -> impl Iterator<Item = AnyField<'_>> {
        let (texts, bytes, groups): (&[FieldSpec], &[LayoutField], &[String]) = match self {
            Self::Text(text) => (&text.fields, &[], &[]),
            Self::Bytes(bytes) => (&[], &bytes.fields, &[]),
            Self::Like(pattern) => (&[], &[], &pattern.names),
            Self::All => (&[], &[], &[]),
        };
        let texts = texts.iter().map(AnyField::Text);
        let groups = groups.iter().map(|name| AnyField::Group(name));
        texts.chain(bytes.iter().map(AnyField::Bytes)).chain(groups)
    }

    /// The place of a field.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        match self {
            Self::Text(text) => text.place_of(name),
            Self::Bytes(bytes) => bytes.place_of(name),
            Self::Like(pattern) => pattern.names.iter().position(|known| known == name),
            Self::All => None,
        }
    }

    /// Whether it says nothing by itself, as a prompt does.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Bytes(bytes) if bytes.is_empty())
    }

    /// The bytes that each such message begins with.
    #[must_use]
    pub fn begins(&self) -> &str {
        match self {
            Self::Text(text) => text.begins(),
            Self::Bytes(_) | Self::Like(_) | Self::All => "",
        }
    }

    /// Reads a body into `values`, one for each field.
    ///
    /// # Errors
    /// Where it stops being this message.
    pub fn read<'a>(&'a self, body: &'a [u8], values: &mut Vec<Value<'a>>) -> Result<(), Unlike> {
        let told = |why: String| Unlike {
            far: (0, 0),
            why: Why::Told(why),
        };
        let as_text = || std::str::from_utf8(body).map_err(|_| told("it is no text".to_owned()));
        match self {
            Self::Text(text) => text.read(as_text()?, values).map_err(|miss| Unlike {
                far: (miss.at, miss.part),
                why: Why::Text(miss),
            }),
            Self::Bytes(bytes) => bytes.read(body, values).map_err(|(at, why)| Unlike {
                far: (at, 0),
                why: Why::Told(why),
            }),
            Self::Like(pattern) => {
                let fits = pattern.read(as_text()?, values);
                let why = || told(format!("it does not fit `{}`", pattern.text()));
                fits.then_some(()).ok_or_else(why)
            }
            Self::All => {
                values.clear();
                Ok(())
            }
        }
    }

    /// Why a body is not this message, for people.
    #[must_use]
    pub fn why(&self, body: &[u8], unlike: &Unlike) -> String {
        match (self, &unlike.why) {
            (Self::Text(text), Why::Text(miss)) => text.why(&String::from_utf8_lossy(body), *miss),
            (_, Why::Told(why)) => why.clone(),
            (_, Why::Text(_)) => String::new(),
        }
    }

    /// Appends a body; `given` gives what stands in each field.
    ///
    /// # Errors
    /// The name of the field that has no value or cannot hold it, and why.
    pub fn write<'a>(
        &self,
        given: &dyn Fn(AnyField<'_>) -> Option<Given<'a>>,
        out: &mut Vec<u8>,
    ) -> Result<(), (String, String)> {
        match self {
            Self::Text(text) => text
                .write(&|field| given(AnyField::Text(field)), out)
                .map_err(|(name, why)| {
                    let why = why.map_or_else(|| "it has no value".to_owned(), |why| why.to_string());
                    (name, why)
                }),
            Self::Bytes(bytes) => bytes.write(&|field| given(AnyField::Bytes(field)), out),
            Self::Like(pattern) => Err((pattern.text().to_owned(), "it is only heard".to_owned())),
            Self::All => Ok(()),
        }
    }
}
