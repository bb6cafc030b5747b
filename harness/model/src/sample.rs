//! What a rig sees of a pump's motor, drug and supply.

use serde::{Deserialize, Serialize};

/// The test block at one instant: what truly happened, as far as the rig can see it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "firmware-stub/TEST-BLOCK.md; units in the names")]
pub struct Sample {
    pub strokes: u64,
    pub edges: u64,
    pub delivered_nl: i64,
    pub displaced_nl: i64,
    pub lost_nl: i64,
    pub reservoir_nl: i64,
    pub catheter_pa: i32,
    pub battery_mv: i32,
    pub battery_loaded_mv: i32,
    pub resets: u32,
}
