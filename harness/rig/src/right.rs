//! The right to speak to a pump: who speaks holds a lock meanwhile, so that never two do.
//!
//! This program has it while it does something, and gives it back whenever it waits. Its guard takes it once this program is gone, or was stopped for too
//! long, and keeps it: a program that wakes then finds it taken, and sends nothing.

use std::cell::Cell;
use std::fs::{File, TryLockError};
use std::io::Result;
use std::path::Path;

/// The right to speak to one pump, as one process holds it.
#[derive(Debug)]
pub struct Right {
    file: File,
    is_ours: Cell<bool>,
}

impl Right {
    /// By the lock file at `path`, which is made where it is missing.
    ///
    /// # Errors
    /// It cannot be made or opened.
    pub fn at(path: &Path) -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        Ok(Self {
            file,
            is_ours: Cell::new(false),
        })
    }

    /// Takes it, where nobody else has it; it is kept until [`Right::give_back`], or until this process ends. To take it twice is to have it once.
    ///
    /// # Errors
    /// The system does not lock this file.
    pub fn take(&self) -> Result<bool> {
        if self.is_ours.get() {
            return Ok(true);
        }
        match self.file.try_lock() {
            Ok(()) => {
                self.is_ours.set(true);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives it back.
    pub fn give_back(&self) {
        if self.is_ours.replace(false) {
            // A lock that cannot be given back is given back when the process ends.
            let _ = self.file.unlock();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("right");
        let (first, second) = (Right::at(&path).unwrap(), Right::at(&path).unwrap());
        assert!(first.take().unwrap());
        assert!(!second.take().unwrap());
        first.give_back();
        assert!(second.take().unwrap());
        assert!(!first.take().unwrap());
        drop(second);
        assert!(first.take().unwrap());
    }
}
