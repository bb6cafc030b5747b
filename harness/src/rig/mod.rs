//! Benches: how a run reaches a pump, lets its time pass, and looks inside.
//!
//! **Invariants:** everything is bounded; what is wrong here is never the pump's fault ([`RigError`]); under a granted clock no byte is lost and the
//! same calls give the same bytes at any load. Dropping a [`Rig`] ends what it started.

mod clock;
mod error;
mod file;
pub mod host_time;
mod link;
pub mod probe;
mod process;
#[cfg(feature = "sim")]
mod sim;
mod test_block;

pub use clock::{Advance, Fence, Stop};
pub use error::RigError;
pub use file::{ClockKind, ProbeAt, PumpAt, RigFile, RigLimits};
#[cfg(feature = "seeded-defects")]
pub use sim::SEEDED_DEFECTS;
#[cfg(feature = "sim")]
pub use sim::{ServeOptions, serve};
pub use test_block::{FaultState, TestBlock};

use crate::capability::Capability;
use crate::device::Profile;
use crate::event::Sample;
use crate::fault::FaultName;
use crate::quantity::Span;
use clock::Clock;
use link::Link;
use probe::Debug;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a run wants of the pump that a rig opens.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Seed of everything random in a simulated pump.
    pub seed: u64,
    /// Civil time at its first power, in seconds since 2000-01-01T00:00:00.
    pub start_s: i64,
    /// Name of a seeded defect, in a build that has them.
    pub defect: Option<String>,
    /// Program that serves a simulated pump as a process; `None`: this one.
    pub exe: Option<PathBuf>,
}

/// What came of waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Bytes from the pump; may be empty.
    pub bytes: Vec<u8>,
    /// The rig's time now.
    pub now: Span,
    /// Why the wait ended.
    pub end: End,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Bytes came.
    Bytes,
    /// The time was up and nothing came.
    Deadline,
    /// The core is halted: granted time stands still until it is resumed.
    Halted,
}

/// An open bench.
#[derive(Debug)]
pub struct Rig {
    name: String,
    profile: Arc<Profile>,
    capabilities: BTreeSet<Capability>,
    link: Link,
    clock: Clock,
    debug: Option<Debug>,
    block: Option<TestBlock>,
    /// Bytes up to which the pump is known to have taken everything, and to have sent nothing more at this instant.
    settled: Option<(u64, u64)>,
    /// The probe did something since time was last granted: the pump may have something to say of it.
    touched: bool,
    /// Whatever must end with the rig; last, so that probe and line are closed before it.
    _host: Host,
}

#[derive(Debug)]
enum Host {
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
                .ok_or_else(|| rig_symbol(symbol, &file.profile))?;
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

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How its pump talks.
    #[must_use]
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> &BTreeSet<Capability> {
        &self.capabilities
    }

    /// Milliseconds of the pump since it was powered, as far as the rig knows.
    #[must_use]
    pub fn now(&self) -> Span {
        self.clock.now()
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The line is gone, or takes nothing.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), RigError> {
        self.settled = None;
        self.link.send(bytes).await
    }

    /// Lets time pass until bytes come, or to `until`. Under a granted clock everything that was sent is taken and answered first, at the present
    /// instant; only if nothing came of it does time move.
    ///
    /// # Errors
    /// The line or the simulated pump is gone.
    pub async fn receive(&mut self, until: Span) -> Result<Received, RigError> {
        if matches!(self.clock, Clock::Real { .. }) {
            let wait = self.clock.host_time_until(until);
            return self.receive_within(wait).await;
        }
        let mut bytes = Vec::new();
        let now = self.clock.now();
        let mut end = End::Deadline;
        if self.settled != Some((self.link.sent, self.link.received)) {
            self.settle(now, &mut bytes).await?;
        }
        if bytes.is_empty() && until > now {
            end = self.settle(until, &mut bytes).await?;
        }
        Ok(Received {
            end: if bytes.is_empty() { end } else { End::Bytes },
            bytes,
            now: self.clock.now(),
        })
    }

    /// Grants time to `until` and reads exactly what was sent meanwhile.
    async fn settle(&mut self, until: Span, bytes: &mut Vec<u8>) -> Result<End, RigError> {
        let until_ms = u64::try_from(until.0).unwrap_or(0);
        let advance = self.clock.grant(until_ms, self.link.sent).await?;
        self.link.receive_up_to(advance.tx_total, bytes).await?;
        self.settled = Some((self.link.sent, self.link.received));
        self.touched = false;
        Ok(match advance.stop {
            Stop::Halted => End::Halted,
            Stop::Output => End::Bytes,
            Stop::Fence => End::Deadline,
        })
    }

    /// Waits for the reply to what was just sent. Granted time stands still, and everything that the pump says at this instant is received, whole: a
    /// reply costs no call beside the line's. `limit` is host time; where it runs out nothing is lost, and [`Rig::receive`] makes of the silence what it is.
    ///
    /// # Errors
    /// The line or the simulated pump is gone.
    pub async fn reply_wait(&mut self, limit: Duration) -> Result<Received, RigError> {
        if self.clock.progress().is_none() {
            return self.receive_within(limit).await;
        }
        let now = self.clock.now();
        let mut bytes = Vec::new();
        if !self.touched {
            bytes = self.link.receive_at_once(limit)?;
        }
        match self.clock.progress() {
            Some((taken, sent)) if !bytes.is_empty() && taken == self.link.sent => {
                self.link.receive_up_to(sent, &mut bytes).await?;
                self.settled = Some((self.link.sent, self.link.received));
            }
            _ => {
                self.settle(now, &mut bytes).await?;
            }
        }
        Ok(Received {
            end: if bytes.is_empty() { End::Deadline } else { End::Bytes },
            bytes,
            now,
        })
    }

    async fn receive_within(&mut self, limit: Duration) -> Result<Received, RigError> {
        let (bytes, end) = match tokio::time::timeout(limit, self.link.receive()).await {
            Ok(bytes) => (bytes?.to_vec(), End::Bytes),
            Err(_) => (Vec::new(), End::Deadline),
        };
        Ok(Received {
            bytes,
            now: self.clock.now(),
            end,
        })
    }

    /// The test block at this instant; `None` where there is none.
    ///
    /// # Errors
    /// The probe could not read it.
    pub fn sample(&mut self) -> Result<Option<Sample>, RigError> {
        match (&self.block, &mut self.debug) {
            (Some(block), Some(debug)) => block.sample(debug).map(Some),
            _ => Ok(None),
        }
    }

    /// Sets a fault's parameter and its switch.
    ///
    /// # Errors
    /// There is no test block, or the probe could not write it.
    pub fn arm_fault(&mut self, fault: FaultName, param: i64) -> Result<(), RigError> {
        self.touched();
        let (block, debug) = self.block_of(|| format!("fault `{fault}`"))?;
        block.arm(debug, fault, param)
    }

    /// A fault's slot, read back.
    ///
    /// # Errors
    /// As [`Rig::arm_fault`].
    pub fn fault_effect(&mut self, fault: FaultName) -> Result<FaultState, RigError> {
        let (block, debug) = self.block_of(|| format!("fault `{fault}`"))?;
        block.fault(debug, fault)
    }

    /// Takes a fault's switch back.
    ///
    /// # Errors
    /// As [`Rig::arm_fault`].
    pub fn clear_fault(&mut self, fault: FaultName) -> Result<(), RigError> {
        self.touched();
        let (block, debug) = self.block_of(|| format!("fault `{fault}`"))?;
        block.clear(debug, fault)
    }

    /// Beats the heart: a pump whose heartbeat limit is set stays in therapy. Nothing where there is no test block.
    ///
    /// # Errors
    /// The probe could not write.
    pub fn heartbeat(&mut self) -> Result<(), RigError> {
        match (&mut self.block, &mut self.debug) {
            (Some(block), Some(debug)) => block.beat(debug),
            _ => Ok(()),
        }
    }

    /// Pump time without a heartbeat after which the pump goes safe; zero: off.
    ///
    /// # Errors
    /// As [`Rig::arm_fault`].
    pub fn heartbeat_limit(&mut self, limit: Span) -> Result<(), RigError> {
        let (block, debug) = self.block_of(|| "a heartbeat limit".to_owned())?;
        block.heartbeat_limit(debug, limit)
    }

    /// Reads a 32-bit word.
    ///
    /// # Errors
    /// There is no probe, no such symbol, or nothing at the address.
    pub fn read_word(&mut self, at: &str) -> Result<u32, RigError> {
        let addr = self.address(at)?;
        self.debug_of(|| format!("reading `{at}`"))?.read_word(addr)
    }

    /// Writes a 32-bit word.
    ///
    /// # Errors
    /// As [`Rig::read_word`].
    pub fn write_word(&mut self, at: &str, value: u32) -> Result<(), RigError> {
        self.touched();
        let addr = self.address(at)?;
        self.debug_of(|| format!("writing `{at}`"))?.write_word(addr, value)
    }

    /// Flips one bit, counted from the address on; gives the byte's address with the byte before and after, read back.
    ///
    /// # Errors
    /// As [`Rig::read_word`], or the bit did not flip.
    pub fn flip(&mut self, at: &str, bit: u32) -> Result<(u64, u8, u8), RigError> {
        self.touched();
        let addr = self.address(at)? + u64::from(bit / 8);
        let debug = self.debug_of(|| format!("flipping a bit at `{at}`"))?;
        let mut byte = [0];
        debug.read(addr, &mut byte)?;
        let flipped = byte[0] ^ (1 << (bit % 8));
        debug.write(addr, &[flipped])?;
        let mut after = [0];
        debug.read(addr, &mut after)?;
        if after[0] != flipped {
            return Err(RigError::Probe {
                doing: format!("flipping bit {bit} at `{at}`"),
                why: format!("{addr:#010x} reads {:#04x} after {flipped:#04x} was written", after[0]),
            });
        }
        Ok((addr, byte[0], flipped))
    }

    /// Halts the core. The pump's granted time stands still while it is halted.
    ///
    /// # Errors
    /// There is no probe, or the core does not halt.
    pub fn halt(&mut self) -> Result<(), RigError> {
        self.touched();
        self.debug_of(|| "halting".to_owned())?.halt()
    }

    /// Lets the core go on.
    ///
    /// # Errors
    /// As [`Rig::halt`].
    pub fn resume(&mut self) -> Result<(), RigError> {
        self.touched();
        self.debug_of(|| "resuming".to_owned())?.run()
    }

    /// Resets the core; it runs on.
    ///
    /// # Errors
    /// As [`Rig::halt`].
    pub fn reset(&mut self) -> Result<(), RigError> {
        self.touched();
        self.debug_of(|| "resetting".to_owned())?.reset()
    }

    /// Sets a hardware breakpoint; [`Rig::receive`] ends with [`End::Halted`] when the core stands there.
    ///
    /// # Errors
    /// There is no probe, no such symbol, or no free breakpoint.
    pub fn break_at(&mut self, at: &str) -> Result<(), RigError> {
        let addr = self.address(at)?;
        self.debug_of(|| format!("a breakpoint at `{at}`"))?
            .set_breakpoint(addr)
    }

    /// Takes a breakpoint away.
    ///
    /// # Errors
    /// As [`Rig::break_at`].
    pub fn clear_break(&mut self, at: &str) -> Result<(), RigError> {
        let addr = self.address(at)?;
        self.debug_of(|| format!("a breakpoint at `{at}`"))?
            .clear_breakpoint(addr)
    }

    /// Whether the core stands at `at`.
    ///
    /// # Errors
    /// As [`Rig::break_at`].
    pub fn stands_at(&mut self, at: &str) -> Result<bool, RigError> {
        let addr = self.address(at)?;
        let debug = self.debug_of(|| format!("looking for `{at}`"))?;
        Ok(debug.is_halted()? && debug.pc()? & !1 == addr & !1)
    }

    /// Leaves the pump safe by the probe: lets the core run, clears every fault, and asks for the safe state. Tells what was done and what was not.
    pub fn go_safe(&mut self) -> (Vec<String>, Vec<String>) {
        self.touched();
        let (mut did, mut failed) = (Vec::new(), Vec::new());
        if let Some(debug) = &mut self.debug {
            match debug.run_if_halted() {
                Ok(true) => did.push("core resumed".to_owned()),
                Ok(false) => {}
                Err(e) => failed.push(e.to_string()),
            }
            if let Some(block) = &self.block {
                match block.clear_all(debug) {
                    Ok(0) => {}
                    Ok(count) => did.push(format!("{count} fault switches cleared")),
                    Err(e) => failed.push(e.to_string()),
                }
                match block.go_safe(debug) {
                    Ok(()) => did.push("safe state asked for by the probe".to_owned()),
                    Err(e) => failed.push(e.to_string()),
                }
            }
        }
        (did, failed)
    }

    /// Closes the bench: probe, line, and whatever it started. To drop it does the same.
    pub fn close(self) {
        drop(self);
    }

    /// The address of a symbol of the device profile, or of `0x...`.
    ///
    /// # Errors
    /// There is no such symbol.
    pub fn address(&self, at: &str) -> Result<u64, RigError> {
        if let Some(hex) = at.strip_prefix("0x")
            && let Ok(addr) = u64::from_str_radix(&hex.replace('_', ""), 16)
        {
            return Ok(addr);
        }
        self.profile
            .symbols
            .get(at)
            .copied()
            .ok_or_else(|| rig_symbol(at, &self.profile))
    }

    /// Something may have been sent at this instant.
    fn touched(&mut self) {
        self.settled = None;
        self.touched = true;
    }

    fn debug_of(&mut self, wanted: impl FnOnce() -> String) -> Result<&mut Debug, RigError> {
        self.debug.as_mut().ok_or_else(|| RigError::Lacks {
            rig: self.name.clone(),
            part: "debug probe",
            wanted: wanted(),
        })
    }

    fn block_of(&mut self, wanted: impl FnOnce() -> String) -> Result<(&mut TestBlock, &mut Debug), RigError> {
        match (&mut self.block, &mut self.debug) {
            (Some(block), Some(debug)) => Ok((block, debug)),
            _ => Err(RigError::Lacks {
                rig: self.name.clone(),
                part: "test block",
                wanted: wanted(),
            }),
        }
    }
}

fn rig_symbol(name: &str, profile: &Profile) -> RigError {
    let known: Vec<&str> = profile.symbols.keys().map(String::as_str).collect();
    RigError::Symbol {
        name: name.to_owned(),
        device: profile.device.clone(),
        known: known.join(", "),
    }
}
