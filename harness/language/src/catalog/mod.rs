//! Everything that a scenario may name: requirements, drugs, and the closed lists of words.

mod bench;
pub mod coverage;
mod known;
pub mod load;
pub mod raw;

pub use bench::{Bench, Unsaid};
pub use known::{Catalog, Drug, Requirement, fixed_words};
pub use load::{BUILT_IN, shipped, shipped_files};
