//! What a rig sees of a pump's motor, drug and supply.

use crate::serde_words::is_zero;
use serde::{Deserialize, Serialize};

/// The test block at one instant: what truly happened, as far as the rig can see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs, reason = "firmware-stub/TEST-BLOCK.md; units in the names")]
pub struct Sample {
    #[serde(skip_serializing_if = "is_zero")]
    pub strokes: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub edges: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub delivered_nl: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub displaced_nl: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub lost_nl: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub reservoir_nl: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub catheter_pa: i32,
    #[serde(skip_serializing_if = "is_zero")]
    pub battery_mv: i32,
    #[serde(skip_serializing_if = "is_zero")]
    pub battery_loaded_mv: i32,
    #[serde(skip_serializing_if = "is_zero")]
    pub resets: u32,
}
