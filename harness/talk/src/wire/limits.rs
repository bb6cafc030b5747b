//! How long what the codec takes and gives may be.

/// Bytes that a request may have, without its end.
pub const REQUEST_MAX: usize = 240;
/// Bytes that a pump's line may have, without its end.
pub const LINE_MAX: usize = 320;
/// Bytes of an overlong line that are kept for the journal; the rest is only counted.
// More than LINE_MAX with its CR LF: a line that can be valid is always kept whole.
pub const LINE_KEPT_MAX: usize = 512;
/// Bytes that a key may have.
pub const KEY_MAX: usize = 32;
