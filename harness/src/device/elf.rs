//! Symbols of a firmware's ELF file: where a name stands in memory.
//!
//! Reads the symbol table of a 32-bit little-endian file, as Cortex-M firmware is. Every offset is checked: a broken file is told, and breaks nothing.

use std::collections::BTreeMap;

/// Why bytes give no symbols.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElfError {
    /// No ELF file of the kind that Cortex-M firmware is.
    #[error("no 32-bit little-endian ELF file")]
    Kind,
    /// Something points beyond the end of the file.
    #[error("the file is cut off, or broken: its {what} lies beyond its {len} bytes")]
    Broken {
        /// What.
        what: &'static str,
        /// Bytes of the file.
        len: usize,
    },
    /// It was stripped.
    #[error("the file has no symbol table: build the firmware without stripping it")]
    Stripped,
}

const SYMBOL_TABLE: u32 = 2;
const SYMBOL_LEN: usize = 16;
const FUNCTION: u8 = 2;
const OBJECT: u8 = 1;

/// Functions and objects by name. The Thumb bit of a function's address is taken off.
///
/// # Errors
/// Bytes that are no such file, a broken one, or one without symbols.
pub fn symbols(file: &[u8]) -> Result<BTreeMap<String, u64>, ElfError> {
    if !file.starts_with(b"\x7fELF\x01\x01") {
        return Err(ElfError::Kind);
    }
    let broken = |what| ElfError::Broken { what, len: file.len() };
    let sections_at = word(file, 0x20).ok_or_else(|| broken("header"))?;
    let (entry_len, count) = (half(file, 0x2E), half(file, 0x30));
    let (entry_len, count) = entry_len.zip(count).ok_or_else(|| broken("header"))?;
    let section = |index: usize| {
        let start = sections_at.checked_add(index.checked_mul(entry_len)?)?;
        file.get(start..start.checked_add(40)?)
    };
    for index in 0..count {
        let header = section(index).ok_or_else(|| broken("section table"))?;
        if word(header, 4) != Some(SYMBOL_TABLE as usize) {
            continue;
        }
        let table = contents(file, header).ok_or_else(|| broken("symbol table"))?;
        let names = word(header, 0x18).filter(|link| *link < count).and_then(section);
        let names = names.and_then(|header| contents(file, header));
        return Ok(named(table, names.ok_or_else(|| broken("string table"))?));
    }
    Err(ElfError::Stripped)
}

fn named(table: &[u8], names: &[u8]) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    for symbol in table.chunks_exact(SYMBOL_LEN) {
        let kind = symbol[12] & 0xF;
        let (Some(name_at), Some(value)) = (word(symbol, 0), word(symbol, 4)) else {
            continue;
        };
        let name = names.get(name_at..).and_then(|rest| rest.split(|b| *b == 0).next());
        let name = name.and_then(|n| std::str::from_utf8(n).ok()).filter(|n| !n.is_empty());
        if let Some(name) = name.filter(|_| kind == FUNCTION || kind == OBJECT) {
            let value = if kind == FUNCTION { value & !1 } else { value };
            found.insert(name.to_owned(), value as u64);
        }
    }
    found
}

/// What a section's header points to.
fn contents<'a>(file: &'a [u8], header: &[u8]) -> Option<&'a [u8]> {
    let start = word(header, 0x10)?;
    file.get(start..start.checked_add(word(header, 0x14)?)?)
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(four.try_into().ok()?) as usize)
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..at + 2)?;
    Some(u16::from_le_bytes(two.try_into().ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a symbol table and its names, and nothing else.
    fn elf() -> Vec<u8> {
        let names = b"\0PUMP_HIL_BLOCK\0pump_step\0";
        let mut table = vec![0; SYMBOL_LEN];
        for (name, value, kind) in [(1_u32, 0x2000_0400_u32, OBJECT), (16, 0x1001, FUNCTION)] {
            table.extend(name.to_le_bytes());
            table.extend(value.to_le_bytes());
            table.extend([0; 4]);
            table.extend([kind, 0, 0, 0]);
        }
        let (table_at, names_at) = (0x34, 0x34 + table.len());
        let sections_at = names_at + names.len();
        let mut file = vec![0; 0x34];
        file[..6].copy_from_slice(b"\x7fELF\x01\x01");
        file[0x20..0x24].copy_from_slice(&u32::try_from(sections_at).unwrap().to_le_bytes());
        file[0x2E..0x32].copy_from_slice(&[40, 0, 2, 0]);
        file.extend(&table);
        file.extend(names);
        for (kind, at, len, link) in [
            (SYMBOL_TABLE, table_at, table.len(), 1_u32),
            (3, names_at, names.len(), 0),
        ] {
            let mut header = vec![0; 40];
            header[4..8].copy_from_slice(&kind.to_le_bytes());
            header[0x10..0x14].copy_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
            header[0x14..0x18].copy_from_slice(&u32::try_from(len).unwrap().to_le_bytes());
            header[0x18..0x1C].copy_from_slice(&link.to_le_bytes());
            file.extend(header);
        }
        file
    }

    #[test]
    fn objects_and_functions_are_found_by_name() {
        let found = symbols(&elf()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found["PUMP_HIL_BLOCK"], found["pump_step"]), (0x2000_0400, 0x1000));
    }

    #[test]
    fn a_file_cut_off_anywhere_is_told_and_breaks_nothing() {
        let whole = elf();
        for len in 0..whole.len() {
            assert!(symbols(&whole[..len]).is_err(), "cut at {len}");
        }
    }

    #[test]
    fn a_file_with_any_byte_spoilt_breaks_nothing() {
        let whole = elf();
        for at in 0..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[at] = 0xFF;
            let _ = symbols(&spoilt);
        }
    }

    #[test]
    fn what_is_no_firmware_and_what_was_stripped_are_told() {
        assert_eq!(symbols(b"#!/bin/sh"), Err(ElfError::Kind));
        let mut stripped = elf();
        let at = stripped.len() - 80 + 4;
        stripped[at] = 1;
        assert_eq!(symbols(&stripped), Err(ElfError::Stripped));
    }
}
