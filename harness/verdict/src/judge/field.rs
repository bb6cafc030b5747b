//! A field of what a pump said, beside what a scenario wants of it.

use pump_hil_model::case::{field, with_kept};
use pump_hil_model::quantity::{Concentration, Percent, Pressure, Rate, Span, Voltage, Volume};
use std::collections::BTreeMap;

/// Whether fields are as a scenario wants them, with the values that it kept.
pub(super) fn has_fields(
    came: &BTreeMap<String, String>,
    expected: &BTreeMap<String, String>,
    kept: &BTreeMap<String, String>,
) -> bool {
    let holds = |(name, wanted): (&String, &String)| {
        let wanted = with_kept(wanted, kept).ok()?;
        Some(is_as(&wanted, field(came, name)?))
    };
    expected.iter().all(|wanted| holds(wanted) == Some(true))
}

/// Whether a field of the line is what a scenario wrote: the same text, the same quantity (`20 uL` for `20000nl`), or one in its range (`<= 20 uL`, `1 .. 5`,
/// `20 uL +- 1 %`).
pub(crate) fn is_as(expected: &str, came: &str) -> bool {
    if expected == came {
        return true;
    }
    let Some((value, parse)) = number(came) else {
        return false;
    };
    let part = |text: &str| parse(text.trim());
    let expected = expected.trim();
    let ends = if let Some(rest) = expected.strip_prefix("<=") {
        part(rest).map(|high| (i64::MIN, high))
    } else if let Some(rest) = expected.strip_prefix(">=") {
        part(rest).map(|low| (low, i64::MAX))
    } else if let Some(rest) = expected.strip_prefix('<') {
        part(rest).map(|high| (i64::MIN, high.saturating_sub(1)))
    } else if let Some(rest) = expected.strip_prefix('>') {
        part(rest).map(|low| (low.saturating_add(1), i64::MAX))
    } else if let Some((low, high)) = expected.split_once("..") {
        part(low).zip(part(high))
    } else if let Some((middle, slack)) = expected.split_once("+-") {
        part(middle).and_then(|middle| {
            let slack = match slack.trim().parse::<Percent>() {
                Ok(share) => share.of(middle).saturating_abs(),
                Err(_) => part(slack)?,
            };
            Some((middle.saturating_sub(slack), middle.saturating_add(slack)))
        })
    } else {
        part(expected).map(|exact| (exact, exact))
    };
    ends.is_some_and(|(low, high)| (low..=high).contains(&value))
}

/// What a text is in base units.
type Parse = fn(&str) -> Option<i64>;

/// A number of the line in base units, and how a scenario writes one of its dimension.
fn number(came: &str) -> Option<(i64, Parse)> {
    let unit = came.strip_prefix('-').unwrap_or(came);
    let unit = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = came.strip_suffix(unit)?.parse::<i64>().ok()?;
    // What one of the pump's unit is in base units.
    let (size, parse): (i64, Parse) = match unit {
        "" => (1, |text| text.parse().ok()),
        "nl" => (1, |text| text.parse::<Volume>().ok().map(|q| q.0)),
        "nl/d" => (1, |text| text.parse::<Rate>().ok().map(|q| q.0)),
        "ng/ml" => (1, |text| text.parse::<Concentration>().ok().map(|q| q.0)),
        "ms" => (1, |text| text.parse::<Span>().ok().map(|q| q.0)),
        "s" => (1_000, |text| text.parse::<Span>().ok().map(|q| q.0)),
        "min" => (60_000, |text| text.parse::<Span>().ok().map(|q| q.0)),
        "mv" => (1, |text| text.parse::<Voltage>().ok().map(|q| q.0)),
        "pa" => (1, |text| text.parse::<Pressure>().ok().map(|q| q.0)),
        _ => return None,
    };
    // The number is the pump's and may be any.
    Some((number.checked_mul(size)?, parse))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_quantity_in_whichever_unit_it_is_written() {
        for (expected, came) in [
            ("20 uL", "20000nl"),
            ("-20 uL", "-20000nl"),
            ("0.5 mL/day", "500000nl/d"),
            ("10 mg/mL", "10000000ng/ml"),
            ("1.5 h", "90min"),
            ("90 min", "5400s"),
            ("-1 h", "-3600000ms"),
            ("-2 kPa", "-2000pa"),
            ("2.8 V", "2800mv"),
            ("idle", "idle"),
        ] {
            assert!(is_as(expected, came), "{expected} {came}");
        }
        for (expected, came) in [
            ("20 uL", "-20000nl"),
            ("20 uL", "20000"),
            ("1 s", "1000s"),
            ("1 h", "--3600s"),
            ("1 h", "9223372036854775807s"),
        ] {
            assert!(!is_as(expected, came), "{expected} {came}");
        }
    }

    #[test]
    fn a_field_lies_in_a_range() {
        for (expected, came) in [
            ("2700 .. 3300", "3000"),
            ("2.7 V .. 3.3 V", "2700mv"),
            ("<= 20 uL", "20000nl"),
            (">= 3", "3"),
            ("> 3", "4"),
            ("< 0", "-1"),
            ("20 uL +- 1 %", "19800nl"),
            ("5 s +- 1 s", "6000ms"),
        ] {
            assert!(is_as(expected, came), "{expected} {came}");
        }
        for (expected, came) in [
            ("2700 .. 3300", "3301"),
            ("2.7 V .. 3.3 V", "3000"),
            ("< 3", "3"),
            ("> 3", "3"),
            ("20 uL +- 1 %", "19799nl"),
            ("3 .. five", "4"),
            (">= 3", "idle"),
        ] {
            assert!(!is_as(expected, came), "{expected} {came}");
        }
    }

    #[test]
    fn a_field_of_a_device_s_own_is_meant_by_its_name() {
        let fields = BTreeMap::from([
            ("said.id".to_owned(), "7".to_owned()),
            ("state".to_owned(), "stopped".to_owned()),
        ]);
        assert_eq!(field(&fields, "id").map(String::as_str), Some("7"));
        assert_eq!(field(&fields, "said.id").map(String::as_str), Some("7"));
        assert_eq!(field(&fields, "state").map(String::as_str), Some("stopped"));
        assert_eq!(field(&fields, "other"), None);
    }
}
