//! Volumes and rates as a dose log has them: each column in one unit, whatever its numbers are.

use crate::quantity::{Rate, Volume};

/// Of a volume: `19871 uL`, `0.5 uL`.
#[must_use]
pub fn volume(volume: Volume) -> String {
    format!("{} uL", decimal(volume.0, 1_000, 3))
}

/// Of a rate: `0.6 mL/day`.
#[must_use]
pub fn rate(rate: Rate) -> String {
    format!("{} mL/day", decimal(rate.0, 1_000_000, 6))
}

/// `value` in units of `size`, a one with so many zeros; without zeros at the end.
fn decimal(value: i64, size: u64, digits: usize) -> String {
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    let whole = magnitude.checked_div(size).unwrap_or(0);
    let rest = magnitude.checked_rem(size).unwrap_or(0);
    let text = format!("{sign}{whole}.{rest:0digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_one_unit() {
        let volumes = [19_875_500, 19_871_000, 20_000_000, 1, 0, -500].map(|nl| volume(Volume(nl)));
        assert_eq!(
            volumes,
            ["19875.5 uL", "19871 uL", "20000 uL", "0.001 uL", "0 uL", "-0.5 uL"]
        );
        assert_eq!(
            [600_000, 1].map(|rate| super::rate(Rate(rate))),
            ["0.6 mL/day", "0.000001 mL/day"]
        );
    }
}
