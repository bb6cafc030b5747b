//! Bytes of a frame that stand for others, so that its end cannot stand within it.

/// How bytes within a frame are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stuffing {
    /// SLIP (RFC 1055): DB DC for C0, DB DD for DB.
    Slip,
    /// COBS: no zero stands within a frame.
    Cobs,
    /// `mark`, and then the byte with `xor` over it, for each of these bytes and the mark itself.
    Xor {
        /// The byte that says that the next one is changed.
        mark: u8,
        /// What is put over it.
        xor: u8,
    },
    /// This byte stands twice.
    Double(u8),
}

const SLIP_END: u8 = 0xC0;
const SLIP_ESC: u8 = 0xDB;
const SLIP_ESC_END: u8 = 0xDC;
const SLIP_ESC_ESC: u8 = 0xDD;

impl Stuffing {
    /// Appends what stands for `inside`; `outer` are the bytes that frames begin and end with.
    pub fn write(self, inside: &[u8], outer: &[u8], out: &mut Vec<u8>) {
        if matches!(self, Self::Cobs) {
            return write_cobs(inside, out);
        }
        for &byte in inside {
            match self {
                Self::Slip if byte == SLIP_END => out.extend([SLIP_ESC, SLIP_ESC_END]),
                Self::Slip if byte == SLIP_ESC => out.extend([SLIP_ESC, SLIP_ESC_ESC]),
                Self::Xor { mark, xor } if byte == mark || outer.contains(&byte) => out.extend([mark, byte ^ xor]),
                Self::Double(twice) if byte == twice => out.extend([twice, twice]),
                _ => out.push(byte),
            }
        }
    }

    /// Puts into `inside` what these bytes stand for.
    ///
    /// # Errors
    /// What cannot have been written so.
    pub fn read(self, stuffed: &[u8], inside: &mut Vec<u8>) -> Result<(), &'static str> {
        inside.clear();
        if matches!(self, Self::Cobs) {
            return read_cobs(stuffed, inside);
        }
        let mut bytes = stuffed.iter();
        while let Some(&byte) = bytes.next() {
            let read = match self {
                Self::Slip if byte == SLIP_ESC => match bytes.next() {
                    Some(&SLIP_ESC_END) => SLIP_END,
                    Some(&SLIP_ESC_ESC) => SLIP_ESC,
                    _ => return Err("DB is followed by neither DC nor DD"),
                },
                Self::Xor { mark, xor } if byte == mark => match bytes.next() {
                    Some(next) => next ^ xor,
                    None => return Err("nothing follows the escape mark"),
                },
                Self::Double(twice) if byte == twice => match bytes.next() {
                    Some(next) if *next == twice => twice,
                    _ => return Err("a byte that must stand twice stands once"),
                },
                _ => byte,
            };
            inside.push(read);
        }
        Ok(())
    }
}

fn write_cobs(inside: &[u8], out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin.saturating_add(cobs::max_encoding_length(inside.len())), 0);
    let room = out.get_mut(begin..).unwrap_or_default();
    // The room is as large as the encoding can be.
    let len = cobs::try_encode(inside, room).unwrap_or(0);
    out.truncate(begin.saturating_add(len));
}

fn read_cobs(stuffed: &[u8], inside: &mut Vec<u8>) -> Result<(), &'static str> {
    if stuffed.contains(&0) {
        return Err("a zero stands within the frame");
    }
    inside.resize(stuffed.len(), 0);
    match cobs::decode(stuffed, inside) {
        Ok(report) => inside.truncate(report.frame_size()),
        Err(_) => return Err("a COBS code points beyond the end of the frame"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Stuffing; 4] = [
        Stuffing::Slip,
        Stuffing::Cobs,
        Stuffing::Xor { mark: 0x7D, xor: 0x20 },
        Stuffing::Double(0x10),
    ];

    fn written(stuffing: Stuffing, inside: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        stuffing.write(inside, &[0x7E], &mut out);
        out
    }

    #[test]
    fn known_bytes() {
        assert_eq!(written(Stuffing::Slip, &[1, 0xC0, 0xDB]), [1, 0xDB, 0xDC, 0xDB, 0xDD]);
        assert_eq!(
            written(Stuffing::Cobs, &[0x11, 0x22, 0, 0x33]),
            [3, 0x11, 0x22, 2, 0x33]
        );
        assert_eq!(written(Stuffing::Cobs, &[0]), [1, 1]);
        assert_eq!(written(Stuffing::Cobs, &[]), [1]);
        assert_eq!(written(ALL[2], &[0x7E, 0x7D, 5]), [0x7D, 0x5E, 0x7D, 0x5D, 5]);
        assert_eq!(written(ALL[3], &[0x10, 2]), [0x10, 0x10, 2]);
        let long: Vec<u8> = vec![7; 254];
        assert_eq!(written(Stuffing::Cobs, &long).len(), 255);
    }

    #[test]
    fn what_cannot_have_been_written_is_told() {
        let mut inside = Vec::new();
        assert!(Stuffing::Slip.read(&[0xDB, 1], &mut inside).is_err());
        assert!(Stuffing::Slip.read(&[0xDB], &mut inside).is_err());
        assert!(Stuffing::Cobs.read(&[5, 1], &mut inside).is_err());
        assert!(Stuffing::Cobs.read(&[0], &mut inside).is_err());
        assert!(ALL[2].read(&[0x7D], &mut inside).is_err());
        assert!(ALL[3].read(&[0x10, 3], &mut inside).is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(inside in proptest::collection::vec(any::<u8>(), 0..700)) {
            for stuffing in ALL {
                let out = written(stuffing, &inside);
                let mut read = Vec::new();
                prop_assert_eq!(stuffing.read(&out, &mut read), Ok(()));
                prop_assert_eq!(&read, &inside);
                let forbidden = match stuffing {
                    Stuffing::Slip => Some(0xC0),
                    Stuffing::Cobs => Some(0),
                    Stuffing::Xor { .. } => Some(0x7E),
                    Stuffing::Double(_) => None,
                };
                prop_assert!(forbidden.is_none_or(|byte| !out.contains(&byte)));
            }
        }
    }
}
