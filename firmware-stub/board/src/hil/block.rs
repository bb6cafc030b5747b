//! The test block (`TEST-BLOCK.md`), in RAM that a reset of the processor leaves alone.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

pub const NOW: usize = 0x10;
pub const FENCE: usize = 0x18;
pub const TX_COUNT: usize = 0x20;
pub const RX_COUNT: usize = 0x24;
pub const HEARTBEAT: usize = 0x28;
pub const HEARTBEAT_LIMIT: usize = 0x2C;
pub const GO_SAFE: usize = 0x30;
pub const FAULT_SLOTS: usize = 0x34;
pub const STROKES: usize = 0x38;
pub const EDGES: usize = 0x40;
pub const DELIVERED: usize = 0x48;
pub const DISPLACED: usize = 0x50;
pub const RESERVOIR: usize = 0x58;
pub const CATHETER_PA: usize = 0x60;
pub const RESERVOIR_PA: usize = 0x64;
pub const BATTERY: usize = 0x68;
pub const BATTERY_LOADED: usize = 0x6C;
pub const TONE: usize = 0x70;
pub const RESETS: usize = 0x74;
pub const RESET_REASON: usize = 0x78;
pub const LOST: usize = 0x7C;
const FAULTS: usize = 0x80;

pub const ASK: usize = 0x280;
pub const ASK_RUN: usize = 0x284;
pub const ASK_RX: usize = 0x288;
pub const DONE: usize = 0x28C;
pub const STOP: usize = 0x290;
pub const OVERRUNS: usize = 0x294;
pub const FIRST: usize = 0x298;
pub const FIRST_RTC: usize = 0x29C;
pub const FIRST_SEED: usize = 0x2A0;
pub const SIZE: usize = 0x2A8;

/// What [`FIRST`] holds where the harness prepared the first power.
pub const PREPARED: u32 = u32::from_le_bytes(*b"FENC");
/// The same, and the pump is to remember nothing.
pub const PREPARED_NEW: u32 = u32::from_le_bytes(*b"NEW ");

/// What it holds where the power came back: the plant is as it was, the pump knows what its flash knows.
pub const POWER: u32 = u32::from_le_bytes(*b"POWR");

pub const SLOTS: usize = stub_plant::SLOTS;
/// The slot whose parameter counts down.
pub const SERIAL_CUT: usize = 26;

pub const SWITCH: usize = 0;
pub const PARAM: usize = 4;
pub const EFFECT: usize = 8;
pub const COUNT: usize = 12;

const MAGIC: [u32; 2] = [u32::from_le_bytes(*b"PUMP"), u32::from_le_bytes(*b"HIL1")];
const VERSION: u32 = 1;

/// Written by a probe as well: every word is an atomic. In the section that the start-up code leaves as it is.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".uninit.PUMP_HIL_BLOCK")]
static PUMP_HIL_BLOCK: [AtomicU32; SIZE / 4] = [const { AtomicU32::new(0) }; SIZE / 4];

/// Plain RAM for a probe to try its hand at.
#[unsafe(no_mangle)]
#[used]
static scratch: AtomicU32 = AtomicU32::new(0);

/// A word of the block, by its offset.
pub fn get(at: usize) -> u32 {
    PUMP_HIL_BLOCK[at / 4].load(Relaxed)
}

/// Writes a word of the block.
pub fn put(at: usize, word: u32) {
    PUMP_HIL_BLOCK[at / 4].store(word, Relaxed);
}

/// Two words of the block.
pub fn get64(at: usize) -> u64 {
    u64::from(get(at)) | u64::from(get(at + 4)) << 32
}

/// Writes two words of the block.
pub fn put64(at: usize, number: u64) {
    put(at, number as u32);
    put(at + 4, (number >> 32) as u32);
}

/// Offset of a field of a fault slot.
pub const fn slot(slot: usize, field: usize) -> usize {
    FAULTS + slot * 16 + field
}

/// Whether the block was there before this reset.
pub fn is_there() -> bool {
    [get(0), get(4)] == MAGIC && get(8) == VERSION && get(12) == SIZE as u32
}

/// Makes an empty block; what the harness wrote for the first power stays.
pub fn make() {
    for at in (0..FIRST).step_by(4) {
        put(at, 0);
    }
    put(0x08, VERSION);
    put(0x0C, SIZE as u32);
    put(FAULT_SLOTS, SLOTS as u32);
}

/// Says that the block is there, once the pump stands.
pub fn show() {
    put(4, MAGIC[1]);
    put(0, MAGIC[0]);
}
