//! A binary message: numbers of fixed sizes, one behind the other, read and written by one description.

use super::value::{Given, Value};
use crate::frames::Number;

/// A binary message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The fields in their order.
    pub fields: Vec<LayoutField>,
}

/// A number of a binary message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutField {
    /// Its name.
    pub name: String,
    /// How it stands in bytes.
    pub number: Number,
    /// What one of it is: a unit of the profile, or a quantity such as `10 nL`.
    pub unit: Option<String>,
    /// Words for its numbers.
    pub names: Vec<(i128, String)>,
    /// Words for its bits: the bit's place, and what it says where it is set.
    pub bits: Vec<(u32, String)>,
    /// The number that stands for no value.
    pub none: Option<i128>,
    /// The only number that may stand there.
    pub only: Option<i128>,
}

impl Layout {
    /// Bytes that it takes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields
            .iter()
            .fold(0, |sum, field| sum.saturating_add(field.number.len))
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The place of a field.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Reads bytes into `values`, one for each field.
    ///
    /// # Errors
    /// Why they are not this message, and how many bytes fitted.
    pub fn read<'a>(&'a self, bytes: &[u8], values: &mut Vec<Value<'a>>) -> Result<(), (usize, String)> {
        values.clear();
        let mut at = 0_usize;
        for field in &self.fields {
            let end = at.saturating_add(field.number.len);
            let part = bytes.get(at..end).ok_or_else(|| (at, self.wrong_len(bytes.len())))?;
            values.push(field.read(part).map_err(|why| (at, why))?);
            at = end;
        }
        if at == bytes.len() {
            Ok(())
        } else {
            Err((at, self.wrong_len(bytes.len())))
        }
    }

    fn wrong_len(&self, len: usize) -> String {
        format!("it has {} bytes, and {len} came", self.len())
    }

    /// Appends the message; `given` gives what stands in each field that holds more than one number.
    ///
    /// # Errors
    /// The name of the field that has no value or cannot hold it, and why.
    pub fn write<'a>(
        &self,
        given: &dyn Fn(&LayoutField) -> Option<Given<'a>>,
        out: &mut Vec<u8>,
    ) -> Result<(), (String, String)> {
        for field in &self.fields {
            let number = match (field.only, given(field)) {
                (Some(only), _) => Ok(only),
                (None, Some(Given::Number(number))) => Ok(number),
                (None, Some(Given::Text(word))) => field.number_of(word),
                (None, Some(Given::Pairs(_))) => Err("it holds one number".to_owned()),
                (None, None) => Err("it has no value".to_owned()),
            };
            let number = number.map_err(|why| (field.name.clone(), why))?;
            if !field.number.write(number, out) {
                let (least, most) = field.number.range();
                let why = format!("{number} is not from {least} to {most}");
                return Err((field.name.clone(), why));
            }
        }
        Ok(())
    }
}

impl LayoutField {
    fn read(&self, bytes: &[u8]) -> Result<Value<'_>, String> {
        let name = &self.name;
        let digits = self
            .number
            .read(bytes)
            .ok_or_else(|| format!("`{name}` is not {}", self.number.what()))?;
        if let Some(only) = self.only.filter(|only| *only != digits) {
            return Err(format!("`{name}` is {digits}, not {only}"));
        }
        if self.none == Some(digits) {
            return Ok(Value::Absent);
        }
        if self.names.is_empty() {
            return Ok(Value::Number { digits, tens: 0 });
        }
        let word = self.names.iter().find(|(number, _)| *number == digits);
        let word = word.ok_or_else(|| format!("{digits} is no `{name}` of the profile"))?;
        Ok(Value::Text(&word.1))
    }

    /// The number that a word stands for.
    fn number_of(&self, word: &str) -> Result<i128, String> {
        let named = self.names.iter().find(|(_, name)| name == word);
        let number = named.map(|(number, _)| *number).or_else(|| word.parse().ok());
        number.ok_or_else(|| {
            let words: Vec<&str> = self.names.iter().map(|(_, name)| name.as_str()).collect();
            format!("`{word}` is none of {}", words.join(", "))
        })
    }

    /// The words of the bits that are set, and those bits that have no word.
    #[must_use]
    pub fn words_of(&self, number: i128) -> (Vec<&str>, i128) {
        let mut rest = number;
        let mut words = Vec::new();
        for (bit, word) in &self.bits {
            let mask = 1_i128.checked_shl(*bit).unwrap_or(0);
            if number & mask != 0 {
                words.push(word.as_str());
            }
            rest &= !mask;
        }
        (words, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, word: &str) -> LayoutField {
        LayoutField {
            name: name.to_owned(),
            number: Number::find(word).unwrap(),
            unit: None,
            names: Vec::new(),
            bits: Vec::new(),
            none: None,
            only: None,
        }
    }

    fn status() -> Layout {
        let state = LayoutField {
            names: vec![(0, "stopped".to_owned()), (1, "running".to_owned())],
            ..field("state", "u8")
        };
        let total = LayoutField {
            none: Some(0xFFFF_FFFF),
            ..field("total", "u32be")
        };
        Layout {
            fields: vec![state, total],
        }
    }

    #[test]
    fn known_bytes_are_read_and_others_are_told() {
        let status = status();
        let mut values = Vec::new();
        status.read(&[1, 0, 0, 1, 0], &mut values).unwrap();
        let total = Value::Number { digits: 256, tens: 0 };
        assert_eq!(values, [Value::Text("running"), total]);
        status.read(&[0, 0xFF, 0xFF, 0xFF, 0xFF], &mut values).unwrap();
        assert_eq!(values, [Value::Text("stopped"), Value::Absent]);
        let why = |bytes: &[u8]| status.read(bytes, &mut Vec::new()).unwrap_err().1;
        assert_eq!(why(&[2, 0, 0, 0, 0]), "2 is no `state` of the profile");
        assert_eq!(why(&[1, 0, 0, 0]), "it has 5 bytes, and 4 came");
        assert_eq!(why(&[1, 0, 0, 0, 0, 0]), "it has 5 bytes, and 6 came");
    }

    #[test]
    fn what_is_written_reads_back() {
        let status = status();
        let mut out = Vec::new();
        let given = |field: &LayoutField| match field.name.as_str() {
            "state" => Some(Given::Text("running")),
            _ => Some(Given::Number(7)),
        };
        status.write(&given, &mut out).unwrap();
        assert_eq!(out, [1, 0, 0, 0, 7]);
        let wrong = |given: Given<'static>| status.write(&|_| Some(given), &mut Vec::new()).unwrap_err();
        assert_eq!(wrong(Given::Text("paused")).1, "`paused` is none of stopped, running");
        assert_eq!(wrong(Given::Number(-1)).1, "-1 is not from 0 to 255");
    }

    #[test]
    fn bits_have_words_and_those_without_one_are_told() {
        let flags = LayoutField {
            bits: vec![(0, "occlusion".to_owned()), (2, "air".to_owned())],
            ..field("flags", "u8")
        };
        assert_eq!(flags.words_of(0b101), (vec!["occlusion", "air"], 0));
        assert_eq!(flags.words_of(0b1010), (vec![], 0b1010));
    }
}
