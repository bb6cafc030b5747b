//! The table of all faults. A new fault is a row here, its line in `tests.rs`, a slot of the test
//! block, and physics behind it.

use super::effects::Deadlines::{self, Hold, MayPass};
use super::effects::Delivery::{self, Full, MayLack};
use super::effects::Effects;
use super::effects::Log::{self, Keeps, MayMiss};
use super::effects::Restart::{self, MayStart, Stays};
use super::effects::Rotor::{self, MayStand, Turns};
use super::effects::Talk::{self, Broken, Clear, Silent};
use super::effects::Tube::{self, Closes, Open};

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
    /// What it excuses a pump from.
    pub effects: Effects,
    /// One sentence for people.
    pub summary: &'static str,
}

const fn fault(
    slot: u32,
    name: &'static str,
    param: Param,
    default: Option<i64>,
    effects: Effects,
    summary: &'static str,
) -> Fault {
    Fault {
        name,
        slot,
        param,
        default,
        effects,
        summary,
    }
}

/// In each row the answers stand in this order; each has a type of its own, so that none takes another's place.
const fn does(
    delivery: Delivery,
    rotor: Rotor,
    deadlines: Deadlines,
    talk: Talk,
    tube: Tube,
    restart: Restart,
    log: Log,
) -> Effects {
    Effects {
        delivery,
        rotor,
        deadlines,
        talk,
        tube,
        restart,
        log,
    }
}

/// Every fault, in the order of the test block's slots.
pub const CATALOGUE: &[Fault] = &[
    fault(
        0,
        "catheter-occlusion",
        Param::None,
        Some(0),
        does(MayLack, MayStand, MayPass, Clear, Closes, Stays, Keeps),
        "the catheter is blocked: nothing passes, pressure builds with each stroke",
    ),
    fault(
        1,
        "catheter-partial-occlusion",
        Param::Percent("closed", 1, 99),
        None,
        does(MayLack, MayStand, MayPass, Clear, Closes, Stays, Keeps),
        "part of the catheter's lumen is closed",
    ),
    fault(
        2,
        "catheter-creeping-occlusion",
        Param::Hours("over"),
        None,
        does(MayLack, MayStand, MayPass, Clear, Closes, Stays, Keeps),
        "the catheter closes slowly, as by a granuloma at its tip",
    ),
    fault(
        3,
        "catheter-disconnection",
        Param::None,
        Some(0),
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the catheter is off the pump: pressure falls to ambient, drug goes beside the spine",
    ),
    fault(
        4,
        "catheter-leak",
        Param::Percent("lost", 1, 100),
        None,
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "part of the flow leaks before the tip",
    ),
    fault(
        5,
        "catheter-dislocation",
        Param::None,
        Some(0),
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the tip left the intrathecal space: the pump senses nothing",
    ),
    fault(
        6,
        "motor-stall",
        // A scenario counts from 1; 0, which holds the rotor until the fault is cleared (TEST-BLOCK.md), is said by leaving it out.
        Param::Count("strokes", 1, 1_000_000),
        Some(0),
        does(MayLack, MayStand, MayPass, Clear, Open, Stays, Keeps),
        "the rotor does not move: for a number of strokes, or until cleared",
    ),
    fault(
        7,
        "motor-stall-intermittent",
        Param::Count("one-in", 2, 10_000),
        None,
        does(MayLack, MayStand, MayPass, Clear, Open, Stays, Keeps),
        "one stroke in so many stalls",
    ),
    fault(
        8,
        "over-delivery",
        Param::Percent("more", 1, 1_000),
        None,
        // `Full`: the pump counts its strokes and cannot know that each moves more. Reconciliation is what sees it.
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "each stroke moves more than the pump counts",
    ),
    fault(
        9,
        "under-delivery",
        Param::Percent("less", 1, 100),
        None,
        // `Full`, although less is moved: what is reported is held to the prescription, and the pump counts every stroke.
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "each stroke moves less than the pump counts",
    ),
    fault(
        10,
        "magnetic-field",
        Param::None,
        Some(0),
        does(MayLack, MayStand, MayPass, Clear, Open, Stays, Keeps),
        "a strong field, as in an MRI scanner, holds the rotor",
    ),
    fault(
        11,
        "emi-wake",
        Param::None,
        Some(0),
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "interference looks like a programmer's wake-up",
    ),
    fault(
        12,
        "battery-low",
        Param::Voltage("to"),
        None,
        does(MayLack, MayStand, MayPass, Clear, Open, MayStart, Keeps),
        "the battery's open-circuit voltage falls",
    ),
    fault(
        13,
        "battery-film",
        Param::Resistance("more"),
        None,
        does(MayLack, MayStand, MayPass, Clear, Open, MayStart, Keeps),
        "a resistive film grows in the battery: its voltage sags under load",
    ),
    fault(
        14,
        "brown-out",
        Param::Millis("for", false),
        Some(100),
        does(MayLack, MayStand, MayPass, Silent, Open, MayStart, Keeps),
        "the supply dips below what the processor needs, once",
    ),
    fault(
        15,
        "battery-depleted",
        Param::None,
        Some(0),
        does(MayLack, MayStand, MayPass, Silent, Open, MayStart, Keeps),
        "the battery is empty",
    ),
    fault(
        16,
        "reservoir-level",
        Param::Volume("left"),
        None,
        does(MayLack, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the reservoir holds less than the pump computes",
    ),
    fault(
        17,
        "pocket-fill",
        Param::None,
        Some(0),
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "a refill goes into the tissue beside the pump",
    ),
    fault(
        18,
        "propellant-missing",
        Param::None,
        Some(0),
        does(MayLack, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the reservoir has no pressure: strokes move nothing",
    ),
    fault(
        19,
        "pressure-sensor-offset",
        Param::Pressure("by"),
        None,
        does(MayLack, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the catheter pressure sensor is off by a constant",
    ),
    fault(
        20,
        "memory-bit-flip",
        Param::Count("bit", 0, 120_000),
        Some(77),
        does(MayLack, Turns, MayPass, Clear, Open, MayStart, Keeps),
        "a bit of a stored prescription flips; 100000 and up: in both copies",
    ),
    fault(
        21,
        "main-loop-hang",
        Param::None,
        Some(0),
        does(MayLack, Turns, MayPass, Silent, Open, MayStart, Keeps),
        "the firmware's main loop stops",
    ),
    fault(
        22,
        "clock-jump",
        Param::Millis("by", true),
        None,
        does(Full, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the real-time clock jumps",
    ),
    fault(
        23,
        "flash-write-failure",
        Param::None,
        Some(0),
        does(MayLack, Turns, MayPass, Clear, Open, MayStart, MayMiss),
        "the memory refuses every write",
    ),
    fault(
        24,
        "serial-noise",
        Param::Count("one-in", 1, 100_000),
        None,
        // `Hold`: the fault acts on the line, and no pump delivers later for that. So in all serial faults.
        does(Full, Turns, Hold, Broken, Open, Stays, Keeps),
        "one byte in so many that the pump sends is another one",
    ),
    fault(
        25,
        "serial-drop",
        Param::Count("one-in", 1, 100_000),
        None,
        does(Full, Turns, Hold, Broken, Open, Stays, Keeps),
        "one byte in so many that the pump sends is lost",
    ),
    fault(
        26,
        "serial-cut",
        Param::Count("after", 0, 1_000_000),
        Some(0),
        does(Full, Turns, Hold, Broken, Open, Stays, Keeps),
        "the line goes dead after so many bytes from the pump",
    ),
    fault(
        27,
        "temperature",
        Param::Temperature("to"),
        None,
        does(MayLack, Turns, MayPass, Clear, Open, Stays, Keeps),
        "the case has another temperature",
    ),
    fault(
        28,
        "feedthrough-short",
        Param::Current("load"),
        Some(20_000),
        does(MayLack, MayStand, MayPass, Clear, Open, MayStart, Keeps),
        "a short in the feedthrough loads the battery and stalls the motor now and then",
    ),
    fault(
        29,
        "serial-rx-noise",
        Param::Count("one-in", 1, 100_000),
        None,
        does(Full, Turns, Hold, Broken, Open, Stays, Keeps),
        "one byte in so many that the pump receives is another one",
    ),
];
