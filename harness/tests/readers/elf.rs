//! Firmware images: the ELF file, its debug information, its tables for call stacks.

use super::attack::Target;
use super::seeds;
use pump_hil_firmware::Image;
use pump_hil_firmware::stack::{self, Registers};
use pump_hil_model::value::MemoryValue;

/// What the images of the seeds have, and a few names that none has.
const PLACES: &[&str] = &[
    "DEVICE.samples[1].value",
    "DEVICE.grid[1][2]",
    "DEVICE.mode",
    "DEVICE.raw.bytes[3]",
    "shapes.c::counter",
    "PUMP.in_force.dose",
    "PUMP.alarm",
    "SHARED",
    "LATER.len",
    "PUMP.steps[2].1",
    "PUMP",
    "GONE.x",
];
const CODE: &[&str] = &["step", "Pump::step", "shapes.c:25", "main.rs:57", "gone"];
/// Calls of memory that one stack may take: as in `src/stack/tests.rs`.
const READS_MAX: usize = 24 * 64;

#[test]
fn an_image_of_any_bytes_is_none_or_answers() {
    let files = [
        "harness/firmware/tests/elf/c.elf",
        "harness/firmware/tests/elf/rust.elf",
        "fixtures/firmware/probed.elf",
    ];
    Target {
        name: "elf",
        inputs: 400,
        seeds: files.iter().map(|file| seeds::file(file)).collect(),
        read: &read,
    }
    .run();
}

/// Asks everything of an image that may be no image at all.
fn read(bytes: &[u8]) {
    let Ok(image) = Image::parse(bytes.to_vec()) else {
        return;
    };
    for text in PLACES {
        let Ok(place) = image.place(text) else { continue };
        let _ = place.read(|_, into| -> Result<(), ()> {
            into.fill(0xA5);
            Ok(())
        });
        let _ = place.bytes_of(&MemoryValue::Unsigned(1));
    }
    for name in CODE {
        let _ = image.code(name);
    }
    let loaded: usize = image.segments().iter().map(|segment| segment.bytes.len()).sum();
    // Headers may name the same bytes again, as often as a file has headers: a byte of it holds none of 32.
    assert!(
        loaded <= bytes.len() * (bytes.len() / 32 + 1),
        "{loaded} bytes to be loaded"
    );
    let _ = image.sha256();
    let _ = image.text("PUMP_HIL_IDENTITY");
    if let Some(table) = image.defmt() {
        let _ = table.message(&[1, 11, 0, 9, 9, 9, 9]);
    }
    call_stack(&image);
}

fn call_stack(image: &Image) {
    let functions = image.symbols().map(|(_, symbol)| symbol.addr as u32).take(4);
    for pc in functions.collect::<Vec<_>>() {
        let mut registers: Registers = [0x2000_0400; 17];
        registers[15] = pc.wrapping_add(8);
        registers[14] = pc | 1;
        let mut reads = 0;
        let mut memory = |addr: u32| {
            reads += 1;
            Some(if addr.is_multiple_of(8) {
                pc | 1
            } else {
                addr.wrapping_add(8)
            })
        };
        let stack = stack::unwind(image, &registers, 0x2000_0800, &mut memory);
        assert!(!stack.end.is_empty() && reads <= READS_MAX, "{reads} reads");
    }
}
