//! What was typed: a command, bytes, or a verb with its arguments.

use pump_hil_model::quantity::Span;
use pump_hil_talk::learn::hex_bytes;
use pump_hil_talk::wire::unescape;
use std::path::PathBuf;

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// Nothing.
    Nothing,
    /// What can be typed is asked for.
    Help,
    /// Leave.
    Quit,
    /// Write what was done as a scenario.
    Save(PathBuf),
    /// Let so much of the pump's time pass.
    Wait(Span),
    /// Send these bytes as they are.
    Bytes(Vec<u8>),
    /// Ask the pump for something.
    Verb(Asked),
}

/// A verb as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The verb.
    pub verb: String,
    /// Its arguments: names and values.
    pub with: Vec<(String, String)>,
    /// It may give a dose: a `!` stands behind the verb.
    pub may_dose: bool,
}

impl Typed {
    /// Reads a line.
    ///
    /// # Errors
    /// What cannot be read, and what to type.
    pub fn read(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match (word, rest) {
            ("", _) => Ok(Self::Nothing),
            ("help" | "?", _) => Ok(Self::Help),
            ("quit" | "exit", "") => Ok(Self::Quit),
            ("save", "") => Err("name the file, such as `save scenarios/tried.yaml`".to_owned()),
            ("save", file) => Ok(Self::Save(PathBuf::from(file))),
            ("wait", time) => time.parse().map(Self::Wait).map_err(|why| format!("wait: {why}")),
            _ if line.starts_with('"') || line.starts_with("0x") => bytes(line).map(Self::Bytes),
            _ if line.starts_with('#') => Ok(Self::Nothing),
            _ => asked(word, rest).map(Self::Verb),
        }
    }
}

/// Texts in quotes and bytes in hexadecimal, one behind the other: `0x02 "STAT" 0d`.
fn bytes(line: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = end_of_quote(quoted).ok_or("a quote has no end")?;
            bytes.extend(unescape(quoted.get(..end).unwrap_or_default())?);
            rest = quoted.get(end + 1..).unwrap_or_default().trim_start();
        } else {
            let (hex, behind) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
            bytes.extend(hex_bytes(hex)?);
            rest = behind;
        }
    }
    if bytes.is_empty() {
        return Err("no byte stands there".to_owned());
    }
    Ok(bytes)
}

/// Where a quote ends that began before this.
fn end_of_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn asked(word: &str, rest: &str) -> Result<Asked, String> {
    let (verb, may_dose) = match word.strip_suffix('!') {
        Some(verb) => (verb, true),
        None => (word, false),
    };
    let mut with: Vec<(String, String)> = Vec::new();
    for part in rest.split_whitespace() {
        match (part.split_once('='), with.last_mut()) {
            (Some((name, value)), _) if !name.is_empty() => with.push((name.to_owned(), value.to_owned())),
            // A number and its unit may stand apart.
            (None, Some((_, value))) if !value.is_empty() => {
                value.push(' ');
                value.push_str(part);
            }
            _ => {
                return Err(format!(
                    "`{part}` is no argument: write NAME=VALUE, such as `dose=50uL`, or bytes as \"STAT\\r\" or 0x02 41"
                ));
            }
        }
    }
    let verb = verb.to_owned();
    Ok(Asked { verb, with, may_dose })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_bytes_and_commands() {
        let read = |line: &str| Typed::read(line).unwrap();
        let verb = |verb: &str, with: &[(&str, &str)], may_dose| {
            let with = with
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Typed::Verb(Asked {
                verb: verb.to_owned(),
                with: with.collect(),
                may_dose,
            })
        };
        assert_eq!(read(" status "), verb("status", &[], false));
        let due = verb("single-bolus", &[("dose", "50uL"), ("over", "3 s")], true);
        assert_eq!(read("single-bolus! dose=50uL over=3 s"), due);
        assert_eq!(read("\"STAT\\r\""), Typed::Bytes(b"STAT\r".to_vec()));
        assert_eq!(read("0x02 41 \"B\\\"\" 03"), Typed::Bytes(b"\x02AB\"\x03".to_vec()));
        assert_eq!(read("wait 10 s"), Typed::Wait(Span(10_000)));
        assert_eq!(read("save a b.yaml"), Typed::Save(PathBuf::from("a b.yaml")));
        assert_eq!(
            (read(""), read("quit"), read("# note")),
            (Typed::Nothing, Typed::Quit, Typed::Nothing)
        );
        for (line, why) in [
            ("status now", "`now` is no argument"),
            ("\"STAT", "a quote has no end"),
            ("0x0", "is no byte"),
            ("\"\"", "no byte stands there"),
            ("wait soon", "wait: "),
            ("save", "name the file"),
        ] {
            let told = Typed::read(line).unwrap_err();
            assert!(told.contains(why), "{line}: {told}");
        }
    }
}
