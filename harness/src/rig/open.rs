//! Opening a bench: the pump, the line to it, its clock, its probe.

use super::agree;
use super::clock::Clock;
use super::file::{ClockKind, ProbeAt, PumpAt, RigFile};
use super::host_time;
use super::link::Link;
use super::probe::Debug;
use super::qemu::{self, QemuAt};
use super::rtt::Logs;
#[cfg(feature = "sim")]
use super::sim;
use super::{OpenOptions, Rig, RigError, TestBlock, process};
use crate::event::InFlash;
use std::sync::Arc;
use std::time::Duration;

/// How often firmware that boots is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What must end with the rig.
#[derive(Debug)]
pub(super) enum Host {
    None,
    #[cfg(feature = "sim")]
    Thread {
        _pump: sim::Pump,
    },
    Process {
        _pump: process::Pump,
    },
    Qemu {
        process: qemu::Process,
    },
}

impl Rig {
    /// Opens a bench: starts the simulated pump where it is one, opens the line, attaches the probe, finds the test block.
    ///
    /// # Errors
    /// What is wrong with the bench, and what to do.
    pub async fn open(file: &RigFile, options: &OpenOptions) -> Result<Self, RigError> {
        let mut rig = match &file.pump {
            PumpAt::Sim { service_months } => Self::open_sim(file, options, *service_months)?,
            PumpAt::SimProcess => {
                let scale = match file.clock {
                    ClockKind::Real { scale } => scale,
                    ClockKind::Virtual => 1,
                };
                let pump = process::Pump::start(scale, options, file.limits.open).await?;
                let link = Link::open(pump.port(), 115_200, file.limits.write)?;
                Self::new(file, link, Clock::real(scale), Host::Process { _pump: pump })
            }
            PumpAt::Qemu(at) => Self::open_qemu(file, at, options).await?,
            PumpAt::Serial(at) => Self::open_serial(file, at, options).await?,
        };
        match rig.take_up(file).await {
            Ok(()) => Ok(rig),
            Err(error) => Err(rig.explain(error)),
        }
    }

    /// Finds the test block, and begins to look after log and faults.
    async fn take_up(&mut self, file: &RigFile) -> Result<(), RigError> {
        if let (Some(addr), Some(debug)) = (file.block_addr(), &mut self.debug) {
            let block = Self::block_that_booted(debug, addr, file.limits.open).await?;
            if let (Clock::Chip { .. }, false) = (&self.clock, block.takes_requests()) {
                return Err(RigError::TestBlock {
                    addr,
                    what: "it takes no requests, so no time can be granted; let the rig file say `clock: {kind: real, scale: 1}`".to_owned(),
                });
            }
            self.block = Some(block);
        }
        // The simulated chip runs no image: it has no log, and no fault.
        if let (Some(debug), false) = (&mut self.debug, matches!(file.probe, Some(ProbeAt::Sim { .. }))) {
            self.logs = Logs::of(file.image.clone());
            debug.catch_faults(true)?;
        }
        Ok(())
    }

    async fn open_qemu(file: &RigFile, at: &QemuAt, options: &OpenOptions) -> Result<Self, RigError> {
        let (mut process, machine) = qemu::Process::start(at, file.limits.open).await?;
        let link = Link::pipes(&process.line(), file.limits.write)?;
        match Self::start_machine(file, at, options, link, machine) {
            Ok(mut rig) => {
                rig.host = Host::Qemu { process };
                Ok(rig)
            }
            Err(error) => Err(process.explain(error)),
        }
    }

    /// Attaches to a machine, sees to its firmware, and lets it run.
    fn start_machine(
        file: &RigFile,
        at: &QemuAt,
        options: &OpenOptions,
        link: Link,
        mut machine: qemu::Machine,
    ) -> Result<Self, RigError> {
        let flashed = file.firmware.as_ref().filter(|firmware| firmware.flash);
        let chip = match &file.probe {
            Some(ProbeAt::Qemu { chip, .. }) => chip.as_ref(),
            _ => None,
        };
        if let Some(chip) = chip {
            agree::in_qemu(&at.machine, &mut machine, chip, file.firmware.as_ref())?;
        }
        let debug = match chip {
            // By its own name, for its flash.
            Some(chip) if flashed.is_some() => Debug::attach_virtual_as(Box::new(machine), chip)?,
            _ => Debug::attach_virtual(Box::new(machine))?,
        };
        let clock = match file.clock {
            ClockKind::Virtual => Clock::Chip { now_ms: 0 },
            ClockKind::Real { scale } => Clock::real(scale),
        };
        let mut rig = Self::new(file, link, clock, Host::None);
        rig.debug = Some(debug);
        match (flashed, &file.firmware) {
            (Some(firmware), _) => rig.look_into_flash(firmware)?,
            (None, Some(firmware)) => rig.note_firmware(firmware, InFlash::Loaded, 0),
            (None, None) => {}
        }
        if let Some(debug) = &mut rig.debug {
            if let (Some(addr), ClockKind::Virtual) = (file.block_addr(), file.clock) {
                TestBlock::prepare_first_power(debug, addr, options, false)?;
            }
            debug.run_if_halted()?;
        }
        if file.probe.is_none() {
            rig.debug = None;
        }
        Ok(rig)
    }

    /// The block once the firmware has made it.
    pub(super) async fn block_that_booted(
        debug: &mut Debug,
        addr: u64,
        limit: Duration,
    ) -> Result<TestBlock, RigError> {
        let begun = host_time::now();
        loop {
            match TestBlock::at(debug, addr) {
                Err(RigError::TestBlock { .. }) if begun.elapsed() < limit => host_time::sleep(LOOK_EVERY).await,
                found => return found,
            }
        }
    }

    #[cfg(feature = "sim")]
    fn open_sim(file: &RigFile, options: &OpenOptions, service_months: Option<u32>) -> Result<Self, RigError> {
        let pump = sim::Pump::start(options, service_months)?;
        let link = Link::open(pump.port(), 115_200, file.limits.write)?;
        let clock = Clock::granted(pump.fence(), file.limits.fence);
        let debug = file
            .probe
            .is_some()
            .then(|| Debug::attach_virtual(pump.core()))
            .transpose()?;
        let mut rig = Self::new(file, link, clock, Host::Thread { _pump: pump });
        rig.debug = debug;
        Ok(rig)
    }

    #[cfg(not(feature = "sim"))]
    fn open_sim(_: &RigFile, _: &OpenOptions, _: Option<u32>) -> Result<Self, RigError> {
        Err(RigError::NoSimulator)
    }

    pub(super) fn new(file: &RigFile, link: Link, clock: Clock, host: Host) -> Self {
        Self {
            name: file.name.clone(),
            profile: Arc::clone(&file.profile),
            image: file.image.clone(),
            capabilities: file.capabilities(),
            firmware: file.firmware.clone(),
            opened: Vec::new(),
            link,
            clock,
            debug: None,
            block: None,
            logs: Logs::none(),
            told: Vec::new(),
            faults: 0,
            settled: None,
            fence_limit: file.limits.fence,
            touched: true,
            host,
        }
    }
}
