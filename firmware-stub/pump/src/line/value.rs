//! One value of a known unit.

/// Why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueError {
    /// Its number is not plain digits.
    NotANumber,
    /// Its unit is not the field's.
    WrongUnit,
    /// Its number does not fit 64 bits.
    Wrap,
}

/// Reads a value that must have this unit ("" for a count).
///
/// # Errors
/// Number, unit and size are checked in this order; see [`ValueError`].
pub fn number(text: &str, unit: &str) -> Result<u64, ValueError> {
    let end = text
        .bytes()
        .position(|byte| byte.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (digits, has) = (&text.as_bytes()[..end], &text.as_bytes()[end..]);
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && (digits[0] != b'0' || digits.len() == 1);
    if !plain {
        return Err(ValueError::NotANumber);
    }
    if has != unit.as_bytes() {
        return Err(ValueError::WrongUnit);
    }
    digits
        .iter()
        .try_fold(0u64, |sum, &digit| {
            sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
        })
        .ok_or(ValueError::Wrap)
}

/// Reads exactly eight hex digits.
#[must_use]
pub fn hex32(text: &str) -> Option<u32> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if digits {
        u32::from_str_radix(text, 16).ok()
    } else {
        None
    }
}
