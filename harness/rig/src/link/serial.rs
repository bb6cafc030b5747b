//! A serial port, or a PTY that stands in for one. It is locked: nobody else may open it meanwhile.

use super::error::LinkError;
use super::line::Line;
use super::port::Inherited;
use super::strangers::nobody_else;
use super::tty;
use crate::host_time::{self, Waited};
use crate::options::RigLimits;
use rustix::fs::OFlags;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;
use tokio_serial::SerialPortBuilderExt as _;

/// How often a port that is not there is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Opens a serial port, and waits for one that is not there: a plug, a hub, a board that starts again.
///
/// # Errors
/// As [`serial`]; [`LinkError::Absent`] once `limits.open` is over.
pub async fn serial_back(name: &str, baud: u32, limits: RigLimits) -> Result<Line, LinkError> {
    awaited(limits.open, || serial(name, baud, limits.write)).await
}

/// Tries again and again for at most `limit` what fails because a port is not there.
///
/// # Errors
/// The first other error, or that it is still not there.
pub async fn awaited<T>(limit: Duration, mut what: impl FnMut() -> Result<T, LinkError>) -> Result<T, LinkError> {
    let mut waited = Waited::of(limit);
    loop {
        match what() {
            Err(LinkError::Absent { .. }) if waited.so_far() < limit => host_time::sleep(LOOK_EVERY).await,
            done => return done,
        }
    }
}

/// A line through a port that another process opened, and handed over; its settings and its lock are as that left them.
///
/// # Errors
/// [`LinkError::Open`]: it is none that can be waited on.
pub fn adopted(port: OwnedFd, name: &str, write_limit: Duration) -> Result<Line, LinkError> {
    let opened = port.try_clone().and_then(|watch| Ok((Inherited::new(port)?, watch)));
    let (wire, watch) = opened.map_err(|e| LinkError::Open {
        port: name.to_owned(),
        why: e.to_string(),
    })?;
    Ok(Line::new(Box::new(wire), watch, name, write_limit))
}

/// Opens the serial port `name`, which nobody else may have open: who reads along takes bytes away.
///
/// # Errors
/// [`LinkError::Open`], [`LinkError::Absent`]: it is another's, this user may not, or it is not there.
pub fn serial(name: &str, baud: u32, write_limit: Duration) -> Result<Line, LinkError> {
    nobody_else(name)?;
    serial_of_our_own(name, baud, write_limit)
}

/// Opens a port that this process made, and of which nobody else can know.
///
/// # Errors
/// As [`serial`].
pub fn serial_of_our_own(name: &str, baud: u32, write_limit: Duration) -> Result<Line, LinkError> {
    // NOCTTY: else it may become this process's own terminal, whose hang-up is a signal to it (open(2)). NONBLOCK: else Linux waits in `open` for a modem's
    // carrier (termios(3), CLOCAL).
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC)
        .bits()
        .cast_signed();
    // Before the lock, which lets nobody else in: TIOCEXCL refuses every later `open`, by this process as well (ioctl_tty(2)). For writing too: a guard
    // gets it.
    let watch = File::options()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(name)
        .map_err(|e| tty::wrong(name, &e))?;
    let port = tokio_serial::new(name, baud)
        .open_native_async()
        .map_err(|e| match e.kind() {
            // So it says of a port that is locked: it was there a moment ago.
            tokio_serial::ErrorKind::NoDevice => LinkError::Open {
                port: name.to_owned(),
                why: tty::busy(),
            },
            tokio_serial::ErrorKind::Io(kind) => tty::wrong(name, &kind.into()),
            _ => LinkError::Open {
                port: name.to_owned(),
                why: e.to_string(),
            },
        })?;
    Ok(Line::new(Box::new(port), watch.into(), name, write_limit))
}
