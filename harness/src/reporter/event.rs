//! The events of a run of many cases, and what hears them.

use crate::report::{NotRun, RunInfo, ScenarioResult};
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::safe_path;
use std::path::PathBuf;
use std::sync::Arc;

/// One thing that happened in a run. `case` is a case's number in the run, from 0, in the order in which results stand.
///
/// What happens inside a case is in its journal; of all that only its time is told here, so that ten years of events cost a run nothing.
#[derive(Debug, Clone)]
pub enum RunEvent {
    /// The run begins: the first event.
    Begun {
        /// Names of the rigs, in their order.
        rigs: Vec<String>,
        /// How many cases there are, each rig's counted.
        cases: usize,
        /// How long all that are played are by their scenarios, on rigs that grant time.
        granted: Span,
        /// How many those are.
        granted_cases: usize,
        /// The host's time that the others take, whose pumps keep their own time.
        by_the_clock: Span,
    },
    /// A case begins.
    CaseBegun {
        /// Which.
        case: usize,
        /// Its name.
        name: String,
        /// How long it is, by its scenario; 0 of one that the rig cannot play.
        length: Span,
        /// The pump's seconds in one of the host, where the pump keeps its own time.
        scale: Option<u32>,
    },
    /// A case goes on; told a few times a second of host time, and not at all of one that is over before.
    CaseAt {
        /// Which.
        case: usize,
        /// Scenario time that it has come to.
        t: Span,
        /// The line of the step that runs.
        line: Option<u32>,
    },
    /// Somebody asks to stop: the cases that run leave their pumps safe, and no other is begun.
    Interrupted {
        /// Who, such as `SIGINT`.
        by: &'static str,
    },
    /// Time goes by; told about twice a second while cases run.
    Tick,
    /// An earlier run left the pump as it should not have.
    Found {
        /// The case that found it.
        case: usize,
        /// What is known of it, and what was done; a text for a terminal.
        what: String,
    },
    /// A case ended.
    CaseEnded {
        /// Which.
        case: usize,
        /// What came of it.
        result: Arc<ScenarioResult>,
    },
    /// The run is over: the last event.
    Ended(Ended),
}

/// How a run ended.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// What came of each case that was begun, in the order of the cases.
    pub results: Vec<Arc<ScenarioResult>>,
    /// Who interrupted it, such as `SIGINT`.
    pub interrupted: Option<&'static str>,
    /// Cases that were not begun because of that.
    pub not_run: Vec<NotRun>,
    /// When and where it was.
    pub info: RunInfo,
}

/// Hears what happens in a run. It is called on the thread that started the run, never on one that plays a case.
pub trait Reporter {
    /// Takes the next event.
    ///
    /// # Errors
    /// What it has to say cannot be written. It is told nothing more of this run.
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError>;
}

/// Why something cannot be reported.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file takes it not.
    #[error("cannot write `{path}`: {source}", path = safe_path(.path))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nor does standard output.
    #[error("cannot write to standard output: {0}")]
    Output(#[source] std::io::Error),
    /// A value cannot be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A value cannot be written as XML.
    #[error(transparent)]
    Xml(#[from] quick_junit::SerializeError),
}
