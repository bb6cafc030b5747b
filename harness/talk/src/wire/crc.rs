//! CRC-32/ISO-HDLC, over a prescription.

use crc::{CRC_32_ISO_HDLC, Crc, Digest};

// Only prescriptions and dose entries go through this one: the small table will do.
static CRC32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// CRC-32/ISO-HDLC of what was fed so far.
#[derive(Clone)]
pub struct Crc32(Digest<'static, u32>);

impl Default for Crc32 {
    fn default() -> Self {
        Self(CRC32.digest())
    }
}

impl Crc32 {
    /// Takes more bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum.
    #[must_use]
    pub fn value(self) -> u32 {
        self.0.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_its_catalogued_check_value() {
        let mut crc = Crc32::default();
        crc.feed(b"1234");
        crc.feed(b"56789");
        assert_eq!(crc.value(), 0xCBF4_3926);
    }
}
