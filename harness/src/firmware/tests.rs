use super::*;

const SYMBOL_TABLE: u32 = 2;
const FUNCTION: u8 = 2;
const OBJECT: u8 = 1;

/// A file with a symbol table and its names, and nothing else.
fn elf() -> Vec<u8> {
    let names = b"\0PUMP_HIL_BLOCK\0pump_step\0";
    let mut table = vec![0; 16];
    for (name, value, kind) in [(1_u32, 0x2000_0400_u32, OBJECT), (16, 0x1001, FUNCTION)] {
        table.extend(name.to_le_bytes());
        table.extend(value.to_le_bytes());
        table.extend([8, 0, 0, 0]);
        // In a section of its own: SHN_ABS.
        table.extend([kind, 0, 0xF1, 0xFF]);
    }
    let (table_at, names_at) = (0x34, 0x34 + table.len());
    let sections_at = (names_at + names.len()).next_multiple_of(4);
    let mut file = vec![0; 0x34];
    file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    file[0x10] = 2;
    file[0x12] = 40;
    file[0x14] = 1;
    file[0x20..0x24].copy_from_slice(&u32::try_from(sections_at).unwrap().to_le_bytes());
    file[0x28] = 0x34;
    file[0x2E..0x34].copy_from_slice(&[40, 0, 3, 0, 2, 0]);
    file.extend(&table);
    file.extend(names);
    file.resize(sections_at, 0);
    for (kind, at, len, link, entry) in [
        (0, 0, 0, 0_u32, 0),
        (SYMBOL_TABLE, table_at, table.len(), 2, 16),
        (3, names_at, names.len(), 0, 0),
    ] {
        let mut header = vec![0; 40];
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        header[0x10..0x14].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
        header[0x14..0x18].copy_from_slice(&u32::try_from(len).unwrap().to_le_bytes());
        header[0x18..0x1C].copy_from_slice(&link.to_le_bytes());
        header[0x24] = entry;
        file.extend(header);
    }
    file
}

#[test]
fn objects_and_functions_are_found_by_name() {
    let image = Image::parse(elf()).unwrap();
    let addr = |name| image.symbol(name).map(|symbol| symbol.addr);
    assert_eq!(image.symbols().count(), 2);
    assert_eq!(
        (addr("PUMP_HIL_BLOCK"), addr("pump_step")),
        (Some(0x2000_0400), Some(0x1000))
    );
    assert_eq!(addr("pump_stop"), None);
}

#[test]
fn a_file_cut_off_anywhere_is_told_and_breaks_nothing() {
    let whole = elf();
    for len in 0..whole.len() {
        assert!(Image::parse(&whole[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn a_file_with_any_byte_spoilt_breaks_nothing() {
    let whole = elf();
    for at in 0..whole.len() {
        let mut spoilt = whole.clone();
        spoilt[at] = 0xFF;
        let _ = Image::parse(spoilt);
    }
}

#[test]
fn what_is_no_firmware_and_what_was_stripped_are_told() {
    assert_eq!(Image::parse(*b"#!/bin/sh").err(), Some(ImageError::Kind));
    let mut stripped = elf();
    let at = stripped.len() - 80 + 4;
    stripped[at] = 1;
    assert_eq!(Image::parse(stripped).err(), Some(ImageError::Stripped));
}
