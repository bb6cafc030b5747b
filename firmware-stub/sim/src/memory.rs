//! The machine's memory as a debug probe reads and writes it.

use stub_pump::nv::{Nv, Slot};

use crate::block::{self as at, BLOCK_ADDR, BLOCK_SIZE, FLASH_SIZE, SLOT_BYTES, SLOTS};
use crate::cpu::symbol;
use crate::machine::Machine;

/// An access that the bus refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusError {
    /// First address of the access.
    pub addr: u32,
    /// Its length in bytes.
    pub len: usize,
    /// It was a write.
    pub write: bool,
}

impl core::fmt::Display for BusError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let what = if self.write { "write" } else { "read" };
        write!(
            f,
            "{what} of {} bytes at {:#010x}: nothing of the simulated chip is there that allows it",
            self.len, self.addr
        )
    }
}

impl std::error::Error for BusError {}

/// What lies at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Region {
    Flash,
    Block,
    Copy(Slot),
    Scratch,
    /// RAM that belongs to the firmware: reads 0.
    Ram,
}

const REGIONS: [(u32, u32, Region); 6] = [
    (0, FLASH_SIZE, Region::Flash),
    (BLOCK_ADDR, BLOCK_SIZE, Region::Block),
    (at::COPY_A, at::COPY_BYTES, Region::Copy(Slot::PrescriptionA)),
    (at::COPY_B, at::COPY_BYTES, Region::Copy(Slot::PrescriptionB)),
    (at::SCRATCH, at::SCRATCH_BYTES, Region::Scratch),
    (at::RAM_ADDR, at::RAM_SIZE, Region::Ram),
];

/// The region at `addr`, where `addr` stands in it, and how many bytes follow in it.
fn region(addr: u32) -> Option<(Region, u32, u32)> {
    let (start, len, region) = REGIONS
        .into_iter()
        .find(|&(start, len, _)| addr >= start && addr - start < len)?;
    let mut left = len - (addr - start);
    if region == Region::Ram {
        // Plain RAM ends where one of the others begins.
        let next = REGIONS
            .into_iter()
            .map(|(start, ..)| start)
            .filter(|&start| start > addr)
            .min();
        left = next.map_or(left, |next| left.min(next - addr));
    }
    Some((region, addr - start, left))
}

impl Machine {
    /// Reads memory as a probe does; all of it is of one instant.
    ///
    /// # Errors
    /// [`BusError`] where an address is not mapped; nothing is read then.
    pub fn read(&self, addr: u32, into: &mut [u8]) -> Result<(), BusError> {
        let len = into.len();
        self.regions(addr, len, |part, offset, range| {
            let into = &mut into[range];
            match part {
                Region::Flash => read_flash(offset, into),
                Region::Block => into.copy_from_slice(&self.block_image()[offset as usize..][..into.len()]),
                Region::Copy(slot) => self.read_copy(slot, offset, into),
                Region::Scratch => into.copy_from_slice(&self.scratch[offset as usize..][..into.len()]),
                Region::Ram => into.fill(0),
            }
        })
        .ok_or(BusError {
            addr,
            len,
            write: false,
        })
    }

    /// Writes memory as a probe does; the test block's switches act at once. What the pump or the plant owns of the block is not changed, and
    /// writes to the firmware's own RAM have no effect.
    ///
    /// # Errors
    /// [`BusError`] where an address is not mapped, or is flash; nothing is written then.
    pub fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusError> {
        let mut parts = Vec::new();
        self.regions(addr, bytes.len(), |part, offset, range| {
            parts.push((part, offset, range))
        })
        .filter(|()| parts.iter().all(|(part, ..)| *part != Region::Flash))
        .ok_or(BusError {
            addr,
            len: bytes.len(),
            write: true,
        })?;
        for (part, offset, range) in parts {
            let bytes = &bytes[range];
            match part {
                Region::Block => self.write_block(offset, bytes),
                Region::Copy(slot) => self.write_copy(slot, offset, bytes),
                Region::Scratch => self.scratch[offset as usize..][..bytes.len()].copy_from_slice(bytes),
                Region::Flash | Region::Ram => {}
            }
        }
        Ok(())
    }

    /// Visits the regions of an access in order; None if a byte of it is unmapped (the visits before it were made).
    fn regions(
        &self,
        addr: u32,
        len: usize,
        mut visit: impl FnMut(Region, u32, core::ops::Range<usize>),
    ) -> Option<()> {
        let end = u64::from(addr) + len as u64;
        if end > 1 << 32 {
            return None;
        }
        let mut done = 0;
        while done < len {
            let (part, offset, left) = region(addr + done as u32)?;
            let take = (len - done).min(left as usize);
            visit(part, offset, done..done + take);
            done += take;
        }
        Some(())
    }

    /// The whole test block at this instant.
    fn block_image(&self) -> [u8; BLOCK_SIZE as usize] {
        let mut image = [0; BLOCK_SIZE as usize];
        let mut put = |offset: u32, bytes: &[u8]| image[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        let truth = self.bench.truth();
        let (heartbeat, heartbeat_limit_ms) = self.bench.heartbeat();
        put(0, at::MAGIC);
        put(8, &at::VERSION.to_le_bytes());
        put(12, &BLOCK_SIZE.to_le_bytes());
        put(at::NOW, &self.bench.now_ms().to_le_bytes());
        put(at::FENCE, &self.fence_ms.to_le_bytes());
        put(at::TX_COUNT, &self.shell.tx_count.to_le_bytes());
        put(at::RX_COUNT, &self.rx_count.to_le_bytes());
        put(at::HEARTBEAT, &heartbeat.to_le_bytes());
        put(at::HEARTBEAT_LIMIT, &heartbeat_limit_ms.to_le_bytes());
        put(at::FAULT_SLOTS, &(SLOTS as u32).to_le_bytes());
        put(at::STROKES, &self.bench.strokes().to_le_bytes());
        put(at::EDGES, &truth.edges.to_le_bytes());
        put(at::DELIVERED, &truth.delivered_nl.to_le_bytes());
        put(at::DISPLACED, &truth.displaced_nl.to_le_bytes());
        put(at::RESERVOIR, &truth.reservoir_nl.to_le_bytes());
        put(at::CATHETER_PA, &truth.catheter_pa.to_le_bytes());
        put(at::RESERVOIR_PA, &truth.reservoir_pa.to_le_bytes());
        put(at::BATTERY, &u32::from(truth.battery_mv).to_le_bytes());
        put(at::BATTERY_LOADED, &u32::from(truth.battery_loaded_mv).to_le_bytes());
        put(at::TONE, &self.bench.tone_code().to_le_bytes());
        put(at::RESETS, &self.bench.resets().to_le_bytes());
        put(at::RESET_REASON, &self.bench.reset_reason_code().to_le_bytes());
        put(at::LOST, &((truth.lost_nl & 0xFFFF_FFFF) as u32).to_le_bytes());
        for slot in 0..SLOTS {
            let state = self.bench.slot(&self.shell, slot);
            let place = at::FAULTS + slot as u32 * SLOT_BYTES;
            put(place, &state.switch.to_le_bytes());
            put(place + 4, &state.param.to_le_bytes());
            put(place + 8, &state.effect.to_le_bytes());
            put(place + 12, &state.count.to_le_bytes());
        }
        image
    }

    /// Writes into the block: word by word, each whole word acts; bytes of a word that are not written keep their value.
    fn write_block(&mut self, offset: u32, bytes: &[u8]) {
        let mut image = self.block_image();
        image[offset as usize..][..bytes.len()].copy_from_slice(bytes);
        let word = |offset: u32| {
            let bytes = &image[offset as usize..][..4];
            u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
        };
        let (first, end) = (offset & !3, offset + bytes.len() as u32);
        let touched = |field: u32| field >= first && field < end;
        if touched(at::FENCE) || touched(at::FENCE + 4) {
            self.fence_ms = u64::from(word(at::FENCE)) | u64::from(word(at::FENCE + 4)) << 32;
        }
        if touched(at::HEARTBEAT_LIMIT) {
            self.bench.set_heartbeat_limit(word(at::HEARTBEAT_LIMIT));
        }
        if touched(at::HEARTBEAT) {
            self.bench.beat(word(at::HEARTBEAT));
        }
        if touched(at::GO_SAFE) && word(at::GO_SAFE) != 0 {
            self.bench.go_safe(&mut self.shell);
        }
        for slot in 0..SLOTS {
            let place = at::FAULTS + slot as u32 * SLOT_BYTES;
            if touched(place + 4) {
                self.bench.set_param(slot, word(place + 4).cast_signed());
            }
            if touched(place) {
                self.bench.switch(&mut self.shell, slot, word(place));
            }
        }
        self.bench.after_switches(&mut self.shell);
    }

    fn read_copy(&self, slot: Slot, offset: u32, into: &mut [u8]) {
        let mut image = [0; at::COPY_BYTES as usize];
        if let Some(record) = self.shell.nv().read(slot) {
            image[..4].copy_from_slice(&(record.len() as u32).to_le_bytes());
            image[4..4 + record.len()].copy_from_slice(record);
        }
        into.copy_from_slice(&image[offset as usize..][..into.len()]);
    }

    /// Changes bytes of a stored record; its length and what is behind its end stay.
    fn write_copy(&mut self, slot: Slot, offset: u32, bytes: &[u8]) {
        let Some(record) = self.shell.nv_mut().record_mut(slot) else {
            return;
        };
        for (at, &byte) in bytes.iter().enumerate() {
            let place = (offset as usize + at)
                .checked_sub(4)
                .and_then(|place| record.get_mut(place));
            if let Some(place) = place {
                *place = byte;
            }
        }
    }
}

fn read_flash(offset: u32, into: &mut [u8]) {
    let stack = (at::RAM_ADDR + at::RAM_SIZE).to_le_bytes();
    let reset = (symbol::RESET | 1).to_le_bytes();
    for (at, byte) in into.iter_mut().enumerate() {
        let place = offset as usize + at;
        *byte = match place {
            0..4 => stack[place],
            4..8 => reset[place - 4],
            _ => 0xFF,
        };
    }
}
