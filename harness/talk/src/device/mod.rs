//! Device profiles: how a firmware talks, as data.
//!
//! **Invariant:** pure. A profile is made from text; who reads the file says its name for the errors. The rest of the harness knows verbs
//! ([`pump_hil_model::case::Request`]) and parts of a prescription; only a profile knows what a firmware calls them.

mod file;
mod lacking;
mod observe;
mod own_words;
mod profile;
mod raw;
mod raw_observe;
mod raw_told;
mod resolve;
mod spoken;
mod units;
mod value;
mod words;

pub use crate::messages::{Dimension, FieldValue, Unit, UnitError};
pub use observe::request_of;
pub(crate) use observe::totals_by;
pub use own_words::own_words;
pub(crate) use profile::text_at;
pub use profile::{
    ArgField, DoseEntryAt, Limits, LogVerb, NumberAt, Profile, Programming, ReadBack, SaidAt, StagedField, Template,
};
pub use raw::Part;
pub use raw_observe::DeviceKind;
pub use value::{arg_of, part_of};
pub use words::Words;
