//! A text message: literals and fields, read from left to right and never back, and written by the same.

use super::field_type::{Around, field_of};
use super::text_field::{TextField, WriteError};
use super::value::{Given, Value};

/// A text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    /// The fields in their order.
    pub fields: Vec<FieldSpec>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// The field at this place among the fields.
    Field(usize),
}

/// A field: what is said there, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name; in what is sent, what is put there.
    pub name: String,
    /// What it holds.
    pub holds: TextField,
    /// It may be empty.
    pub optional: bool,
    /// What its number counts: a unit of the profile, a quantity, or `@` and the field that says the unit.
    pub unit: Option<String>,
}

/// Where a text stopped being this message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Miss {
    /// Bytes that fitted.
    pub at: usize,
    /// The part that does not.
    pub part: usize,
}

impl Template {
    /// From its text.
    ///
    /// # Errors
    /// What cannot be read, or where a field would not end.
    pub fn new(text: &str, around: Around<'_>) -> Result<Self, String> {
        let mut template = Self {
            parts: Vec::new(),
            fields: Vec::new(),
        };
        template.take(text, around, 0)?;
        template.check()?;
        Ok(template)
    }

    fn take(&mut self, text: &str, around: Around<'_>, depth: usize) -> Result<(), String> {
        if depth > PARTS_DEEP {
            return Err("its parts name each other in a circle".to_owned());
        }
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (literal, from) = rest.split_at(at);
            self.literal(literal);
            // A brace that stands for itself stands twice.
            if let Some(after) = from.strip_prefix("{{") {
                self.literal("{");
                rest = after;
                continue;
            }
            if let Some(after) = from.strip_prefix("}}") {
                self.literal("}");
                rest = after;
                continue;
            }
            let inside = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let Some((field, after)) = inside else {
                return Err(format!(
                    "a brace without its other one in `{text}`; one that stands for itself is written twice"
                ));
            };
            match field.split_once(':') {
                Some((name, holds)) => self.field(name.trim(), holds.trim(), around)?,
                None => match (around.parts)(field) {
                    Some(part) => self.take(&part, around, depth.saturating_add(1))?,
                    None => {
                        return Err(format!(
                            "`{{{field}}}` is no part and no option; a field has its type, such as `{{{field}:int}}`"
                        ));
                    }
                },
            }
            rest = after;
        }
        self.literal(rest);
        Ok(())
    }

    fn literal(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Literal(before)) => before.push_str(text),
            _ => self.parts.push(Part::Literal(text.to_owned())),
        }
    }

    fn field(&mut self, name: &str, holds: &str, around: Around<'_>) -> Result<(), String> {
        let (holds, unit) = match holds.split_once(" in ") {
            Some((holds, unit)) => (holds.trim(), Some(unit.trim().to_owned())),
            None => (holds, None),
        };
        let (holds, optional) = match holds.strip_suffix('?') {
            Some(holds) => (holds, true),
            None => (holds, false),
        };
        if name.is_empty() {
            return Err(format!("`{{:{holds}}}` has no name"));
        }
        if self.fields.iter().any(|field| field.name == name) {
            return Err(format!("two fields have the name `{name}`"));
        }
        let holds = field_of(holds, around)?;
        self.parts.push(Part::Field(self.fields.len()));
        self.fields.push(FieldSpec {
            name: name.to_owned(),
            holds,
            optional,
            unit,
        });
        Ok(())
    }

    /// Each field must end where the next part begins.
    fn check(&mut self) -> Result<(), String> {
        for place in 0..self.parts.len() {
            let Some(Part::Field(field)) = self.parts.get(place) else {
                continue;
            };
            let begins: Option<Vec<u8>> = match self.parts.get(place.saturating_add(1)) {
                Some(Part::Literal(text)) => Some(text.bytes().take(1).collect()),
                Some(Part::Field(next)) => self.fields.get(*next).map(|next| next.holds.begins()),
                None => None,
            };
            let is_literal = matches!(self.parts.get(place.saturating_add(1)), Some(Part::Literal(_)));
            let Some(spec) = self.fields.get_mut(*field) else {
                continue;
            };
            if let TextField::Text { until } = &mut spec.holds {
                *until = begins
                    .as_ref()
                    .filter(|_| is_literal)
                    .and_then(|begins| begins.first().copied());
            }
            let ends = begins.is_none_or(|begins| begins.iter().all(|byte| spec.holds.stops_at(*byte)));
            if !ends {
                let name = &spec.name;
                return Err(format!(
                    "nothing tells where `{{{name}:..}}` ends: {} goes on where the next part begins",
                    spec.holds.what()
                ));
            }
        }
        Ok(())
    }

    /// Reads a text into `values`, one for each field.
    ///
    /// # Errors
    /// Where it stops being this message.
    pub fn read<'a>(&self, text: &'a str, values: &mut Vec<Value<'a>>) -> Result<(), Miss> {
        values.clear();
        self.walk(text, |value, _| values.push(value))
    }

    /// What stands in each field, where a text is this message; nothing of one that is not.
    #[must_use]
    pub fn split<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut parts = Vec::new();
        match self.walk(text, |_, part| parts.push(part)) {
            Ok(()) => parts,
            Err(_) => Vec::new(),
        }
    }

    /// Reads a text, and gives the value of each field with what stands there.
    fn walk<'a>(&self, text: &'a str, mut each: impl FnMut(Value<'a>, &'a str)) -> Result<(), Miss> {
        let mut rest = text;
        let miss = |rest: &str, part| Miss {
            at: text.len().saturating_sub(rest.len()),
            part,
        };
        for (place, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(literal) => {
                    rest = rest.strip_prefix(literal.as_str()).ok_or_else(|| miss(rest, place))?;
                }
                Part::Field(field) => {
                    let spec = self.fields.get(*field).ok_or_else(|| miss(rest, place))?;
                    match spec.holds.read(rest) {
                        // A text may be empty; so may pairs be.
                        Some((value, after)) => {
                            let absent = spec.optional && value == Value::Text("");
                            let said = rest.get(..rest.len().saturating_sub(after.len())).unwrap_or_default();
                            each(if absent { Value::Absent } else { value }, said);
                            rest = after;
                        }
                        None if spec.optional => each(Value::Absent, ""),
                        None => return Err(miss(rest, place)),
                    }
                }
            }
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(miss(rest, self.parts.len()))
        }
    }

    /// Appends the message; `given` gives what stands in each field.
    ///
    /// # Errors
    /// The name of the field that has no value, or cannot hold it.
    pub fn write<'a>(
        &self,
        given: &dyn Fn(&FieldSpec) -> Option<Given<'a>>,
        out: &mut Vec<u8>,
    ) -> Result<(), (String, Option<WriteError>)> {
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Part::Field(field) => {
                    let Some(spec) = self.fields.get(*field) else { continue };
                    match given(spec) {
                        Some(value) => {
                            let written = spec.holds.write(value, out);
                            written.map_err(|why| (spec.name.clone(), Some(why)))?;
                        }
                        None if spec.optional => {}
                        None => return Err((spec.name.clone(), None)),
                    }
                }
            }
        }
        Ok(())
    }

    /// Why a text is not this message, for people.
    #[must_use]
    pub fn why(&self, text: &str, miss: Miss) -> String {
        let rest = text.get(miss.at..).unwrap_or_default();
        match self.parts.get(miss.part) {
            Some(Part::Literal(literal)) => format!("`{literal}` is due at byte {}", miss.at),
            Some(Part::Field(field)) => {
                let spec = self.fields.get(*field);
                let why = spec.map_or_else(String::new, |spec| {
                    format!("`{}`: {}", spec.name, spec.holds.why_not(rest))
                });
                format!("at byte {}, {why}", miss.at)
            }
            None => format!("it should end at byte {}", miss.at),
        }
    }

    /// The bytes that each such message begins with.
    #[must_use]
    pub fn begins(&self) -> &str {
        match self.parts.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        }
    }

    /// The place of a field.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }
}

/// So deep may parts name parts.
const PARTS_DEEP: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{Class, PairsForm};
    use std::sync::Arc;

    fn template(text: &str) -> Result<Template, String> {
        let pairs = Arc::new(PairsForm {
            before: " ".to_owned(),
            between: "=".to_owned(),
            keys: Class::new("a-z0-9.-").unwrap(),
            key_max: 32,
            values: Class::new("A-Za-z0-9.,:/+_@-").unwrap(),
        });
        let around = Around {
            pairs: Some(&pairs),
            units: &["UL".to_owned(), "ML".to_owned()],
            parts: &|name| match name {
                "head" => Some("{a:int2}{state:I|S|P|X}".to_owned()),
                "circle" => Some("{circle}".to_owned()),
                _ => None,
            },
        };
        Template::new(text, around)
    }

    fn read<'a>(of: &Template, text: &'a str) -> Result<Vec<Value<'a>>, String> {
        let mut values = Vec::new();
        match of.read(text, &mut values) {
            Ok(()) => Ok(values),
            Err(miss) => Err(of.why(text, miss)),
        }
    }

    #[test]
    fn a_syringe_pump_s_volumes() {
        let volumes = template("{head}I{infused:dec in @u}W{withdrawn:dec in @u}{u:unit}").unwrap();
        let number = |digits, tens| Value::Number { digits, tens };
        assert_eq!(
            read(&volumes, "00SI1.650W0.000ML").unwrap(),
            [
                number(0, 0),
                Value::Text("S"),
                number(1650, -3),
                number(0, -3),
                Value::Text("ML")
            ]
        );
        assert_eq!(volumes.fields[2].unit.as_deref(), Some("@u"));
        let why = |text| read(&volumes, text).unwrap_err();
        assert_eq!(
            why("00QI1.650W0.000ML"),
            "at byte 2, `state`: `QI1.650W0.000ML` is not one of I, S, P, X"
        );
        assert_eq!(why("00SI1.650"), "`W` is due at byte 9");
        assert_eq!(why("00SI1W0ML!"), "it should end at byte 9");
    }

    #[test]
    fn fields_that_may_be_empty_and_braces() {
        let refused = template("{head}?{reason:word?}").unwrap();
        assert_eq!(read(&refused, "00S?").unwrap()[2], Value::Absent);
        assert_eq!(read(&refused, "00S?NA").unwrap()[2], Value::Text("NA"));
        let json = template(r#"{{"volume":{volume:-dec in mL},"state":"{state:text}"}}"#).unwrap();
        let values = read(&json, r#"{"volume":-1.5,"state":"on hold"}"#).unwrap();
        assert_eq!(
            values,
            [Value::Number { digits: -15, tens: -1 }, Value::Text("on hold")]
        );
    }

    #[test]
    fn what_would_not_end_is_refused() {
        for text in [
            "{a:int}{b:int}",
            "{a:word}b",
            "{a:dec}.5",
            "{a:pairs}x",
            "{a:text}{b:int}",
        ] {
            let why = template(text).expect_err(text);
            assert!(why.contains("nothing tells where `{a:..}` ends"), "{text}: {why}");
        }
        assert!(template("{a:int2}{b:int}").is_ok());
        for (text, why) in [
            ("{a:strange}", "is no type of a field"),
            ("{a", "a brace without its other one"),
            ("a}", "a brace without its other one"),
            ("{nobody}", "is no part and no option"),
            ("{circle}", "in a circle"),
            ("{a:int} {a:int}", "two fields have the name"),
            ("{:int}", "has no name"),
            ("{a:uint 1..x}", "is no number"),
        ] {
            let told = template(text).expect_err(text);
            assert!(told.contains(why), "{text}: {told}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let request = template("#{seq:uint 1..65535} {verb:word[a-z0-9-]}{args:pairs}").unwrap();
        let mut out = Vec::new();
        let pairs = [("dose", "10000nl"), ("over", "600s")];
        let given = |field: &FieldSpec| match field.name.as_str() {
            "seq" => Some(Given::Number(7)),
            "verb" => Some(Given::Text("bolus")),
            _ => Some(Given::Pairs(&pairs)),
        };
        request.write(&given, &mut out).unwrap();
        assert_eq!(out, b"#7 bolus dose=10000nl over=600s");
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            read(&request, &text).unwrap(),
            [
                Value::Number { digits: 7, tens: 0 },
                Value::Text("bolus"),
                Value::Pairs(" dose=10000nl over=600s")
            ]
        );
        assert!(read(&request, "#0 bolus").is_err());
        assert!(read(&request, "#1 Bolus").is_err());
        let missing = request.write(&|_| None, &mut Vec::new()).unwrap_err();
        assert_eq!(missing, ("seq".to_owned(), None));
    }
}
