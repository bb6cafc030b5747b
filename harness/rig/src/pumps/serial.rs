//! A pump on a serial port, and, where there is one, a probe on USB: a real board.
//!
//! Only where line and probe come from is a board's own; time, faults and memory go by the test block, as in QEMU.

use super::kind::{Contradiction, Keys, Opened, Order, Port, Pump, PumpKind, is_other, lacks_block, let_go};
use crate::agree;
use crate::boot::QUIET;
use crate::clock::ClockKind;
use crate::error::RigError;
use crate::link::{self, Line};
use crate::listed::WrongKey;
use crate::probe::{Behind, Debug, ProbeAt, Selector};
use crate::test_block::TestBlock;
use async_trait::async_trait;
use pump_hil_model::mistake::Mistake;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub static KIND: PumpKind = PumpKind {
    word: "serial",
    keys: &["elf", "port", "baud"],
    described,
};

/// Instead of a port's path: the port on the same USB plug as the probe.
const OF_THE_PROBE: &str = "of-the-probe";

#[derive(Debug)]
struct Serial {
    /// Path of the port, or [`OF_THE_PROBE`].
    port: String,
    /// Bits a second.
    baud: u32,
    /// Its firmware.
    elf: Option<PathBuf>,
}

fn described(keys: Keys) -> Result<Box<dyn Pump>, WrongKey> {
    if keys.baud == Some(0) {
        return Err(WrongKey::new(Mistake::Range, "baud", "`baud` must be more than 0"));
    }
    match (keys.port, keys.baud) {
        (Some(port), _) if port.trim().is_empty() => Err(WrongKey::new(
            Mistake::Empty,
            "port",
            "the port is empty: name it, such as `/dev/ttyUSB0`; perhaps a template's variable was not set",
        )),
        (Some(port), Some(baud)) => Ok(Box::new(Serial {
            port,
            baud,
            elf: keys.elf,
        })),
        _ => Err(WrongKey::new(
            Mistake::MissingKey,
            "kind",
            "a pump of kind `serial` needs its `port` and `baud`, such as `port: /dev/ttyUSB0, baud: 115200`",
        )),
    }
}

#[async_trait]
impl Pump for Serial {
    fn is_simulated(&self) -> bool {
        false
    }

    fn identity(&self, rig: &str) -> Option<String> {
        if self.port == OF_THE_PROBE {
            return Some(format!("{OF_THE_PROBE} {rig}"));
        }
        // One port may have several names. That of a pseudo-terminal is another's once it is closed: there the link to it is the better name, and where there
        // is none it takes the time at which it was made.
        let link = std::path::absolute(&self.port).ok()?;
        let real = std::fs::canonicalize(&link).unwrap_or_else(|_| link.clone());
        let (name, made) = match real.starts_with("/dev/pts") {
            false => (real, None),
            true if real == link => (real, std::fs::metadata(&link).ok()),
            true => (link, None),
        };
        let made = made.map_or(String::new(), |of| format!(" {}.{}", of.ctime(), of.ctime_nsec()));
        Some(name.to_string_lossy().into_owned() + &made)
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        if is_other(probe, "usb") {
            return Some((
                ["probe", "kind"],
                "a pump of kind `serial` has the probe `usb`, or none",
            ));
        }
        if self.port == OF_THE_PROBE && probe.is_none() {
            let what = "there is no probe whose port it could be; name the port's path, or add `probe`";
            return Some((["pump", "port"], what));
        }
        lacks_block(clock, probe)
    }

    fn elf(&self) -> Option<&Path> {
        self.elf.as_deref()
    }

    /// Probe, chip, line, firmware, and then, by the test block, its first power.
    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        let attach = |at: &ProbeAt| {
            at.probe().attach(Behind {
                core: None,
                usb: order.usb,
                programs: order.firmware.is_some_and(|firmware| firmware.flash),
            })
        };
        let (mut debug, which) = order.probe.map(attach).transpose()?.unzip();
        let mut limits = order.limits;
        if order.options.at_once {
            limits.open = Duration::ZERO;
        }
        let port = self.port(which.flatten().as_ref(), limits.open).await?;
        let mut line = link::serial_back(&port.path, port.baud, limits).await?;
        let clock = order.chip_clock();
        let mut firmware = None;
        let mut on_a_wire = false;
        if let Some(debug) = &mut debug {
            if let Some(own) = order.firmware {
                firmware = Some(agree::look_into_flash(debug, own, order.build)?);
            }
            match order.block {
                Some(addr) if order.clock.is_granted() => {
                    first_power(debug, &mut line, addr, order)?;
                    on_a_wire = true;
                }
                _ => let_go(debug)?,
            }
        }
        Ok(Opened {
            line,
            clock,
            debug,
            port: Some(port),
            firmware,
            new: on_a_wire,
            on_a_wire,
            power: Box::new(()),
        })
    }
}

impl Serial {
    /// The port. One that is on a probe's plug is waited for: it comes a moment after the plug.
    async fn port(&self, probe: Option<&Selector>, limit: Duration) -> Result<Port, RigError> {
        let path = match probe {
            // Linux tells there of all USB devices, and which of them share a plug.
            Some(probe) if self.port == OF_THE_PROBE => {
                link::awaited(limit, || link::beside(Path::new("/sys"), probe)).await?
            }
            _ => self.port.clone(),
        };
        Ok(Port { path, baud: self.baud })
    }
}

/// Lets the pump find that it was never powered before: no block, no records, and time that goes by the fence only.
fn first_power(debug: &mut Debug, line: &mut Line, addr: u64, order: &Order<'_>) -> Result<(), RigError> {
    // Firmware that runs would write into its block while it is prepared.
    debug.halt()?;
    TestBlock::prepare_first_power(debug, addr, order.options, true)?;
    // What the pump said before is nobody's, and the interface chip on the board may hold some of it still.
    line.drain(QUIET)?;
    // Before the reset: a fault of its first instruction is caught as well.
    debug.catch_faults(true)?;
    debug.reset()?;
    debug.run_if_halted()?;
    Ok(())
}
