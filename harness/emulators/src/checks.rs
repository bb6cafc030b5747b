//! Checks over bytes, bit by bit: from their definitions, not from the crate that the harness uses.

/// CRC-8/SMBUS: polynomial 0x07, from 0, highest bit first.
#[must_use]
pub fn smbus(bytes: &[u8]) -> u8 {
    let step = |crc: u8, _| match crc & 0x80 {
        0 => crc << 1,
        _ => (crc << 1) ^ 0x07,
    };
    bytes.iter().fold(0, |crc, byte| (0..8).fold(crc ^ byte, step))
}

/// CRC-16/XMODEM: polynomial 0x1021, from 0, highest bit first.
#[must_use]
pub fn xmodem(bytes: &[u8]) -> u16 {
    let step = |crc: u16, _| match crc & 0x8000 {
        0 => crc << 1,
        _ => (crc << 1) ^ 0x1021,
    };
    bytes
        .iter()
        .fold(0, |crc, byte| (0..8).fold(crc ^ (u16::from(*byte) << 8), step))
}

/// CRC-16/MODBUS: polynomial 0x8005 reflected, from 0xFFFF, lowest bit first. It is sent low byte first.
#[must_use]
pub fn modbus(bytes: &[u8]) -> u16 {
    let step = |crc: u16, _| match crc & 1 {
        0 => crc >> 1,
        _ => (crc >> 1) ^ 0xA001,
    };
    bytes
        .iter()
        .fold(0xFFFF, |crc, byte| (0..8).fold(crc ^ u16::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_catalogue_come_out() {
        assert_eq!(smbus(b"123456789"), 0xF4);
        assert_eq!(xmodem(b"123456789"), 0x31C3);
        assert_eq!(modbus(b"123456789"), 0x4B37);
    }
}
