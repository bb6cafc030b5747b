//! A line of a journal from what it says, chained to the one before.

use super::chain::{Hash, MARK, link, push_hex};
use serde::Serialize;

/// Makes lines, each with the hash of all before it.
#[derive(Debug)]
pub struct Encoder {
    chain: Hash,
    line: Vec<u8>,
    hex: String,
}

impl Default for Encoder {
    fn default() -> Self {
        Self {
            chain: [0; 32],
            line: Vec::with_capacity(1024),
            hex: String::with_capacity(64),
        }
    }
}

impl Encoder {
    /// The next line, with its end; the chain goes on behind it once it is [`ChainedLine::written`].
    ///
    /// # Errors
    /// It cannot be turned into JSON.
    pub fn line<T: Serialize>(&mut self, what: &T) -> Result<ChainedLine<'_>, serde_json::Error> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, what)?;
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
        let mut hex = String::with_capacity(64);
        push_hex(&mut hex, &self.chain);
        hex
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
    }
}
