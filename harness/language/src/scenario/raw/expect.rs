//! What must be true at a step.

use super::kinds::{AlarmOrAnyWord, AlarmWord, BolusWord, EventWord, ModeWord, PriorityWord, StateWord};
use pump_hil_model::case::Measure;
use pump_hil_model::raw_struct;
use pump_hil_model::yaml::raw::{Either, FromNode, Scalar, Table, Text, Word, key_of};
use pump_hil_model::yaml::tree::Node;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

raw_struct! {
    /// An event with fields.
    #[schemars(extend("x-name" = "an event"))]
    RawEvent {
        /// Its kind.
        #[schemars(required)]
        kind: Word<EventWord>,
        /// Fields that it must have, as on the line.
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
        /// The value that it must have: a number, `true`, a variant's name, `none`, or a comparison such as `>= 3`.
        #[schemars(required)]
        value: Scalar,
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
    fn schema_name() -> Cow<'static, str> {
        "Range".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "integer"], "examples": ["<= 10 uL"]})
    }
}

/// Declares `RawExpect` with one key for each measure in the list. A measure without a line here compiles, and no scenario can name it.
macro_rules! expect {
    ($($(#[$meta:meta])* $field:ident = $measure:ident),* $(,)?) => {
        raw_struct! {
            /// What must be true, all of it.
            #[schemars(extend("x-name" = "`expect`"))]
            RawExpect {
                /// This alarm is active, or was raised since the group of expectations before this one.
                alarm: Word<AlarmWord>,
                /// And it has this priority.
                priority: Word<PriorityWord>,
                /// This alarm is not active; `any`: none is.
                no_alarm: Word<AlarmOrAnyWord>,
                /// This alarm was cleared since the group of expectations before this one.
                alarm_cleared: Word<AlarmWord>,
                /// The pump's state.
                state: Word<StateWord>,
                /// The prescription's mode.
                mode: Word<ModeWord>,
                /// The bolus in progress, or `none`.
                bolus: Word<BolusWord>,
                /// The pump reported this event since the group of expectations before this one.
                event: Either<Word<EventWord>, RawEvent>,
                /// The pump did not report this event since the `expect` before this one.
                no_event: Word<EventWord>,
                /// The last reply has these fields, as on the line.
                reply: Table<Scalar>,
                /// The value that the probe reads there.
                memory: RawMemory,
                /// The measures count from this mark, not from the begin.
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
            vec![$( (key_of(stringify!($field)), Measure::$measure) ),*]
        }
    };
}

expect! {
    /// Truly left the catheter's tip into the patient (volume).
    delivered = Delivered,
    /// What the pump reports in all (volume).
    reported = Reported,
    /// Strokes times stroke volume, by the probe (volume).
    actuated = Actuated,
    /// The nominal dose by the oracle (volume).
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
    /// What was delivered beyond actuated since the last occlusion was cleared (volume).
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
    /// How often the first line of the last `do`, `program` or `stage` was sent, until it was answered.
    tries = Tries,
}
