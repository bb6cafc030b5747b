//! The store, with the fault that makes it refuse.

use stub_pump::nv::{Nv, Slot, WriteFailed};
use stub_store::Store;

use crate::flash::Pages;

/// The pump's lasting memory on a bench.
pub struct Memory {
    store: Store<Pages>,
    pub refusing: bool,
    /// Writes that were refused.
    pub refused: u32,
}

impl Memory {
    pub const fn new() -> Self {
        Self {
            store: Pages::store(),
            refusing: false,
            refused: 0,
        }
    }

    pub fn store(&mut self) -> &mut Store<Pages> {
        &mut self.store
    }
}

impl Nv for Memory {
    fn read(&self, slot: Slot) -> Option<&[u8]> {
        self.store.read(slot)
    }

    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed> {
        if self.refusing {
            self.refused = self.refused.wrapping_add(1);
            return Err(WriteFailed);
        }
        self.store.write(slot, record)
    }
}
