//! A serial port, or a PTY that stands in for one. It is locked: nobody else may open it meanwhile.

use super::error::LinkError;
use super::line::Line;
use super::strangers::nobody_else;
use super::tty;
use rustix::fs::OFlags;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;
use tokio_serial::SerialPortBuilderExt as _;

/// Opens the serial port `name`, which nobody else may have open: who reads along takes bytes away.
///
/// # Errors
/// [`LinkError::Open`]: it is not there, is another's, or this user may not.
pub fn serial(name: &str, baud: u32, write_limit: Duration) -> Result<Line, LinkError> {
    nobody_else(name)?;
    serial_of_our_own(name, baud, write_limit)
}

/// Opens a port that this process made, and of which nobody else can know.
///
/// # Errors
/// As [`serial`].
pub fn serial_of_our_own(name: &str, baud: u32, write_limit: Duration) -> Result<Line, LinkError> {
    let cannot = |why: String| LinkError::Open {
        port: name.to_owned(),
        why,
    };
    // NOCTTY: else it may become this process's own terminal, whose hang-up is a signal to it (open(2)). NONBLOCK: else Linux waits in `open` for a modem's
    // carrier (termios(3), CLOCAL).
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC)
        .bits()
        .cast_signed();
    // Before the lock, which lets nobody else in: TIOCEXCL refuses every later `open`, by this process as well (ioctl_tty(2)).
    let watch = File::options()
        .read(true)
        .custom_flags(flags)
        .open(name)
        .map_err(|e| cannot(tty::why(name, &e)))?;
    let port = tokio_serial::new(name, baud).open_native_async().map_err(|e| {
        cannot(match e.kind() {
            // So it says of a port that is locked: it was there a moment ago.
            tokio_serial::ErrorKind::NoDevice => tty::busy(),
            tokio_serial::ErrorKind::Io(kind) => tty::why(name, &kind.into()),
            _ => e.to_string(),
        })
    })?;
    Ok(Line::new(Box::new(port), watch.into(), name, write_limit))
}
