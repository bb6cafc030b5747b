//! The drug library: concentrations and the limits that a prescription is held to.
//!
//! The limits are volumes, because volumes are what the pump moves: soft limits are the largest usual daily dose, hard limits twice that or the label's
//! maximum. Figures are those of the project's drug fixtures; ziconotide's hard limit is the label's 19.2 mcg/day, its soft limit the label's
//! largest starting dose, 2.4 mcg/day.

use crate::command::DrugId;
use crate::units::{NgPerMl, Nl, NlPerDay};

/// A drug at one concentration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drug {
    /// Its id, `<drug>-<number>-<unit>-per-mL`.
    pub name: &'static str,
    /// Its concentration.
    pub conc: NgPerMl,
    /// Daily volume beyond which the clinician confirms.
    pub soft_rate: NlPerDay,
    /// Daily volume that is never programmed.
    pub hard_rate: NlPerDay,
    /// Bolus beyond which the clinician confirms.
    pub soft_bolus: Nl,
    /// Bolus that is never programmed.
    pub hard_bolus: Nl,
}

impl Drug {
    const fn new(name: &'static str, ng_per_ml: u64, rate_nl_d: (u64, u64), bolus_nl: (u64, u64)) -> Self {
        Self {
            name,
            conc: NgPerMl(ng_per_ml),
            soft_rate: NlPerDay(rate_nl_d.0),
            hard_rate: NlPerDay(rate_nl_d.1),
            soft_bolus: Nl(bolus_nl.0),
            hard_bolus: Nl(bolus_nl.1),
        }
    }
}

/// The library of the default settings.
pub static LIBRARY: [Drug; 12] = [
    // Daily 15 mg, twice that hard; bolus 1 mg and 2 mg.
    Drug::new(
        "morphine-10-mg-per-mL",
        10_000_000,
        (1_500_000, 3_000_000),
        (100_000, 200_000),
    ),
    Drug::new(
        "morphine-25-mg-per-mL",
        25_000_000,
        (600_000, 1_200_000),
        (40_000, 80_000),
    ),
    // Daily 10 mg; bolus 0.5 mg and 1 mg.
    Drug::new(
        "hydromorphone-10-mg-per-mL",
        10_000_000,
        (1_000_000, 2_000_000),
        (50_000, 100_000),
    ),
    // Daily 1000 mcg; bolus 100 mcg (a test dose) and 200 mcg.
    Drug::new(
        "baclofen-500-mcg-per-mL",
        500_000,
        (2_000_000, 4_000_000),
        (200_000, 400_000),
    ),
    Drug::new(
        "baclofen-2000-mcg-per-mL",
        2_000_000,
        (500_000, 1_000_000),
        (50_000, 100_000),
    ),
    // Daily 2.4 mcg to start, 19.2 mcg at most; bolus 1.2 mcg and 2.4 mcg.
    Drug::new("ziconotide-25-mcg-per-mL", 25_000, (96_000, 768_000), (48_000, 96_000)),
    Drug::new(
        "ziconotide-100-mcg-per-mL",
        100_000,
        (48_000, 192_000),
        (12_000, 24_000),
    ),
    // Daily 10 mg; bolus 1 mg and 2 mg.
    Drug::new(
        "bupivacaine-7.5-mg-per-mL",
        7_500_000,
        (1_333_000, 2_666_000),
        (133_000, 266_000),
    ),
    // Daily 1 mg; bolus 50 mcg and 100 mcg.
    Drug::new(
        "fentanyl-1-mg-per-mL",
        1_000_000,
        (1_000_000, 2_000_000),
        (50_000, 100_000),
    ),
    // Daily 600 mcg; bolus 30 mcg and 60 mcg.
    Drug::new(
        "clonidine-500-mcg-per-mL",
        500_000,
        (1_200_000, 2_400_000),
        (60_000, 120_000),
    ),
    Drug::new(
        "sufentanil-50-mcg-per-mL",
        50_000,
        (1_000_000, 2_000_000),
        (50_000, 100_000),
    ),
    // Priming, rinsing and bench work: the pump's own limits.
    Drug::new("saline", 0, (24_000_000, 24_000_000), (1_000_000, 1_000_000)),
];

/// The drug of that id.
pub fn by_name(library: &[Drug], name: &str) -> Option<DrugId> {
    library
        .iter()
        .position(|drug| drug.name == name)
        .and_then(|at| u8::try_from(at).ok())
        .map(DrugId)
}
