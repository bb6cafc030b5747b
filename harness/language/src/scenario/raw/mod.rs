//! The language as it is written: every key of a scenario file, unvalidated. `scenarios/LANGUAGE.md` says what they mean, and so do the
//! descriptions here, which an editor shows.

mod expect;
mod file;
mod kinds;
mod prescription;
mod step;

pub use expect::{RangeText, RawEvent, RawExpect, RawMemory, measure_names};
pub use file::{RawFile, RawTolerance};
pub use kinds::*;
pub use prescription::{RawPatientBolus, RawPrescription, RawScheduleStep, RawTrial};
pub use step::{RawExpectNone, RawProbe, RawSend, RawStep};
