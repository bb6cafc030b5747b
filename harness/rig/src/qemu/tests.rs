//! A real QEMU, with an image of eight instructions that counts as fast as it can.

use super::process::{FOLDER, private_folder, sweep};
use super::{Process, QemuAt};
use crate::probe::{Debug, is_not};
use std::path::{Path, PathBuf};
use std::time::Duration;

const COUNTER: u64 = 0x2000_0100;
const RESET: u64 = 0x40;
/// The first instruction of the loop.
const LOOP: u64 = 0x48;
const LIMIT: Duration = Duration::from_secs(20);

/// r0 = 0x20000100; loop: r1 = [r0]; r1 += 1; [r0] = r1; branch to loop.
const CODE: [u16; 8] = [0x2020, 0x0600, 0x3080, 0x3080, 0x6801, 0x3101, 0x6001, 0xE7FB];

/// r0 = 0x20000100; [r0] = r0; no interrupts; loop: sleep; branch to loop.
const SLEEPING: [u16; 8] = [0x2020, 0x0600, 0x3080, 0x3080, 0x6000, 0xB672, 0xBF30, 0xE7FD];

fn counting() -> Option<(Process, Debug, tempfile::TempDir)> {
    running(CODE)
}

/// The machine, its probe, and the folder of its image; `None`, visibly, where there is no QEMU.
fn running(code: [u16; 8]) -> Option<(Process, Debug, tempfile::TempDir)> {
    pump_hil_testing::repository::with_qemu(false)?;
    let folder = tempfile::tempdir().expect("a folder");
    let mut image = vec![0; RESET as usize];
    image[..4].copy_from_slice(&0x2000_4000_u32.to_le_bytes());
    image[4..8].copy_from_slice(&(RESET as u32 + 1).to_le_bytes());
    image.extend(code.iter().flat_map(|half| half.to_le_bytes()));
    let path = folder.path().join("count.bin");
    std::fs::write(&path, image).expect("written");
    let (process, debug) = start(path).expect("QEMU starts");
    Some((process, debug, folder))
}

pub(super) fn start(elf: PathBuf) -> Result<(Process, Debug), Box<dyn std::error::Error>> {
    let at = QemuAt {
        machine: "microbit".to_owned(),
        elf: Some(elf),
        args: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an event loop");
    let (process, machine) = runtime.block_on(async { Process::start(&at, LIMIT).await })?;
    Ok((process, Debug::attach_virtual(Box::new(machine))?))
}

#[test]
fn memory_is_read_and_written_while_the_machine_runs() {
    let Some((_process, mut debug, _folder)) = counting() else {
        return;
    };
    debug.run_if_halted().expect("runs");
    let first = debug.read_word(COUNTER).expect("read");
    while debug.read_word(COUNTER).expect("read") == first {}
    let bytes: Vec<u8> = (0..=255).collect();
    debug.write(0x2000_0200, &bytes).expect("written");
    let mut back = vec![0; 256];
    debug.read(0x2000_0200, &mut back).expect("read");
    assert_eq!(back, bytes);
    assert!(!debug.is_halted().expect("asked"));
}

#[test]
fn what_is_not_mapped_is_refused() {
    let Some((_process, mut debug, _folder)) = counting() else {
        return;
    };
    assert!(debug.read_word(0x3000_0000).is_err());
    assert!(debug.write_word(0x3000_0000, 1).is_err());
}

#[test]
fn halt_step_registers_breakpoint_and_reset() {
    let Some((_process, mut debug, _folder)) = counting() else {
        return;
    };
    debug.halt().expect("halts");
    let standing = debug.read_word(COUNTER).expect("read");
    assert_eq!(
        debug.read_word(COUNTER).expect("read"),
        standing,
        "a halted core counts on"
    );
    debug.reset_and_halt().expect("resets");
    assert_eq!(debug.pc().expect("halted"), RESET);
    debug.step().expect("steps");
    assert_eq!(debug.pc().expect("halted"), RESET + 2);
    assert_eq!(debug.register(0).expect("halted"), 0x20);
    debug.set_breakpoint(LOOP).expect("set");
    debug.run().expect("runs");
    while !debug.is_halted().expect("asked") {}
    assert_eq!(debug.pc().expect("halted"), LOOP);
    assert_eq!(debug.register(0).expect("halted"), COUNTER);
    debug.clear_breakpoint(LOOP).expect("cleared");
    debug.write_word(COUNTER, 41).expect("written");
    for _ in 0..3 {
        debug.step().expect("steps");
    }
    assert_eq!(debug.read_word(COUNTER).expect("read"), 42);
    debug.set_register(1, 7).expect("written");
    assert_eq!(debug.register(1).expect("read"), 7);
    debug.reset().expect("resets");
    let first = debug.read_word(COUNTER).expect("read");
    while debug.read_word(COUNTER).expect("read") == first {}
}

#[test]
fn a_core_that_sleeps_for_good_can_be_halted_let_go_and_reset() {
    let Some((_process, mut debug, _folder)) = running(SLEEPING) else {
        return;
    };
    debug.run_if_halted().expect("runs");
    while debug.read_word(COUNTER).expect("read") == 0 {}
    let asleep = RESET + 14;
    for _ in 0..2 {
        debug.halt().expect("halts");
        assert_eq!(debug.pc().expect("halted"), asleep);
        debug.step().expect("nothing to carry out");
        assert_eq!(debug.pc().expect("halted"), asleep);
        debug.run().expect("runs");
        assert!(!debug.is_halted().expect("asked"));
        assert_ne!(debug.read_word(COUNTER).expect("read"), 0);
    }
    debug.reset_and_halt().expect("resets");
    assert_eq!(debug.pc().expect("halted"), RESET);
}

#[test]
fn a_machine_that_qemu_does_not_know_is_told_with_its_words() {
    if counting().is_none() {
        return;
    }
    let at = QemuAt {
        machine: "toaster".to_owned(),
        elf: Some(PathBuf::from("/dev/null")),
        args: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an event loop");
    let error = runtime
        .block_on(async { Process::start(&at, LIMIT).await })
        .expect_err("no such machine");
    assert!(error.to_string().contains("unsupported machine type"), "{error}");
}

#[test]
fn a_machine_is_held_to_the_kind_of_core_of_the_chip_and_not_to_what_qemu_leaves_out() {
    let Some((_process, _debug, folder)) = counting() else {
        return;
    };
    let machine = |machine: &str| {
        let at = QemuAt {
            machine: machine.to_owned(),
            elf: Some(folder.path().join("count.bin")),
            args: Vec::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("an event loop");
        let started = runtime.block_on(async { Process::start(&at, LIMIT).await });
        started.expect("QEMU starts")
    };
    for (name, same, other, found) in [
        ("microbit", "nRF51822_xxAA", "nRF52840_xxAA", "Cortex-M0"),
        ("lm3s6965evb", "STM32F103C8", "nRF51822_xxAA", "Cortex-M3"),
        ("netduino2", "STM32F205RFTx", "STM32F405RGTx", "Cortex-M3"),
        ("mps2-an385", "STM32F103C8", "nRF51822_xxAA", "Cortex-M3"),
        // It has no FICR.
        ("mps2-an386", "nRF52840_xxAA", "STM32F103C8", "Cortex-M4"),
    ] {
        let (_process, mut core) = machine(name);
        assert_eq!(is_not(&mut core, same), None, "{name}");
        let told = is_not(&mut core, other).unwrap_or_default();
        assert_eq!(told, format!("a chip with a {found}"), "{name}");
    }
}

#[test]
fn the_process_and_its_folder_end_with_it() {
    let Some((process, debug, _folder)) = counting() else {
        return;
    };
    let (folder, pid) = (process.folder.clone(), process.child.id().expect("it runs"));
    drop((debug, process));
    assert!(!folder.exists());
    // Killed; a zombie until it is reaped, which is not running either.
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    while state().is_some_and(|stat| !stat.contains(") Z")) {}
}

#[test]
fn folders_of_processes_that_are_gone_are_swept_away_and_others_stay() {
    let folder = |pid: u32| std::env::temp_dir().join(format!("{FOLDER}{pid}-of-a-test"));
    // No process has so high a number.
    let (gone, alive) = (folder(u32::MAX), folder(std::process::id()));
    for folder in [&gone, &alive] {
        std::fs::create_dir_all(folder).expect("a folder");
    }
    sweep();
    assert!(!gone.exists() && alive.exists());
    std::fs::remove_dir(alive).expect("it is there");
}

#[test]
fn a_temporary_folder_in_which_no_socket_can_be_says_what_to_set() {
    let long = format!("/tmp/{}", "long/".repeat(20));
    let told = private_folder(Path::new(&long), 0).expect_err("too long");
    assert!(
        told.contains("at most 107; set TMPDIR to a folder with a shorter path"),
        "{told}"
    );
    let told = private_folder(Path::new("/no/such/folder"), 0).expect_err("not there");
    assert!(
        told.starts_with("cannot make a folder for its sockets in /no/such/folder: No such file")
            && told.ends_with("set TMPDIR to a folder that can be written into"),
        "{told}"
    );
}
