//! Where things stand in the simulated chip's memory; `TEST-BLOCK.md` is the contract.

/// Flash, from address 0.
pub const FLASH_SIZE: u32 = 0x0004_0000;
/// Start of the RAM.
pub const RAM_ADDR: u32 = 0x2000_0000;
/// Size of the RAM.
pub const RAM_SIZE: u32 = 0x0001_0000;
/// The test block.
pub const BLOCK_ADDR: u32 = 0x2000_0400;
/// Its size in bytes: the fixed part and 32 fault slots of 16 bytes.
pub const BLOCK_SIZE: u32 = FAULTS + (SLOTS as u32) * SLOT_BYTES;

pub(crate) const SLOTS: usize = stub_plant::SLOTS;
pub(crate) const MAGIC: &[u8; 8] = b"PUMPHIL1";
pub(crate) const VERSION: u32 = 1;

pub(crate) const NOW: u32 = 0x10;
pub(crate) const FENCE: u32 = 0x18;
pub(crate) const TX_COUNT: u32 = 0x20;
pub(crate) const RX_COUNT: u32 = 0x24;
pub(crate) const HEARTBEAT: u32 = 0x28;
pub(crate) const HEARTBEAT_LIMIT: u32 = 0x2C;
pub(crate) const GO_SAFE: u32 = 0x30;
pub(crate) const FAULT_SLOTS: u32 = 0x34;
pub(crate) const STROKES: u32 = 0x38;
pub(crate) const EDGES: u32 = 0x40;
pub(crate) const DELIVERED: u32 = 0x48;
pub(crate) const DISPLACED: u32 = 0x50;
pub(crate) const RESERVOIR: u32 = 0x58;
pub(crate) const CATHETER_PA: u32 = 0x60;
pub(crate) const RESERVOIR_PA: u32 = 0x64;
pub(crate) const BATTERY: u32 = 0x68;
pub(crate) const BATTERY_LOADED: u32 = 0x6C;
pub(crate) const TONE: u32 = 0x70;
pub(crate) const RESETS: u32 = 0x74;
pub(crate) const RESET_REASON: u32 = 0x78;
pub(crate) const LOST: u32 = 0x7C;
pub(crate) const FAULTS: u32 = 0x80;
pub(crate) const SLOT_BYTES: u32 = 16;

/// The stored prescription's copies, each a length and then the record.
pub(crate) const COPY_A: u32 = 0x2000_1000;
pub(crate) const COPY_B: u32 = 0x2000_1800;
pub(crate) const COPY_BYTES: u32 = 0x800;
/// Plain RAM.
pub(crate) const SCRATCH: u32 = 0x2000_2000;
pub(crate) const SCRATCH_BYTES: u32 = 512;
