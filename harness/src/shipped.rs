//! For the repository's own tests: the shipped scenarios on the simulated rig, whole and with seeded defects.

use crate::cli::inputs;
use crate::interrupt;
use crate::report::{self, Asked, ScenarioResult};
use crate::snapshot;
use crate::snapshot::Snapshots;
use crate::suite::{self, Settings};
use pump_hil_language::catalog::Catalog;
use pump_hil_language::plan;
use pump_hil_language::scenario::{self, Source, SourceError};
use pump_hil_model::case::Case;
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::safe_path;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{RigFile, Shelf};
use std::path::{Path, PathBuf};

#[cfg(feature = "seeded-defects")]
pub use pump_hil_rig::SEEDED_DEFECTS;

/// Beyond this a case is not run against defects: what takes years to show must show in a shorter one.
const LONGEST_WITH_DEFECT: Span = Span(2 * 365 * 24 * 3_600_000);

/// All shipped cases, and where their journals go.
#[derive(Debug)]
pub struct Shipped {
    cases: Vec<Case>,
    settings: Settings,
}

/// The cases of one file.
///
/// # Panics
/// When the file is wrong; the message holds the diagnostics.
#[must_use]
pub fn cases(path: &Path, fixtures: &Path) -> Vec<Case> {
    let wrong = |diagnostics: String| -> ! { panic!("{} has errors:\n{diagnostics}", safe_path(path)) };
    let catalog = match inputs::catalog(&Shelf::new(Some(fixtures.to_owned())), &[]) {
        Ok(Ok(catalog)) => catalog,
        Ok(Err(diagnostics)) => wrong(diagnostics),
        Err(error) => panic!("{error}"),
    };
    match inputs::cases(&[path.to_owned()], &catalog) {
        Ok(Ok(groups)) => groups.into_iter().flat_map(|group| group.cases).collect(),
        Ok(Err(diagnostics)) => wrong(diagnostics),
        Err(error) => panic!("{error}"),
    }
}

/// Plays a case on a rig; its journal goes to `out`.
pub fn play(case: &Case, rig: RigFile, out: &Path) -> ScenarioResult {
    let settings = Settings::new(rig, out.to_owned());
    suite::run_case(case, &settings, &interrupt::pair().1, &mut |_| {})
}

/// Plays scenarios that are texts and no files, on the simulated rig.
#[derive(Debug)]
pub struct Texts {
    catalog: Catalog,
    settings: Settings,
}

/// One text as the only file of a folder.
struct OneText<'a>(&'a str);

impl Source for OneText<'_> {
    fn read(&self, _: &str) -> Result<Vec<u8>, SourceError> {
        Ok(self.0.as_bytes().to_vec())
    }
}

impl Texts {
    /// With the repository's `fixtures`; journals go to `out`, where each text's overwrites the one before of its name.
    ///
    /// # Panics
    /// When a fixture is wrong; the message holds the diagnostics.
    #[must_use]
    pub fn new(fixtures: &Path, out: &Path) -> Self {
        let catalog = match inputs::catalog(&Shelf::new(Some(fixtures.to_owned())), &[]) {
            Ok(Ok(catalog)) => catalog,
            Ok(Err(diagnostics)) => panic!("{diagnostics}"),
            Err(error) => panic!("{error}"),
        };
        let rig = RigFile::load(&fixtures.join("rigs/sim.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let settings = Settings::new(rig, out.to_owned());
        Self { catalog, settings }
    }

    /// Plays the one case of `text`, on a pump with this defect or with none.
    ///
    /// # Errors
    /// The diagnostics of a text that is no scenario of one case.
    pub fn play(&self, text: &str, defect: Option<&str>) -> Result<ScenarioResult, String> {
        let cases = scenario::load(&OneText(text), "scenario.yaml", &self.catalog);
        let cases = cases.map_err(|diagnostics| inputs::render(&diagnostics))?;
        let [case] = cases.as_slice() else {
            return Err(format!("{} cases in the text, not one", cases.len()));
        };
        let settings = Settings {
            defect: defect.map(str::to_owned),
            ..self.settings.clone()
        };
        Ok(suite::run_case(case, &settings, &interrupt::pair().1, &mut |_| {}))
    }
}

impl Shipped {
    /// Loads the scenarios in `folder`, with the `fixtures` beside it.
    ///
    /// # Panics
    /// When something shipped is wrong; the message holds the diagnostics.
    #[must_use]
    pub fn load(folder: &Path, out: &Path) -> Self {
        let fixtures = folder.join("../fixtures");
        let cases = cases(folder, &fixtures);
        let rig = RigFile::load(&fixtures.join("rigs/sim.yaml")).unwrap_or_else(|error| panic!("{error}"));
        let snapshots = Snapshots::open(folder.join("snapshots"), snapshot::Update::from_env())
            .unwrap_or_else(|error| panic!("{error}"));
        let settings = Settings {
            asked: Asked {
                folder: safe_path(folder),
                ..Asked::default()
            },
            snapshots: Some(snapshots),
            ..Settings::new(rig, out.join("journals"))
        };
        Self { cases, settings }
    }

    /// How the cases run.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
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
        match result.outcome.verdict {
            Verdict::Passed => Ok(()),
            _ => Err(report::terminal::result(&result)),
        }
    }

    /// The cases of at most two years that fail when the pump has this defect. Snapshots do not count: they would catch any change.
    #[must_use]
    pub fn catchers(&self, defect: &str) -> Vec<String> {
        (0..self.cases.len())
            .filter(|&at| plan::length(&self.cases[at]) <= LONGEST_WITH_DEFECT)
            .filter(|&at| matches!(self.run(at, Some(defect), None).outcome.verdict, Verdict::Failed { .. }))
            .map(|at| self.cases[at].name())
            .collect()
    }

    fn run(&self, at: usize, defect: Option<&str>, snapshots: Option<Snapshots>) -> ScenarioResult {
        let out: PathBuf = defect.map_or_else(|| self.settings.out.clone(), |defect| self.settings.out.join(defect));
        let settings = Settings {
            out,
            defect: defect.map(str::to_owned),
            snapshots,
            ..self.settings.clone()
        };
        suite::run_case(&self.cases[at], &settings, &interrupt::pair().1, &mut |_| {})
    }
}
