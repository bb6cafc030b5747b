//! Frames that are garbage, with the texts of a true image. Any bytes in one: `tests/readers/defmt.rs` of the whole harness. What true firmware says is decoded in `rig/src/record/tests.rs`.

use super::*;
use crate::elf::Elf;
use std::sync::OnceLock;

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let bytes = include_bytes!("../../../../fixtures/firmware/probed.elf");
        let elf = Elf::parse(bytes.to_vec()).expect("it is one");
        Table::of(&elf).expect("it speaks defmt")
    })
}

/// The number of the text that contains `part`.
fn number(part: &str) -> u16 {
    let entry = table().entries.iter().find(|(_, entry)| entry.format.contains(part));
    *entry.expect("there").0
}

/// A frame as it is sent.
fn encoded(bytes: &[u8]) -> Vec<u8> {
    rzcobs::encode(bytes)
}

#[test]
fn a_list_that_claims_to_be_endless_is_no_message() {
    let mut frame = number("bytes {=[u8]:x}").to_le_bytes().to_vec();
    frame.extend([0; 4]); // the time stamp
    frame.extend([0; 4]); // no bytes
    frame.extend(number("{=[?]}").to_le_bytes());
    frame.extend(u32::MAX.to_le_bytes());
    frame.extend(number("None|Some").to_le_bytes());
    assert_eq!(table().message(&encoded(&frame)), None);
}

#[test]
fn values_that_hold_themselves_are_no_message() {
    let pair = number("({=?}, {=?})");
    let mut frame = number("{} {} {}").to_le_bytes().to_vec();
    frame.extend([0; 4]);
    for _ in 0..2_000 {
        frame.extend(pair.to_le_bytes());
    }
    assert_eq!(table().message(&encoded(&frame)), None);
}
