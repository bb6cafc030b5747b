//! From the events of a run to a verdict: the oracle, the dose log, the reconciliation, the judge, and the form of the journal that they are read from.
//!
//! **This crate must never** touch a file, a clock, a rig or a pump: the same journal gives the same verdict in ten years. It uses no floating point where a dose is
//! computed, and shares no code with any firmware.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        reason = "what is computed here comes from a pump, and must neither wrap nor end a run"
    )
)]

pub mod dose;
pub mod journal;
pub mod judge;
mod leading;
pub mod oracle;
pub mod reconcile;
pub mod snapshot;
mod weighed;
pub mod whole;
