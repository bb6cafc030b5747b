//! How long a line and its parts may be, in bytes.

/// Longest line that the pump takes, without its line end, in bytes.
pub const REQUEST_MAX: usize = 240;
/// Longest line that the pump says, without its line end, in bytes: a dose entry after a life of large volumes.
pub const LINE_MAX: usize = 320;
/// Longest key, in bytes.
pub const KEY_MAX: usize = 32;
