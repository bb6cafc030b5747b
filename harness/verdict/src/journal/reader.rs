//! Reading a journal: one line at a time, each checked against the chain.

use super::before_3;
use super::chain::{Hash, MARK, RECEIVED, SEQ, SUFFIX, hex, link};
use super::error::{JournalError, LINE_LIMIT};
use super::header::{FORMAT, Header, NUMBERED, OLDEST, WITH_LINES};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::serde_words::in_words;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

/// How a journal ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a whole line; `chain` is the last hash, hex.
    Whole {
        /// What [`super::Encoder::chain`] gave of the last line.
        chain: String,
    },
    /// In the middle of a line: the writer was killed, or the disk was full. Everything before is good.
    Torn {
        /// Number of the torn line, from 1.
        line: u64,
        /// Bytes of it that are there.
        bytes: usize,
    },
}

/// An open journal, of which the header is read.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    path: PathBuf,
    header: Header,
    chain: Hash,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header of a journal that comes from anywhere; `path` is for messages.
    ///
    /// # Errors
    /// [`JournalError::Io`], [`JournalError::NotAJournal`], [`JournalError::Version`], [`JournalError::Chain`].
    pub fn new(source: R, path: &Path) -> Result<Self, JournalError> {
        let not = |why: &str| JournalError::NotAJournal {
            path: path.to_owned(),
            why: why.to_owned(),
        };
        let mut lines = Lines {
            source,
            path,
            line: Vec::new(),
            number: 0,
        };
        match lines.next()? {
            Piece::Line => {}
            Piece::Torn => return Err(not("its first line has no end")),
            Piece::None => return Err(not("it is empty")),
        }
        let Lines { source, line, .. } = lines;
        // The version first: another version's header may have other fields.
        let version: Version = serde_json::from_slice(&line).map_err(|e| not(&in_words(&e)))?;
        if !(u64::from(OLDEST)..=u64::from(FORMAT)).contains(&version.pump_hil_journal) {
            return Err(JournalError::Version {
                path: path.to_owned(),
                found: version.pump_hil_journal,
            });
        }
        let mut line = line;
        let chain = unlink(&mut line, &[0; 32]).ok_or_else(|| JournalError::Chain {
            path: path.to_owned(),
            line: 1,
        })?;
        let header = serde_json::from_slice(&line).map_err(|e| not(&in_words(&e)))?;
        Ok(Self {
            source,
            path: path.to_owned(),
            header,
            chain,
            line,
            number: 1,
        })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Splits off the header, so that a judge can borrow its case while events stream.
    #[must_use]
    pub fn into_parts(self) -> (Header, Events<R>) {
        let last_seq = (self.header.pump_hil_journal >= NUMBERED).then_some(0);
        let with_lines = self.header.pump_hil_journal >= WITH_LINES;
        (
            self.header,
            Events {
                source: self.source,
                path: self.path,
                chain: self.chain,
                line: self.line,
                number: self.number,
                last_seq,
                with_lines,
                behind: None,
                left_out: None,
                end: None,
                failed: None,
            },
        )
    }
}

#[derive(serde::Deserialize)]
struct Version {
    pump_hil_journal: u64,
}

/// The events of a journal, streamed in bounded memory. Stops at the end, at a torn line, and at the first error; ask [`Events::finish`] which.
#[derive(Debug)]
pub struct Events<R> {
    source: R,
    path: PathBuf,
    chain: Hash,
    line: Vec<u8>,
    number: u64,
    /// Number of the last event; `None` where events have none.
    last_seq: Option<u64>,
    /// A line may hold what the pump wrote and what it says.
    with_lines: bool,
    /// What the pump's line says that was given last.
    behind: Option<Event>,
    left_out: Option<String>,
    end: Option<End>,
    failed: Option<JournalError>,
}

impl<R: BufRead> Events<R> {
    /// How the journal ended. Call it when the iterator gave `None`; before that the rest is read and checked first.
    ///
    /// # Errors
    /// What broke off the reading.
    pub fn finish(mut self) -> Result<End, JournalError> {
        // Whoever stops early still learns whether the rest is intact: a verdict stands on the whole journal.
        while self.next().is_some() {}
        if let Some(error) = self.failed {
            return Err(error);
        }
        Ok(self.end.unwrap_or_else(|| End::Whole {
            chain: hex(&self.chain),
        }))
    }

    /// What was left out between the last event and the one before it, by their numbers.
    pub fn left_out(&mut self) -> Option<String> {
        self.left_out.take()
    }

    /// Takes the event's number off the line, and compares it with the one before.
    fn count(&mut self) {
        let Some(last) = self.last_seq else { return };
        let found = take_seq(&mut self.line);
        let due = last.saturating_add(1);
        self.last_seq = found.or(Some(due));
        self.left_out = match found {
            Some(found) if found == due => None,
            Some(found) => Some(format!(
                "event {due} is due, and {found} stands there, in line {}",
                self.number
            )),
            None => Some(format!("the event in line {} has no number", self.number)),
        };
    }

    fn read(&mut self) -> Result<Option<Event>, JournalError> {
        let mut lines = Lines {
            source: &mut self.source,
            path: &self.path,
            line: std::mem::take(&mut self.line),
            number: self.number,
        };
        let piece = lines.next()?;
        self.number = lines.number;
        self.line = lines.line;
        match piece {
            Piece::Line => {}
            Piece::Torn => {
                self.end = Some(End::Torn {
                    line: self.number,
                    bytes: self.line.len(),
                });
                return Ok(None);
            }
            Piece::None => {
                self.end = Some(End::Whole {
                    chain: hex(&self.chain),
                });
                return Ok(None);
            }
        }
        self.chain = unlink(&mut self.line, &self.chain).ok_or_else(|| JournalError::Chain {
            path: self.path.clone(),
            line: self.number,
        })?;
        self.count();
        let received = if self.with_lines {
            take_received(&mut self.line)
        } else {
            None
        };
        let mut event: Event = serde_json::from_slice(&self.line).map_err(|e| JournalError::Event {
            path: self.path.clone(),
            line: self.number,
            why: in_words(&e),
        })?;
        if !self.with_lines {
            before_3::complete(&mut event.body);
        }
        let Some(bytes) = received else {
            return Ok(Some(event));
        };
        let says = event.body.says();
        let line = Event {
            t: event.t,
            host_us: event.host_us,
            body: Body::Received { bytes, says },
        };
        self.behind = Some(event);
        Ok(Some(line))
    }
}

impl<R: BufRead> Iterator for Events<R> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.behind.take() {
            return Some(event);
        }
        if self.end.is_some() || self.failed.is_some() {
            return None;
        }
        self.read().unwrap_or_else(|error| {
            self.failed = Some(error);
            None
        })
    }
}

enum Piece {
    Line,
    Torn,
    None,
}

struct Lines<'a, R> {
    source: R,
    path: &'a Path,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<'_, R> {
    /// Reads the next line, without its end, into `self.line`; never more than the limit.
    fn next(&mut self) -> Result<Piece, JournalError> {
        self.line.clear();
        let limit = u64::try_from(LINE_LIMIT).unwrap_or(u64::MAX);
        self.source
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.line)
            .map_err(|source| JournalError::Io {
                path: self.path.to_owned(),
                what: "read",
                source,
            })?;
        if self.line.is_empty() {
            return Ok(Piece::None);
        }
        self.number = self.number.saturating_add(1);
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            return Ok(Piece::Line);
        }
        // Looked at after the line's end: only a line that the limit cut off has none and is this long. A shorter one is torn.
        if self.line.len() >= LINE_LIMIT {
            return Err(JournalError::TooLong {
                path: self.path.to_owned(),
                line: self.number,
            });
        }
        Ok(Piece::Torn)
    }
}

/// Takes the chain off a line, which leaves its body; `None` if it has none or another than `before` and the body give.
fn unlink(line: &mut Vec<u8>, before: &Hash) -> Option<Hash> {
    // From the end, because the same text may stand inside a body.
    let at = line.len().checked_sub(SUFFIX)?;
    let suffix = &line[at..];
    let written = suffix.strip_prefix(MARK.as_bytes())?.strip_suffix(b"\"}")?.to_owned();
    line.truncate(at);
    // The encoder hashed the body with its brace, and put the chain in front of that.
    line.push(b'}');
    let chain = link(before, line);
    (hex(&chain).as_bytes() == written).then_some(chain)
}

/// Takes what the pump wrote off a line that has it, and leaves what it says.
fn take_received(line: &mut Vec<u8>) -> Option<String> {
    let body = line.strip_suffix(b"}")?;
    let at = last_string(body)?;
    let (before, text) = body.split_at(at);
    let before = before.strip_suffix(RECEIVED.as_bytes())?.len();
    let received = serde_json::from_slice(text).ok()?;
    line.truncate(before);
    line.push(b'}');
    Some(received)
}

/// Where the JSON string begins with which `text` ends.
fn last_string(text: &[u8]) -> Option<usize> {
    let inner = text.strip_suffix(b"\"")?;
    let mut end = inner.len();
    loop {
        let quote = inner.get(..end)?.iter().rposition(|byte| *byte == b'"')?;
        let escapes = inner
            .get(..quote)?
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count();
        if escapes.is_multiple_of(2) {
            return Some(quote);
        }
        end = quote;
    }
}

/// Takes the number off a line without its chain.
fn take_seq(line: &mut Vec<u8>) -> Option<u64> {
    // From the end, because a pump's text may hold the same.
    let body = line.strip_suffix(b"}")?;
    let at = body.iter().rposition(|byte| !byte.is_ascii_digit())?.saturating_add(1);
    let (before, digits) = body.split_at(at);
    let seq = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let at = before.strip_suffix(SEQ.as_bytes())?.len();
    line.truncate(at);
    line.push(b'}');
    Some(seq)
}

#[cfg(test)]
mod tests {
    use super::{take_received, take_seq};

    fn taken(line: &str) -> (Option<String>, String) {
        let mut line = line.as_bytes().to_vec();
        let received = take_received(&mut line);
        (received, String::from_utf8(line).unwrap())
    }

    #[test]
    fn what_the_pump_wrote_is_taken_off_whatever_it_holds() {
        for text in [
            "",
            "=3 ok",
            "a \"quote\"",
            "back\\",
            "\\\"",
            ",\"received\":\"x\"",
            "ü\u{1}",
        ] {
            let json = serde_json::to_string(text).unwrap();
            let (received, left) = taken(&format!(r#"{{"t":0,"why":"b","received":{json}}}"#));
            assert_eq!(received.as_deref(), Some(text));
            assert_eq!(left, r#"{"t":0,"why":"b"}"#);
        }
    }

    #[test]
    fn a_field_of_the_pump_by_that_name_stays() {
        for line in [
            r#"{"fields":{"a":"b","received":"5"}}"#,
            r#"{"why":"x,\"received\":\"y"}"#,
            r#"{"received":"alone"}"#,
            r#"{"t":1}"#,
            "\"}",
            "",
        ] {
            assert_eq!(taken(line), (None, line.to_owned()));
        }
        assert_eq!(take_seq(&mut b"{\"t\":1}".to_vec()), None);
    }
}
