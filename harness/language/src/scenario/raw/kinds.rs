//! What a text of the language can stand for: words of closed lists, and quantities.

use pump_hil_model::yaml::raw::{QuantityKind, Time, WordKind};

macro_rules! words {
    ($($(#[$meta:meta])* $kind:ident = $name:literal),* $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $kind;
        impl WordKind for $kind { const NAME: &'static str = $name; }
    )* };
}

words! {
    /// Requirements that a scenario verifies.
    RequirementWord = "requirement",
    /// Rows of the seed inventory and recalls.
    SeedWord = "hazard or recall",
    /// Drugs.
    DrugWord = "drug",
    /// Faults.
    FaultWord = "fault",
    /// Alarms.
    AlarmWord = "alarm",
    /// Alarms, or `any`.
    AlarmOrAnyWord = "alarm or `any`",
    /// Priorities.
    PriorityWord = "priority",
    /// States.
    StateWord = "state",
    /// Modes that the pump tells.
    ModeWord = "mode",
    /// Modes that can be programmed.
    RxModeWord = "mode of a prescription",
    /// Boluses, or `none`.
    BolusWord = "bolus",
    /// Kinds of events.
    EventWord = "event",
    /// Verbs.
    VerbWord = "verb",
    /// Reasons of a refusal.
    RefusalWord = "reason of a refusal",
    /// Days.
    DayWord = "day",
    /// Capabilities of a rig.
    CapabilityWord = "capability",
    /// `none`.
    NoneWord = "word",
    /// `reset`.
    ResetWord = "probe action",
    /// `allowed`.
    AllowedWord = "word for `firmware-faults`",
}

/// A time of a step: since the begin, or by the clock on the wall.
#[derive(Debug, Clone, Copy)]
pub struct Moment;

impl QuantityKind for Moment {
    const NAME: &'static str = Time::NAME;
    const EXAMPLE: &'static str = Time::EXAMPLE;
    const FORMS: &'static [&'static str] = &["([0-9]{4}-[0-9]{2}-[0-9]{2}[ T])?[0-9]{2}:[0-9]{2}(:[0-9]{2})?"];
    fn units() -> Vec<&'static str> {
        Time::units()
    }
}

macro_rules! dimensions {
    ($($(#[$meta:meta])* $dim:ident = $name:literal, $example:literal, $units:expr, $also:expr;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $dim;
        impl QuantityKind for $dim {
            const NAME: &'static str = $name;
            const EXAMPLE: &'static str = $example;
            const ALSO: &'static [&'static str] = $also;
            fn units() -> Vec<&'static str> {
                $units.iter().flat_map(|units: &&[pump_hil_model::quantity::Unit]| units.iter().map(|unit| unit.0)).collect()
            }
        }
    )* };
}

dimensions! {
    /// A volume.
    Vol = "volume", "0.5 mL", [pump_hil_model::quantity::Volume::UNITS], &[];
    /// A volume, or a mass of the drug that is programmed.
    Dose = "volume or mass", "20 uL", [pump_hil_model::quantity::Volume::UNITS, pump_hil_model::quantity::Mass::UNITS], &[];
    /// A rate, or a mass a day of the drug that is programmed.
    Flow = "rate", "0.5 mL/day", [pump_hil_model::quantity::Rate::UNITS, pump_hil_model::quantity::MassRate::UNITS], &[];
    /// A share.
    Share = "share", "5 %", [pump_hil_model::quantity::Percent::UNITS], &[];
    /// A share, or `off`.
    ShareOrOff = "share", "5 %", [pump_hil_model::quantity::Percent::UNITS], &["off"];
}
