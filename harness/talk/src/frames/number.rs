//! Whole numbers in bytes: of a fixed size, in either order, or as digits.

/// How a whole number stands in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// Bytes that it takes.
    pub len: usize,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// The bytes of the number, with its sign or without.
    Bytes { little: bool, signed: bool },
    /// Hexadecimal digits; both cases are read.
    Hex { upper: bool },
    /// Decimal digits, with leading zeros.
    Decimal,
}

/// The words that a number may have, for messages.
pub const NUMBERS: &str = "u8, i8, u16le, u16be, i16le, u32be, .., HEX4, hex4, dec2";

impl Number {
    /// By its word, such as `u16le`, `i8`, `HEX4`, `dec2`.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        let digits = |rest: &str, most: usize| rest.parse().ok().filter(|len| (1..=most).contains(len));
        if let Some(rest) = word.strip_prefix("HEX") {
            let form = Form::Hex { upper: true };
            return digits(rest, 16).map(|len| Self { len, form });
        }
        if let Some(rest) = word.strip_prefix("hex") {
            let form = Form::Hex { upper: false };
            return digits(rest, 16).map(|len| Self { len, form });
        }
        if let Some(rest) = word.strip_prefix("dec") {
            let form = Form::Decimal;
            return digits(rest, 18).map(|len| Self { len, form });
        }
        let (signed, rest) = match (word.strip_prefix('u'), word.strip_prefix('i')) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return None,
        };
        let (bits, little) = match (rest.strip_suffix("le"), rest.strip_suffix("be")) {
            (Some(bits), _) => (bits, true),
            (_, Some(bits)) => (bits, false),
            _ if rest == "8" => (rest, false),
            _ => return None,
        };
        let len = match bits {
            "8" if rest == "8" => 1,
            "16" => 2,
            "24" => 3,
            "32" => 4,
            "48" => 6,
            "64" => 8,
            _ => return None,
        };
        let form = Form::Bytes { little, signed };
        Some(Self { len, form })
    }

    /// The plain form of a check of so many bits.
    #[must_use]
    pub fn of_bits(bits: u8) -> Self {
        Self {
            len: usize::from(bits.div_ceil(8)),
            form: Form::Bytes {
                little: false,
                signed: false,
            },
        }
    }

    /// The number in exactly its bytes; `None` where they are no digits, or it is beyond 64 bits with a sign.
    #[must_use]
    pub fn read(&self, bytes: &[u8]) -> Option<i128> {
        if bytes.len() != self.len {
            return None;
        }
        match self.form {
            Form::Bytes { little, signed } => {
                let mut value: i128 = 0;
                let mut take = |byte: &u8| value = value.saturating_mul(256).saturating_add(i128::from(*byte));
                if little {
                    bytes.iter().rev().for_each(&mut take);
                } else {
                    bytes.iter().for_each(&mut take);
                }
                let beyond = self.beyond();
                Some(if signed && value >= beyond.saturating_div(2) {
                    value.saturating_sub(beyond)
                } else {
                    value
                })
            }
            Form::Hex { .. } => digits(bytes, 16),
            Form::Decimal => digits(bytes, 10),
        }
    }

    /// Appends the number; `false`, and nothing appended, where it does not fit.
    pub fn write(&self, value: i128, out: &mut Vec<u8>) -> bool {
        let (least, most) = self.range();
        if !(least..=most).contains(&value) {
            return false;
        }
        match self.form {
            Form::Bytes { little, .. } => {
                // In two's complement the low bytes are the same with a sign and without.
                let bytes = value.to_be_bytes();
                let low = bytes.get(bytes.len().saturating_sub(self.len)..).unwrap_or_default();
                if little {
                    out.extend(low.iter().rev());
                } else {
                    out.extend_from_slice(low);
                }
            }
            Form::Hex { .. } | Form::Decimal => {
                let (digits, base): (&[u8], i128) = match self.form {
                    Form::Hex { upper: true } => (b"0123456789ABCDEF", 16),
                    Form::Hex { upper: false } => (b"0123456789abcdef", 16),
                    _ => (b"0123456789", 10),
                };
                let begin = out.len();
                out.resize(begin.saturating_add(self.len), b'0');
                let mut rest = value;
                for place in out.iter_mut().skip(begin).rev() {
                    let digit = usize::try_from(rest.checked_rem(base).unwrap_or(0)).unwrap_or(0);
                    *place = digits.get(digit).copied().unwrap_or(b'0');
                    rest = rest.checked_div(base).unwrap_or(0);
                }
            }
        }
        true
    }

    /// The least and the greatest number that it holds.
    #[must_use]
    pub fn range(&self) -> (i128, i128) {
        let most = self.beyond().saturating_sub(1);
        match self.form {
            Form::Bytes { signed: true, .. } => {
                let half = self.beyond().saturating_div(2);
                (half.saturating_neg(), half.saturating_sub(1))
            }
            _ => (0, most),
        }
    }

    /// The first number that no longer fits.
    fn beyond(&self) -> i128 {
        let base: i128 = match self.form {
            Form::Bytes { .. } => 256,
            Form::Hex { .. } => 16,
            Form::Decimal => 10,
        };
        base.saturating_pow(u32::try_from(self.len).unwrap_or(u32::MAX))
    }

    /// What it is, for messages.
    #[must_use]
    pub fn what(&self) -> String {
        match self.form {
            Form::Bytes { .. } => format!("{} bytes", self.len),
            Form::Hex { .. } => format!("{} hex digits", self.len),
            Form::Decimal => format!("{} digits", self.len),
        }
    }
}

fn digits(bytes: &[u8], base: u32) -> Option<i128> {
    bytes.iter().try_fold(0_i128, |value, byte| {
        let digit = char::from(*byte).to_digit(base)?;
        value.checked_mul(i128::from(base))?.checked_add(i128::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_read_as_it_was_written() {
        for word in [
            "u8", "i8", "u16le", "u16be", "i16le", "i24be", "u32be", "i32le", "u48be", "u64le", "i64be", "HEX4",
            "hex2", "HEX16", "dec2", "dec18",
        ] {
            let number = Number::find(word).unwrap();
            let (least, most) = number.range();
            for value in [least, least + 1, 0, 1, 9, most - 1, most] {
                let mut bytes = Vec::new();
                assert!(number.write(value, &mut bytes), "{word} {value}");
                assert_eq!(number.read(&bytes), Some(value), "{word}");
            }
            let mut bytes = Vec::new();
            assert!(!number.write(most + 1, &mut bytes) && !number.write(least - 1, &mut bytes) && bytes.is_empty());
        }
    }

    #[test]
    fn known_bytes() {
        let written = |word: &str, value| {
            let mut bytes = Vec::new();
            assert!(Number::find(word).unwrap().write(value, &mut bytes));
            bytes
        };
        assert_eq!(written("u16le", 0x1234), [0x34, 0x12]);
        assert_eq!(written("u32be", 0x0102_0304), [1, 2, 3, 4]);
        assert_eq!(written("i16be", -2), [0xFF, 0xFE]);
        assert_eq!(written("HEX4", 0xAB), b"00AB");
        assert_eq!(written("dec2", 7), b"07");
        assert_eq!(Number::find("HEX4").unwrap().read(b"00ab"), Some(0xAB));
        assert_eq!(Number::find("HEX4").unwrap().read(b"+0ab"), None);
    }

    #[test]
    fn other_words_are_none() {
        for word in [
            "u7", "u16", "u8le", "HEX", "hex0", "HEX17", "dec19", "", "x", "u", "i8be",
        ] {
            assert_eq!(Number::find(word), None, "{word}");
        }
    }
}
