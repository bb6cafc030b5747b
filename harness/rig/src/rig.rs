//! An open bench: a thin object over its parts (line, clock, chip, boot, power), which joins what needs several of them.

use super::agree::Expected;
use super::boot::Boot;
use super::chip::Chip;
use super::clock::Clock;
use super::error::RigError;
use super::faults::Faults;
use super::file::RigFile;
use super::inside::Inside;
use super::link::Line;
use super::options::{OpenOptions, RigLimits};
use super::pumps::{Opened, Order, Power};
use super::received::Received;
use super::rtt::Logs;
use super::test_block::FaultState;
use super::way_out::{Facts, WayOut};
use pump_hil_firmware::MemoryPlace;
use pump_hil_model::capability::Capability;
use pump_hil_model::crash::{Crash, Why};
use pump_hil_model::event::{Body, Sample};
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::value::MemoryValue;
use pump_hil_talk::device::Profile;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// An open bench. To drop it ends what it started.
#[derive(Debug)]
pub struct Rig {
    facts: Facts,
    profile: Arc<Profile>,
    capabilities: BTreeSet<Capability>,
    opened: Vec<Body>,
    expected: Expected,
    /// The pump was powered just now, for the first time: it has no past.
    pub is_new: bool,
    line: Line,
    /// Pump seconds in a second of the host, where time is the host's; how far the pump's clock may be off.
    pub timing: (Option<u32>, Percent),
    clock: Box<dyn Clock>,
    chip: Chip,
    /// What it may take, in time and in bytes.
    pub limits: RigLimits,
    /// The start of the firmware, until it is over.
    boot: Option<Boot>,
    /// Last, so that probe and line are closed before it.
    power: Box<dyn Power>,
}

impl Rig {
    /// Opens a bench, and waits until its firmware stands.
    ///
    /// # Errors
    /// What is wrong with the bench, and what to do.
    pub async fn open(file: &RigFile, options: &OpenOptions) -> Result<Self, RigError> {
        let mut rig = Self::start(file, options).await?;
        let booted = rig.boot().await;
        booted.map_err(|error| rig.explain(error)).map(|()| rig)
    }

    /// Starts the pump where it is a simulated one, opens the line, attaches the probe, lets the firmware go. [`Rig::boot`] comes next.
    ///
    /// # Errors
    /// As [`Rig::open`].
    pub async fn start(file: &RigFile, options: &OpenOptions) -> Result<Self, RigError> {
        let order = Order {
            options,
            own: (&file.drugs, file.shelf.own()),
            limits: file.limits,
            clock: file.clock,
            probe: file.probe.as_ref(),
            usb: &file.probes,
            firmware: file.firmware.as_ref(),
            build: file.profile.build_symbol.as_deref(),
            block: file.block_addr(),
        };
        let opened = file.open(&order).await?;
        Ok(Self::new(file, opened))
    }

    pub(super) fn new(file: &RigFile, opened: Opened) -> Self {
        let profile = Arc::clone(&file.profile);
        let logs = match &file.probe {
            Some(at) if at.probe().runs_firmware() => Logs::of(file.image.clone()),
            _ => Logs::none(),
        };
        let boot = file.block_addr().map(|block| Boot {
            block,
            limit: file.limits.open,
            is_its_own: file.block_is_of_the_image(),
            is_asked: opened.clock.is_asked(),
            is_new: opened.new,
            on_a_wire: opened.on_a_wire,
        });
        let (name, image) = (file.name.clone(), file.image.clone());
        let inside = Inside::new(name, Arc::clone(&profile), image, opened.debug);
        Self {
            facts: Facts::of(file, opened.port),
            capabilities: file.capabilities(),
            opened: opened.firmware.into_iter().collect(),
            expected: Expected::new(Arc::clone(&profile), file.firmware.clone()),
            profile,
            is_new: opened.new,
            timing: (file.clock.scale(), file.drift),
            line: opened.line,
            clock: opened.clock,
            chip: Chip::new(inside, Faults::new(logs), file.limits),
            limits: file.limits,
            boot,
            power: opened.power,
        }
    }

    /// Waits until the firmware has made its test block, where there is one, or a fault ends the wait. It may be dropped at any time.
    ///
    /// # Errors
    /// The firmware faulted, it hangs, or its block did not come in time and may be none of this firmware's.
    pub async fn boot(&mut self) -> Result<(), RigError> {
        if let Some(boot) = self.boot {
            self.opened.extend(boot.over(&mut self.chip, &mut self.line).await?);
            self.boot = None;
        }
        Ok(())
    }

    /// Whether its firmware has started, as far as can be known.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.boot.is_none()
    }

    /// How its pump talks.
    #[must_use]
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// From here on its pump is talked to by this profile.
    pub fn talk_by(&mut self, profile: Arc<Profile>) {
        self.profile = profile;
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> &BTreeSet<Capability> {
        &self.capabilities
    }

    /// What is to be journaled of how it was opened, and of its start; once.
    pub fn take_opened(&mut self) -> Vec<Body> {
        std::mem::take(&mut self.opened)
    }

    /// Whether the pump that answered `identify` so is the one that the rig's firmware and its device profile make, where these say so.
    ///
    /// # Errors
    /// [`super::Disagreement`].
    pub fn agrees(&self, fields: &BTreeMap<String, String>) -> Result<(), RigError> {
        Ok(self.expected.agrees(fields)?)
    }
}

/// Line and time.
impl Rig {
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
        Ok(self.clock.send(&mut self.line, bytes).await?)
    }

    /// Lets time pass until bytes come, or to `until`. Granted time moves only when all that was sent is taken, and nothing came of it at the present
    /// instant. By the wall clock a wait ends early now and then where a probe has something to look after.
    ///
    /// # Errors
    /// The line or the simulated pump is gone.
    pub async fn receive(&mut self, until: Span) -> Result<Received, RigError> {
        self.clock.receive(&mut self.line, &mut self.chip, until).await
    }

    /// Waits for the reply to what was just sent. Granted time stands still, and everything that the pump says at this instant is received, whole: a
    /// reply costs no call beside the line's. `limit` is host time by the wall clock; where it runs out nothing is lost, and [`Rig::receive`] makes of the
    /// silence what it is. Under a granted clock it decides nothing: a busy host gives the same events.
    ///
    /// # Errors
    /// The line or the simulated pump is gone.
    pub async fn reply_wait(&mut self, limit: Duration) -> Result<Received, RigError> {
        self.clock.reply_wait(&mut self.line, &mut self.chip, limit).await
    }

    /// Takes back what was granted to a chip and is not done. From now on it may take for a request as long as for a start.
    pub fn take_back(&mut self) {
        self.chip.take_back();
        self.clock.take_back();
    }

    /// What an error is about: where QEMU has ended or does not answer, that, and not the probe or the line that are gone with it.
    pub fn explain(&mut self, error: RigError) -> RigError {
        self.power.explain(error)
    }

    /// Whether there is no pump any more to be reached, for QEMU has ended or does not answer.
    pub fn is_gone(&mut self) -> bool {
        self.power.is_gone()
    }

    /// Why a pump that cannot be made safe is no hazard all the same. That says nothing of the verdict.
    pub fn harmless(&mut self) -> Option<&'static str> {
        self.power.harmless(self.chip.hangs().is_some())
    }

    /// What only the way to safety needs.
    pub fn way_out(&mut self) -> WayOut<'_> {
        WayOut {
            facts: &self.facts,
            limits: self.limits,
            line: &mut self.line,
            clock: &*self.clock,
            chip: &mut self.chip,
        }
    }
}

/// What the probe finds.
impl Rig {
    /// Whether its firmware hangs: the milliseconds of host time in which it did not do what it was asked.
    #[must_use]
    pub fn hangs(&self) -> Option<u64> {
        self.chip.hangs()
    }

    /// The pump's granted time stood for [`RigLimits::standing`]: its firmware hangs from here on.
    pub fn stands(&mut self) -> RigError {
        self.chip.is_found_to_hang(self.limits.standing())
    }

    /// Lets firmware that hangs start again, with no time granted to it.
    ///
    /// # Errors
    /// The probe failed.
    pub fn restart(&mut self) -> Result<(), RigError> {
        self.clock.take_back();
        self.chip.restart()
    }

    /// What the pump is doing at this instant; `None` without a probe. A core that runs is halted for it, and goes on afterwards.
    pub fn crash(&mut self, why: Why) -> Option<Crash> {
        self.chip.inside.crash(why)
    }

    /// What the firmware told the probe since the last look, and what became of it where it faulted; nothing where it tells nothing.
    pub fn logged(&mut self) -> Vec<Body> {
        self.chip.logged()
    }

    /// The same for the last time: lines without an end as well.
    pub fn logged_last(&mut self) -> Vec<Body> {
        self.chip.logged_last()
    }

    /// The test block at this instant; `None` where there is none.
    ///
    /// # Errors
    /// The probe could not read it.
    pub fn sample(&mut self) -> Result<Option<Sample>, RigError> {
        self.chip.apply(&mut self.line)?;
        Ok(self.chip.inside.sample()?)
    }
}

/// The test block's switches.
impl Rig {
    /// Sets a fault's parameter and its switch.
    ///
    /// # Errors
    /// There is no test block, or the probe could not write it.
    pub fn arm_fault(&mut self, fault: FaultName, param: i64) -> Result<(), RigError> {
        self.chip.inside.arm(fault, param)?;
        self.chip.apply(&mut self.line)
    }

    /// A fault's slot, read back.
    ///
    /// # Errors
    /// As [`Rig::arm_fault`].
    pub fn fault_effect(&mut self, fault: FaultName) -> Result<FaultState, RigError> {
        self.chip.inside.fault(fault)
    }

    /// Takes a fault's switch back.
    ///
    /// # Errors
    /// As [`Rig::arm_fault`].
    pub fn clear_fault(&mut self, fault: FaultName) -> Result<(), RigError> {
        self.chip.inside.clear(fault)?;
        self.chip.apply(&mut self.line)
    }

    /// Beats the heart: a pump whose heartbeat limit is set stays in therapy. Nothing where there is no test block.
    ///
    /// # Errors
    /// The probe could not write.
    pub fn heartbeat(&mut self) -> Result<(), RigError> {
        if self.chip.inside.heartbeat()? {
            self.chip.apply(&mut self.line)?;
        }
        Ok(())
    }

    /// Leaves the pump safe by the probe: lets the core run, clears faults, asks for the safe state. Tells what was done and what was not.
    pub fn go_safe(&mut self) -> (Vec<String>, Vec<String>) {
        let (did, mut failed) = self.chip.inside.go_safe();
        failed.extend(self.chip.apply(&mut self.line).err().map(|error| error.to_string()));
        (did, failed)
    }
}

/// Memory and core.
impl Rig {
    /// A variable of the firmware, else the 32-bit word of a symbol, of a symbol with an offset, or of `0x...`.
    ///
    /// # Errors
    /// There is no such thing.
    pub fn place(&self, at: &str) -> Result<MemoryPlace, RigError> {
        self.chip.inside.place(at)
    }

    /// Reads what a place holds at this moment.
    ///
    /// # Errors
    /// There is no probe, or nothing at the address.
    pub fn read_place(&mut self, place: &MemoryPlace) -> Result<MemoryValue, RigError> {
        self.chip.inside.read_place(place)
    }

    /// Reads a value.
    ///
    /// # Errors
    /// There is no probe, no such place, or nothing at the address.
    pub fn read_value(&mut self, at: &str) -> Result<MemoryValue, RigError> {
        self.chip.inside.read_value(at)
    }

    /// Writes a value.
    ///
    /// # Errors
    /// There is no probe, no such place, nothing at the address, or the place cannot hold the value.
    pub fn write_value(&mut self, at: &str, value: &MemoryValue) -> Result<(), RigError> {
        self.chip.inside.write_value(at, value)
    }

    /// Flips one bit, counted from the first byte on; gives the address of its byte or register, and what is read there before and after.
    ///
    /// # Errors
    /// As [`Rig::write_value`], or the bit did not flip.
    pub fn flip(&mut self, at: &str, bit: u32) -> Result<(u64, u32, u32), RigError> {
        self.chip.inside.flip(at, bit)
    }

    /// Halts the core. The pump's granted time stands still while it is halted.
    ///
    /// # Errors
    /// There is no probe, or the core does not halt.
    pub fn halt(&mut self) -> Result<(), RigError> {
        self.chip.inside.halt()
    }

    /// Lets the core go on.
    ///
    /// # Errors
    /// As [`Rig::halt`].
    pub fn resume(&mut self) -> Result<(), RigError> {
        self.chip.inside.resume()
    }

    /// Resets the core; it runs on.
    ///
    /// # Errors
    /// As [`Rig::halt`].
    pub fn reset(&mut self) -> Result<(), RigError> {
        self.chip.inside.reset()
    }

    /// Sets a hardware breakpoint; [`Rig::receive`] ends with [`super::End::Halted`] when the core stands there.
    ///
    /// # Errors
    /// There is no probe, no such symbol, or no free breakpoint.
    pub fn break_at(&mut self, at: &str) -> Result<(), RigError> {
        self.chip.inside.break_at(at)
    }

    /// Takes a breakpoint away.
    ///
    /// # Errors
    /// As [`Rig::break_at`].
    pub fn clear_break(&mut self, at: &str) -> Result<(), RigError> {
        self.chip.inside.clear_break(at)
    }

    /// Whether the core stands at `at`.
    ///
    /// # Errors
    /// As [`Rig::break_at`].
    pub fn stands_at(&mut self, at: &str) -> Result<bool, RigError> {
        self.chip.inside.stands_at(at)
    }
}

/// A look at the parts, for tests that do to a pump what no scenario can: such as to take its power in the middle of a word of flash.
#[cfg(feature = "for-tests")]
impl Rig {
    /// Its probe.
    pub fn debug(&mut self) -> Option<&mut super::probe::Debug> {
        self.chip.inside.debug()
    }

    /// Its probe and its test block.
    pub fn debug_and_block(&mut self) -> Option<(&mut super::probe::Debug, &super::TestBlock)> {
        let (block, debug) = self.chip.inside.block_of(String::new).ok()?;
        Some((debug, block))
    }

    /// Address of a symbol, of a symbol with an offset, or of `0x...`.
    ///
    /// # Errors
    /// There is no such symbol.
    pub fn address(&self, at: &str) -> Result<u64, RigError> {
        self.chip.inside.address(at)
    }

    /// The pump in QEMU began anew, by the block that it now has: its time and what went over the line count from 0.
    pub fn began_anew(&mut self, block: super::TestBlock) {
        self.chip.inside.found(block);
        self.clock = Box::new(super::clock::Asked::default());
        self.line.begin();
    }
}

#[cfg(test)]
mod tests;
