//! What a scenario does, and when.

use super::{Check, Prescription};
use crate::fault::FaultName;
use crate::quantity::{Mass, Pressure, Rate, Span, Temperature, Voltage, Volume};
use crate::value::MemoryValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Line of the scenario's file, from 1.
    pub line: u32,
    /// When it is due.
    pub when: When,
    /// What it does.
    pub action: Action,
}

impl Step {
    /// Whether it is a fault of which only the pump's age tells what it meets, or has such a step in it.
    #[must_use]
    pub fn is_by_chance(&self) -> bool {
        match &self.action {
            Action::Inject { fault, .. } => fault.picks(),
            Action::Repeat { steps, .. } => steps.iter().any(Self::is_by_chance),
            _ => false,
        }
    }
}

/// When a step is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// At a time since the begin; in a repeat, since the round's begin.
    At(Span),
    /// So long after the step before it ended; 0 where nothing is written.
    After(Span),
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Asks the pump for something; `refused` holds the reason that it must refuse with (`any` for whichever), or `allowed`
    /// where it may refuse.
    Do {
        /// What is asked.
        request: Request,
        /// Refusal that is expected.
        refused: Option<String>,
        /// Fields of the answer that are kept, by the names under which later steps use them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        keep: BTreeMap<String, String>,
    },
    /// Arms a fault and confirms that it is in effect.
    Inject {
        /// Which.
        fault: FaultName,
        /// Its parameter, in the unit of the test block.
        param: i64,
    },
    /// Clears a fault.
    Clear {
        /// Which.
        fault: FaultName,
    },
    /// All checks must hold: now, by `within`, or `throughout` a span.
    Expect {
        /// The checks.
        checks: Vec<Check>,
        /// Must come true by this long from now.
        within: Option<Span>,
        /// Must stay true for this long from now.
        throughout: Option<Span>,
        /// What is asked each time that it is looked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        poll: Option<Poll>,
    },
    /// Sends bytes as they are. What comes back is journaled; the pump's answer is not waited for.
    Send {
        /// The bytes.
        bytes: Vec<u8>,
        /// The time between two of them; `None`: all at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pace: Option<Span>,
    },
    /// Uses the probe.
    Probe(ProbeAction),
    /// Lets time pass.
    Wait(Span),
    /// Names this instant, for checks that count `since` it.
    Mark(String),
    /// Repeats steps; round k begins k x `every` after the first, or when the round before ended.
    Repeat {
        /// How often.
        times: u32,
        /// Begin to begin.
        every: Option<Span>,
        /// What.
        steps: Vec<Step>,
    },
}

/// What a waiting `expect` asks again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// What is asked. It only reads.
    pub request: Request,
    /// The time between two of them; `None`: a share of the wait.
    pub every: Option<Span>,
}

impl Action {
    /// Whether it does something to the pump: it does not merely look, wait or note.
    #[must_use]
    pub fn acts(&self) -> bool {
        match self {
            Self::Do { .. } | Self::Inject { .. } | Self::Clear { .. } | Self::Send { .. } | Self::Probe(_) => true,
            // The steps of a repeat begin as steps of their own.
            Self::Expect { .. } | Self::Wait(_) | Self::Mark(_) | Self::Repeat { .. } => false,
        }
    }
}

/// What a pump can be asked for, with all that the question says. [`super::Verb`] has the row of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Request {
    /// Who are you.
    Identify,
    /// How are you; the reply's fields can be expected with `reply`.
    Status,
    /// Cumulative volumes.
    Totals,
    /// Reads the active prescription back.
    ReadPrescription,
    /// Forecast dates.
    Forecast,
    /// Programs a prescription: begin, stage, read back, compare, commit. `cut_after` stops after so many bytes of it were sent.
    Program {
        /// What.
        prescription: Box<Prescription>,
        /// Break the session off after so many bytes.
        cut_after: Option<u32>,
    },
    /// Begins a session, stages these fields, and neither commits nor aborts.
    Stage {
        /// What.
        prescription: Box<Prescription>,
    },
    /// Commits what is staged.
    Commit,
    /// Aborts the session.
    Abort,
    /// Starts therapy.
    Start,
    /// Stops therapy.
    Stop,
    /// Goes to minimum rate.
    MinimumRate,
    /// The patient asks for a bolus.
    PatientBolus,
    /// The clinician's single bolus.
    SingleBolus {
        /// Volume.
        dose: Volume,
        /// Time that it takes.
        over: Span,
    },
    /// Fills tubing and catheter.
    PrimeBolus,
    /// Bridge bolus.
    BridgeBolus {
        /// Volume of the old concentration.
        volume: Volume,
        /// Its rate.
        rate: Rate,
    },
    /// Refill.
    Refill {
        /// Drawn out; `None`: exactly what the plant (or the balance) says was left.
        removed: Option<Volume>,
        /// Put in.
        added: Volume,
    },
    /// Clears an alarm.
    ClearAlarm {
        /// Which.
        alarm: String,
    },
    /// Mutes the tone.
    Mute,
    /// Plays the test alarm.
    TestAlarm {
        /// `critical` or `non-critical`.
        priority: String,
    },
    /// Sets the pump's clock.
    SetClock {
        /// Seconds since 2000-01-01T00:00:00.
        to_s: i64,
    },
    /// Interval of periodic dose entries.
    LogEvery {
        /// The interval.
        interval: Span,
    },
    /// Whether each tone is told.
    ReportTones {
        /// On or off.
        on: bool,
    },
    /// Runs the self-test.
    SelfTest,
    /// Reads the dose log back from the pump's memory and compares it with what was heard.
    ReadLog,
    /// Asks for something that only the device's profile knows.
    Own {
        /// The verb of the profile.
        own: String,
        /// Its arguments by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        with: BTreeMap<String, OwnArg>,
    },
}

/// An argument of a verb that only a device's profile knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnArg {
    /// A volume.
    Volume(Volume),
    /// A rate.
    Rate(Rate),
    /// A time.
    Time(Span),
    /// A pressure.
    Pressure(Pressure),
    /// A voltage.
    Voltage(Voltage),
    /// A temperature.
    Temperature(Temperature),
    /// A mass.
    Mass(Mass),
    /// A count.
    Count(i64),
    /// A word or a text.
    Word(String),
    /// A value that an answer gave, such as `$first`, or `$first uL` of one without a unit.
    Kept(String),
}

impl OwnArg {
    /// What a text is: a kept value, a quantity by its unit, a whole number, or a word.
    #[must_use]
    pub fn written(text: &str) -> Self {
        if kept_name(text).is_some() {
            return Self::Kept(text.to_owned());
        }
        let number = |text: &str| match text.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        };
        let volume = || text.parse().map(Self::Volume).ok();
        let rate = || text.parse().map(Self::Rate).ok();
        let time = || text.parse().map(Self::Time).ok();
        let pressure = || text.parse().map(Self::Pressure).ok();
        let voltage = || text.parse().map(Self::Voltage).ok();
        let temperature = || text.parse().map(Self::Temperature).ok();
        let mass = || text.parse().map(Self::Mass).ok();
        let quantity = volume().or_else(rate).or_else(time).or_else(pressure).or_else(voltage);
        let quantity = quantity.or_else(temperature).or_else(mass);
        let counted = number(text).map(Self::Count);
        counted.or(quantity).unwrap_or_else(|| Self::Word(text.to_owned()))
    }
}

/// The name of a kept value in a text such as `$first` or `$first uL`, and the unit behind it; `None`: the text is none.
#[must_use]
pub fn kept_name(text: &str) -> Option<(&str, &str)> {
    let text = text.trim().strip_prefix('$')?;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
    let (name, unit) = text.split_at(end);
    (!name.is_empty()).then(|| (name, unit.trim()))
}

/// What a step does with the probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeAction {
    /// Reads a value into the journal.
    Read {
        /// Variable, symbol or `0x` address.
        at: String,
    },
    /// Writes a value.
    Write {
        /// Variable, symbol or `0x` address.
        at: String,
        /// The value.
        value: MemoryValue,
    },
    /// Flips one bit.
    Flip {
        /// Variable, symbol or `0x` address.
        at: String,
        /// Bit from that address on.
        bit: u32,
    },
    /// Halts the core for so long, then runs on.
    Halt {
        /// How long.
        time: Span,
    },
    /// Resets the core.
    Reset,
    /// Runs until the core stands there, then runs on.
    BreakAt {
        /// Function, line of the source, symbol or `0x` address.
        at: String,
        /// Longest time.
        within: Span,
    },
}
