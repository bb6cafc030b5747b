//! The virtual probe through an unmodified probe-rs: attach, run control, breakpoints, memory at all widths, and the bus's refusals.

use pump_hil_rig::probe::{BusFault, CoreBackend, CoreRegister, Debug, ProbeError};
use std::sync::{Arc, Mutex};

const RAM: u32 = 0x2000_0000;
const RESET_VECTOR: u32 = 0x100;

/// A core with empty flash and 4 KiB of RAM that counts: each step moves the program counter by two.
#[derive(Debug)]
struct Chip {
    ram: Vec<u8>,
    registers: [u32; 17],
    halted: bool,
    breakpoints: Vec<u32>,
    resets: u32,
}

impl Chip {
    fn new() -> Self {
        let mut registers = [0; 17];
        registers[15] = RESET_VECTOR;
        Self {
            ram: vec![0; 4096],
            registers,
            halted: false,
            breakpoints: Vec::new(),
            resets: 0,
        }
    }

    /// What a running core does meanwhile: comes to `pc`.
    fn comes_to(&mut self, pc: u32) {
        if !self.halted {
            self.registers[15] = pc;
            self.halted = self.breakpoints.contains(&pc);
        }
    }

    fn place(addr: u32, len: usize) -> Result<std::ops::Range<usize>, BusFault> {
        let start = addr.checked_sub(RAM).ok_or(BusFault)? as usize;
        if start + len > 4096 {
            Err(BusFault)
        } else {
            Ok(start..start + len)
        }
    }
}

#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<Chip>>);

impl Shared {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Chip::new())))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Chip) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn attach(&self) -> Debug {
        Debug::attach_virtual(Box::new(self.clone())).expect("it attaches")
    }
}

fn number(which: CoreRegister) -> usize {
    match which {
        CoreRegister::R(number) => number.into(),
        CoreRegister::Xpsr => 16,
    }
}

impl CoreBackend for Shared {
    fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        if addr < 0x4_0000 {
            into.fill(0xFF);
            return Ok(());
        }
        self.with(|chip| {
            into.copy_from_slice(&chip.ram[Chip::place(addr, into.len())?]);
            Ok(())
        })
    }

    fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), BusFault> {
        self.with(|chip| {
            chip.ram[Chip::place(addr, bytes.len())?].copy_from_slice(bytes);
            Ok(())
        })
    }

    fn is_halted(&mut self) -> bool {
        self.with(|chip| chip.halted)
    }

    fn halt(&mut self) {
        self.with(|chip| chip.halted = true);
    }

    fn resume(&mut self) {
        self.with(|chip| chip.halted = false);
    }

    fn step(&mut self) {
        self.with(|chip| chip.registers[15] += 2);
    }

    fn reset(&mut self, halt: bool) {
        self.with(|chip| {
            chip.resets += 1;
            chip.registers[15] = RESET_VECTOR;
            chip.halted = halt;
        });
    }

    fn set_breakpoint(&mut self, addr: u32) {
        self.with(|chip| chip.breakpoints.push(addr));
    }

    fn clear_breakpoint(&mut self, addr: u32) {
        self.with(|chip| chip.breakpoints.retain(|at| *at != addr));
    }

    fn read_register(&mut self, which: CoreRegister) -> Option<u32> {
        self.with(|chip| Some(chip.registers[number(which)]))
    }

    fn write_register(&mut self, which: CoreRegister, value: u32) -> bool {
        self.with(|chip| chip.registers[number(which)] = value);
        true
    }
}

#[test]
fn attaching_leaves_the_core_running() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    assert!(!debug.is_halted().unwrap());
    assert!(!chip.with(|c| c.halted));
    assert_eq!(chip.with(|c| c.resets), 0);
}

#[test]
fn attaching_under_reset_holds_the_core_before_its_first_instruction() {
    let chip = Shared::new();
    chip.with(|c| c.registers[15] = 0x4444);
    let mut debug = Debug::attach_virtual_under_reset(Box::new(chip.clone())).expect("it attaches");
    assert!(chip.with(|c| c.resets) >= 1);
    assert!(debug.is_halted().unwrap());
    assert_eq!(debug.pc().unwrap(), u64::from(RESET_VECTOR));
}

#[test]
fn a_core_halts_steps_and_runs() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    debug.halt().unwrap();
    assert!(debug.is_halted().unwrap() && chip.with(|c| c.halted));
    let pc = debug.pc().unwrap();
    debug.step().unwrap();
    assert_eq!(debug.pc().unwrap(), pc + 2);
    assert!(debug.is_halted().unwrap());
    debug.run().unwrap();
    assert!(!debug.is_halted().unwrap());
    assert!(!debug.run_if_halted().unwrap());
}

#[test]
fn a_reset_lets_the_core_run_and_another_holds_it() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    chip.with(|c| c.registers[15] = 0x4444);
    debug.reset().unwrap();
    assert_eq!((chip.with(|c| c.resets), debug.is_halted().unwrap()), (1, false));
    debug.reset_and_halt().unwrap();
    assert_eq!((chip.with(|c| c.resets), debug.is_halted().unwrap()), (2, true));
    assert_eq!(debug.pc().unwrap(), u64::from(RESET_VECTOR));
}

#[test]
fn a_reset_of_a_halted_core_runs() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    debug.halt().unwrap();
    debug.reset().unwrap();
    assert!(!debug.is_halted().unwrap() && !chip.with(|c| c.halted));
}

#[test]
fn a_breakpoint_halts_the_core_until_it_is_taken_away() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    debug.set_breakpoint(0x1040).unwrap();
    chip.with(|c| c.comes_to(0x1000));
    assert!(!debug.is_halted().unwrap());
    chip.with(|c| c.comes_to(0x1040));
    assert!(debug.is_halted().unwrap());
    assert_eq!(debug.pc().unwrap(), 0x1040);
    debug.run().unwrap();
    assert!(!debug.is_halted().unwrap());
    debug.clear_breakpoint(0x1040).unwrap();
    chip.with(|c| c.comes_to(0x1040));
    assert!(!debug.is_halted().unwrap());
    assert!(chip.with(|c| c.breakpoints.is_empty()));
}

#[test]
fn a_breakpoint_of_a_smaller_core_stands_at_its_half_word() {
    let chip = Shared::new();
    let mut debug = Debug::attach_virtual_as(Box::new(chip.clone()), "nRF51822_xxAA").expect("it attaches");
    debug.set_breakpoint(0x1040).unwrap();
    debug.set_breakpoint(0x1046).unwrap();
    assert_eq!(chip.with(|c| c.breakpoints.clone()), [0x1040, 0x1046]);
    debug.clear_breakpoint(0x1046).unwrap();
    assert_eq!(chip.with(|c| c.breakpoints.clone()), [0x1040]);
}

#[test]
fn breakpoints_stand_in_ram_too_and_end_with_the_hardware_s_number() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    for unit in 0..8 {
        debug.set_breakpoint(0x2000_0000 + 16 * unit).unwrap();
    }
    assert_eq!(chip.with(|c| c.breakpoints.len()), 8);
    assert!(matches!(debug.set_breakpoint(0x1100), Err(ProbeError::Refused { .. })));
}

#[test]
fn memory_of_every_width_and_alignment_is_what_was_written() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    for len in [1, 2, 3, 4, 5, 7, 8, 15, 64, 1_000, 1_024, 1_025, 3_000] {
        for offset in 0..5_u32 {
            let bytes: Vec<u8> = (0..len).map(|i: usize| (i * 7 + len + offset as usize) as u8).collect();
            let addr = u64::from(RAM + 1_000 + offset);
            if 1_000 + offset as usize + len > 4_096 {
                continue;
            }
            debug.write(addr, &bytes).unwrap();
            let inside = chip.with(|c| c.ram[1_000 + offset as usize..][..len].to_vec());
            assert_eq!(inside, bytes, "{len} bytes written at +{offset}");
            let mut back = vec![0; len];
            debug.read(addr, &mut back).unwrap();
            assert_eq!(back, bytes, "{len} bytes read at +{offset}");
        }
    }
    debug.write_word(RAM.into(), 0xDEAD_BEEF).unwrap();
    assert_eq!(debug.read_word(RAM.into()).unwrap(), 0xDEAD_BEEF);
}

#[test]
fn a_bus_error_is_told_and_the_probe_goes_on() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    let error = debug.read_word(0x4000_0000).unwrap_err();
    assert!(error.to_string().contains("reading the word at 0x40000000"), "{error}");
    assert!(debug.write_word(0x4000_0000, 1).is_err());
    let mut beyond = [0; 64];
    assert!(debug.read(u64::from(RAM) + 4_096 - 32, &mut beyond).is_err());
    debug.write_word(RAM.into(), 5).unwrap();
    assert_eq!(debug.read_word(RAM.into()).unwrap(), 5);
}

#[test]
fn registers_of_a_halted_core_are_read_and_written() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    debug.halt().unwrap();
    debug.set_register(3, 0xCAFE).unwrap();
    assert_eq!(chip.with(|c| c.registers[3]), 0xCAFE);
    assert_eq!(debug.register(3).unwrap(), 0xCAFE);
}

#[test]
fn detaching_leaves_the_core_running_without_breakpoints() {
    let chip = Shared::new();
    let mut debug = chip.attach();
    debug.set_breakpoint(0x1040).unwrap();
    debug.halt().unwrap();
    drop(debug);
    assert!(chip.with(|c| c.breakpoints.is_empty() && !c.halted));
}
