//! A serial port, or a PTY that stands in for one. It is locked: nobody else may open it meanwhile.

use super::error::LinkError;
use super::line::Line;
use super::opens;
use super::settings::{Flow, Level, Parity, Settings};
use super::strangers::nobody_else;
use super::tty;
use crate::host_time;
use rustix::fs::OFlags;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;
use tokio_serial::{DataBits, FlowControl, SerialPort as _, SerialPortBuilderExt as _, SerialStream, StopBits};

/// Bits a second of a PTY, which has no speed.
const BAUD: u32 = 115_200;

/// Opens the serial port `name`, which nobody else may have open: who reads along takes bytes away.
///
/// # Errors
/// [`LinkError::Open`], [`LinkError::Absent`]: it is another's, this user may not, it cannot be set so, or it is not there.
pub async fn serial(name: &str, settings: &Settings, write_limit: Duration) -> Result<Line, LinkError> {
    let path = Path::new(name);
    if !opens::unopened(path) {
        look(name)?;
    }
    let (mut port, watch) = open(name, settings)?;
    opens::watch(path);
    // Linux turns both on with `open`; a port without them, such as a PTY, is asked for neither.
    set(&mut port, settings).await.map_err(|(key, e)| LinkError::Open {
        port: name.to_owned(),
        why: format!("`{key}` cannot be set: {e}"),
    })?;
    Ok(Line::new(Box::new(port), watch.into(), name, write_limit))
}

/// Looks who else has the port `name`, before it is opened. What is wrong is told by [`serial`].
pub fn look_ahead(name: &str) {
    let _ = look(name);
}

/// Nobody else has it open; and from here on whoever opens it is noticed.
fn look(name: &str) -> Result<(), LinkError> {
    // Before the look: who opens it meanwhile is told the next time.
    opens::watch(Path::new(name));
    nobody_else(name).inspect_err(|_| opens::forget())
}

/// Opens a port that this process made, and of which nobody else can know.
///
/// # Errors
/// As [`serial`].
#[cfg(feature = "sim")]
pub fn serial_of_our_own(name: &str, write_limit: Duration) -> Result<Line, LinkError> {
    let (port, watch) = open(name, &Settings::default())?;
    Ok(Line::new(Box::new(port), watch.into(), name, write_limit))
}

/// Opens a port; gives its descriptor once more.
fn open(name: &str, settings: &Settings) -> Result<(SerialStream, File), LinkError> {
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
    if !rustix::termios::isatty(&watch) {
        return Err(tty::wrong(name, &rustix::io::Errno::NOTTY.into()));
    }
    let builder = tokio_serial::new(name, settings.baud.unwrap_or(BAUD))
        .data_bits(match settings.data_bits {
            Some(7) => DataBits::Seven,
            _ => DataBits::Eight,
        })
        .stop_bits(match settings.stop_bits {
            Some(2) => StopBits::Two,
            _ => StopBits::One,
        })
        .parity(match settings.parity.unwrap_or(Parity::None) {
            Parity::None => tokio_serial::Parity::None,
            Parity::Even => tokio_serial::Parity::Even,
            Parity::Odd => tokio_serial::Parity::Odd,
        })
        .flow_control(match settings.flow.unwrap_or(Flow::None) {
            Flow::None => FlowControl::None,
            Flow::Hardware => FlowControl::Hardware,
            Flow::Software => FlowControl::Software,
        });
    let port = builder.open_native_async().map_err(|e| match e.kind() {
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
    Ok((port, watch))
}

/// Sets what only an open port has; else which key of the rig file cannot be set, and why.
async fn set(port: &mut SerialStream, settings: &Settings) -> Result<(), (&'static str, tokio_serial::Error)> {
    if let Some(level) = settings.dtr {
        let set = port.write_data_terminal_ready(level == Level::On);
        set.map_err(|e| ("dtr", e))?;
    }
    if let Some(level) = settings.rts {
        let set = port.write_request_to_send(level == Level::On);
        set.map_err(|e| ("rts", e))?;
    }
    if let Some(time) = settings.break_for {
        port.set_break().map_err(|e| ("break", e))?;
        host_time::sleep(time).await;
        port.clear_break().map_err(|e| ("break", e))?;
    }
    Ok(())
}
