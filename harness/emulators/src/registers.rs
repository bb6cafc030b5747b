//! The functions of Modbus on registers (V1.1b3 of its specification): 3, 4, 6 and 16, and exceptions.

/// The function is not there.
pub const ILLEGAL_FUNCTION: u8 = 1;
/// The register is not there.
pub const ILLEGAL_ADDRESS: u8 = 2;
/// The value cannot be.
pub const ILLEGAL_VALUE: u8 = 3;
/// Not now.
pub const BUSY: u8 = 6;

/// Registers of a device.
pub trait Registers {
    /// A holding register.
    fn holding(&self, at: u16) -> Option<u16>;
    /// An input register.
    fn input(&self, at: u16) -> Option<u16>;
    /// Writes a holding register, or says by an exception why not.
    ///
    /// # Errors
    /// The exception's code.
    fn write(&mut self, now: u64, at: u16, value: u16) -> Result<(), u8>;
}

/// What is answered to a function and its data: again a function and its data.
pub fn answer(of: &mut impl Registers, now: u64, pdu: &[u8]) -> Vec<u8> {
    let (function, data) = pdu.split_first().map_or((0, pdu), |(function, data)| (*function, data));
    match obey(of, now, function, data) {
        Ok(data) => [&[function], data.as_slice()].concat(),
        Err(code) => vec![function | 0x80, code],
    }
}

fn obey(of: &mut impl Registers, now: u64, function: u8, data: &[u8]) -> Result<Vec<u8>, u8> {
    match (function, data) {
        (3 | 4, &[a, b, c, d]) => {
            let (at, count) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            if !(1..=125).contains(&count) {
                return Err(ILLEGAL_VALUE);
            }
            let mut out = vec![u8::try_from(count * 2).unwrap_or(u8::MAX)];
            for n in 0..count {
                let at = at.checked_add(n).ok_or(ILLEGAL_ADDRESS)?;
                let value = if function == 3 { of.holding(at) } else { of.input(at) };
                out.extend(value.ok_or(ILLEGAL_ADDRESS)?.to_be_bytes());
            }
            Ok(out)
        }
        (6, &[a, b, c, d]) => {
            of.write(now, u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))?;
            Ok(data.to_vec())
        }
        (16, &[a, b, c, d, bytes, ref values @ ..]) => {
            let (at, count) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            let fits = usize::from(count) * 2 == values.len() && usize::from(bytes) == values.len();
            if !(1..=123).contains(&count) || !fits {
                return Err(ILLEGAL_VALUE);
            }
            for (n, value) in (0..count).zip(values.chunks_exact(2)) {
                let at = at.checked_add(n).ok_or(ILLEGAL_ADDRESS)?;
                of.write(now, at, u16::from_be_bytes([value[0], value[1]]))?;
            }
            Ok(vec![a, b, c, d])
        }
        (3 | 4 | 6 | 16, _) => Err(ILLEGAL_VALUE),
        _ => Err(ILLEGAL_FUNCTION),
    }
}

/// The upper half of a number over two registers, or the lower one.
#[must_use]
pub fn half(number: u64, low: bool) -> u16 {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let shifted = if low { number } else { number >> 16 };
    u16::try_from(shifted & 0xFFFF).unwrap_or(u16::MAX)
}
