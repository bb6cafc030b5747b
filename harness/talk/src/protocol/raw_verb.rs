//! The part of a profile's file that says what is asked, as it is written.

use super::raw_json::{RawNames, RawReply, RawSend, RawSource};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How a verb is said.
#[derive(Debug, Default, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "a verb"))]
pub(crate) struct RawVerb {
    /// What is sent: a text, or a header with bytes.
    #[serde(default)]
    pub send: Option<RawSend>,
    /// Several requests, one after the other.
    #[serde(default, rename = "do")]
    pub steps: Vec<RawVerb>,
    /// The messages that end it, by name; a text or bytes of its own; `none`; `as-sent`.
    #[serde(default)]
    pub reply: Option<RawReply>,
    /// Messages that may come before its end.
    #[serde(default)]
    pub each: Option<RawNames>,
    /// No answer for so long means that it was carried out; a refusal may come before.
    #[serde(default)]
    pub quiet: Option<String>,
    /// Reasons of a refusal that mean that nothing was left to do.
    #[serde(default)]
    pub fine: RawNames,
    /// What its reply says of the pump, in place of what the message gives; nothing: its reply says nothing of the pump.
    #[serde(default)]
    pub gives: Option<BTreeMap<String, RawSource>>,
    /// How long its reply may take: a time, or a formula of its arguments such as `dose / rate + 2 s`.
    #[serde(default)]
    pub timeout: Option<String>,
    /// `safe`: to set the same again does no harm.
    #[serde(default)]
    pub repeat: Option<RawVerbRepeat>,
    /// What it does, of a verb of its own: `none`, `set`, `stop`, `dose`.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// What shows that it was carried out, where no answer came.
    #[serde(default)]
    pub sure_by: Option<RawSure>,
    /// What is done with a number that cannot be sent exactly.
    #[serde(default)]
    pub send_round: Option<RawRound>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "way to repeat a verb"))]
pub(crate) enum RawVerbRepeat {
    Safe,
}

/// What a verb does to the pump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "effect"))]
pub enum Effect {
    /// It only reads.
    None,
    /// It changes a setting.
    Set,
    /// It ends what the pump gives.
    Stop,
    /// It gives, or starts to give.
    Dose,
}

/// What shows that a verb was carried out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`sure-by`"))]
pub(crate) struct RawSure {
    /// The state that the pump is in then.
    #[serde(default)]
    pub state: Option<String>,
    /// The total that has grown then.
    #[serde(default)]
    pub moved: Option<String>,
}

/// Words that only this device has.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(extend("x-name" = "`own`"))]
pub(crate) struct RawOwn {
    /// Verbs.
    #[serde(default)]
    pub verbs: BTreeMap<String, RawVerb>,
    /// States, and the state that each counts as.
    #[serde(default)]
    pub states: BTreeMap<String, String>,
    /// Alarms, and the priority of each.
    #[serde(default)]
    pub alarms: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-word" = "way to round"))]
pub(crate) enum RawRound {
    Nearest,
    Down,
}
