//! A line of a journal from what it says, chained to the one before.

use super::chain::{Hash, MARK, RECEIVED, SEQ, hex, link, push_hex};
use serde::Serialize;
use std::io::Write as _;

/// Makes lines, the first of them the header, each with the hash of all before it; events have their number.
#[derive(Debug)]
pub struct Encoder {
    chain: Hash,
    line: Vec<u8>,
    hex: String,
    /// Lines that were written; the header is the first of them, and has no number.
    lines: u64,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            chain: [0; 32],
            line: Vec::with_capacity(1024),
            hex: String::with_capacity(64),
            lines: 0,
        }
    }
}

impl Encoder {
    /// The next line, with its end; the chain goes on behind it once it is [`ChainedLine::written`].
    ///
    /// # Errors
    /// It cannot be turned into JSON.
    pub fn line<T: Serialize>(&mut self, what: &T) -> Result<ChainedLine<'_>, serde_json::Error> {
        self.line_of(None, what)
    }

    /// As [`Encoder::line`], for an event together with the line of the pump that says it, escaped: one line for both.
    ///
    /// # Errors
    /// It cannot be turned into JSON.
    pub fn line_of<T: Serialize>(
        &mut self,
        received: Option<&str>,
        what: &T,
    ) -> Result<ChainedLine<'_>, serde_json::Error> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, what)?;
        if let Some(received) = received {
            self.line.pop(); // the closing brace goes behind it
            self.line.extend_from_slice(RECEIVED.as_bytes());
            serde_json::to_writer(&mut self.line, received)?;
            self.line.push(b'}');
        }
        if self.lines > 0 {
            self.line.pop(); // the closing brace goes behind the number
            write!(self.line, "{SEQ}{}}}", self.lines).map_err(serde_json::Error::io)?;
        }
        // Over the line as it is without its chain: so the reader can take the chain off and has the hashed bytes again.
        let chain = link(&self.chain, &self.line);
        self.hex.clear();
        push_hex(&mut self.hex, &chain);
        self.line.pop(); // the closing brace goes behind the chain
        self.line.extend_from_slice(MARK.as_bytes());
        self.line.extend_from_slice(self.hex.as_bytes());
        self.line.extend_from_slice(b"\"}\n");
        Ok(ChainedLine { encoder: self, chain })
    }

    /// The last hash of the chain, hex: who keeps it can prove that nothing was cut off the end.
    #[must_use]
    pub fn chain(&self) -> String {
        hex(&self.chain)
    }
}

/// A line that is not written yet.
#[derive(Debug)]
pub struct ChainedLine<'a> {
    encoder: &'a mut Encoder,
    chain: Hash,
}

impl ChainedLine<'_> {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.encoder.line
    }

    /// It stands where it belongs: the chain goes on behind it. A line that is dropped without this was never there.
    pub fn written(self) {
        self.encoder.chain = self.chain;
        self.encoder.lines = self.encoder.lines.saturating_add(1);
    }
}
