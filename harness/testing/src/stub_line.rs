//! Lines as the stub pump writes them (`firmware-stub/PROTOCOL.md`), without the harness's own codec.

/// The checksum of a line: CRC-16/IBM-3740 over everything before ` *`.
#[must_use]
pub fn crc16(body: &[u8]) -> u16 {
    body.iter().fold(0xFFFF, |crc: u16, byte| {
        let begun = crc ^ (u16::from(*byte) << 8);
        (0..8).fold(begun, |crc, _| {
            let shifted = crc << 1;
            if crc & 0x8000 == 0 { shifted } else { shifted ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(super::crc16(b"123456789"), 0x29B1);
    }
}
