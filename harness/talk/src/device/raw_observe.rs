//! The part of a profile's file that says what is observed, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

/// What is asked for every so often, because the pump does not tell it by itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`observe`"))]
pub(super) struct RawObserve {
    /// The total volume that the pump reports.
    #[serde(default)]
    pub reported: Option<RawAsked>,
    /// The alarms that are active.
    #[serde(default)]
    pub alarms: Option<RawAsked>,
    /// What left the pump, by an instrument of the rig.
    #[serde(default)]
    pub delivered: Option<RawWeighs>,
    /// What its motor moved, by its memory.
    #[serde(default)]
    pub actuated: Option<RawCounts>,
}

/// What kind of device a profile is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "kind of device"))]
pub enum DeviceKind {
    /// A pump.
    #[default]
    Pump,
    /// A balance, which weighs what left a pump.
    Balance,
}

/// What left the pump, by a balance.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`delivered`"))]
pub(super) struct RawWeighs {
    /// The name of the balance under `instruments` of the rig file.
    pub instrument: String,
    /// Mass of a volume of the drug, such as `0.998 g/mL`.
    pub density: String,
    /// How long the balance may take until it shows what left the pump. Default: 2 s.
    #[serde(default)]
    pub settle: Option<String>,
    /// How often it is read. Default: 500 ms.
    #[serde(default)]
    pub every: Option<String>,
}

/// What a motor moved, by a place in the pump's memory.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`actuated`"))]
pub(super) struct RawCounts {
    /// The place that counts, such as `PUMP.motor.strokes`.
    pub memory: String,
    /// What one of it moves, such as `500 nL`.
    pub each: String,
}

/// A dose log that is made of what is asked for, of a pump that keeps none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`dose-log`"))]
pub(super) struct RawSampledLog {
    /// What it is made of: `reported`.
    pub from: RawLogFrom,
    /// A row each time that it grew by so much, such as `10 uL`.
    pub entry_per: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "source of a dose log"))]
pub(super) enum RawLogFrom {
    Reported,
}

/// Something that is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "what is asked for"))]
pub(super) struct RawAsked {
    /// A verb that only reads.
    pub ask: String,
    /// How often, such as `500 ms`.
    pub every: String,
    /// By how much the volume that is told may be off, such as `1 uL`.
    #[serde(default)]
    pub resolution: Option<String>,
}
