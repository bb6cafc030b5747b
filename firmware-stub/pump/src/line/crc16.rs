//! CRC-16/IBM-3740, the check of every line.

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = (i as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
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
        crc = (crc << 8) ^ TABLE[((crc >> 8) as u8 ^ bytes[i]) as usize];
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
