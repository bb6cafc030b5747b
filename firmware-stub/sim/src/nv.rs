//! The memory that outlives a reset, as a map in memory.

use stub_pump::nv::{Nv, RECORD_MAX, Slot, WriteFailed};

/// Records by slot; writing fails for as long as [`MemoryNv::refuse_writes`] says.
#[derive(Clone, Debug, Default)]
pub struct MemoryNv {
    fixed: [Option<Vec<u8>>; 4],
    doses: Vec<Option<Vec<u8>>>,
    events: Vec<Option<Vec<u8>>>,
    refusing: bool,
    refused: u32,
}

impl MemoryNv {
    /// Makes every write fail, or work again.
    pub fn refuse_writes(&mut self, refuse: bool) {
        self.refusing = refuse;
    }

    /// Writes that failed so far.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.refused
    }

    /// The record itself, for a probe that flips its bits.
    pub fn record_mut(&mut self, slot: Slot) -> Option<&mut Vec<u8>> {
        self.place(slot).as_mut()
    }

    fn get(&self, slot: Slot) -> Option<&Vec<u8>> {
        match slot {
            Slot::PrescriptionA => self.fixed[0].as_ref(),
            Slot::PrescriptionB => self.fixed[1].as_ref(),
            Slot::StateA => self.fixed[2].as_ref(),
            Slot::StateB => self.fixed[3].as_ref(),
            Slot::Dose(at) => self.doses.get(usize::from(at))?.as_ref(),
            Slot::Event(at) => self.events.get(usize::from(at))?.as_ref(),
        }
    }

    fn place(&mut self, slot: Slot) -> &mut Option<Vec<u8>> {
        fn grown(ring: &mut Vec<Option<Vec<u8>>>, at: u16) -> &mut Option<Vec<u8>> {
            let at = usize::from(at);
            if ring.len() <= at {
                ring.resize(at + 1, None);
            }
            &mut ring[at]
        }
        match slot {
            Slot::PrescriptionA => &mut self.fixed[0],
            Slot::PrescriptionB => &mut self.fixed[1],
            Slot::StateA => &mut self.fixed[2],
            Slot::StateB => &mut self.fixed[3],
            Slot::Dose(at) => grown(&mut self.doses, at),
            Slot::Event(at) => grown(&mut self.events, at),
        }
    }
}

impl Nv for MemoryNv {
    fn read(&self, slot: Slot) -> Option<&[u8]> {
        self.get(slot).map(Vec::as_slice)
    }

    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed> {
        if self.refusing || record.len() > RECORD_MAX {
            self.refused = self.refused.wrapping_add(1);
            return Err(WriteFailed);
        }
        let place = self.place(slot).get_or_insert_default();
        place.clear();
        place.extend_from_slice(record);
        Ok(())
    }
}
