//! How cases run.

use crate::report::Asked;
use crate::safety::Kept;
use crate::snapshot::Snapshots;
use pump_hil_model::case::Case;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_rig::{LinkError, OpenOptions, RigFile};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a suite is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rig that every case runs on.
    pub rig: RigFile,
    /// What the user said, for the command that runs a case again.
    pub asked: Asked,
    /// Folder for the journals.
    pub out: PathBuf,
    /// What happens with dose logs; `None` leaves snapshots alone.
    pub snapshots: Option<Snapshots>,
    /// Cases at the same time; at least 1.
    pub jobs: usize,
    /// Which time the cases are played, from 1, where they are played several times: a part of the names of their journals.
    pub round: Option<u32>,
    /// No case is begun any more once one did not pass.
    pub fail_fast: bool,
    /// Test only: name of a seeded defect of the simulated pump.
    pub defect: Option<String>,
    /// Program that serves a simulated pump as a process; `None`: this one.
    pub exe: Option<PathBuf>,
    /// Folder for the notes by which the next run finds one that was killed; `None`: there are none.
    pub state: Option<PathBuf>,
    /// Where the guard of the rig's pump is between two cases.
    pub guard: Kept,
    /// The pump's line was not there for the case before: the next one looks for it once, and waits no more.
    pub absent: Arc<AtomicBool>,
}

impl Settings {
    /// One case after the other on this rig; no dose log is compared, and no note left for the next run.
    #[must_use]
    pub fn new(rig: RigFile, out: PathBuf) -> Self {
        Self {
            rig,
            asked: Asked::default(),
            out,
            snapshots: None,
            jobs: 1,
            round: None,
            fail_fast: false,
            defect: None,
            exe: None,
            state: None,
            guard: Kept::default(),
            absent: Arc::default(),
        }
    }

    /// What a case wants of the pump.
    pub(super) fn options(&self, case: &Case) -> OpenOptions {
        OpenOptions {
            seed: case.seed,
            start_s: case.start_s,
            defect: self.defect.clone(),
            exe: self.exe.clone(),
            at_once: self.absent.load(Ordering::Acquire),
            ..OpenOptions::default()
        }
    }

    /// The rig is open.
    pub(super) fn begun(&self) {
        self.absent.store(false, Ordering::Release);
    }

    /// It could not be opened.
    pub(super) fn not_begun(&self, trouble: &Trouble) {
        let absent = trouble.code() == TroubleCode::of(LinkError::CLOSED);
        self.absent.store(absent, Ordering::Release);
    }
}

/// Cases that run on one rig, in one way.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The cases.
    pub cases: &'a [Case],
    /// How they run.
    pub settings: Settings,
}
