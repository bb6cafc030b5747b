//! How pump-hil talks with a pump: device profiles, the codec, and the session.
//!
//! **This crate must never** do IO or ask a clock: bytes come in, bytes go out, and time is an argument. It judges nothing.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        reason = "what is computed here comes from a pump, and must neither wrap nor end a run"
    )
)]

pub mod decode;
pub mod device;
pub mod frames;
pub mod learn;
pub mod messages;
pub mod protocol;
pub mod session;
pub mod wire;
