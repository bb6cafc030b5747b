//! Reports: one result for people, all results as a table, JUnit and JSON.
//!
//! Invariant: pure, and the same results give the same text. Everything that may hold text from a pump goes through [`pump_hil_model::safe_text`].

mod alike;
mod failed;
pub mod json;
pub mod junit;
mod plot;
mod result;
mod run_info;
mod summary;
mod tally;
pub mod terminal;
mod timeline;
mod units;
mod words;

pub use alike::Unjudged;
pub use failed::LineOf;
pub use plot::{Point, Points};
pub use result::{Asked, NotRun, ScenarioResult, quoted};
pub use run_info::RunInfo;
pub use summary::summary;
pub use tally::Tally;
pub use timeline::{Part, Source, Timeline};
pub(crate) use words::{cause_first, counted, kind};

#[cfg(test)]
mod tests;
