//! What all parts of pump-hil speak of: quantities, faults, capabilities, cases, events, dose entries, crash records, verdicts, and the files that people write.
//!
//! **This crate must never** use another crate of ours, touch a file, a port or a clock, decide what a pump did wrong, or know how a firmware talks. It is data, and
//! the one text of each piece of data.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        reason = "what is computed here may be any number, as a pump says it"
    )
)]

pub mod capability;
pub mod case;
pub mod crash;
pub mod crash_text;
pub mod device_words;
#[allow(
    clippy::arithmetic_side_effects,
    reason = "places in a text that people wrote; nothing of a pump is computed"
)]
pub mod diagnostic;
pub mod dose_entry;
pub mod dose_text;
pub mod event;
pub mod event_text;
pub mod fault;
pub mod firmware_told;
pub mod lack;
pub mod measure;
pub mod mistake;
pub mod observing;
pub mod quantity;
pub mod rough_time;
pub mod safe_text;
pub mod said;
pub mod sample;
pub mod serde_words;
pub mod trouble;
#[allow(
    clippy::arithmetic_side_effects,
    reason = "places in a text that people wrote; nothing of a pump is computed"
)]
pub mod trouble_code;
pub mod unfit;
pub mod unit_meant;
pub mod value;
pub mod verdict;
pub mod words;
#[allow(
    clippy::arithmetic_side_effects,
    reason = "places in a text that people wrote; nothing of a pump is computed"
)]
pub mod yaml;
