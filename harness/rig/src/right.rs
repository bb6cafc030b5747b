//! The right to speak to a pump: who speaks holds a lock meanwhile, so that never two do.
//!
//! This program takes it for each piece that it sends, and gives it back. Its guard takes it once this program is gone, or was stopped for too long, and
//! keeps it: a program that wakes then finds it taken, and sends nothing.

use std::fs::{File, TryLockError};
use std::io::Result;
use std::path::Path;

/// The right to speak to one pump, as one process holds it.
#[derive(Debug)]
pub struct Right(File);

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
        Ok(Self(file))
    }

    /// Takes it, where nobody else has it; it is kept until [`Right::give_back`], or until this process ends.
    ///
    /// # Errors
    /// The system does not lock this file.
    pub fn take(&self) -> Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives it back.
    pub fn give_back(&self) {
        // A lock that cannot be given back is given back when the process ends.
        let _ = self.0.unlock();
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
