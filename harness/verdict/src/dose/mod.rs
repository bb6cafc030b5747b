//! The dose log: the canonical table of what was delivered, made from the events of a run.
//!
//! Invariant: the same events give the same table, byte for byte, and nothing of the host's time or speed is in it. Volumes count from the
//! begin of the scenario, in nanolitres, and are shown in microlitres with three decimals, so that nothing is rounded.

mod beside;
mod builder;
mod compare;
mod late;
mod log;
mod pairs;
mod sampled;
mod table;
mod thinning;
mod volumes;

pub use beside::{Beside, beside};
pub use builder::Builder;
pub(crate) use builder::tells_of;
pub use compare::{Difference, compare, shows_more};
pub use log::{CLASSES, DoseLog, Row};
pub use sampled::Sampled;
pub use table::{COLUMNS, ParseError, cells};
pub use volumes::STROKE_NL;
pub(crate) use volumes::{Lag, actuated_delivered, since, together, totals};

#[cfg(test)]
mod tests;
