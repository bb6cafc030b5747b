//! The log that a probe can read while the core runs (RTT, channel 0): what the serial line has no words for.

use core::cell::RefCell;
use core::fmt::{Arguments, Write};

use critical_section::Mutex;
use rtt_target::{ChannelMode, UpChannel, rtt_init};

static LOG: Mutex<RefCell<Option<UpChannel>>> = Mutex::new(RefCell::new(None));

/// Makes the channel. A line that finds no room is skipped, for nothing may wait for a probe.
pub fn start() {
    let channels = rtt_init! {
        up: {
            0: { size: 256, mode: ChannelMode::NoBlockSkip, name: "log" }
        }
    };
    critical_section::with(|cs| LOG.replace(cs, Some(channels.up.0)));
}

/// Writes a line.
pub fn line(text: Arguments<'_>) {
    critical_section::with(|cs| {
        // A fault may come in the middle of this: then it is not told.
        let Ok(mut log) = LOG.borrow(cs).try_borrow_mut() else {
            return;
        };
        if let Some(channel) = log.as_mut() {
            let _ = channel.write_fmt(text);
            let _ = channel.write_str("\n");
        }
    });
}

/// Writes a line to the log.
macro_rules! log {
    ($($text:tt)*) => { $crate::rtt::line(format_args!($($text)*)) };
}
pub(crate) use log;
