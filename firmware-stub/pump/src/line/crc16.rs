//! CRC-16/IBM-3740, the check of every line.

/// One step for each nibble: a sixteenth of the usual table, for a small flash.
const NIBBLES: [u16; 16] = nibbles();

const fn nibbles() -> [u16; 16] {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 16 {
        let mut crc = (i as u16) << 12;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

/// The CRC of `bytes` that follow on bytes whose CRC is `crc`; start with 0xFFFF.
#[must_use]
pub const fn crc16_from(mut crc: u16, bytes: &[u8]) -> u16 {
    let mut i = 0;
    while i < bytes.len() {
        let byte = bytes[i];
        crc = (crc << 4) ^ NIBBLES[((crc >> 12) as u8 ^ (byte >> 4)) as usize];
        crc = (crc << 4) ^ NIBBLES[((crc >> 12) as u8 ^ (byte & 15)) as usize];
        i += 1;
    }
    crc
}

/// The CRC of `bytes`.
#[must_use]
pub const fn crc16(bytes: &[u8]) -> u16 {
    crc16_from(0xFFFF, bytes)
}

// The check value of the standard.
const _: () = assert!(crc16(b"123456789") == 0x29B1);
