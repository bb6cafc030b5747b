//! Looking and reaching inside the pump: memory, core and test block, through the probe.

use super::probe::Debug;
use super::test_block::{FaultState, TestBlock};
use super::{Rig, RigError};
use pump_hil_firmware::{Image, MemoryPlace, NameError};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::event::Sample;
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::Span;
use pump_hil_model::value::{MemoryValue, needs_image};
use pump_hil_talk::device::Profile;

/// From here on an address is a register of a peripheral.
const PERIPHERALS: u64 = 0x4000_0000;

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

    /// Reads what a place holds at this moment.
    ///
    /// # Errors
    /// There is no probe, or nothing at the address.
    pub fn read_place(&mut self, place: &MemoryPlace) -> Result<MemoryValue, RigError> {
        let debug = self.debug_of(|| format!("reading `{}`", place.text))?;
        place.read(|addr, into| read(debug, addr, into))
    }

    /// Reads a value.
    ///
    /// # Errors
    /// There is no probe, no such place, or nothing at the address.
    pub fn read_value(&mut self, at: &str) -> Result<MemoryValue, RigError> {
        let place = self.place(at)?;
        self.read_place(&place)
    }

    /// Writes a value.
    ///
    /// # Errors
    /// There is no probe, no such place, nothing at the address, or the place cannot hold the value.
    pub fn write_value(&mut self, at: &str, value: &MemoryValue) -> Result<(), RigError> {
        self.touched();
        let place = self.place(at)?;
        let debug = self.debug_of(|| format!("writing `{at}`"))?;
        if !place.is_there(|addr, into| read(debug, addr, into))? {
            let what =
                format!("there is nothing to write to: an enum around `{at}` has another variant at this moment");
            return Err(NameError::new(what).into());
        }
        for (addr, bytes) in place.bytes_of(value)? {
            match <[u8; 4]>::try_from(bytes.as_slice()) {
                Ok(word) if addr.is_multiple_of(4) => debug.write_word(addr, u32::from_le_bytes(word))?,
                _ => debug.write(addr, &bytes)?,
            }
            let mut there = vec![0; bytes.len()];
            // What a register reads is the hardware's business.
            if addr < PERIPHERALS {
                debug.read(addr, &mut there)?;
            }
            if addr < PERIPHERALS && there != bytes {
                return Err(RigError::Probe {
                    doing: format!("writing `{at}`"),
                    why: format!(
                        "{addr:#010x} does not hold it: it reads {there:02x?} after {bytes:02x?} was written; memory that cannot be written"
                    ),
                });
            }
        }
        Ok(())
    }

    /// Flips one bit, counted from the first byte on; gives the address of its byte, or of its word in a peripheral, with what stood there before and after,
    /// read back.
    ///
    /// # Errors
    /// As [`Rig::write_value`], or the bit did not flip.
    pub fn flip(&mut self, at: &str, bit: u32) -> Result<(u64, u32, u32), RigError> {
        self.touched();
        let place = self.place(at)?;
        place.has_bit(bit)?;
        // A register knows no bytes.
        let unit: u32 = if place.addr >= PERIPHERALS { 32 } else { 8 };
        let addr = place.addr + u64::from(bit / unit * unit / 8);
        let debug = self.debug_of(|| format!("flipping a bit at `{at}`"))?;
        let look = |debug: &mut Debug| -> Result<u32, RigError> {
            if unit == 32 {
                return debug.read_word(addr);
            }
            let mut byte = [0];
            debug.read(addr, &mut byte)?;
            Ok(byte[0].into())
        };
        let before = look(debug)?;
        let flipped = before ^ 1 << (bit % unit);
        match u8::try_from(flipped) {
            Ok(byte) if unit == 8 => debug.write(addr, &[byte])?,
            _ => debug.write_word(addr, flipped)?,
        }
        let after = look(debug)?;
        if after != flipped {
            return Err(RigError::Probe {
                doing: format!("flipping bit {bit} of `{at}`"),
                why: format!(
                    "{addr:#010x} does not hold it: it reads {after:#x} after {flipped:#x} was written; a register that the hardware sets, or memory that cannot be written"
                ),
            });
        }
        Ok((addr, before, flipped))
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
        let addr = self.code(at)?;
        self.debug_of(|| format!("a breakpoint at `{at}`"))?
            .set_breakpoint(addr)
    }

    /// Takes a breakpoint away.
    ///
    /// # Errors
    /// As [`Rig::break_at`].
    pub fn clear_break(&mut self, at: &str) -> Result<(), RigError> {
        let addr = self.code(at)?;
        self.debug_of(|| format!("a breakpoint at `{at}`"))?
            .clear_breakpoint(addr)
    }

    /// Whether the core stands at `at`.
    ///
    /// # Errors
    /// As [`Rig::break_at`].
    pub fn stands_at(&mut self, at: &str) -> Result<bool, RigError> {
        let addr = self.code(at)?;
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

    /// A variable of the firmware, else the 32-bit word of a symbol, of a symbol with an offset, or of `0x...`.
    ///
    /// # Errors
    /// There is no such thing.
    pub fn place(&self, at: &str) -> Result<MemoryPlace, RigError> {
        if needs_image(at) {
            return Ok(self.image_for(at)?.place(at)?);
        }
        let image = self.image.as_ref().filter(|_| !at.starts_with("0x"));
        match image.and_then(|image| image.place(at).ok()) {
            Some(place) => Ok(place),
            None => Ok(MemoryPlace::word(at, self.address(at)?)),
        }
    }

    /// Where code begins: a function of the firmware, a line of its source, a symbol, or `0x...`.
    fn code(&self, at: &str) -> Result<u64, RigError> {
        if needs_image(at) {
            return Ok(self.image_for(at)?.code(at)?);
        }
        self.address(at)
    }

    fn image_for(&self, wanted: &str) -> Result<&Image, RigError> {
        self.image.as_deref().ok_or_else(|| RigError::Lacks {
            rig: self.name.clone(),
            part: "firmware image (`elf` in the rig file or the device profile)",
            wanted: format!("`{wanted}`"),
        })
    }

    /// Of a symbol, of a symbol with an offset, or of `0x...`.
    pub fn address(&self, at: &str) -> Result<u64, RigError> {
        let hex = |text: &str| u64::from_str_radix(&text.strip_prefix("0x")?.replace('_', ""), 16).ok();
        if let Some(addr) = hex(at) {
            return Ok(addr);
        }
        let (symbol, offset) = at.split_once('+').unwrap_or((at, "0"));
        let offset = hex(offset).or_else(|| offset.parse().ok());
        let addr = self.profile.symbols.get(symbol).copied();
        addr.zip(offset)
            .and_then(|(addr, offset)| addr.checked_add(offset))
            .ok_or_else(|| unknown_symbol(at, &self.profile))
    }

    /// Something may have been sent at this instant.
    pub(super) fn touched(&mut self) {
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

/// Reads memory; a word in one go, as a register wants it.
fn read(debug: &mut Debug, addr: u64, into: &mut [u8]) -> Result<(), RigError> {
    match <&mut [u8; 4]>::try_from(&mut *into) {
        Ok(word) if addr.is_multiple_of(4) => *word = debug.read_word(addr)?.to_le_bytes(),
        _ => debug.read(addr, into)?,
    }
    Ok(())
}

pub(super) fn unknown_symbol(name: &str, profile: &Profile) -> RigError {
    let help = suggest(name, profile.symbols.keys().map(String::as_str));
    RigError::Symbol {
        name: name.to_owned(),
        device: profile.device.clone(),
        help: help.map_or(String::new(), |help| format!(" ({help})")),
    }
}
