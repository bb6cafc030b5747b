//! How long something takes, as people say it.

use crate::quantity::Span;

/// A time in its two largest units, such as `2 min 5 s`: nobody plans by more.
#[must_use]
pub fn rough_time(time: Span) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    let (mut rest, mut words) = (time.0, Vec::new());
    for (ms, unit) in UNITS {
        let (Some(count), Some(left)) = (rest.checked_div(ms), rest.checked_rem(ms)) else {
            break;
        };
        // The second unit is the next smaller one, or none.
        if count > 0 {
            words.push(format!("{count} {unit}"));
        }
        if words.len() == 2 || (count <= 0 && !words.is_empty()) {
            break;
        }
        rest = left;
    }
    if words.is_empty() {
        time.to_string()
    } else {
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_its_two_largest_units() {
        for (ms, told) in [
            (0, "0 ms"),
            (200, "200 ms"),
            (96_400, "1 min 36 s"),
            (7_200_000, "2 h"),
            (44_197_241_000, "511 d 13 h"),
        ] {
            assert_eq!(rough_time(Span(ms)), told);
        }
    }
}
