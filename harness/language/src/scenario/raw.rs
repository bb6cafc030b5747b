//! The language as it is written: every key of a scenario file, unvalidated. `scenarios/LANGUAGE.md` says what they mean, and so do the
//! descriptions here, which an editor shows.

use pump_hil_model::raw_struct;
use pump_hil_model::yaml::raw::{
    Count, Dimension, Either, Flag, FromNode, Quantity, Scalar, Table, Text, Time, Word, WordKind,
};
use pump_hil_model::yaml::tree::Node;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

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
    SeedWord = "row of the inventory",
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
    AllowedWord = "word about faults of the firmware",
}

macro_rules! dimensions {
    ($($(#[$meta:meta])* $dim:ident = $name:literal, $example:literal, $units:expr, $also:expr;)*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $dim;
        impl Dimension for $dim {
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

raw_struct! {
    /// A scenario: one file, one or more cases.
    #[schemars(extend("x-name" = "a scenario"))]
    RawFile {
        /// Version of the language; 1.
        version: Count,
        /// Name, kebab case, unique.
        #[schemars(required)]
        scenario: Text,
        /// One sentence for people: what happens, and what must then be true.
        #[schemars(required)]
        summary: Text,
        /// Requirements that it verifies, as in fixtures/requirements.
        verifies: Vec<Word<RequirementWord>>,
        /// Rows of the seed inventory and recalls that it covers.
        covers: Vec<Word<SeedWord>>,
        /// What a rig must be able to do, beyond what the steps show.
        needs: Vec<Word<CapabilityWord>>,
        /// Civil date and time at the begin, such as 2026-12-31 23:30; 2026-01-05 00:00, a Monday, where not given.
        start: Text,
        /// Seed of the simulated physics; 1 where not given.
        seed: Count,
        /// Shared set-ups, relative to this file, inside the scenario folder.
        include: Vec<Text>,
        /// What is programmed before the begin, or `none`.
        prescription: Either<Word<NoneWord>, RawPrescription>,
        /// Volume filled in before the begin; 20 mL where there is a prescription.
        reservoir: Quantity<Vol>,
        /// Interval of the pump's periodic dose entries, 1 min to 1 d; 1 h where not given.
        log_every: Quantity<Time>,
        /// Parameter table: a case for each row. `${parameter}` stands for its value.
        cases: Table<Table<Scalar>>,
        /// The steps.
        #[schemars(required)]
        timeline: Vec<RawStep>,
        /// Places in memory whose values are noted in the journal whenever they changed, such as `PUMP.state.total`.
        watch: Vec<Text>,
        /// What must hold all the time, such as `delivered <= prescribed + 14.5 %`.
        always: Vec<Text>,
        /// Alarms that may come without an `expect` that names them.
        allow_alarms: Vec<Word<AlarmWord>>,
        /// `allowed` where the firmware itself may fault, such as by a HardFault; else that fails the scenario wherever a probe sees it.
        firmware_faults: Word<AllowedWord>,
        /// How far delivered may be from reported, or `off`; 5 % where not given.
        reconcile: Quantity<ShareOrOff>,
        /// Tolerances of the dose log's snapshot, or `none`.
        snapshot: Either<Word<NoneWord>, RawTolerance>,
    }
}

raw_struct! {
    /// What the pump is programmed with.
    #[schemars(extend("x-name" = "a prescription"))]
    RawPrescription {
        /// Id of a drug of fixtures/drugs.
        #[schemars(required)]
        drug: Word<DrugWord>,
        /// How therapy is delivered.
        #[schemars(required)]
        mode: Word<RxModeWord>,
        /// Basal rate, as volume or mass a day (continuous, periodic).
        rate: Quantity<Flow>,
        /// Steps of a flex schedule.
        schedule: Vec<RawScheduleStep>,
        /// Periodic bolus: volume or mass.
        dose: Quantity<Dose>,
        /// Periodic bolus: time that it takes.
        over: Quantity<Time>,
        /// Periodic bolus: start to start.
        interval: Quantity<Time>,
        /// What the patient may ask for.
        patient_bolus: RawPatientBolus,
        /// Volume filled in before the begin.
        reservoir: Quantity<Vol>,
        /// Threshold of the low-reservoir alarm.
        low_reservoir: Quantity<Vol>,
        /// Catheter volume.
        catheter: Quantity<Vol>,
        /// Internal tubing volume.
        tubing: Quantity<Vol>,
        /// Limits of a trial.
        trial: RawTrial,
        /// The clinician confirmed what lies beyond the soft limits.
        confirm_soft_limits: Flag,
        /// Fields that are sent as they stand, after the others.
        raw: Table<Scalar>,
    }
}

raw_struct! {
    /// A step of a flex schedule.
    #[schemars(extend("x-name" = "a schedule step"))]
    RawScheduleStep {
        /// `daily`, a day, or a list of days.
        #[schemars(required)]
        day: Either<Word<DayWord>, Vec<Word<DayWord>>>,
        /// Time of the day, such as "08:00".
        #[schemars(required)]
        at: Text,
        /// The rate from then on.
        #[schemars(required)]
        rate: Quantity<Flow>,
    }
}

raw_struct! {
    /// What the patient may ask for.
    #[schemars(extend("x-name" = "a patient bolus"))]
    RawPatientBolus {
        /// Volume or mass of one.
        #[schemars(required)]
        dose: Quantity<Dose>,
        /// Time that it takes.
        #[schemars(required)]
        over: Quantity<Time>,
        /// Start to start.
        #[schemars(required)]
        lockout: Quantity<Time>,
        /// How many in the window.
        #[schemars(required)]
        count: Count,
        /// The rolling window.
        #[schemars(required)]
        window: Quantity<Time>,
        /// The most of everything in the window.
        #[schemars(required)]
        max: Quantity<Dose>,
    }
}

raw_struct! {
    /// A trial's limits: one or both.
    #[schemars(extend("x-name" = "a trial"))]
    RawTrial {
        /// Longest time.
        time: Quantity<Time>,
        /// Largest total dose.
        dose: Quantity<Dose>,
    }
}

raw_struct! {
    /// Tolerances of a snapshot.
    #[schemars(extend("x-name" = "a snapshot's tolerances"))]
    RawTolerance {
        /// Share of a volume.
        volume: Quantity<Share>,
        /// A volume below which differences do not count.
        volume_floor: Quantity<Vol>,
        /// Of a time.
        time: Quantity<Time>,
    }
}

raw_struct! {
    /// One step: at most one time, and exactly one action.
    #[schemars(extend("x-name" = "a step"))]
    RawStep {
        /// This long after the begin; in a repeat, after the round's begin.
        at: Quantity<Time>,
        /// This long after the step before it ended.
        after: Quantity<Time>,
        /// With `expect`: must come true by this long from now.
        within: Quantity<Time>,
        /// With `expect`: must be true now and stay true for this long.
        r#for: Quantity<Time>,
        /// Asks the pump for something.
        r#do: Word<VerbWord>,
        /// Arguments of `do`, or parameter of `inject`.
        with: Table<Scalar>,
        /// With `do` or `program`: the reason that the pump must refuse with, or `any`.
        refused: Word<RefusalWord>,
        /// Programs a prescription.
        program: RawPrescription,
        /// With `program`: break the session off after so many bytes.
        cut_after: Count,
        /// Begins a session and stages these fields.
        stage: RawPrescription,
        /// Arms a fault and confirms it.
        inject: Word<FaultWord>,
        /// Clears a fault.
        clear: Word<FaultWord>,
        /// All of these must be true.
        expect: RawExpect,
        /// Sends bytes as they stand.
        send: RawSend,
        /// Uses the debug probe.
        probe: Either<Word<ResetWord>, RawProbe>,
        /// Lets time pass.
        wait: Quantity<Time>,
        /// Names this instant, for `since`.
        mark: Text,
        /// Repeats `steps` so often.
        repeat: Count,
        /// With `repeat`: begin to begin.
        every: Quantity<Time>,
        /// With `repeat`: what.
        steps: Vec<RawStep>,
    }
}

raw_struct! {
    /// An event with fields.
    #[schemars(extend("x-name" = "an event"))]
    RawEvent {
        /// Its kind.
        #[schemars(required)]
        kind: Word<EventWord>,
        /// Fields among its own, as on the line.
        with: Table<Scalar>,
    }
}

raw_struct! {
    /// A place in memory.
    #[schemars(extend("x-name" = "a memory check"))]
    RawMemory {
        /// Variable of the firmware (`PUMP.state.total`), symbol, or address.
        #[schemars(required)]
        at: Scalar,
        /// What it must hold: a number, `true`, a variant's name, `none`, or a comparison such as `>= 3`.
        #[schemars(required)]
        value: Scalar,
    }
}

raw_struct! {
    /// Bytes to send.
    #[schemars(extend("x-name" = "`send`"))]
    RawSend {
        /// As text; nothing is added.
        text: Text,
        /// As hex digits; spaces are ignored.
        hex: Scalar,
    }
}

raw_struct! {
    /// What the probe does: one of `read`, `write`, `flip`, `halt`, `break-at`.
    #[schemars(extend("x-name" = "`probe`"))]
    RawProbe {
        /// Reads what is there: a variable of the firmware (`PUMP.state.total`), or the 32-bit word of a symbol or address.
        read: Scalar,
        /// Writes there.
        write: Scalar,
        /// With `write`: what, as the variable's type can hold it.
        value: Scalar,
        /// Flips a bit of the memory, or of the peripheral, from there on.
        flip: Scalar,
        /// With `flip`: which.
        bit: Count,
        /// Halts the core for so long, then runs on.
        halt: Quantity<Time>,
        /// Runs until the core stands there, then runs on: a function of the firmware, a line of its source (`main.rs:42`), a symbol, or an address.
        break_at: Scalar,
        /// With `break-at`: longest time.
        within: Quantity<Time>,
    }
}

/// A range: a text such as `<= 10 uL`, or a bare count.
#[derive(Debug, Clone)]
pub struct RangeText(pub Text);

impl FromNode for RangeText {
    fn from_node(node: &Node) -> Option<Self> {
        Text::from_node(node).map(Self)
    }
}

impl JsonSchema for RangeText {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Range".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"], "examples": ["<= 10 uL"]})
    }
}

/// Declares `RawExpect` with one key for each measure, so that no measure can be forgotten.
macro_rules! expect {
    ($($(#[$meta:meta])* $field:ident = $measure:ident),* $(,)?) => {
        raw_struct! {
            /// What must be true; all of it.
            #[schemars(extend("x-name" = "`expect`"))]
            RawExpect {
                /// This alarm is active, or was raised since the step began or the last expectation was met.
                alarm: Word<AlarmWord>,
                /// And has this priority.
                priority: Word<PriorityWord>,
                /// This alarm is not active; `any`: none is.
                no_alarm: Word<AlarmOrAnyWord>,
                /// This alarm was cleared.
                alarm_cleared: Word<AlarmWord>,
                /// The pump's state.
                state: Word<StateWord>,
                /// The prescription's mode.
                mode: Word<ModeWord>,
                /// The bolus in progress, or `none`.
                bolus: Word<BolusWord>,
                /// The pump told this since the previous step.
                event: Either<Word<EventWord>, RawEvent>,
                /// It was not told since the previous expectation.
                no_event: Word<EventWord>,
                /// The last reply has these fields, as on the line.
                reply: Table<Scalar>,
                /// What the probe reads there.
                memory: RawMemory,
                /// The measures count from this mark instead of the begin.
                since: Text,
                $( $(#[$meta])* $field: RangeText, )*
            }
        }

        impl RawExpect {
            /// The measures that are given, with their ranges.
            #[must_use]
            pub fn measures(&self) -> Vec<(Measure, &RangeText)> {
                let mut given = Vec::new();
                $( if let Some(range) = &self.$field { given.push((Measure::$measure, range)); } )*
                given
            }
        }

        /// Every measure with its name in scenarios.
        #[must_use]
        pub fn measure_names() -> Vec<(String, Measure)> {
            vec![$( (pump_hil_model::yaml::raw::key_of(stringify!($field)), Measure::$measure) ),*]
        }
    };
}

use pump_hil_model::case::Measure;

expect! {
    /// Truly left the catheter's tip into the patient (volume).
    delivered = Delivered,
    /// What the pump reports in all (volume).
    reported = Reported,
    /// Strokes times stroke volume, by the probe (volume).
    actuated = Actuated,
    /// What the oracle allows as the nominal dose (volume).
    prescribed = Prescribed,
    /// Reported basal (volume).
    basal = Basal,
    /// Reported patient boluses (volume).
    patient_boluses = PatientBoluses,
    /// Reported periodic boluses (volume).
    periodic_boluses = PeriodicBoluses,
    /// Reported clinician boluses (volume).
    clinician_boluses = ClinicianBoluses,
    /// Reported prime (volume).
    prime = Prime,
    /// Reported bridge (volume).
    bridge = Bridge,
    /// The rate in force (rate).
    rate = Rate,
    /// The pump's computed reservoir volume.
    reservoir = Reservoir,
    /// What truly is in the reservoir (volume).
    true_reservoir = TrueReservoir,
    /// Battery by the pump (voltage).
    battery = Battery,
    /// Catheter pressure, true.
    pressure = Pressure,
    /// Delivered beyond actuated since the last occlusion was cleared (volume).
    post_occlusion_bolus = PostOcclusionBolus,
    /// Failed strokes that the pump counted.
    stalls = Stalls,
    /// Time left of the lockout.
    lockout = Lockout,
    /// From the last fault's injection to the first alarm after it (time).
    alarm_latency = AlarmLatency,
    /// Resets since power-on.
    resets = Resets,
    /// Tones that sounded (needs `report-tones`).
    tones = Tones,
    /// Time since the state was last `running`.
    without_therapy = WithoutTherapy,
}
