//! How pump-hil talks with a pump: device profiles, the codec, and the session.
//!
//! **This crate must never** do IO or ask a clock: bytes come in, bytes go out, and time is an argument. It judges nothing.

pub mod device;
pub mod session;
pub mod wire;
