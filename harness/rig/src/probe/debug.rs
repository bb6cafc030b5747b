//! A probe that is attached to a core: memory, run control, breakpoints, faults that are caught.

use super::backend::CoreBackend;
use super::chip;
use super::dap::VirtualProbe;
use super::error::{ProbeError, failed};
use super::target::virtual_target;
use probe_rs::config::Registry;
use probe_rs::probe::Probe;
use probe_rs::{MemoryInterface as _, Permissions, Session, VectorCatchCondition};
use std::collections::BTreeSet;
use std::time::Duration;

/// The program status register, as a probe numbers it.
const XPSR: u16 = 16;
/// How long a core may take to halt.
const HALT_LIMIT: Duration = Duration::from_millis(100);

/// A probe that is attached to a core.
pub struct Debug {
    pub(super) session: Session,
    /// Where breakpoints stand.
    breakpoints: BTreeSet<u64>,
}

impl std::fmt::Debug for Debug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Debug").finish_non_exhaustive()
    }
}

impl Debug {
    /// Attaches to the simulated chip before `backend`. To attach and to detach is intrusive (the core is halted, stepped and resumed): once a run.
    ///
    /// # Errors
    /// What probe-rs could not do.
    pub fn attach_virtual(backend: Box<dyn CoreBackend>) -> Result<Self, ProbeError> {
        let target = virtual_target()?;
        let probe = Probe::new(VirtualProbe::new(backend));
        let session = probe
            .attach_with_registry(target, Permissions::default(), &Registry::new())
            .map_err(|e| failed("attaching", &e))?;
        Ok(Self::new(session))
    }

    /// As [`Debug::attach_virtual`], to a chip of another name: one whose flash can be programmed.
    ///
    /// # Errors
    /// What probe-rs could not do.
    pub fn attach_virtual_as(backend: Box<dyn CoreBackend>, chip: &str) -> Result<Self, ProbeError> {
        let target = chip::target(chip).map_err(|e| failed("attaching", &e.into()))?;
        let session = Probe::new(VirtualProbe::new(backend))
            .attach_with_registry(target, Permissions::default(), chip::registry())
            .map_err(|e| failed("attaching", &e))?;
        Ok(Self::new(session))
    }

    /// As [`Debug::attach_virtual`], while the core is held in reset; it stays halted before its first instruction.
    ///
    /// # Errors
    /// What probe-rs could not do.
    pub fn attach_virtual_under_reset(backend: Box<dyn CoreBackend>) -> Result<Self, ProbeError> {
        let target = virtual_target()?;
        let probe = Probe::new(VirtualProbe::new(backend));
        let session = probe
            .attach_under_reset_with_registry(target, Permissions::default(), &Registry::new())
            .map_err(|e| failed("attaching under reset", &e))?;
        Ok(Self::new(session))
    }

    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            breakpoints: BTreeSet::new(),
        }
    }

    /// Reads memory, all of it in one go.
    ///
    /// # Errors
    /// Nothing is at the address, or the probe failed.
    pub fn read(&mut self, addr: u64, into: &mut [u8]) -> Result<(), ProbeError> {
        let len = into.len();
        self.core(
            |core| core.read(addr, into),
            || format!("reading {len} bytes at {addr:#010x}"),
        )
    }

    /// Writes memory.
    ///
    /// # Errors
    /// As [`Debug::read`].
    pub fn write(&mut self, addr: u64, bytes: &[u8]) -> Result<(), ProbeError> {
        self.core(
            // A probe may gather writes and send them later (probe-rs, `MemoryInterface::flush`): what this says is written must be.
            |core| core.write(addr, bytes).and_then(|()| core.flush()),
            || format!("writing {} bytes at {addr:#010x}", bytes.len()),
        )
    }

    /// Reads a 32-bit word.
    ///
    /// # Errors
    /// As [`Debug::read`].
    pub fn read_word(&mut self, addr: u64) -> Result<u32, ProbeError> {
        self.core(
            |core| core.read_word_32(addr),
            || format!("reading the word at {addr:#010x}"),
        )
    }

    /// Writes a 32-bit word.
    ///
    /// # Errors
    /// As [`Debug::read`].
    pub fn write_word(&mut self, addr: u64, value: u32) -> Result<(), ProbeError> {
        self.core(
            |core| core.write_word_32(addr, value).and_then(|()| core.flush()),
            || format!("writing the word at {addr:#010x}"),
        )
    }

    /// Halts the core.
    ///
    /// # Errors
    /// It does not halt, or the probe failed.
    pub fn halt(&mut self) -> Result<(), ProbeError> {
        self.core(
            |core| core.halt(HALT_LIMIT).map(|_| ()),
            || "halting the core".to_owned(),
        )
    }

    /// Lets the core run.
    ///
    /// # Errors
    /// The probe failed.
    pub fn run(&mut self) -> Result<(), ProbeError> {
        self.core(|core| core.run(), || "letting the core run".to_owned())
    }

    /// Lets a halted core run; tells whether it was halted.
    ///
    /// # Errors
    /// The probe failed.
    pub fn run_if_halted(&mut self) -> Result<bool, ProbeError> {
        let halted = self.is_halted()?;
        if halted {
            self.run()?;
        }
        Ok(halted)
    }

    /// Lets a halted core carry out one instruction.
    ///
    /// # Errors
    /// The probe failed.
    pub fn step(&mut self) -> Result<(), ProbeError> {
        self.core(|core| core.step().map(|_| ()), || "stepping the core".to_owned())
    }

    /// Resets the core; it runs on.
    ///
    /// # Errors
    /// The probe failed.
    pub fn reset(&mut self) -> Result<(), ProbeError> {
        self.core(|core| core.reset(), || "resetting the core".to_owned())
    }

    /// Resets the core and holds it before its first instruction.
    ///
    /// # Errors
    /// It does not halt, or the probe failed.
    pub fn reset_and_halt(&mut self) -> Result<(), ProbeError> {
        self.core(
            |core| core.reset_and_halt(HALT_LIMIT).map(|_| ()),
            || "resetting and halting the core".to_owned(),
        )
    }

    /// Whether the core is halted.
    ///
    /// # Errors
    /// The probe failed.
    pub fn is_halted(&mut self) -> Result<bool, ProbeError> {
        self.core(
            |core| core.core_halted(),
            || "asking whether the core is halted".to_owned(),
        )
    }

    /// The program counter of a halted core.
    ///
    /// # Errors
    /// The core runs, or the probe failed.
    pub fn pc(&mut self) -> Result<u64, ProbeError> {
        self.register(15)
    }

    /// Register r0 to r15 of a halted core, 16 the program status register, 18 the process stack's pointer.
    ///
    /// # Errors
    /// As [`Debug::pc`].
    pub fn register(&mut self, number: u16) -> Result<u64, ProbeError> {
        self.core(
            |core| core.read_core_reg::<u32>(probe_rs::RegisterId(number)).map(u64::from),
            || format!("reading r{number}"),
        )
    }

    /// Writes register r0 to r15 of a halted core, or 16, the program status register.
    ///
    /// # Errors
    /// As [`Debug::pc`].
    pub fn set_register(&mut self, number: u16, value: u32) -> Result<(), ProbeError> {
        self.core(
            |core| core.write_core_reg(probe_rs::RegisterId(number), value),
            || format!("writing r{number}"),
        )
    }

    /// Sets a hardware breakpoint.
    ///
    /// # Errors
    /// None is free, or the probe failed.
    pub fn set_breakpoint(&mut self, addr: u64) -> Result<(), ProbeError> {
        self.core(
            |core| core.set_hw_breakpoint(addr),
            || format!("setting a breakpoint at {addr:#010x}"),
        )?;
        self.breakpoints.insert(addr);
        Ok(())
    }

    /// Takes a hardware breakpoint away.
    ///
    /// # Errors
    /// None stands there, or the probe failed.
    pub fn clear_breakpoint(&mut self, addr: u64) -> Result<(), ProbeError> {
        self.core(
            |core| core.clear_hw_breakpoint(addr),
            || format!("clearing the breakpoint at {addr:#010x}"),
        )?;
        self.breakpoints.remove(&addr);
        Ok(())
    }

    /// Lets the core halt, or no longer, before the first instruction of its fault handler. This takes no breakpoint.
    ///
    /// # Errors
    /// The probe failed.
    pub fn catch_faults(&mut self, caught: bool) -> Result<(), ProbeError> {
        let condition = VectorCatchCondition::HardFault;
        self.core(
            |core| match caught {
                true => core.enable_vector_catch(condition),
                false => core.disable_vector_catch(condition),
            },
            || "catching faults".to_owned(),
        )
    }

    /// Whether a halted core stands before its fault handler, and not because of a breakpoint.
    ///
    /// # Errors
    /// As [`Debug::pc`].
    pub fn stands_at_fault(&mut self) -> Result<bool, ProbeError> {
        // Armv7-M Architecture Reference Manual, B1.4.2 (IPSR) and B1.5.2. Where the other faults have no handler of their own, as in Armv6-M, they come to
        // this one.
        const EXCEPTION: u64 = 0x1FF;
        const HARD_FAULT: u64 = 3;
        let pc = self.pc()? & !1;
        Ok(self.register(XPSR)? & EXCEPTION == HARD_FAULT && !self.breakpoints.contains(&pc))
    }

    /// Gives the core to `act`, for what this face does not have (all widths of memory, in tests).
    pub(super) fn core<T>(
        &mut self,
        act: impl FnOnce(&mut probe_rs::Core<'_>) -> Result<T, probe_rs::Error>,
        doing: impl FnOnce() -> String,
    ) -> Result<T, ProbeError> {
        let result = self.session.core(0).and_then(|mut core| act(&mut core));
        result.map_err(|e| failed(&doing(), &e))
    }
}
