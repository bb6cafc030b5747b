//! Stacks that are garbage, walked with a true image's tables. Those of firmware that truly faults are in `rig/src/record/tests.rs`.

use super::*;
use proptest::prelude::*;
use std::sync::OnceLock;

fn bytes() -> Vec<u8> {
    include_bytes!("../../../../fixtures/firmware/probed.elf").to_vec()
}

fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| Image::parse(bytes()).expect("it is one"))
}

/// An address in the code, in RAM, of an exception's return, or anything.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..0x1400_u32,
        0x2000_0000..0x2000_4000_u32,
        0xFFFF_FF00_u32..,
        any::<u32>()
    ]
}

#[test]
fn a_stack_that_only_calls_itself_comes_to_an_end() {
    let (_, function) = image()
        .symbols()
        .find(|(name, _)| name.contains("speak"))
        .expect("there");
    let place = function.addr as u32 + 0x21;
    let mut registers: Registers = [0x2000_0000; 17];
    registers[PC] = place;
    let mut reads = 0;
    // Each frame holds the place of the next one, and the same return address.
    let mut read = |addr: u32| {
        reads += 1;
        Some(if addr.is_multiple_of(8) { addr + 8 } else { place })
    };
    let stack = unwind(image(), &registers, 0, &mut read);
    assert_eq!(stack.frames.len(), FRAMES_MAX);
    assert_eq!(stack.end, "more than 64 frames");
    assert!(reads < 16 * FRAMES_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn garbage_in_registers_and_memory_ends_the_walk(
        registers in proptest::array::uniform17(word()),
        memory in proptest::collection::vec(proptest::option::weighted(0.95, word()), 1..64),
        psp in any::<u32>(),
    ) {
        let mut reads = 0_usize;
        let mut read = |addr: u32| {
            reads += 1;
            memory[(addr as usize / 4) % memory.len()]
        };
        let stack = unwind(image(), &registers, psp, &mut read);
        prop_assert!(stack.frames.len() <= FRAMES_MAX && !stack.end.is_empty());
        prop_assert!(reads <= 24 * FRAMES_MAX);
    }
}
