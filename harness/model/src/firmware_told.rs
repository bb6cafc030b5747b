//! What a run notes of the pump's firmware: how it came into the chip, and the lines of its log.

use serde::{Deserialize, Serialize};

/// A line of text, or a decoded `defmt` message, of one of the firmware's RTT channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Number of the channel.
    pub channel: u32,
    /// Its name; empty: it has none.
    pub name: String,
    /// `trace` to `error`, where the firmware gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The firmware's own time stamp, where it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
    /// What it says, with everything escaped that could steer a terminal.
    pub text: String,
    /// Where in the sources, as `file:line`, where the image says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// How firmware comes to be in a chip's flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InFlash {
    /// The emulator starts with it.
    Loaded,
    /// It was there already: every byte was read and compared.
    Already,
    /// It was written, and read back.
    Written,
}
