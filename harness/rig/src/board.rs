//! A pump on a real board: a serial port, and, where there is one, a probe on USB.
//!
//! Only where line and probe come from is a board's own; time, faults and memory go by the test block, as in QEMU.

use super::boot::QUIET;
use super::clock::Clock;
use super::file::{ClockKind, OF_THE_PROBE, ProbeAt, RigFile, SerialAt};
use super::link::Link;
use super::open::Host;
use super::probe::{Debug, Selector};
use super::{OpenOptions, Rig, RigError, TestBlock, tty};
use std::path::PathBuf;

impl Rig {
    /// Opens a board: probe, chip, line, firmware, and then, by the test block, its first power.
    pub(super) fn open_serial(file: &RigFile, at: &SerialAt, options: &OpenOptions) -> Result<Self, RigError> {
        let attached = match &file.probe {
            Some(ProbeAt::Usb { at, .. }) => Some(Debug::attach_usb(&file.probes, at)?),
            _ => None,
        };
        let (debug, which) = attached.unzip();
        let link = Link::open(&port(at, which.as_ref())?, at.baud, file.limits.write)?;
        let clock = match file.clock {
            ClockKind::Virtual => Clock::Chip { now_ms: 0 },
            ClockKind::Real { scale } => Clock::real(scale),
        };
        let mut rig = Self::new(file, link, clock, Host::None);
        rig.debug = debug;
        if let Some(firmware) = &file.firmware {
            rig.look_into_flash(firmware)?;
        }
        match (file.block_addr(), file.clock) {
            (Some(addr), ClockKind::Virtual) => rig.first_power(addr, options)?,
            _ => rig.let_go()?,
        }
        Ok(rig)
    }

    /// Lets the pump find that it was never powered before: no block, no records, and time that goes by the fence only.
    fn first_power(&mut self, addr: u64, options: &OpenOptions) -> Result<(), RigError> {
        let Some(debug) = &mut self.debug else {
            return Ok(());
        };
        debug.halt()?;
        TestBlock::prepare_first_power(debug, addr, options, true)?;
        self.link.drain(QUIET)?;
        debug.catch_faults(true)?;
        debug.reset()?;
        debug.run_if_halted().map(drop)
    }
}

/// Path of the port.
fn port(at: &SerialAt, probe: Option<&Selector>) -> Result<String, RigError> {
    match probe {
        Some(probe) if at.port == OF_THE_PROBE => tty::beside(&PathBuf::from("/sys"), probe),
        _ => Ok(at.port.clone()),
    }
}
