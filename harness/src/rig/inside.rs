//! Looking and reaching inside the pump: memory, core and test block, through the probe.

use super::probe::Debug;
use super::test_block::{FaultState, TestBlock};
use super::{Rig, RigError};
use crate::device::Profile;
use crate::event::Sample;
use crate::fault::FaultName;
use crate::quantity::Span;

impl Rig {
    /// The test block at this instant; `None` where there is none.
    ///
    /// # Errors
    /// The probe could not read it.
    pub fn sample(&mut self) -> Result<Option<Sample>, RigError> {
        self.apply()?;
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
        block.arm(debug, fault, param)?;
        self.apply()
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
        block.clear(debug, fault)?;
        self.apply()
    }

    /// Beats the heart: a pump whose heartbeat limit is set stays in therapy. Nothing where there is no test block.
    ///
    /// # Errors
    /// The probe could not write.
    pub fn heartbeat(&mut self) -> Result<(), RigError> {
        match (&mut self.block, &mut self.debug) {
            (Some(block), Some(debug)) => block.beat(debug)?,
            _ => return Ok(()),
        }
        self.apply()
    }

    /// Pump time without a heartbeat after which the pump goes safe; zero: off.
    ///
    /// # Errors
    /// As [`Rig::arm_fault`].
    pub fn heartbeat_limit(&mut self, limit: Span) -> Result<(), RigError> {
        let (block, debug) = self.block_of(|| "a heartbeat limit".to_owned())?;
        block.heartbeat_limit(debug, limit)?;
        self.apply()
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

    /// Sets a hardware breakpoint; [`Rig::receive`] ends with [`super::End::Halted`] when the core stands there.
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
        if let Err(e) = self.apply() {
            failed.push(e.to_string());
        }
        (did, failed)
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
            .ok_or_else(|| unknown_symbol(at, &self.profile))
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

    pub(super) fn block_of(
        &mut self,
        wanted: impl FnOnce() -> String,
    ) -> Result<(&mut TestBlock, &mut Debug), RigError> {
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

pub(super) fn unknown_symbol(name: &str, profile: &Profile) -> RigError {
    let known: Vec<&str> = profile.symbols.keys().map(String::as_str).collect();
    RigError::Symbol {
        name: name.to_owned(),
        device: profile.device.clone(),
        known: known.join(", "),
    }
}
