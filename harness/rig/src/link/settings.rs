//! How a serial port is set when it is opened.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a serial port is set. What is not said is as usual: eight bits, no parity, one stop bit, no flow control; of a port that a server has it stays as the
/// server has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Bits a second.
    pub baud: Option<u32>,
    /// Bits of a character.
    pub data_bits: Option<u8>,
    /// Parity.
    pub parity: Option<Parity>,
    /// Stop bits.
    pub stop_bits: Option<u8>,
    /// Who holds up whom, and how.
    pub flow: Option<Flow>,
    /// The line DTR once it is open.
    pub dtr: Option<Level>,
    /// The line RTS once it is open.
    pub rts: Option<Level>,
    /// How long the line is broken once it is open: many boards start anew then.
    pub break_for: Option<Duration>,
}

/// Parity of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "parity"))]
pub enum Parity {
    None,
    Even,
    Odd,
}

/// Flow control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "flow control"))]
pub enum Flow {
    None,
    Hardware,
    Software,
}

/// Whether a line is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "level of a line"))]
pub enum Level {
    On,
    Off,
}

impl Settings {
    /// Those that are said, by their keys in a rig file.
    #[must_use]
    pub fn said(&self) -> Vec<&'static str> {
        [
            ("baud", self.baud.is_some()),
            ("data-bits", self.data_bits.is_some()),
            ("parity", self.parity.is_some()),
            ("stop-bits", self.stop_bits.is_some()),
            ("flow", self.flow.is_some()),
            ("dtr", self.dtr.is_some()),
            ("rts", self.rts.is_some()),
            ("break", self.break_for.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, said)| said.then_some(key))
        .collect()
    }
}
