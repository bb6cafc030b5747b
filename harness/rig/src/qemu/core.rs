//! A processor in QEMU as a probe sees it.

use super::error::QemuError;
use super::gdb::{Gdb, XPSR};
use super::qmp::Qmp;
use super::qtest::Qtest;
use crate::probe::{BusFault, CoreBackend, CoreRegister};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What an access must lie in: QEMU answers one to nowhere with 0, as if all were well.
const MAPPED: [Range<u32>; 6] = [
    // Flash, RAM, peripherals; and a vendor's registers between them.
    0x0000_0000..0x0010_0000,
    0x1000_0000..0x1000_2000,
    0x2000_0000..0x2004_0000,
    0x4000_0000..0x6000_0000,
    // The interrupt controller, and which core it is.
    0xE000_E100..0xE000_E500,
    0xE000_ED00..0xE000_ED04,
];

const RAM: Range<u32> = 0x2000_0000..0x4000_0000;
/// The upper byte of the instruction, of which the lower is its argument.
const BKPT: u8 = 0xBE;

/// A machine in QEMU; its clones are the same one.
#[derive(Debug, Clone)]
pub struct Machine(Arc<Mutex<Parts>>);

#[derive(Debug)]
struct Parts {
    gdb: Gdb,
    qtest: Qtest,
    qmp: Qmp,
    /// Where a breakpoint stands in for a BKPT.
    caught: Option<u32>,
    /// What went wrong first: from then on nothing that is read can be believed.
    trouble: Option<QemuError>,
}

impl Machine {
    pub(super) fn new(gdb: Gdb, qtest: Qtest, qmp: Qmp) -> Self {
        Self(Arc::new(Mutex::new(Parts {
            gdb,
            qtest,
            qmp,
            caught: None,
            trouble: None,
        })))
    }

    /// Does something with its parts, one at a time.
    fn with<T>(&self, otherwise: T, act: impl FnOnce(&mut Parts) -> Result<T, QemuError>) -> T {
        let mut parts = self.parts();
        if parts.trouble.is_some() {
            return otherwise;
        }
        act(&mut parts).unwrap_or_else(|trouble| {
            tracing::warn!(trouble = %trouble.what, "QEMU");
            parts.trouble = Some(trouble);
            otherwise
        })
    }

    fn parts(&self) -> MutexGuard<'_, Parts> {
        // A panic elsewhere must not keep anybody from making the pump safe.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    /// The debug stub, behind every write that was made before.
    fn gdb(&mut self) -> Result<&mut Gdb, QemuError> {
        self.qtest.settle()?;
        Ok(&mut self.gdb)
    }

    /// What a debugger runs in RAM returns to it by BKPT, of which QEMU makes a fault: a breakpoint stands in for it.
    fn catch_return(&mut self) -> Result<(), QemuError> {
        if let Some(addr) = self.caught.take() {
            self.gdb()?.clear_breakpoint(addr)?;
        }
        if !RAM.contains(&self.gdb()?.read_register(15)?) {
            return Ok(());
        }
        // Bit 0 of a return address says Thumb, and is no part of the place.
        let back = self.gdb()?.read_register(14)? & !1;
        let mut instruction = [0; 2];
        if mapped(back, instruction.len()).is_ok() {
            self.qtest.read(back, &mut instruction)?;
            if instruction[1] == BKPT {
                self.gdb()?.set_breakpoint(back)?;
                self.caught = Some(back);
            }
        }
        Ok(())
    }
}

fn mapped(addr: u32, len: usize) -> Result<(), BusFault> {
    let end = u32::try_from(len)
        .ok()
        .and_then(|len| addr.checked_add(len))
        .ok_or(BusFault)?;
    let inside = |range: &Range<u32>| range.start <= addr && end <= range.end;
    MAPPED.iter().any(inside).then_some(()).ok_or(BusFault)
}

impl CoreBackend for Machine {
    fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        mapped(addr, into.len())?;
        self.with(Err(BusFault), |parts| parts.qtest.read(addr, into).map(Ok))
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        mapped(addr, bytes.len())?;
        self.with(Err(BusFault), |parts| parts.qtest.write(addr, bytes).map(Ok))
    }

    fn trouble(&self) -> Option<String> {
        self.parts().trouble.as_ref().map(|error| error.what.clone())
    }

    fn is_halted(&mut self) -> bool {
        // In any order with the writes: what they bring about comes in its own time.
        self.with(false, |parts| parts.gdb.is_halted())
    }

    fn halt(&mut self) {
        self.with((), |parts| parts.gdb()?.halt());
    }

    fn resume(&mut self) {
        self.with((), |parts| {
            if !parts.gdb()?.is_halted()? {
                return Ok(());
            }
            parts.catch_return()?;
            parts.gdb()?.resume()
        });
    }

    fn step(&mut self) {
        self.with((), |parts| parts.gdb()?.step());
    }

    fn reset(&mut self, halt: bool) {
        self.with((), |parts| {
            let goes_on = !halt;
            // It stands first: one that runs would be past its first instruction when it is halted after the reset.
            parts.gdb()?.halt()?;
            parts.qmp.system_reset()?;
            if goes_on { parts.gdb()?.resume() } else { Ok(()) }
        });
    }

    fn set_breakpoint(&mut self, addr: u32) {
        self.with((), |parts| parts.gdb()?.set_breakpoint(addr));
    }

    fn clear_breakpoint(&mut self, addr: u32) {
        self.with((), |parts| parts.gdb()?.clear_breakpoint(addr));
    }

    fn read_register(&mut self, which: CoreRegister) -> Option<u32> {
        self.with(None, |parts| parts.gdb()?.read_register(number(which)).map(Some))
    }

    fn write_register(&mut self, which: CoreRegister, value: u32) -> bool {
        self.with(false, |parts| {
            parts.gdb()?.write_register(number(which), value).map(|()| true)
        })
    }
}

fn number(which: CoreRegister) -> u8 {
    match which {
        CoreRegister::R(number) => number,
        CoreRegister::Xpsr => XPSR,
    }
}
