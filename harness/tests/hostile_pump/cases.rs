//! The cases that a hostile pump goes through: the shipped ones, on a rig with a probe and on one with nothing but the line.

use super::dice::Dice;
use pump_hil::shipped;
use pump_hil_language::plan;
use pump_hil_model::case::{Action, Case, Request, Step};
use pump_hil_model::fault::Talk;
use pump_hil_model::quantity::Span;
use pump_hil_rig::RigFile;
use pump_hil_testing::repository;

/// A longer one would be played too seldom, and says no more of a line.
const LONGEST: Span = Span(2 * 86_400_000);

/// The rigs, each with the cases that it can play.
pub struct Rigs {
    probed: (RigFile, Vec<Case>),
    bare: (RigFile, Vec<Case>),
}

/// A case, and the rig that it is played on.
pub struct Playable<'a> {
    /// The case.
    pub case: &'a Case,
    /// The rig.
    pub rig: RigFile,
    /// It has a probe.
    pub probe: bool,
}

impl Rigs {
    /// What is shipped.
    pub fn load() -> Self {
        let root = repository::root();
        let all = shipped::cases(&root.join("scenarios"), &root.join("fixtures"));
        let fits = |case: &Case| plan::length(case) <= LONGEST && !disturbs(&case.steps);
        let all: Vec<Case> = all.into_iter().filter(fits).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("bare.yaml");
        let device = root.join("fixtures/devices/stub.yaml");
        let text = format!(
            "rig: bare\nsummary: The stub pump and its line.\ndevice: {}\npump: {{kind: sim}}\nclock: {{kind: virtual}}\nlimits: {{open: 10 s, write: 10 s, fence: 60 s}}\n",
            device.display()
        );
        std::fs::write(&file, text).expect("a rig");
        let of = |rig: RigFile| {
            let can = rig.capabilities();
            let cases = all.iter().filter(|case| plan::missing(&case.needs, &can).is_empty());
            let cases: Vec<Case> = cases.cloned().collect();
            assert!(cases.len() > 5, "{} cases for {}", cases.len(), rig.name);
            (rig, cases)
        };
        Self {
            probed: of(RigFile::sim().expect("the shipped rig")),
            bare: of(RigFile::load(&file).expect("a rig")),
        }
    }

    /// Any case on one of them.
    pub fn of(&self, dice: &mut Dice) -> Playable<'_> {
        let probe = dice.in_thousand(700);
        let (rig, cases) = if probe { &self.probed } else { &self.bare };
        Playable {
            case: &cases[dice.below(cases.len())],
            rig: rig.clone(),
            probe,
        }
    }
}

/// It disturbs the line itself, or speaks by itself: what the pump hears then is no request of the harness. Or it programs what only the pump can read, and no
/// dose can be held to that.
fn disturbs(steps: &[Step]) -> bool {
    steps.iter().any(|step| match &step.action {
        Action::Send { .. } => true,
        Action::Do {
            request: Request::Program { prescription, .. } | Request::Stage { prescription },
            ..
        } => !prescription.raw.is_empty(),
        Action::Inject { fault, .. } => fault.effects().talk == Talk::Broken,
        Action::Repeat { steps, .. } => disturbs(steps),
        _ => false,
    })
}
