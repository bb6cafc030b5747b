//! What the whole plant counts in: strokes, their edges and their volume.

/// Encoder edges of one whole stroke.
pub const EDGES_PER_STROKE: u32 = 4;
/// Time that the motor is driven for one stroke, in milliseconds.
pub const STROKE_MS: u64 = 200;
/// Volume that the encoder counts for one stroke, in nanolitres.
pub const STROKE_NL: u64 = 500;
/// The processor is held in reset below this supply, in millivolts.
pub const BROWN_OUT_MV: u16 = 1900;

/// Volumes inside the plant are in 1/1024 nl, so that percentages of an edge's volume lose nothing over years.
pub(crate) const FX_PER_NL: u64 = 1024;
