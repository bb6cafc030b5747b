//! The guard of a rig's pump between two cases. It is started while the scenarios are still read: to start it takes as long.

use super::guard::Guard;
use pump_hil_rig::RigFile;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Where the guard of a rig is kept while nobody needs it.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
enum Slot {
    #[default]
    Empty,
    Starting(JoinHandle<Option<Guard>>),
    Ready(Guard),
}

impl Kept {
    /// Starts the guard, and looks meanwhile who else has the pump's line. What goes wrong is told by whoever needs it: that tries again.
    pub(crate) fn ahead(file: &RigFile) -> Self {
        if file.lives_on().is_none() {
            return Self::default();
        }
        let file = file.clone();
        let starting = std::thread::spawn(move || {
            let guard = Guard::call(&file).ok().flatten();
            file.look_ahead();
            guard
        });
        Self(Arc::new(Mutex::new(Slot::Starting(starting))))
    }

    /// Takes the guard; waits for one that starts.
    pub(crate) fn take(&self) -> Option<Guard> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::take(&mut *slot) {
            Slot::Empty => None,
            Slot::Starting(starting) => starting.join().ok().flatten(),
            Slot::Ready(guard) => Some(guard),
        }
    }

    /// Keeps it for the next case.
    pub(crate) fn put(&self, guard: Guard) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Slot::Ready(guard);
    }
}
