//! The catalogue of faults: what can go wrong, what each takes as parameter, and what a rig needs to cause it.

use serde::{Deserialize, Serialize};

/// Dimension of a fault's parameter in a scenario, with the name of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// Takes none.
    None,
    /// Whole number, such as the number of strokes; `min`, `max`.
    Count(&'static str, i64, i64),
    /// Share in percent, whole; `min`, `max`.
    Percent(&'static str, i64, i64),
    /// Time, sent as hours.
    Hours(&'static str),
    /// Time, sent as milliseconds; may be negative where the flag says so.
    Millis(&'static str, bool),
    /// Volume, sent as nanolitres.
    Volume(&'static str),
    /// Voltage, sent as millivolts.
    Voltage(&'static str),
    /// Resistance, sent as ohms.
    Resistance(&'static str),
    /// Pressure, sent as pascals, signed.
    Pressure(&'static str),
    /// Current, sent as microamperes.
    Current(&'static str),
    /// Temperature, sent as thousandths of a degree Celsius.
    Temperature(&'static str),
}

/// A fault of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its name in scenarios.
    pub name: &'static str,
    /// Slot of the test block (`firmware-stub/TEST-BLOCK.md`).
    pub slot: u32,
    /// What it takes.
    pub param: Param,
    /// Value of an optional parameter that a scenario leaves out, in the units that are sent; `None` where it must be given.
    pub default: Option<i64>,
    /// One sentence for people.
    pub summary: &'static str,
}

/// Name of a fault that is in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FaultName(&'static str);

impl FaultName {
    /// The catalogue's entry of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        CATALOGUE.iter().find(|f| f.name == name).map(|f| Self(f.name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The whole entry.
    ///
    /// # Panics
    /// Never: a `FaultName` is only made from the catalogue.
    #[must_use]
    pub fn fault(self) -> &'static Fault {
        CATALOGUE
            .iter()
            .find(|f| f.name == self.0)
            .expect("a FaultName is only made from the catalogue")
    }
}

impl<'de> Deserialize<'de> for FaultName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::find(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown fault `{name}`")))
    }
}

impl std::fmt::Display for FaultName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

const fn fault(slot: u32, name: &'static str, param: Param, default: Option<i64>, summary: &'static str) -> Fault {
    Fault {
        name,
        slot,
        param,
        default,
        summary,
    }
}

/// Every fault, in the order of the test block's slots.
pub const CATALOGUE: &[Fault] = &[
    fault(
        0,
        "catheter-occlusion",
        Param::None,
        Some(0),
        "the catheter is blocked: nothing passes, pressure builds with each stroke",
    ),
    fault(
        1,
        "catheter-partial-occlusion",
        Param::Percent("closed", 1, 99),
        None,
        "part of the catheter's lumen is closed",
    ),
    fault(
        2,
        "catheter-creeping-occlusion",
        Param::Hours("over"),
        None,
        "the catheter closes slowly, as by a granuloma at its tip",
    ),
    fault(
        3,
        "catheter-disconnection",
        Param::None,
        Some(0),
        "the catheter is off the pump: pressure falls to ambient, drug goes beside the spine",
    ),
    fault(
        4,
        "catheter-leak",
        Param::Percent("lost", 1, 100),
        None,
        "part of the flow leaks before the tip",
    ),
    fault(
        5,
        "catheter-dislocation",
        Param::None,
        Some(0),
        "the tip left the intrathecal space: the pump senses nothing",
    ),
    fault(
        6,
        "motor-stall",
        Param::Count("strokes", 1, 1_000_000),
        Some(0),
        "the rotor does not move: for a number of strokes, or until cleared",
    ),
    fault(
        7,
        "motor-stall-intermittent",
        Param::Count("one-in", 2, 10_000),
        None,
        "one stroke in so many stalls",
    ),
    fault(
        8,
        "over-delivery",
        Param::Percent("more", 1, 1_000),
        None,
        "each stroke moves more than the pump counts",
    ),
    fault(
        9,
        "under-delivery",
        Param::Percent("less", 1, 100),
        None,
        "each stroke moves less than the pump counts",
    ),
    fault(
        10,
        "magnetic-field",
        Param::None,
        Some(0),
        "a strong field, as in an MRI scanner, holds the rotor",
    ),
    fault(
        11,
        "emi-wake",
        Param::None,
        Some(0),
        "interference looks like a programmer's wake-up",
    ),
    fault(
        12,
        "battery-low",
        Param::Voltage("to"),
        None,
        "the battery's open-circuit voltage falls",
    ),
    fault(
        13,
        "battery-film",
        Param::Resistance("more"),
        None,
        "a resistive film grows in the battery: its voltage sags under load",
    ),
    fault(
        14,
        "brown-out",
        Param::Millis("for", false),
        Some(100),
        "the supply dips below what the processor needs, once",
    ),
    fault(15, "battery-depleted", Param::None, Some(0), "the battery is empty"),
    fault(
        16,
        "reservoir-level",
        Param::Volume("left"),
        None,
        "the reservoir holds less than the pump computes",
    ),
    fault(
        17,
        "pocket-fill",
        Param::None,
        Some(0),
        "a refill goes into the tissue beside the pump",
    ),
    fault(
        18,
        "propellant-missing",
        Param::None,
        Some(0),
        "the reservoir has no pressure: strokes move nothing",
    ),
    fault(
        19,
        "pressure-sensor-offset",
        Param::Pressure("by"),
        None,
        "the catheter pressure sensor is off by a constant",
    ),
    fault(
        20,
        "memory-bit-flip",
        Param::Count("bit", 0, 120_000),
        Some(77),
        "a bit of a stored prescription flips; 100000 and up: in both copies",
    ),
    fault(
        21,
        "main-loop-hang",
        Param::None,
        Some(0),
        "the firmware's main loop stops",
    ),
    fault(
        22,
        "clock-jump",
        Param::Millis("by", true),
        None,
        "the real-time clock jumps",
    ),
    fault(
        23,
        "flash-write-failure",
        Param::None,
        Some(0),
        "the memory refuses every write",
    ),
    fault(
        24,
        "serial-noise",
        Param::Count("one-in", 1, 100_000),
        None,
        "one byte in so many that the pump sends is another one",
    ),
    fault(
        25,
        "serial-drop",
        Param::Count("one-in", 1, 100_000),
        None,
        "one byte in so many that the pump sends is lost",
    ),
    fault(
        26,
        "serial-cut",
        Param::Count("after", 0, 1_000_000),
        Some(0),
        "the line goes dead after so many bytes from the pump",
    ),
    fault(
        27,
        "temperature",
        Param::Temperature("to"),
        None,
        "the case has another temperature",
    ),
    fault(
        28,
        "feedthrough-short",
        Param::Current("load"),
        Some(20_000),
        "a short in the feedthrough loads the battery and stalls the motor now and then",
    ),
    fault(
        29,
        "serial-rx-noise",
        Param::Count("one-in", 1, 100_000),
        None,
        "one byte in so many that the pump receives is another one",
    ),
];
