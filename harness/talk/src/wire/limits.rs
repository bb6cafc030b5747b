//! How much of what came is kept.

/// Bytes of an overlong line that are kept for the journal; the rest is only counted.
pub const LINE_KEPT_MAX: usize = 512;
