//! The validated form of a scenario: one case, with nothing left to look up.
//!
//! A `Case` is what runs, what the journal's header keeps, and what a replay judges by; so it serialises, and holds no file handle and no
//! reference to a rig. Times are spans since the scenario's begin, which is after the set-up (identify, program, refill).

use crate::capability::Capability;
use crate::fault::FaultName;
use crate::firmware::{Value, Wanted};
use crate::quantity::{Concentration, Percent, Rate, Span, Volume};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One scenario with one row of its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Name of the scenario, kebab case.
    pub scenario: String,
    /// Name of the table's row, where there is a table.
    pub case: Option<String>,
    /// File it came from, relative to the folder that was given.
    pub file: String,
    /// SHA-256 of the file and its includes, hex.
    pub sha256: String,
    /// One sentence for people.
    pub summary: String,
    /// Requirements that it verifies.
    pub verifies: Vec<String>,
    /// Rows of the seed inventory and recalls that it covers.
    pub covers: Vec<String>,
    /// What a rig must be able to do: written by the author, and derived from the steps.
    pub needs: BTreeSet<Capability>,
    /// Civil time at the begin, seconds since 2000-01-01T00:00:00.
    pub start_s: i64,
    /// Seed of the plant.
    pub seed: u64,
    /// What the pump is programmed with before the begin; `None` leaves it without a prescription.
    pub prescription: Option<Prescription>,
    /// Volume filled in before the begin.
    pub reservoir: Option<Volume>,
    /// Interval of the pump's periodic dose entries.
    pub log_every: Span,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Places in memory whose values are noted whenever they changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<String>,
    /// What must hold all the time.
    pub always: Vec<Invariant>,
    /// Alarms that may come without an `expect` that names them. Any other alarm fails the scenario.
    pub allow_alarms: BTreeSet<String>,
    /// Whether the firmware may fault, such as by a HardFault. A fault that a probe sees else fails the scenario.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub firmware_may_fault: bool,
    /// Reconciliation: how far delivered may be from reported; `None` where a fault makes them part on purpose, and the scenario says so.
    pub reconcile: Option<Percent>,
    /// The dose log's snapshot; `None` where the scenario says `snapshot: none`.
    pub snapshot: Option<Tolerance>,
}

impl Case {
    /// `scenario` or `scenario[case]`: the name in reports, and of the snapshot and journal files.
    #[must_use]
    pub fn name(&self) -> String {
        self.case
            .as_ref()
            .map_or_else(|| self.scenario.clone(), |case| format!("{}[{case}]", self.scenario))
    }
}

/// Columns' tolerances of a snapshot: inside them the accepted text stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Share of a volume, in thousandths of a percent.
    pub volume: Percent,
    /// A volume below which differences do not count.
    pub volume_floor: Volume,
    /// Of a time.
    pub time: Span,
}

/// What the pump is programmed with. Doses given in mass have become volumes by the drug's concentration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prescription {
    /// Id of the drug, as in `fixtures/drugs` and in the pump's library.
    pub drug: String,
    /// Its concentration.
    pub concentration: Concentration,
    /// How therapy is delivered.
    pub mode: Mode,
    /// What the patient may ask for.
    pub patient_bolus: Option<PatientBolus>,
    /// Low-reservoir threshold.
    pub low_reservoir: Option<Volume>,
    /// Catheter volume.
    pub catheter: Option<Volume>,
    /// Internal tubing volume.
    pub tubing: Option<Volume>,
    /// A trial's limits.
    pub trial: Option<Trial>,
    /// The clinician confirmed what lies beyond the library's soft limits.
    pub confirm_soft_limits: bool,
    /// Fields that are sent as they stand, after the others: to send what no sane programmer would (`ptm-lockout: 5min`).
    pub raw: Vec<(String, String)>,
}

/// Ways to deliver therapy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Mode {
    /// Simple continuous.
    Continuous {
        /// The rate.
        rate: Rate,
    },
    /// A day schedule.
    Flex {
        /// Steps, sorted by day and time; a day is 0 = Monday .. 6.
        steps: Vec<FlexStep>,
    },
    /// A bolus at fixed intervals over a basal rate that may be 0.
    Periodic {
        /// Basal between.
        rate: Rate,
        /// Volume of a bolus.
        dose: Volume,
        /// Time that it takes.
        over: Span,
        /// Start to start.
        interval: Span,
    },
    /// Minimum rate.
    Minimum,
}

/// A step of a day schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlexStep {
    /// 0 = Monday .. 6 = Sunday.
    pub day: u8,
    /// Minute of the day from which the rate holds.
    pub minute: u16,
    /// The rate.
    pub rate: Rate,
}

/// What the patient may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientBolus {
    /// Volume of one.
    pub dose: Volume,
    /// Time that it takes.
    pub over: Span,
    /// Start to start.
    pub lockout: Span,
    /// How many in the window.
    pub count: u32,
    /// The rolling window.
    pub window: Span,
    /// The most of everything in the window.
    pub max: Volume,
}

/// A trial's limits; therapy ends at the first that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Longest time.
    pub time: Option<Span>,
    /// Largest total dose.
    pub dose: Option<Volume>,
}

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
    /// Asks the pump for something; `refused` holds the reason that it must refuse with (`any` for whichever).
    Do {
        /// What is asked.
        request: Request,
        /// Refusal that is expected.
        refused: Option<String>,
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
    },
    /// Sends bytes as they are. What comes back is journaled; the pump's answer is not waited for.
    Send {
        /// The bytes.
        bytes: Vec<u8>,
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

/// What a pump can be asked for: the verbs of a device profile.
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
}

/// One thing that must be true.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// This alarm is active, or was raised since the step began or since the last expectation was met.
    Alarm {
        /// Its name.
        id: String,
        /// Its priority.
        priority: Option<String>,
    },
    /// This alarm is not active; `None`: no alarm is.
    NoAlarm {
        /// Its name.
        id: Option<String>,
    },
    /// This alarm was cleared.
    AlarmCleared {
        /// Its name.
        id: String,
    },
    /// The pump's state.
    State(String),
    /// The prescription's mode.
    Mode(String),
    /// The bolus in progress, or `none`.
    Bolus(String),
    /// An event of this kind came since the previous step, with these fields among its own.
    Event {
        /// Kind.
        kind: String,
        /// Fields, as text.
        fields: BTreeMap<String, String>,
    },
    /// No event of this kind came since the previous expectation.
    NoEvent {
        /// Kind.
        kind: String,
    },
    /// The last reply has these fields.
    Reply {
        /// Fields, as text.
        fields: BTreeMap<String, String>,
    },
    /// A measure lies in a range.
    Measure {
        /// Which.
        what: Measure,
        /// Counted from this mark; from the begin where `None`.
        since: Option<String>,
        /// Where it must lie.
        range: Range,
    },
    /// Memory read by the probe.
    Memory {
        /// Variable, symbol or `0x` address.
        at: String,
        /// What it must hold.
        value: Wanted,
    },
}

/// What can be measured; the base unit in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Truly left the catheter's tip into the patient (nL): by plant, balance or flow meter.
    Delivered,
    /// What the pump reports in all (nL).
    Reported,
    /// Strokes times stroke volume, by the probe (nL).
    Actuated,
    /// What the oracle allows as the nominal dose (nL).
    Prescribed,
    /// Reported basal (nL).
    Basal,
    /// Reported patient boluses (nL).
    PatientBoluses,
    /// Reported periodic boluses (nL).
    PeriodicBoluses,
    /// Reported clinician boluses (nL).
    ClinicianBoluses,
    /// Reported prime (nL).
    Prime,
    /// Reported bridge (nL).
    Bridge,
    /// The rate in force (nL/day).
    Rate,
    /// The pump's computed reservoir volume (nL).
    Reservoir,
    /// What truly is in the reservoir (nL).
    TrueReservoir,
    /// Battery by the pump (mV).
    Battery,
    /// Catheter pressure, true (Pa).
    Pressure,
    /// Delivered beyond actuated since the last occlusion was cleared (nL).
    PostOcclusionBolus,
    /// Failed strokes that the pump counted.
    Stalls,
    /// Time left of the lockout (ms).
    Lockout,
    /// From the last fault's injection to the first alarm after it (ms).
    AlarmLatency,
    /// Resets since power-on.
    Resets,
    /// Tones that sounded (needs `report-tones`).
    Tones,
    /// Time since the state was last `running` (ms).
    WithoutTherapy,
}

/// An inclusive range in base units, with the text that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// Lowest allowed.
    pub low: Option<i64>,
    /// Highest allowed.
    pub high: Option<i64>,
    /// As written.
    pub text: String,
}

/// What must hold all the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariant {
    /// Line of the file.
    pub line: u32,
    /// As written.
    pub text: String,
    /// What it means.
    pub rule: Rule,
}

/// The forms of an invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// `left op right + slack`: `delivered <= prescribed + 14.5 %`, `reported == actuated +- 1 uL`, `rate <= 24 mL/day`.
    Compare {
        /// Left side.
        left: Measure,
        /// Operator.
        op: Op,
        /// Right side.
        right: Operand,
        /// Share of the right side that is added (`<=`, `==`) or taken off (`>=`, `==`).
        percent: Percent,
        /// Base units likewise.
        absolute: i64,
    },
    /// `state != stopped` / `state == running`.
    State {
        /// Must be equal, else must differ.
        equal: bool,
        /// The state.
        state: String,
    },
    /// `no alarm` / `no alarm occlusion`.
    NoAlarm {
        /// Which, `None` for any.
        id: Option<String>,
    },
}

/// Right side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operand {
    /// Another measure.
    Measure(Measure),
    /// A constant in base units.
    Value(i64),
}

/// Comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Op {
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = "==")]
    Equal,
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
        value: Value,
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
