//! A pseudo-terminal pair: our end is the pump's transmitter and receiver, the other end is a serial port for the harness.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// A PTY pair in raw mode whose far end can be opened and closed at will.
pub(crate) struct Pty {
    ours: OwnedFd,
    /// Held open so that a far end that closes is no hang-up, and what it wrote is not lost.
    _far: OwnedFd,
    path: PathBuf,
}

impl Pty {
    pub(crate) fn open() -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let path = PathBuf::from(
            name.to_str()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
        );
        let far = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut termios = tcgetattr(&far)?;
        termios.make_raw();
        tcsetattr(&far, OptionalActions::Now, &termios)?;
        let flags = rustix::fs::fcntl_getfl(&ours)?;
        rustix::fs::fcntl_setfl(&ours, flags | OFlags::NONBLOCK)?;
        Ok(Self { ours, _far: far, path })
    }

    /// The far end's device file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.ours.as_fd()
    }

    /// Reads what is there; 0 where nothing is.
    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            return match rustix::io::read(&self.ours, &mut *into) {
                Ok(count) => Ok(count),
                Err(Errno::INTR) => continue,
                // EIO: no far end is open at the moment.
                Err(Errno::AGAIN | Errno::IO) => Ok(0),
                Err(error) => Err(error.into()),
            };
        }
    }

    /// Writes as much as there is room for; 0 where there is none.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            return match rustix::io::write(&self.ours, bytes) {
                Ok(count) => Ok(count),
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN | Errno::IO) => Ok(0),
                Err(error) => Err(error.into()),
            };
        }
    }
}
