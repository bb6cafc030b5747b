//! An emulated Cortex-M system control space: the registers by which a debugger halts, steps, resets and sets breakpoints.
//!
//! Armv7-M Architecture Reference Manual, part C1. Shared by every [`CoreBackend`].

use super::backend::{BusFault, CoreBackend, CoreRegister};

const PPB: std::ops::RangeInclusive<u32> = 0xE000_0000..=0xE00F_FFFF;
const FP_CTRL: u32 = 0xE000_2000;
const FP_COMP: u32 = 0xE000_2008;
/// The interrupt controller: it is the core's own, and no debug register.
const NVIC: std::ops::Range<u32> = 0xE000_E100..0xE000_E500;
const CPUID: u32 = 0xE000_ED00;
const AIRCR: u32 = 0xE000_ED0C;
const DFSR: u32 = 0xE000_ED30;
const DHCSR: u32 = 0xE000_EDF0;
const DCRSR: u32 = 0xE000_EDF4;
const DCRDR: u32 = 0xE000_EDF8;
const DEMCR: u32 = 0xE000_EDFC;

/// Cortex-M4 r0p1: what a core is that does not say.
const CPUID_VALUE: u32 = 0x410F_C241;
const AIRCR_KEY: u32 = 0x05FA;
const AIRCR_READ: u32 = 0xFA05_0000;
const AIRCR_SYSRESETREQ: u32 = 1 << 2;
const DHCSR_KEY: u32 = 0xA05F;
const C_DEBUGEN: u32 = 1;
const C_HALT: u32 = 1 << 1;
const C_STEP: u32 = 1 << 2;
const C_MASK: u32 = 0b1111;
const S_REGRDY: u32 = 1 << 16;
const S_HALT: u32 = 1 << 17;
const S_RETIRE: u32 = 1 << 24;
const S_RESET: u32 = 1 << 25;
const DFSR_HALTED: u32 = 1;
const DFSR_BKPT: u32 = 1 << 1;
const DFSR_VCATCH: u32 = 1 << 3;
const VC_CORERESET: u32 = 1;
const VC_HARDERR: u32 = 1 << 10;
/// Where the fault handler stands in the vector table; one that was moved is not followed.
const FAULT_VECTOR: u32 = 0xC;
const HARD_FAULT: u32 = 3;
const DCRSR_WRITE: u32 = 1 << 16;
const FP_ENABLE: u32 = 1;
const FP_KEY: u32 = 1 << 1;
/// Revision 1 takes breakpoints at any address.
const FP_REVISION: u32 = 1 << 28;

/// Hardware breakpoints.
pub(super) const COMPARATORS: usize = 8;

/// The core behind its debug registers.
#[derive(Debug)]
pub(super) struct Scs {
    backend: Box<dyn CoreBackend>,
    /// Low bits of DHCSR.
    control: u32,
    /// The core was seen in debug state.
    halted: bool,
    reset_seen: bool,
    dfsr: u32,
    dcrdr: u32,
    demcr: u32,
    fp_enabled: bool,
    comparators: [u32; COMPARATORS],
}

impl Scs {
    pub fn new(backend: Box<dyn CoreBackend>) -> Self {
        Self {
            backend,
            control: 0,
            halted: false,
            reset_seen: false,
            dfsr: 0,
            dcrdr: 0,
            demcr: 0,
            fp_enabled: false,
            comparators: [0; COMPARATORS],
        }
    }

    /// What keeps the core from answering at all.
    pub fn trouble(&self) -> Option<String> {
        self.backend.trouble()
    }

    /// Reads `into.len()` bytes, at a multiple of the access's size.
    pub fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        if !PPB.contains(&addr) || NVIC.contains(&addr) {
            return self.backend.read(addr, into);
        }
        let mut done = 0;
        while done < into.len() {
            let at = addr.wrapping_add(u32::try_from(done).map_err(|_| BusFault)?);
            let word = self.read_word(at & !3).to_le_bytes();
            let first = (at & 3) as usize;
            let take = (4 - first).min(into.len() - done);
            into[done..done + take].copy_from_slice(&word[first..first + take]);
            done += take;
        }
        Ok(())
    }

    /// Writes likewise. The private peripherals take whole words.
    pub fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        if !PPB.contains(&addr) || NVIC.contains(&addr) {
            return self.backend.write(addr, bytes);
        }
        let (words, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() || addr & 3 != 0 {
            return Err(BusFault);
        }
        let mut at = addr;
        for word in words {
            self.write_word(at, u32::from_le_bytes(*word));
            at = at.wrapping_add(4);
        }
        Ok(())
    }

    /// Resets the core, as its reset pin and AIRCR do. The catch is honoured even where debug is not enabled: a debugger that attaches under reset sets it
    /// first.
    pub fn reset(&mut self) {
        let catch = self.demcr & VC_CORERESET != 0;
        self.backend.reset(catch);
        self.reset_seen = true;
        self.halted = catch;
        self.control &= !(C_HALT | C_STEP);
        if catch {
            self.control |= C_HALT;
            self.dfsr |= DFSR_VCATCH;
        }
    }

    /// Takes note of a halt that the core came to by itself.
    fn look(&mut self) {
        let halted = self.backend.is_halted();
        if halted && !self.halted {
            let caught = self.demcr & VC_HARDERR != 0 && self.exception() == Some(HARD_FAULT);
            self.dfsr |= if caught { DFSR_VCATCH } else { DFSR_BKPT };
            // A core that comes to debug state sets it by itself; probe-rs reads DHCSR, changes it and writes it back.
            self.control |= C_HALT;
        }
        self.halted = halted;
    }

    fn read_word(&mut self, addr: u32) -> u32 {
        match addr {
            CPUID => {
                let mut word = [0; 4];
                let told = self.backend.read(CPUID, &mut word);
                told.map_or(CPUID_VALUE, |()| u32::from_le_bytes(word))
            }
            AIRCR => AIRCR_READ,
            DFSR => {
                self.look();
                self.dfsr
            }
            DHCSR => {
                self.look();
                // A register's transfer is done before anybody can ask, and so is an instruction.
                let mut value = self.control | S_REGRDY | S_RETIRE;
                if self.halted {
                    value |= S_HALT;
                }
                // Sticky until it is read (C1.6.2, DHCSR).
                if std::mem::take(&mut self.reset_seen) {
                    value |= S_RESET;
                }
                value
            }
            DCRDR => self.dcrdr,
            DEMCR => self.demcr,
            FP_CTRL => FP_REVISION | (COMPARATORS as u32) << 4 | u32::from(self.fp_enabled),
            _ => match comparator(addr) {
                Some(place) => self.comparators[place],
                None => 0,
            },
        }
    }

    fn write_word(&mut self, addr: u32, value: u32) {
        match addr {
            // Without its key in the upper half a write is ignored; so with DHCSR (Armv7-M Architecture Reference Manual, B3.2.6 and C1.6.2).
            AIRCR if value >> 16 == AIRCR_KEY && value & AIRCR_SYSRESETREQ != 0 => self.reset(),
            // A 1 clears its bit (C1.6.1, DFSR).
            DFSR => self.dfsr &= !value,
            DHCSR if value >> 16 == DHCSR_KEY => self.write_control(value & C_MASK),
            DCRSR => self.transfer(value),
            DCRDR => self.dcrdr = value,
            DEMCR => self.catch(value),
            FP_CTRL if value & FP_KEY != 0 => self.enable_breakpoints(value & FP_ENABLE != 0),
            _ => {
                if let Some(place) = comparator(addr) {
                    self.disarm(place);
                    self.comparators[place] = value;
                    self.arm(place);
                }
            }
        }
    }

    fn write_control(&mut self, control: u32) {
        self.look();
        let caught = self.halted && self.control & C_DEBUGEN == 0 && control & C_DEBUGEN != 0;
        self.control = control;
        if caught {
            // A reset was caught before debug was enabled: to enable it lets nothing go.
            self.control |= C_HALT;
            return;
        }
        let wants_halt = control & C_HALT != 0 && control & C_DEBUGEN != 0;
        let wants_step = control & C_STEP != 0 && control & C_DEBUGEN != 0;
        match (self.halted, wants_halt, wants_step) {
            (false, true, _) => {
                self.backend.halt();
                self.halted = true;
                self.dfsr |= DFSR_HALTED;
            }
            (true, false, true) => {
                self.backend.step();
                // Back in debug state: C_HALT is set by the core itself.
                self.control |= C_HALT;
                self.dfsr |= DFSR_HALTED;
            }
            (true, false, false) => {
                self.backend.resume();
                self.halted = false;
            }
            _ => {}
        }
    }

    /// A register transfer by DCRSR; what this core lacks reads 0.
    fn transfer(&mut self, selector: u32) {
        let which = match selector & 0x7F {
            number @ 0..=15 => CoreRegister::R(number as u8),
            16 => CoreRegister::Xpsr,
            // The main stack's pointer (C1.6.3, DCRSR.REGSEL); a backend has no other.
            17 => CoreRegister::R(13),
            _ => {
                self.dcrdr = 0;
                return;
            }
        };
        if selector & DCRSR_WRITE != 0 {
            self.backend.write_register(which, self.dcrdr);
        } else {
            self.dcrdr = self.backend.read_register(which).unwrap_or(0);
        }
    }

    /// The backend has breakpoints only: a fault is caught at the first instruction of its handler.
    fn catch(&mut self, demcr: u32) {
        let changed = (self.demcr ^ demcr) & VC_HARDERR != 0;
        self.demcr = demcr;
        let mut vector = [0; 4];
        if changed && self.backend.read(FAULT_VECTOR, &mut vector).is_ok() {
            let handler = u32::from_le_bytes(vector) & !1;
            if demcr & VC_HARDERR != 0 {
                self.backend.set_breakpoint(handler);
            } else {
                self.backend.clear_breakpoint(handler);
            }
        }
    }

    /// Number of the exception in which a halted core is.
    fn exception(&mut self) -> Option<u32> {
        self.backend.read_register(CoreRegister::Xpsr).map(|xpsr| xpsr & 0x1FF)
    }

    fn enable_breakpoints(&mut self, enabled: bool) {
        // While `fp_enabled` is still as it was: only then does `disarm` know which of them stand.
        (0..COMPARATORS).for_each(|place| self.disarm(place));
        self.fp_enabled = enabled;
        (0..COMPARATORS).for_each(|place| self.arm(place));
    }

    fn arm(&mut self, place: usize) {
        let comparator = self.comparators[place];
        if self.fp_enabled && comparator & 1 != 0 {
            self.backend.set_breakpoint(place_of(comparator));
        }
    }

    fn disarm(&mut self, place: usize) {
        let comparator = self.comparators[place];
        if self.fp_enabled && comparator & 1 != 0 {
            self.backend.clear_breakpoint(place_of(comparator));
        }
    }
}

/// Where a comparator halts. An Armv6-M debugger says which half of a word is meant in the upper two bits (Armv6-M Architecture Reference Manual,
/// BP_COMPn.BP_MATCH), which no place in code has.
fn place_of(comparator: u32) -> u32 {
    match comparator >> 30 {
        0 => comparator & !1,
        0b10 => comparator & 0x1FFF_FFFC | 2,
        _ => comparator & 0x1FFF_FFFC,
    }
}

fn comparator(addr: u32) -> Option<usize> {
    let place = (addr.checked_sub(FP_COMP)? / 4) as usize;
    (place < COMPARATORS).then_some(place)
}
