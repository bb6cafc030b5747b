//! Opening a bench: the pump, the line to it, its clock, its probe.

use super::agree;
use super::boot::Boot;
use super::clock::Clock;
use super::file::{ClockKind, ProbeAt, PumpAt, RigFile};
use super::link::Link;
use super::probe::Debug;
use super::qemu::{self, QemuAt};
use super::rtt::Logs;
#[cfg(feature = "sim")]
use super::sim;
use super::{OpenOptions, Rig, RigError, TestBlock, process};
use pump_hil_model::event::InFlash;
use std::sync::Arc;

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
    /// Opens a bench, and waits until its firmware stands.
    ///
    /// # Errors
    /// What is wrong with the bench, and what to do.
    pub async fn open(file: &RigFile, options: &OpenOptions) -> Result<Self, RigError> {
        let mut rig = Self::start(file, options).await?;
        match rig.boot().await {
            Ok(()) => Ok(rig),
            Err(error) => Err(rig.explain(error)),
        }
    }

    /// Starts the simulated pump where it is one, opens the line, attaches the probe, lets the firmware go. [`Rig::boot`] comes next.
    ///
    /// # Errors
    /// As [`Rig::open`].
    pub async fn start(file: &RigFile, options: &OpenOptions) -> Result<Self, RigError> {
        let rig = match &file.pump {
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
            PumpAt::Serial(at) => Self::open_serial(file, at, options)?,
        };
        Ok(rig)
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
        if let (Some(debug), Some(addr), ClockKind::Virtual) = (&mut rig.debug, file.block_addr(), file.clock) {
            TestBlock::prepare_first_power(debug, addr, options, false)?;
        }
        if file.probe.is_none() {
            // To detach lets it run.
            rig.debug = None;
        }
        rig.let_go()?;
        Ok(rig)
    }

    /// Lets the firmware run, with its faults caught from its first instruction on.
    pub(super) fn let_go(&mut self) -> Result<(), RigError> {
        let Some(debug) = &mut self.debug else {
            return Ok(());
        };
        debug.catch_faults(true)?;
        debug.run_if_halted().map(drop)
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
            boot: Boot::of(file),
            // The simulated chip runs no image: it has no log, and no fault.
            logs: match &file.probe {
                None | Some(ProbeAt::Sim { .. }) => Logs::none(),
                Some(_) => Logs::of(file.image.clone()),
            },
            told: Vec::new(),
            faults: 0,
            settled: None,
            fence_limit: file.limits.fence,
            start_limit: file.limits.open,
            hangs: None,
            touched: true,
            host,
        }
    }
}
