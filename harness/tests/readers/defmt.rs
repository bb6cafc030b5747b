//! Frames of `defmt`, with the texts of a true image.

use super::attack::Target;
use super::seeds;
use pump_hil_firmware::Image;
use pump_hil_firmware::defmt::Table;

/// The texts of the image have numbers up to it.
const NUMBERS: u16 = 0x18;

#[test]
fn frames_of_any_bytes_are_messages_within_bounds() {
    let image = Image::parse(seeds::file("fixtures/firmware/probed.elf")).expect("an image");
    let table = image.defmt().expect("it speaks defmt");
    Target {
        name: "defmt",
        inputs: 8_000,
        seeds: frames(),
        read: &|bytes| read(table, bytes),
    }
    .run();
}

fn read(table: &Table, bytes: &[u8]) {
    // As it stands in the frame, and as it stands on the channel.
    for frame in [&rzcobs::encode(bytes)[..], bytes] {
        if let Some(message) = table.message(frame) {
            let told = message.text + &message.stamp.unwrap_or_default();
            assert!(!told.chars().any(char::is_control), "{told:?}");
            assert!(told.chars().count() < 1_200, "{} characters", told.chars().count());
        }
    }
}

/// One of each number, with a time, and with values that are numbers of texts themselves.
fn frames() -> Vec<Vec<u8>> {
    let frame = |number: u16| {
        let mut frame = number.to_le_bytes().to_vec();
        frame.extend([1, 2, 3, 0]);
        for value in 1..=NUMBERS {
            frame.extend(value.to_le_bytes());
        }
        frame
    };
    (1..=NUMBERS).map(frame).collect()
}
