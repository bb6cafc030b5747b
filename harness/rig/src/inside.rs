//! Looking and reaching inside the pump: memory, core and test block, through the probe.

use super::error::RigError;
use super::probe::{Debug, ProbeError};
use super::record;
use super::test_block::{FaultState, TestBlock};
use pump_hil_firmware::{Image, MemoryPlace, NameError};
use pump_hil_model::crash::{Crash, Why};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::event::Sample;
use pump_hil_model::fault::FaultName;
use pump_hil_model::value::{MemoryValue, needs_image};
use pump_hil_talk::device::Profile;
use std::sync::Arc;

/// From here on an address is a register of a peripheral: up to there lie code and RAM (Armv7-M Architecture Reference Manual, B3.1).
const PERIPHERALS: u64 = 0x4000_0000;

/// A pump as its probe sees it; without a probe nothing is seen.
#[derive(Debug)]
pub(super) struct Inside {
    /// The rig's name.
    rig: String,
    profile: Arc<Profile>,
    image: Option<Arc<Image>>,
    debug: Option<Debug>,
    /// Once the firmware has made it.
    block: Option<TestBlock>,
    /// The probe did something since time was last granted: the pump may have something to say of it.
    touched: bool,
}

impl Inside {
    /// Through `debug`, with the names of this profile and this image.
    pub fn new(rig: String, profile: Arc<Profile>, image: Option<Arc<Image>>, debug: Option<Debug>) -> Self {
        Self {
            rig,
            profile,
            image,
            debug,
            block: None,
            touched: true,
        }
    }

    /// The probe.
    pub fn debug(&mut self) -> Option<&mut Debug> {
        self.debug.as_mut()
    }

    /// Whether there is a probe.
    pub fn has_probe(&self) -> bool {
        self.debug.is_some()
    }

    /// There is no probe any more.
    pub fn forget_probe(&mut self) {
        (self.debug, self.block) = (None, None);
    }

    /// The firmware has made its block.
    pub fn found(&mut self, block: TestBlock) {
        self.block = Some(block);
    }

    /// Whether its pump acts on requests in its test block; another is reached by a call, and never stale.
    pub fn takes_requests(&self) -> bool {
        self.block.as_ref().is_some_and(TestBlock::takes_requests)
    }

    /// Whether the pump may have something to say of what the probe did.
    pub fn is_touched(&self) -> bool {
        self.touched
    }

    /// Something may have been sent at this instant.
    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// All that was said at this instant is received.
    pub fn settle(&mut self) {
        self.touched = false;
    }

    /// What the pump is doing at this instant; `None` without a probe. A core that runs is halted for it, and goes on afterwards.
    pub fn crash(&mut self, why: Why) -> Option<Crash> {
        let debug = self.debug.as_mut()?;
        Some(record::look(debug, self.block.as_ref(), self.image.as_deref(), why))
    }

    /// What the test block holds now; `None` where there is none.
    ///
    /// # Errors
    /// The probe could not read it.
    pub fn sample(&mut self) -> Result<Option<Sample>, ProbeError> {
        match (&self.block, &mut self.debug) {
            (Some(block), Some(debug)) => block.sample(debug).map(Some),
            _ => Ok(None),
        }
    }

    /// Sets a fault's parameter and its switch.
    ///
    /// # Errors
    /// There is no test block, or the probe could not write it.
    pub fn arm(&mut self, fault: FaultName, param: i64) -> Result<(), RigError> {
        // Before the write: one that fails may have reached the pump all the same.
        self.touch();
        let (block, debug) = self.block_of(|| format!("fault `{fault}`"))?;
        Ok(block.arm(debug, fault, param)?)
    }

    /// A fault's slot, read back.
    ///
    /// # Errors
    /// As [`Inside::arm`].
    pub fn fault(&mut self, fault: FaultName) -> Result<FaultState, RigError> {
        let (block, debug) = self.block_of(|| format!("fault `{fault}`"))?;
        Ok(block.fault(debug, fault)?)
    }

    /// Takes a fault's switch back.
    ///
    /// # Errors
    /// As [`Inside::arm`].
    pub fn clear(&mut self, fault: FaultName) -> Result<(), RigError> {
        self.touch();
        let (block, debug) = self.block_of(|| format!("fault `{fault}`"))?;
        Ok(block.clear(debug, fault)?)
    }

    /// Beats the heart, where there is a test block; tells whether there is.
    ///
    /// # Errors
    /// The probe could not write.
    pub fn heartbeat(&mut self) -> Result<bool, ProbeError> {
        // Before the write, as wherever the pump may have something to do for it.
        self.touch();
        match (&mut self.block, &mut self.debug) {
            (Some(block), Some(debug)) => block.beat(debug).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Reads what a place holds at this moment.
    ///
    /// # Errors
    /// There is no probe, or nothing at the address.
    pub fn read_place(&mut self, place: &MemoryPlace) -> Result<MemoryValue, RigError> {
        let debug = self.debug_of(|| format!("reading `{}`", place.text))?;
        Ok(place.read(|addr, into| read(debug, addr, into))?)
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
        self.touch();
        let place = self.place(at)?;
        let debug = self.debug_of(|| format!("writing `{at}`"))?;
        if !place.is_there(|addr, into| read(debug, addr, into))? {
            let what =
                format!("there is nothing to write to: an enum around `{at}` has another variant at this moment");
            return Err(NameError::new(what).into());
        }
        for (addr, bytes) in place.bytes_of(value)? {
            match <[u8; 4]>::try_from(bytes.as_slice()) {
                // In one access, as a register of a peripheral wants it.
                Ok(word) if addr.is_multiple_of(4) => debug.write_word(addr, u32::from_le_bytes(word))?,
                _ => debug.write(addr, &bytes)?,
            }
            let mut there = vec![0; bytes.len()];
            // What a register reads is the hardware's business.
            if addr < PERIPHERALS {
                debug.read(addr, &mut there)?;
            }
            if addr < PERIPHERALS && there != bytes {
                return Err(ProbeError::Refused {
                    doing: format!("writing `{at}`"),
                    why: format!(
                        "{addr:#010x} does not hold it: it reads {there:02x?} after {bytes:02x?} was written; memory that cannot be written"
                    ),
                }
                .into());
            }
        }
        Ok(())
    }

    /// Flips one bit, counted from the first byte on; gives the address of its byte, or of its word in a peripheral, with what stood there before and after,
    /// read back.
    ///
    /// # Errors
    /// As [`Inside::write_value`], or the bit did not flip.
    pub fn flip(&mut self, at: &str, bit: u32) -> Result<(u64, u32, u32), RigError> {
        self.touch();
        let place = self.place(at)?;
        place.has_bit(bit)?;
        // A register knows no bytes.
        let unit: u32 = if place.addr >= PERIPHERALS { 32 } else { 8 };
        let addr = place.addr + u64::from(bit / unit * unit / 8);
        let debug = self.debug_of(|| format!("flipping a bit at `{at}`"))?;
        let look = |debug: &mut Debug| -> Result<u32, ProbeError> {
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
            return Err(ProbeError::Refused {
                doing: format!("flipping bit {bit} of `{at}`"),
                why: format!(
                    "{addr:#010x} does not hold it: it reads {after:#x} after {flipped:#x} was written; a register that the hardware sets, or memory that cannot be written"
                ),
            }
            .into());
        }
        Ok((addr, before, flipped))
    }

    /// Halts the core. The pump's granted time stands still while it is halted.
    ///
    /// # Errors
    /// There is no probe, or the core does not halt.
    pub fn halt(&mut self) -> Result<(), RigError> {
        self.touch();
        Ok(self.debug_of(|| "halting".to_owned())?.halt()?)
    }

    /// Lets the core go on.
    ///
    /// # Errors
    /// As [`Inside::halt`].
    pub fn resume(&mut self) -> Result<(), RigError> {
        self.touch();
        Ok(self.debug_of(|| "resuming".to_owned())?.run()?)
    }

    /// Resets the core; it runs on.
    ///
    /// # Errors
    /// As [`Inside::halt`].
    pub fn reset(&mut self) -> Result<(), RigError> {
        self.touch();
        Ok(self.debug_of(|| "resetting".to_owned())?.reset()?)
    }

    /// Sets a hardware breakpoint; a wait ends with [`super::End::Halted`] when the core stands there.
    ///
    /// # Errors
    /// There is no probe, no such symbol, or no free breakpoint.
    pub fn break_at(&mut self, at: &str) -> Result<(), RigError> {
        let addr = self.code(at)?;
        let debug = self.debug_of(|| format!("a breakpoint at `{at}`"))?;
        Ok(debug.set_breakpoint(addr)?)
    }

    /// Takes a breakpoint away.
    ///
    /// # Errors
    /// As [`Inside::break_at`].
    pub fn clear_break(&mut self, at: &str) -> Result<(), RigError> {
        let addr = self.code(at)?;
        let debug = self.debug_of(|| format!("a breakpoint at `{at}`"))?;
        Ok(debug.clear_breakpoint(addr)?)
    }

    /// Whether the core stands at `at`.
    ///
    /// # Errors
    /// As [`Inside::break_at`].
    pub fn stands_at(&mut self, at: &str) -> Result<bool, RigError> {
        let addr = self.code(at)?;
        let debug = self.debug_of(|| format!("looking for `{at}`"))?;
        // The symbol of a function has bit 0 set for Thumb code (ELF for the Arm Architecture, "Symbol Values"); a program counter has not.
        Ok(debug.is_halted()? && debug.pc()? & !1 == addr & !1)
    }

    /// Takes back what a run before this one left: a core that stands, faults that are switched on, a heartbeat that is waited for. Tells what was done.
    ///
    /// # Errors
    /// The probe failed.
    pub fn clear_past(&mut self) -> Result<Vec<String>, ProbeError> {
        self.touch();
        let mut did = Vec::new();
        let (Some(debug), Some(block)) = (&mut self.debug, &self.block) else {
            return Ok(did);
        };
        // First: a core that stands acts on nothing that is written into its block.
        if debug.run_if_halted()? {
            did.push("core resumed".to_owned());
        }
        match block.clear_all(debug)? {
            0 => {}
            count => did.push(format!("{count} fault switches cleared")),
        }
        block.no_heartbeat(debug)?;
        Ok(did)
    }

    /// Leaves the pump safe by the probe: lets the core run, clears every fault, and asks for the safe state. Tells what was done and what was not.
    pub fn go_safe(&mut self) -> (Vec<String>, Vec<String>) {
        self.touch();
        let (mut did, mut failed) = (Vec::new(), Vec::new());
        if let Some(debug) = &mut self.debug {
            // First: a core that stands acts on nothing that is written into its block.
            match debug.run_if_halted() {
                Ok(true) => did.push("core resumed".to_owned()),
                Ok(false) => {}
                Err(e) => failed.push(e.to_string()),
            }
            if let Some(block) = &self.block {
                // Before the request: a main loop that hangs (fault 21 of TEST-BLOCK.md) would not act on it.
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

    /// A variable of the firmware, else the 32-bit word of a symbol, of a symbol with an offset, or of `0x...`.
    ///
    /// # Errors
    /// There is no such thing.
    pub fn place(&self, at: &str) -> Result<MemoryPlace, RigError> {
        if needs_image(at) {
            return Ok(self.image_for(at)?.place(at)?);
        }
        let image = self.image.as_ref().filter(|_| !at.starts_with("0x"));
        // What the image does not know may be a symbol that only the device profile names.
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
            rig: self.rig.clone(),
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
            // Both may come from a person: the sum may be beyond 64 bits.
            .and_then(|(addr, offset)| addr.checked_add(offset))
            .ok_or_else(|| unknown_symbol(at, &self.profile))
    }

    fn debug_of(&mut self, wanted: impl FnOnce() -> String) -> Result<&mut Debug, RigError> {
        self.debug.as_mut().ok_or_else(|| RigError::Lacks {
            rig: self.rig.clone(),
            part: "debug probe",
            wanted: wanted(),
        })
    }

    /// Block and probe, which `wanted` needs.
    pub fn block_of(&mut self, wanted: impl FnOnce() -> String) -> Result<(&mut TestBlock, &mut Debug), RigError> {
        match (&mut self.block, &mut self.debug) {
            (Some(block), Some(debug)) => Ok((block, debug)),
            _ => Err(RigError::Lacks {
                rig: self.rig.clone(),
                part: "test block",
                wanted: wanted(),
            }),
        }
    }
}

/// Reads memory; a word in one go, as a register wants it.
fn read(debug: &mut Debug, addr: u64, into: &mut [u8]) -> Result<(), ProbeError> {
    match <&mut [u8; 4]>::try_from(&mut *into) {
        Ok(word) if addr.is_multiple_of(4) => *word = debug.read_word(addr)?.to_le_bytes(),
        _ => debug.read(addr, into)?,
    }
    Ok(())
}

fn unknown_symbol(name: &str, profile: &Profile) -> RigError {
    let help = suggest(name, profile.symbols.keys().map(String::as_str));
    RigError::Symbol {
        name: name.to_owned(),
        device: profile.device.clone(),
        help: help.map_or(String::new(), |help| format!(" ({help})")),
    }
}
