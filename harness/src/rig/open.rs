//! Opening a bench: the pump, the line to it, its clock, its probe.

use super::clock::Clock;
use super::file::{ClockKind, ProbeAt, PumpAt, RigFile};
use super::inside::unknown_symbol;
use super::link::Link;
use super::{OpenOptions, Rig, RigError, TestBlock, process};
#[cfg(feature = "sim")]
use super::{probe::Debug, sim};
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
            PumpAt::Serial { port, baud } => {
                let link = Link::open(port, *baud, file.limits.write)?;
                Self::new(file, link, Clock::real(1), Host::None)
            }
        };
        if let (
            Some(ProbeAt::Sim {
                test_block: Some(symbol),
            }),
            Some(debug),
        ) = (&file.probe, &mut rig.debug)
        {
            let addr = *file
                .profile
                .symbols
                .get(symbol)
                .ok_or_else(|| unknown_symbol(symbol, &file.profile))?;
            rig.block = Some(TestBlock::at(debug, addr)?);
        }
        Ok(rig)
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
            settled: None,
            touched: true,
            _host: host,
        }
    }
}
