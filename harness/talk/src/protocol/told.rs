//! What a message tells.

use super::meaning::Target;

/// Keys and values in the order of the line.
pub type Fields = Vec<(String, String)>;

/// What a message tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its place among the messages of the protocol.
    pub place: usize,
    /// Number of the request, where replies have one.
    pub id: Option<u64>,
    /// Its fields, those of the frame's header first, in the harness's words and base units.
    pub fields: Fields,
    /// What it says of the pump.
    pub gives: Vec<(Target, String)>,
    /// The frame as it was sent.
    pub as_sent: bool,
}
