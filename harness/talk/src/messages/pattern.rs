//! A message by a regular expression, for what no template reads: it is heard, never sent. Each named group is a field.

use super::value::Value;
use regex::Regex;

/// A regular expression, which takes time in proportion to the text.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// The names of its groups.
    pub names: Vec<String>,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for Pattern {}

/// More than any line of a device needs.
const SIZE_MAX: usize = 1 << 18;

impl Pattern {
    /// From its text; it must fit the whole message.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let regex = regex::RegexBuilder::new(&format!("^(?:{text})$"));
        let regex = { regex }.size_limit(SIZE_MAX).build();
        let regex = regex.map_err(|why| format!("`{text}` is no regular expression: {why}"))?;
        let names = regex.capture_names().flatten().map(str::to_owned).collect();
        Ok(Self { regex, names })
    }

    /// Reads a text into `values`, one for each group; `false`: it does not fit.
    #[must_use]
    pub fn read<'a>(&self, text: &'a str, values: &mut Vec<Value<'a>>) -> bool {
        values.clear();
        let Some(found) = self.regex.captures(text) else {
            return false;
        };
        let value = |name: &String| {
            found
                .name(name)
                .map_or(Value::Absent, |group| Value::Text(group.as_str()))
        };
        values.extend(self.names.iter().map(value));
        true
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        let text = self.regex.as_str();
        text.strip_prefix("^(?:")
            .and_then(|text| text.strip_suffix(")$"))
            .unwrap_or(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banner_behind_a_row_that_was_cut() {
        let banner = Pattern::new("[A-Z]*BOOT (?P<firmware>.+)").unwrap();
        let mut values = Vec::new();
        assert!(banner.read("RESTARTIBOOT 2.1", &mut values));
        assert_eq!(values, [Value::Text("2.1")]);
        assert!(!banner.read("BOOTED", &mut values));
        assert!(Pattern::new("(").unwrap_err().contains("no regular expression"));
        assert_eq!(banner.text(), "[A-Z]*BOOT (?P<firmware>.+)");
    }
}
