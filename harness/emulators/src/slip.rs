//! SLIP (RFC 1055).

/// Ends a frame.
pub const END: u8 = 0xC0;
const ESC: u8 = 0xDB;
const ESC_END: u8 = 0xDC;
const ESC_ESC: u8 = 0xDD;

/// A frame with an END before it and behind it.
#[must_use]
pub fn wrap(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![END];
    for byte in bytes {
        match *byte {
            END => out.extend([ESC, ESC_END]),
            ESC => out.extend([ESC, ESC_ESC]),
            plain => out.push(plain),
        }
    }
    out.push(END);
    out
}

/// What was between two ENDs; `None`: an escape of nothing.
#[must_use]
pub fn unwrap(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match *byte {
            ESC => match *rest.next()? {
                ESC_END => END,
                ESC_ESC => ESC,
                _ => return None,
            },
            plain => plain,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_and_escape_are_escaped_as_the_rfc_says() {
        let wrapped = wrap(&[0x01, 0xC0, 0xDB, 0x02]);
        assert_eq!(wrapped, [0xC0, 0x01, 0xDB, 0xDC, 0xDB, 0xDD, 0x02, 0xC0]);
        assert_eq!(unwrap(&wrapped[1..7]), Some(vec![0x01, 0xC0, 0xDB, 0x02]));
        assert_eq!(unwrap(&[0xDB, 0x01]), None);
        assert_eq!(unwrap(&[0xDB]), None);
    }
}
