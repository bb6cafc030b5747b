//! The part of a profile's file that says how a firmware's logs, events and dose entries look, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawLogs {
    /// The log of doses.
    #[serde(default)]
    pub dose: Option<RawLog>,
    /// The log of events.
    #[serde(default)]
    pub event: Option<RawLog>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawLog {
    /// The verb that reads a page.
    pub send: String,
    /// Key of the number of the first record.
    pub from: String,
    /// Key of the number of records.
    pub count: String,
    /// Records of a page.
    pub page: u64,
    /// Key of a record's number.
    pub number: String,
    /// Key and unit of a record's time.
    pub time: RawNumber,
    /// Key of an event's kind.
    #[serde(default)]
    pub kind: Option<String>,
    /// Key of the oldest record that is there, in the reply.
    pub first: String,
    /// Key of the newest one.
    pub last: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawNumber {
    /// The firmware's key.
    pub key: String,
    /// Its unit, of those in `units`.
    #[serde(default)]
    pub unit: Option<String>,
}

/// How a firmware says what the harness has a word for: `kind` is its own word, the others are its keys.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawSaid {
    /// The pump started.
    pub boot: RawBoot,
    /// Its state changed.
    pub state: RawState,
    /// An alarm was raised.
    pub alarm: RawAlarm,
    /// An alarm ended.
    pub alarm_clear: RawAlarmClear,
    /// A bolus began.
    pub bolus_start: RawBolusStart,
    /// A bolus ended.
    pub bolus_end: RawBolusEnd,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawBoot {
    /// The firmware's word for the event.
    pub kind: String,
    /// Key of the reason.
    pub reason: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawState {
    /// The firmware's word for the event.
    pub kind: String,
    /// Key of the state before.
    pub from: String,
    /// Key of the state now.
    pub to: String,
    /// Key of the cause.
    pub cause: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawAlarm {
    /// The firmware's word for the event.
    pub kind: String,
    /// Key of the alarm.
    pub id: String,
    /// Key of its priority.
    pub priority: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawAlarmClear {
    /// The firmware's word for the event.
    pub kind: String,
    /// Key of the alarm.
    pub id: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawBolusStart {
    /// The firmware's word for the event.
    pub kind: String,
    /// Key of the kind of bolus.
    pub bolus: String,
    /// Key and unit of its volume.
    pub dose: RawNumber,
    /// Key and unit of the time that it takes.
    pub over: RawNumber,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawBolusEnd {
    /// The firmware's word for the event.
    pub kind: String,
    /// Key of the kind of bolus.
    pub bolus: String,
    /// Key and unit of the volume that was given.
    pub given: RawNumber,
    /// Key of the cause.
    pub cause: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawDose {
    /// Key of what caused the entry.
    pub cause: String,
    /// Key of the mode.
    pub mode: String,
    /// Key and unit of the rate in force.
    pub rate: RawNumber,
    /// Key and unit of all basal so far.
    pub basal: RawNumber,
    /// Key and unit of all patient boluses so far.
    pub patient: RawNumber,
    /// Key and unit of all periodic boluses so far.
    pub periodic: RawNumber,
    /// Key and unit of all clinician boluses so far.
    pub clinician: RawNumber,
    /// Key and unit of all prime so far.
    pub prime: RawNumber,
    /// Key and unit of all bridge so far.
    pub bridge: RawNumber,
    /// Key of the number of strokes so far.
    pub strokes: RawNumber,
    /// Key and unit of what the reservoir holds.
    pub reservoir: RawNumber,
}
