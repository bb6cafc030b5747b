//! Test only: a chip's memory in which a test writes what it likes, and what is read of a log in it.

use super::{Logs, Place};
use crate::probe::idle::{Contents, Idle};
use crate::probe::{BusFault, Debug};
use pump_hil_firmware::Image;
use pump_hil_model::event::Body;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where it begins.
pub const BEGIN: usize = 0x2000_0000;
/// Its bytes.
pub const LEN: usize = 0x1_0000;

/// RAM, and nothing else.
#[derive(Debug, Clone)]
pub struct Ram(Arc<Mutex<Vec<u8>>>);

impl Ram {
    /// With these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(bytes)))
    }

    /// Its bytes.
    pub fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents for Ram {
    fn read(&self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        let memory = self.bytes();
        let start = (addr as usize).checked_sub(BEGIN).ok_or(BusFault)?;
        into.copy_from_slice(memory.get(start..start + into.len()).ok_or(BusFault)?);
        Ok(())
    }

    fn write(&self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        let mut memory = self.bytes();
        let start = (addr as usize).checked_sub(BEGIN).ok_or(BusFault)?;
        let place = memory.get_mut(start..start + bytes.len()).ok_or(BusFault)?;
        place.copy_from_slice(bytes);
        Ok(())
    }
}

/// What a look at each of these contents of the RAM's begin tells, and what the end tells. The control block is at `block`; `image` has the texts of `defmt`.
///
/// # Panics
/// The virtual core cannot be attached to.
#[cfg(feature = "for-tests")]
#[must_use]
pub fn rtt_told(looks: &[&[u8]], block: u64, image: &Arc<Image>) -> Vec<Body> {
    let ram = Ram::new(vec![0; LEN]);
    let mut debug = Debug::attach_virtual(Box::new(Idle::new(ram.clone()))).expect("a core of our own");
    let mut logs = Logs {
        place: Place::At(block),
        ..Logs::of(Some(Arc::clone(image)))
    };
    let mut told = Vec::new();
    for look in looks {
        let len = look.len().min(LEN);
        ram.bytes()[..len].copy_from_slice(&look[..len]);
        told.extend(logs.look(&mut debug));
    }
    told.extend(logs.end());
    told
}
