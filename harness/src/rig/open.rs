//! Opening a bench: the pump, the line to it, its clock, its probe.

use super::clock::Clock;
use super::file::{ClockKind, ProbeAt, PumpAt, RigFile};
use super::host_time;
use super::inside::unknown_symbol;
use super::link::Link;
use super::probe::Debug;
use super::qemu::{self, QemuAt};
use super::rtt::Logs;
#[cfg(feature = "sim")]
use super::sim;
use super::test_block::FIRST;
use super::{OpenOptions, Rig, RigError, TestBlock, process};
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
        _process: qemu::Process,
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
            PumpAt::Serial { port, baud } => {
                let link = Link::open(port, *baud, file.limits.write)?;
                Self::new(file, link, Clock::real(1), Host::None)
            }
        };
        let symbol = file.probe.as_ref().and_then(ProbeAt::test_block);
        if let (Some(symbol), Some(debug)) = (symbol, &mut rig.debug) {
            let addr = *file
                .profile
                .symbols
                .get(symbol)
                .ok_or_else(|| unknown_symbol(symbol, &file.profile))?;
            let block = Self::block_that_booted(debug, addr, file.limits.open).await?;
            if let (Clock::Chip { .. }, false) = (&rig.clock, block.takes_requests()) {
                return Err(RigError::TestBlock {
                    addr,
                    what: "it takes no requests, so no time can be granted; let the rig file say `clock: {kind: real, scale: 1}`".to_owned(),
                });
            }
            rig.block = Some(block);
        }
        // The simulated chip runs no image, and has no log.
        if !matches!(file.probe, Some(ProbeAt::Sim { .. })) {
            rig.logs = Logs::of(file.image.as_deref());
        }
        Ok(rig)
    }

    async fn open_qemu(file: &RigFile, at: &QemuAt, options: &OpenOptions) -> Result<Self, RigError> {
        let (process, machine) = qemu::Process::start(at, file.limits.open).await?;
        let link = Link::connect(&process.line(), file.limits.write)?;
        let mut debug = Debug::attach_virtual(Box::new(machine))?;
        let symbol = file.probe.as_ref().and_then(ProbeAt::test_block);
        if let Some(block) = symbol.and_then(|symbol| file.profile.symbols.get(symbol)) {
            let start_s = u32::try_from(options.start_s).unwrap_or(0);
            let first = TestBlock::first_power(start_s, options.seed);
            debug.write(block + FIRST, &first)?;
        }
        debug.run_if_halted()?;
        let clock = match file.clock {
            ClockKind::Virtual => Clock::Chip { now_ms: 0 },
            ClockKind::Real { scale } => Clock::real(scale),
        };
        let mut rig = Self::new(file, link, clock, Host::Qemu { _process: process });
        rig.debug = file.probe.is_some().then_some(debug);
        Ok(rig)
    }

    /// The block once the firmware has made it.
    async fn block_that_booted(debug: &mut Debug, addr: u64, limit: Duration) -> Result<TestBlock, RigError> {
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

    fn new(file: &RigFile, link: Link, clock: Clock, host: Host) -> Self {
        Self {
            name: file.name.clone(),
            profile: Arc::clone(&file.profile),
            capabilities: file.capabilities(),
            link,
            clock,
            debug: None,
            block: None,
            logs: Logs::none(),
            settled: None,
            fence_limit: file.limits.fence,
            touched: true,
            _host: host,
        }
    }
}
