//! A dose log as its file keeps it: the head that insta writes, and the table.

use super::made::Made;
use crate::dose::DoseLog;
use crate::journal::sha256_hex;
use pump_hil_model::safe_text::safe;

/// Most bytes of such a file: a table has a few hundred rows.
pub const BYTES_MAX: usize = 4 << 20;

/// Line before and behind the head.
const FENCE: &str = "---";

/// What stands before what a log was made with, in a line of the head; a key that insta leaves to whoever writes the file.
pub const INFO: &str = "info: ";

/// A dose log out of its file, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The table's text, without line ends at its end.
    pub text: String,
    /// What it says.
    pub log: DoseLog,
    /// What it was made with, where its head says it.
    pub made: Option<Made>,
}

/// Why a file is no dose log that this harness kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// No byte at all.
    #[error("it is empty")]
    Empty,
    /// Bytes that are no text.
    #[error("its byte {at} is not UTF-8 text")]
    NoText {
        /// From 1.
        at: usize,
    },
    /// A character that no table has, such as a byte of zero.
    #[error("line {line} holds `{what}`, which no dose log has")]
    Character {
        /// From 1.
        line: usize,
        /// The character, harmless.
        what: String,
    },
    /// A merge that a person did not finish.
    #[error("line {line} is a mark of a merge that was not finished")]
    Merge {
        /// From 1.
        line: usize,
    },
    /// Its head is not as it was written.
    #[error("line {line}: its head is not whole")]
    Head {
        /// From 1.
        line: usize,
    },
    /// Nothing, or blank lines, behind the head.
    #[error("it has only its head")]
    NoTable,
    /// A line that is none of a table's.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The table does not say whose it is.
    #[error("its line `# dose log of ...` is missing")]
    NoName,
    /// The last row is missing, or those before it are.
    #[error("it breaks off: its last row is not `end`")]
    CutShort,
}

impl Kept {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`Damage`]: anything that this harness did not write, or did not write to its end.
    pub fn parse(bytes: &[u8]) -> Result<Self, Damage> {
        if bytes.is_empty() {
            return Err(Damage::Empty);
        }
        let text = std::str::from_utf8(bytes).map_err(|e| Damage::NoText {
            at: e.valid_up_to().saturating_add(1),
        })?;
        // As some tools write a file out of a repository.
        let text = text.replace("\r\n", "\n");
        strange(&text)?;
        let (head, table) = parts(&text)?;
        let made = made(&text, head)?;
        let text = table.trim_end().to_owned();
        if text.is_empty() {
            return Err(Damage::NoTable);
        }
        let mut log = DoseLog::parse(&text).map_err(|error| Damage::Line {
            line: head.saturating_add(error.line),
            why: safe(&error.why),
        })?;
        if log.name.is_empty() {
            return Err(Damage::NoName);
        }
        if log.rows.last().is_none_or(|row| row.what != "end") {
            return Err(Damage::CutShort);
        }
        if let Some(made) = &made {
            made.bring_back(&mut log);
        }
        Ok(Self { text, log, made })
    }

    /// SHA-256 of the table's text, as the record of acceptances has it.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256_of(&self.text)
    }
}

/// SHA-256 of a table's text, as the record of acceptances has it: line ends at its end do not count.
#[must_use]
pub fn sha256_of(text: &str) -> String {
    sha256_hex(text.trim_end().as_bytes())
}

/// What no file of ours holds, wherever it stands: it says what happened to the file better than the first line that cannot be read.
fn strange(text: &str) -> Result<(), Damage> {
    const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
    for (line, text) in (1..).zip(text.split('\n')) {
        if MARKS.iter().any(|mark| text.starts_with(mark)) {
            return Err(Damage::Merge { line });
        }
        if let Some(c) = text.chars().find(|c| c.is_control() || *c == '\u{feff}') {
            let what = safe(c.encode_utf8(&mut [0; 4]));
            return Err(Damage::Character { line, what });
        }
    }
    Ok(())
}

/// How many lines the head has, and what stands behind it. The head is `key: value`, or more of the value on lines that are indented.
fn parts(text: &str) -> Result<(usize, &str), Damage> {
    let mut rest = text;
    for line in 1.. {
        let Some((this, behind)) = rest.split_once('\n') else {
            return Err(Damage::Head { line });
        };
        let is_fence = this.trim_end() == FENCE;
        let is_key = || this.starts_with(' ') || this.split_once(':').is_some_and(|(key, _)| is_word(key));
        rest = behind;
        match line {
            1 if is_fence => {}
            2.. if is_fence => return Ok((line, behind)),
            2.. if is_key() => {}
            _ => return Err(Damage::Head { line }),
        }
    }
    Err(Damage::NoTable)
}

/// What the head of so many lines says that the log was made with. Another tool may write its own `info`, which is none of ours.
fn made(text: &str, head: usize) -> Result<Option<Made>, Damage> {
    for (line, text) in (1..=head).zip(text.lines()) {
        if let Some(json) = text.strip_prefix(INFO).filter(|json| json.starts_with('{')) {
            let made = serde_json::from_str(json.trim_end());
            return made.map(Some).map_err(|_| Damage::Head { line });
        }
    }
    Ok(None)
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::quantity::Span;

    const WHOLE: &str = "---\nsource: harness/src/snapshot/mod.rs\ninput_file: \"scenarios/a.yaml\"\ninfo:\n  more: of it\n---\n\
        # dose log of a[slow]\n\
        time what detail state mode rate basal patient periodic clinician prime bridge total actuated delivered reservoir\n\
        00:00:00.000 start command running continuous 0.500000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 20000.000\n\
        01:00:00.000 end - running continuous 0.500000 20.500 0.000 0.000 0.000 0.000 0.000 20.500 20.500 20.500 19979.500\n";

    #[test]
    fn a_whole_file_is_read_whatever_its_line_ends_are() {
        let kept = Kept::parse(WHOLE.as_bytes()).unwrap();
        assert_eq!((kept.log.name.as_str(), kept.log.rows.len()), ("a[slow]", 2));
        let other = Kept::parse(WHOLE.replace('\n', "\r\n").as_bytes()).unwrap();
        assert_eq!(
            (&other, other.sha256()),
            (&kept, sha256_of(&(kept.text.clone() + "\n")))
        );
    }

    #[test]
    fn what_it_was_made_with_is_read_where_it_stands() {
        let with = |info: &str| Kept::parse(WHOLE.replace("info:\n  more: of it", info).as_bytes());
        let said = r#"info: {"prescription":{"rate":"0.5 mL/day"},"scenario_sha256":"1","tolerance":{"volume":1000,"volume_floor":500,"time":2000},"late":7,"later":1}"#;
        let kept = with(said).unwrap();
        assert_eq!((kept.log.late, kept.log.carried), (Span(7), false));
        assert_eq!(kept.made.unwrap().prescription["rate"], "0.5 mL/day");
        // Of before there was such a line, of another tool, and none.
        for other in ["info:\n  more: of it", "info: of it", "more: of it"] {
            assert_eq!(with(other).unwrap().made, None);
        }
        assert_eq!(with("info: {\"prescription\":").unwrap_err(), Damage::Head { line: 4 });
    }

    #[test]
    fn the_line_that_is_told_is_that_of_the_file() {
        let told = |from, to| Kept::parse(WHOLE.replace(from, to).as_bytes()).unwrap_err().to_string();
        assert_eq!(
            told("0.500000 20.500", "0.500000 20.500 1"),
            "line 10: 17 columns instead of 16"
        );
        assert_eq!(told("source:", "source"), "line 2: its head is not whole");
        assert_eq!(
            told("# dose log of a[slow]\n", ""),
            "its line `# dose log of ...` is missing"
        );
        assert_eq!(
            told("command", "com\u{0}mand"),
            "line 9 holds `\\u{0}`, which no dose log has"
        );
        assert_eq!(
            told("01:00:00.000 end", "=======\n01:00:00.000 end"),
            "line 10 is a mark of a merge that was not finished"
        );
        // Six numbers that are beyond all sums.
        let most = "9223372036854775.807";
        let absurd = WHOLE.replace(" 20.500 0.000 0.000", &format!(" {most} {most} {most}"));
        assert!(matches!(
            Kept::parse(absurd.as_bytes()),
            Err(Damage::Line { line: 10, .. })
        ));
    }
}
