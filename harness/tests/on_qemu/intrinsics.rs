//! The board's own products, quotients and comparisons (`firmware-stub/board/src/intrinsics.rs`), called by the probe in the image that the scenarios run on.

use pump_hil_firmware::Image;
use pump_hil_rig::probe::Debug;
use pump_hil_rig::qemu::{Process, QemuAt};
use std::cmp::Ordering;
use std::path::PathBuf;
use std::time::Duration;

const LR: u16 = 14;
const PC: u16 = 15;
/// Two pieces of RAM, each with a word before and behind it that differs.
const PIECES: [u64; 2] = [0x2000_1000, 0x2000_1100];
const PIECE: usize = 24;

/// A core that stands before its first instruction, and the image that it has.
struct Core(Debug, Image);

impl Core {
    /// Calls a function with four words: what it returns in two.
    fn call(&mut self, name: &str, arguments: [u32; 4]) -> (u32, u32) {
        let Self(debug, image) = self;
        let at = |name: &str| image.symbol(name).expect(name).addr & !1;
        // Nothing comes by there but who returns.
        let back = at("motor_stroke");
        for (number, word) in (0..).zip(arguments) {
            debug.set_register(number, word).expect("written");
        }
        debug.set_register(LR, back as u32 | 1).expect("written");
        debug.set_register(PC, at(name) as u32).expect("written");
        debug.set_breakpoint(back).expect("set");
        debug.run().expect("runs");
        while !debug.is_halted().expect("asked") {}
        assert_eq!(debug.pc().expect("halted"), back);
        let [low, high] = [0, 1].map(|number| debug.register(number).expect("read") as u32);
        (low, high)
    }
}

/// The board's machine with this image, halted before its first instruction.
fn start(elf: PathBuf) -> (Process, Debug) {
    let at = QemuAt {
        machine: "microbit".to_owned(),
        elf: Some(elf),
        args: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an event loop");
    let (process, machine) = runtime
        .block_on(Process::start(&at, Duration::from_secs(20)))
        .expect("QEMU starts");
    (process, Debug::attach_virtual(Box::new(machine)).expect("attaches"))
}

/// Nothing, visibly, where there is no QEMU or no image.
fn core() -> Option<(Process, Core)> {
    let elf = super::bench()?.join("firmware-stub/board/target/microbit.elf");
    let image = Image::parse(std::fs::read(&elf).expect("the image")).expect("it is one");
    let (process, mut debug) = start(elf);
    debug.reset_and_halt().expect("resets");
    Some((process, Core(debug, image)))
}

/// Words of every length, again the same ones each time.
fn words() -> impl Iterator<Item = u32> {
    let mut state = 0x5EED_u64;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((state >> 32) as u32) >> (state >> 27 & 31)
    })
}

#[test]
fn the_boards_own_arithmetic_is_right() {
    let Some((_process, mut core)) = core() else {
        return;
    };
    let edges = [0, 1, 2, 3, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    let edges = edges.iter().flat_map(|&a| edges.map(|b| (a, b)));
    let mut random = words();
    let pairs: Vec<_> = edges
        .chain((0..200).map(|_| (random.next().unwrap_or(0), random.next().unwrap_or(0))))
        .collect();
    for &(a, b) in &pairs {
        let expected = (a.checked_div(b).unwrap_or(0), a.checked_rem(b).unwrap_or(0));
        let (quotient, remainder) = core.call("__aeabi_uidivmod", [a, b, 7, 7]);
        assert!(
            b == 0 && quotient == 0 || (quotient, remainder) == expected,
            "{a} / {b}"
        );
    }
    for (&(a, c), &(b, d)) in pairs.iter().zip(pairs.iter().rev()) {
        let (long_a, long_b) = (u64::from(a) | u64::from(b) << 32, u64::from(c) | u64::from(d) << 32);
        let (low, high) = core.call("__aeabi_lmul", [a, b, c, d]);
        assert_eq!(
            u64::from(low) | u64::from(high) << 32,
            long_a.wrapping_mul(long_b),
            "{long_a} * {long_b}"
        );
    }
}

#[test]
fn the_boards_own_comparison_is_right() {
    let Some((_process, mut core)) = core() else {
        return;
    };
    let piece: Vec<u8> = (1..=PIECE as u8).map(|n| n.wrapping_mul(11)).collect();
    for (from, other_from) in [(0, 0), (1, 1), (0, 2), (3, 1)] {
        for len in 0..PIECE - 3 {
            // Each byte in turn differs, the ones around the end among them; then none does.
            for differs in (0..len + 2).map(Some).chain([None]) {
                let mut other = piece.clone();
                if let Some(at) = differs {
                    other[at] ^= 0x81;
                }
                let expected = piece[..len].cmp(&other[..len]);
                let [a, b] = [PIECES[0] + from, PIECES[1] + other_from];
                core.0.write(a, &piece).expect("written");
                core.0.write(b, &other).expect("written");
                let (is, _) = core.call("memcmp", [a as u32, b as u32, len as u32, 0]);
                assert_eq!(
                    is.cast_signed().cmp(&0),
                    expected,
                    "{len} bytes of which {differs:?} differs"
                );
                assert!(differs.is_some_and(|at| at < len) || expected == Ordering::Equal);
            }
        }
    }
}
