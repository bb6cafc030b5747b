//! The fault switches, and the faults that act in the shell and not in the plant: memory, main loop, flash and serial line.

use stub_plant::{Rng, SLOTS};

pub(crate) const MEMORY_BIT_FLIP: usize = 20;
pub(crate) const MAIN_LOOP_HANG: usize = 21;
/// Every write to the lasting memory is refused.
pub const FLASH_WRITE_FAILURE: usize = 23;
const SERIAL_NOISE: usize = 24;
const SERIAL_DROP: usize = 25;
const SERIAL_CUT: usize = 26;
const SERIAL_RX_NOISE: usize = 29;

/// The shell's slots.
const SHELL: [usize; 7] = [
    MEMORY_BIT_FLIP,
    MAIN_LOOP_HANG,
    FLASH_WRITE_FAILURE,
    SERIAL_NOISE,
    SERIAL_DROP,
    SERIAL_CUT,
    SERIAL_RX_NOISE,
];

pub(crate) fn is_shells(slot: usize) -> bool {
    SHELL.contains(&slot)
}

/// What the harness wrote into a slot, and what is answered.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "TEST-BLOCK.md describes them")]
pub struct Slot {
    pub switch: u32,
    pub param: i32,
    pub effect: u32,
    pub count: u32,
}

/// The slots as the harness wrote them, and the generator of the serial faults.
#[derive(Clone, Debug)]
pub struct Faults {
    pub(crate) slots: [Slot; SLOTS],
    rng: Rng,
    /// Any of the serial faults is on.
    spoils_line: bool,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            slots: [Slot::default(); SLOTS],
            // Not the plant's own sequence: what is lost on the line must not hang on which strokes stall.
            rng: Rng::new(seed ^ 0x5E71_A1FA_0175_0001),
            spoils_line: false,
        }
    }

    pub(crate) fn is_on(&self, slot: usize) -> bool {
        self.slots[slot].switch != 0
    }

    pub(crate) fn acted(&mut self, slot: usize) {
        self.slots[slot].count = self.slots[slot].count.wrapping_add(1);
    }

    /// Works out anew whether bytes must be looked at one by one.
    pub(crate) fn refresh(&mut self) {
        self.spoils_line = [SERIAL_NOISE, SERIAL_DROP, SERIAL_CUT, SERIAL_RX_NOISE]
            .into_iter()
            .any(|slot| self.is_on(slot));
    }

    /// Whether received bytes must go through [`Self::receive`].
    #[must_use]
    pub fn spoils_line(&self) -> bool {
        self.spoils_line
    }

    /// What the harness wrote into a slot.
    #[must_use]
    pub fn slot(&self, slot: usize) -> Slot {
        self.slots[slot]
    }

    /// Sends bytes through the faults of the transmit line.
    pub fn transmit(&mut self, bytes: &[u8], mut send: impl FnMut(&[u8])) {
        if !self.spoils_line {
            send(bytes);
            return;
        }
        for &byte in bytes {
            if self.is_on(SERIAL_CUT) {
                let left = &mut self.slots[SERIAL_CUT].param;
                if *left <= 0 {
                    self.acted(SERIAL_CUT);
                    continue;
                }
                *left -= 1;
            }
            if self.happens(SERIAL_DROP) {
                continue;
            }
            let byte = if self.happens(SERIAL_NOISE) {
                self.spoil(byte)
            } else {
                byte
            };
            send(&[byte]);
        }
    }

    /// A received byte behind the faults of the receive line.
    pub fn receive(&mut self, byte: u8) -> u8 {
        if self.spoils_line && self.happens(SERIAL_RX_NOISE) {
            self.spoil(byte)
        } else {
            byte
        }
    }

    fn happens(&mut self, slot: usize) -> bool {
        if !self.is_on(slot) {
            return false;
        }
        let one_in = self.slots[slot].param.max(1).cast_unsigned();
        let happens = self.rng.one_in(one_in);
        if happens {
            self.acted(slot);
        }
        happens
    }

    /// Another byte in place of `byte`.
    fn spoil(&mut self, byte: u8) -> u8 {
        let change = (self.rng.draw() % 255 + 1) as u8;
        byte ^ change
    }
}
