//! Reading one value whose unit is known.

/// Why a text is not a value of its field. The words are the protocol's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// What stands before the first letter is no plain decimal.
    #[error("not-a-number")]
    NotANumber,
    /// Another unit, or none where one is needed.
    #[error("wrong-unit")]
    WrongUnit,
    /// Beyond 64 bits.
    #[error("wrap")]
    Wrap,
}

/// Reads a value with exactly the unit `unit` (empty for a count); `signed` lets a minus stand in front.
///
/// # Errors
/// The first check that fails, in the protocol's order: number, unit, 64 bits.
pub fn read_value(text: &str, unit: &str, signed: bool) -> Result<i128, ValueError> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) if signed => (true, rest),
        _ => (false, text),
    };
    // The protocol parts a value at its first letter, so `1.5nl` is `not-a-number` and `5min` for `s` is `wrong-unit` (PROTOCOL.md, Lines).
    let digits_len = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, found) = text.split_at(digits_len);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    // `-0` would be a second text for 0.
    if !plain || (digits.len() > 1 && digits.starts_with('0')) || (negative && digits == "0") {
        return Err(ValueError::NotANumber);
    }
    // Also where it could be converted: an interval typed in the wrong unit has killed (recall R01).
    if found != unit {
        return Err(ValueError::WrongUnit);
    }
    // Only digits are left: they can be too many, and nothing else.
    let number: u64 = digits.parse().map_err(|_| ValueError::Wrap)?;
    let number = i128::from(number);
    Ok(if negative { number.saturating_neg() } else { number })
}
