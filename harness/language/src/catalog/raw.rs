//! The files of `fixtures/drugs` and `fixtures/requirements` as they are written.

use pump_hil_model::raw_struct;
use pump_hil_model::yaml::raw::{Quantity, QuantityKind, Text, Word, WordKind};

/// Routes by which a drug is given.
#[derive(Debug, Clone, Copy)]
pub struct RouteWord;

impl WordKind for RouteWord {
    const NAME: &'static str = "route";
}

macro_rules! dimension {
    ($(#[$meta:meta])* $dim:ident = $name:literal, $example:literal, $quantity:ty) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $dim;
        impl QuantityKind for $dim {
            const NAME: &'static str = $name;
            const EXAMPLE: &'static str = $example;
            fn units() -> Vec<&'static str> {
                <$quantity>::UNITS.iter().map(|unit| unit.0).collect()
            }
        }
    };
}

dimension!(
    /// A concentration.
    Conc = "concentration", "10 mg/mL", pump_hil_model::quantity::Concentration
);
dimension!(
    /// A rate in volume.
    VolumeRate = "rate", "0.5 mL/day", pump_hil_model::quantity::Rate
);
dimension!(
    /// A volume.
    DoseVolume = "volume", "50 uL", pump_hil_model::quantity::Volume
);

raw_struct! {
    /// A file of drugs.
    #[schemars(extend("x-name" = "a file of drugs"))]
    RawDrugFile {
        /// The drugs.
        #[schemars(required)]
        drugs: Vec<RawDrug>,
    }
}

raw_struct! {
    /// A drug at one concentration.
    #[schemars(extend("x-name" = "a drug"))]
    RawDrug {
        /// Id, as in the pump's library: drug, number, unit, such as morphine-10-mg-per-mL.
        #[schemars(required)]
        id: Text,
        /// Name for people.
        #[schemars(required)]
        name: Text,
        /// Concentration; 0 mg/mL for a carrier without drug.
        #[schemars(required)]
        concentration: Quantity<Conc>,
        /// Route.
        #[schemars(required)]
        route: Word<RouteWord>,
        /// Rate beyond which the clinician must confirm.
        #[schemars(required)]
        soft_rate: Quantity<VolumeRate>,
        /// Rate that is never accepted.
        #[schemars(required)]
        hard_rate: Quantity<VolumeRate>,
        /// Bolus beyond which the clinician must confirm.
        #[schemars(required)]
        soft_bolus: Quantity<DoseVolume>,
        /// Bolus that is never accepted.
        #[schemars(required)]
        hard_bolus: Quantity<DoseVolume>,
        /// Where the numbers come from.
        #[schemars(required)]
        source: Text,
    }
}

raw_struct! {
    /// A file of requirements from one source.
    #[schemars(extend("x-name" = "a file of requirements"))]
    RawRequirementFile {
        /// The document.
        #[schemars(required)]
        source: Text,
        /// Whether scenarios name these in `verifies` (requirement) or in `covers` (row).
        #[schemars(required)]
        kind: Word<RequirementKindWord>,
        /// The requirements.
        #[schemars(required)]
        requirements: Vec<RawRequirement>,
    }
}

/// `requirement` or `row`.
#[derive(Debug, Clone, Copy)]
pub struct RequirementKindWord;

impl WordKind for RequirementKindWord {
    const NAME: &'static str = "kind of requirement";
}

raw_struct! {
    /// A requirement, or a hazard or recall.
    #[schemars(extend("x-name" = "a requirement"))]
    RawRequirement {
        /// Id, such as GIP-1.10.2 or SF04.
        #[schemars(required)]
        id: Text,
        /// What it asks for, in our own words.
        #[schemars(required)]
        text: Text,
        /// Its number, where it has one.
        value: Text,
        /// What harm it guards against.
        hazard: Text,
        /// Why no firmware can show it.
        not_testable: Text,
    }
}
