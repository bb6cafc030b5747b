//! What a run of many cases tells while it goes on, and who hears it.
//!
//! One linear stream of [`RunEvent`]s is the whole interface between running cases and telling of them: progress on a terminal, `results.json`,
//! `junit.xml`. Each [`Reporter`] is of its own: one that fails keeps no other from its work, and no case from going on.

mod event;
mod file;
mod manifest;
mod several;

pub use event::{Ended, ReportError, Reporter, RunEvent};
pub use file::{REPORTS, ReportFile};
pub use manifest::ManifestFile;
pub use several::Reporters;
