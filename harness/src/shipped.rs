//! For the repository's own tests: the shipped scenarios on the simulated rig, whole and with seeded defects.

use crate::cli::inputs;
use crate::interrupt;
use crate::report;
use crate::rig::RigFile;
use crate::scenario::case::Case;
use crate::snapshot;
use crate::suite::{self, CaseResult, Settings};
use crate::verdict::Verdict;
use std::path::{Path, PathBuf};

/// Names of the defects that the stub pump can be built with.
pub use crate::rig::SEEDED_DEFECTS;

/// All shipped cases, and where their journals go.
#[derive(Debug)]
pub struct Bench {
    cases: Vec<Case>,
    settings: Settings,
}

impl Bench {
    /// Loads the scenarios in `folder`, with the `fixtures` beside it.
    ///
    /// # Panics
    /// When something shipped is wrong; the message holds the diagnostics.
    #[must_use]
    pub fn load(folder: &Path, out: &Path) -> Self {
        let fixtures = folder.join("../fixtures");
        let cases = match inputs::cases(&[folder.to_owned()], &fixtures) {
            Ok(Ok(cases)) => cases,
            Ok(Err(diagnostics)) => panic!("the shipped scenarios have errors:\n{diagnostics}"),
            Err(error) => panic!("{error}"),
        };
        let rig = RigFile::load(&fixtures.join("rigs/sim.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let snapshots = snapshot::Policy::new(&folder.join("snapshots"), false).unwrap_or_else(|error| panic!("{error}"));
        let settings = Settings { rig, out: out.join("journals"), snapshots: Some(snapshots), jobs: 1, defect: None };
        Self { cases, settings }
    }

    /// The names, in the order of the cases.
    #[must_use]
    pub fn case_names(&self) -> Vec<String> {
        self.cases.iter().map(Case::name).collect()
    }

    /// Runs one case.
    ///
    /// # Errors
    /// The report of a case that did not pass. A skip is an error here: the simulated rig can do everything that is shipped.
    pub fn check(&self, at: usize) -> Result<(), String> {
        let result = self.run(at, None, self.settings.snapshots.clone());
        match result.verdict {
            Verdict::Passed => Ok(()),
            _ => Err(report::failure(&result).unwrap_or_else(|| report::line(&result))),
        }
    }

    /// The cases that fail when the pump has this defect. Snapshots do not count: they would catch any change.
    #[must_use]
    pub fn catchers(&self, defect: &str) -> Vec<String> {
        (0..self.cases.len())
            .filter(|&at| matches!(self.run(at, Some(defect), None).verdict, Verdict::Failed { .. }))
            .map(|at| self.cases[at].name())
            .collect()
    }

    fn run(&self, at: usize, defect: Option<&str>, snapshots: Option<snapshot::Policy>) -> CaseResult {
        let out: PathBuf = defect.map_or_else(|| self.settings.out.clone(), |defect| self.settings.out.join(defect));
        let settings = Settings { out, defect: defect.map(str::to_owned), snapshots, ..self.settings.clone() };
        suite::run_case(&self.cases[at], &settings, &interrupt::pair().1, &mut |_| {})
    }
}
