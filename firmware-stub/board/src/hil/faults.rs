//! The faults that act in the shell and not in the plant: memory, main loop, flash and serial line. As in the simulator, byte for byte.

use stub_plant::Rng;

use super::block::{self, COUNT, PARAM, SWITCH};

pub const MEMORY_BIT_FLIP: usize = 20;
pub const MAIN_LOOP_HANG: usize = 21;
pub const FLASH_WRITE_FAILURE: usize = 23;
const SERIAL_NOISE: usize = 24;
const SERIAL_DROP: usize = 25;
const SERIAL_CUT: usize = 26;
const SERIAL_RX_NOISE: usize = 29;

/// The shell's slots.
pub const SHELL: [usize; 7] = [
    MEMORY_BIT_FLIP,
    MAIN_LOOP_HANG,
    FLASH_WRITE_FAILURE,
    SERIAL_NOISE,
    SERIAL_DROP,
    SERIAL_CUT,
    SERIAL_RX_NOISE,
];

/// What was seen of the switches, and the generator of the serial faults.
pub struct Faults {
    seen: [(u32, i32); block::SLOTS],
    rng: Rng,
}

impl Faults {
    pub fn new(seed: u64) -> Self {
        Self {
            seen: [(0, 0); block::SLOTS],
            rng: Rng::new(seed ^ 0x5E71_A1FA_0175_0001),
        }
    }

    /// The next slot whose switch, or whose parameter under a switch that is on, the harness changed: the slot, its switch and parameter, and whether it
    /// was on before.
    pub fn changed(&mut self) -> Option<(usize, u32, i32, bool)> {
        (0..block::SLOTS).find_map(|slot| {
            let now = (
                block::get(block::slot(slot, SWITCH)),
                block::get(block::slot(slot, PARAM)).cast_signed(),
            );
            let before = core::mem::replace(&mut self.seen[slot], now);
            let acts = before.0 != now.0 || (now.0 != 0 && before.1 != now.1);
            acts.then_some((slot, now.0, now.1, before.0 != 0))
        })
    }

    pub fn is_on(&self, slot: usize) -> bool {
        self.seen[slot].0 != 0
    }

    pub fn acted(slot: usize) {
        let at = block::slot(slot, COUNT);
        block::put(at, block::get(at).wrapping_add(1));
    }

    /// A byte behind the faults of the transmit line; None where it is lost.
    pub fn transmit(&mut self, byte: u8) -> Option<u8> {
        if self.is_on(SERIAL_CUT) {
            let left = &mut self.seen[SERIAL_CUT].1;
            if *left <= 0 {
                Self::acted(SERIAL_CUT);
                return None;
            }
            *left -= 1;
            block::put(block::slot(SERIAL_CUT, PARAM), left.cast_unsigned());
        }
        if self.happens(SERIAL_DROP) {
            return None;
        }
        Some(if self.happens(SERIAL_NOISE) {
            self.spoil(byte)
        } else {
            byte
        })
    }

    /// A received byte behind the faults of the receive line.
    pub fn receive(&mut self, byte: u8) -> u8 {
        if self.happens(SERIAL_RX_NOISE) {
            self.spoil(byte)
        } else {
            byte
        }
    }

    fn happens(&mut self, slot: usize) -> bool {
        if !self.is_on(slot) {
            return false;
        }
        let one_in = self.seen[slot].1.max(1).cast_unsigned();
        let happens = self.rng.one_in(one_in);
        if happens {
            Self::acted(slot);
        }
        happens
    }

    /// Another byte in place of `byte`.
    fn spoil(&mut self, byte: u8) -> u8 {
        let change = (self.rng.draw() % 255 + 1) as u8;
        byte ^ change
    }
}
