//! The motor's rotor and its encoder.

use crate::stroke::{EDGES_PER_STROKE, STROKE_MS};

/// Time between two edges of a turning rotor, in milliseconds.
const EDGE_MS: u64 = STROKE_MS / EDGES_PER_STROKE as u64;

/// How a stroke goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stall {
    /// The rotor turns.
    Free,
    /// The rotor does not move.
    Held,
}

/// Rotor position and drive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Motor {
    pub(crate) driven: bool,
    /// How long the present stroke has been driven, below [`STROKE_MS`].
    pub(crate) driven_ms: u64,
    /// It was decided how the present stroke goes.
    pub(crate) begun: bool,
    /// The present stroke does not turn the rotor (any more).
    pub(crate) stalled: bool,
    /// Turning time since the last edge; the rotor keeps its place when the drive stops.
    pub(crate) rotor_ms: u64,
    pub(crate) edges: u64,
    /// Strokes that were begun.
    pub(crate) strokes: u64,
    /// Pressure that the motor works against.
    pub(crate) load_pa: i32,
}

impl Motor {
    pub(crate) fn edge_in_ms(&self) -> u64 {
        EDGE_MS - self.rotor_ms
    }
}
