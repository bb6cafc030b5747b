//! The way to safety: therapy is ended, and that it is ended is seen.
//!
//! **Nothing here judges, writes a journal, or prints.** What is done goes to whoever called; that may be a run at its end, a run that finds what an earlier
//! one left, or the guard of a run that died. So no error and no panic of judge, oracle, journal or terminal stands in the way.
//!
//! Each part knows those before it: `stopped` (why it breaks off), `heard` (what the pump said last of its rate), `reach` (a pump that can be asked), `stop` (ended, and seen to be),
//! `plain` (a conversation that nobody records), `wire`, `guard`, `kept` and `watch` (a second process that outlives the first, from both sides), `marker` (a run in progress on
//! a rig).

#![deny(
    clippy::arithmetic_side_effects,
    reason = "what is computed here comes from a pump, and must neither wrap nor end the way to safety"
)]

mod guard;
mod heard;
mod kept;
mod marker;
mod plain;
mod reach;
mod stop;
mod stopped;
mod watch;
mod wire;

pub(crate) use guard::{Guard, Report, by as guarded_by, is_report as is_report_of_guard};
pub(crate) use heard::{Heard, number};
pub use kept::Kept;
pub(crate) use marker::{Marker, Past, state_folder};
pub(crate) use plain::Plain;
pub(crate) use reach::{Reach, numbers};
pub(crate) use stop::{Done, end_therapy};
pub use stopped::Stopped;
pub(crate) use watch::guard;

use pump_hil_rig::{OpenOptions, Rig, RigFile};

/// The way to safety failed itself: the bench is opened anew, and nothing but that is tried. Gives what is not safe; nothing where it is, or where there is no
/// hazard.
pub(crate) async fn once_more(file: &RigFile, options: &OpenOptions, why: &str) -> Vec<String> {
    if file.is_simulated() {
        return Vec::new();
    }
    match Rig::start(file, options).await {
        Ok(mut rig) => end_therapy(&mut Plain::new(&mut rig)).await.failed,
        Err(error) => vec![format!("{why}, and then {error}: SWITCH THE PUMP OFF BY HAND")],
    }
}
