//! Decimal numbers as whole millionths.

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Its value in millionths.
    pub micros: u64,
    /// How many digits it has.
    pub digits: usize,
    /// How many of them are behind the point.
    pub behind: usize,
}

/// Digits with at most one point, and at most six digits behind it.
#[must_use]
pub fn read(text: &str) -> Option<Figures> {
    let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
    let all: String = [whole, behind].concat();
    if all.is_empty() || behind.len() > 6 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = 10_u64.checked_pow(u32::try_from(6 - behind.len()).ok()?)?;
    Some(Figures {
        micros: all.parse::<u64>().ok()?.checked_mul(scale)?,
        digits: all.len(),
        behind: behind.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        let micros = |text| read(text).map(|figures| figures.micros);
        assert_eq!(micros("0.05"), Some(50_000));
        assert_eq!(micros("1699."), Some(1_699_000_000));
        assert_eq!(micros(".5"), Some(500_000));
        for wrong in ["", ".", "1e-05", "-1", "1.2.3", "0.0000001", "99999999999999999999"] {
            assert_eq!(micros(wrong), None, "{wrong}");
        }
    }
}
