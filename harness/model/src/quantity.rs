//! Quantities as integer newtypes, read and written the way people write them.
//!
//! Invariant: no floating point. A text that does not fit the unit exactly (`0.3 nL`) is refused, never rounded.
//! Rates are kept in nanolitres a day, because a rate typed in mL/day must survive exactly, and one typed in mL/h does as well (x 24).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// No number in front.
    #[error("expected a number and a unit, such as `{example}`, not `{text}`")]
    NotANumber {
        /// What was read.
        text: String,
        /// What would be right.
        example: &'static str,
    },
    /// The unit is missing or is one of another dimension.
    #[error("unknown unit `{unit}` in `{text}`; known here: {known}")]
    Unit {
        /// What was read.
        text: String,
        /// The unit in it.
        unit: String,
        /// The units of this dimension, separated by commas.
        known: String,
    },
    /// More digits than the base unit can hold, or beyond 64 bits.
    #[error("`{text}` is finer or larger than {base} can hold")]
    Range {
        /// What was read.
        text: String,
        /// Name of the base unit.
        base: &'static str,
    },
}

/// A unit: its name, and its size in base units as a fraction.
pub type Unit = (&'static str, u64, u64);

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $base:literal, $example:literal, $units:expr, $show:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Units that a text may use; the first is how it is shown by default.
            pub const UNITS: &'static [Unit] = $units;

            /// Sum, or `None` beyond 64 bits.
            #[must_use]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// Difference, or `None` beyond 64 bits.
            #[must_use]
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = QuantityError;
            fn from_str(text: &str) -> Result<Self, QuantityError> {
                parse(text, Self::UNITS, $base, $example).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show(f, self.0, $show)
            }
        }
    };
}

quantity!(
    /// A volume in nanolitres.
    Volume, "nanolitres", "0.5 mL",
    &[("mL", 1_000_000, 1), ("uL", 1_000, 1), ("µL", 1_000, 1), ("nL", 1, 1), ("L", 1_000_000_000, 1)],
    &[("mL", 1_000_000), ("uL", 1_000), ("nL", 1)]
);
quantity!(
    /// A delivery rate in nanolitres a day.
    Rate, "nanolitres a day", "0.5 mL/day",
    &[("mL/day", 1_000_000, 1), ("mL/d", 1_000_000, 1), ("uL/day", 1_000, 1), ("µL/day", 1_000, 1), ("nL/day", 1, 1),
      ("mL/h", 24_000_000, 1), ("uL/h", 24_000, 1), ("µL/h", 24_000, 1), ("nL/h", 24, 1)],
    &[("mL/day", 1_000_000), ("uL/day", 1_000), ("nL/day", 1)]
);
quantity!(
    /// A span of time, or a time since the scenario began, in milliseconds.
    Span, "milliseconds", "20 min",
    &[("s", 1_000, 1), ("ms", 1, 1), ("min", 60_000, 1), ("h", 3_600_000, 1), ("d", 86_400_000, 1), ("day", 86_400_000, 1),
      ("days", 86_400_000, 1), ("week", 604_800_000, 1), ("weeks", 604_800_000, 1)],
    &[("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)]
);
quantity!(
    /// A mass of drug in nanograms.
    Mass, "nanograms", "2.4 mcg",
    &[("mg", 1_000_000, 1), ("mcg", 1_000, 1), ("ug", 1_000, 1), ("µg", 1_000, 1), ("ng", 1, 1), ("g", 1_000_000_000, 1)],
    &[("mg", 1_000_000), ("mcg", 1_000), ("ng", 1)]
);
quantity!(
    /// A mass of drug a day, in nanograms a day.
    MassRate, "nanograms a day", "1 mg/day",
    &[("mg/day", 1_000_000, 1), ("mg/d", 1_000_000, 1), ("mcg/day", 1_000, 1), ("ug/day", 1_000, 1), ("µg/day", 1_000, 1),
      ("mcg/h", 24_000, 1), ("mg/h", 24_000_000, 1)],
    &[("mg/day", 1_000_000), ("mcg/day", 1_000)]
);
quantity!(
    /// A drug concentration in nanograms a millilitre.
    Concentration, "nanograms a millilitre", "10 mg/mL",
    &[("mg/mL", 1_000_000, 1), ("mcg/mL", 1_000, 1), ("ug/mL", 1_000, 1), ("µg/mL", 1_000, 1), ("ng/mL", 1, 1)],
    &[("mg/mL", 1_000_000), ("mcg/mL", 1_000), ("ng/mL", 1)]
);
quantity!(
    /// A voltage in millivolts.
    Voltage, "millivolts", "2.8 V",
    &[("V", 1_000, 1), ("mV", 1, 1)],
    &[("V", 1_000), ("mV", 1)]
);
quantity!(
    /// A pressure against ambient in pascals.
    Pressure, "pascals", "10 kPa",
    &[("kPa", 1_000, 1), ("Pa", 1, 1), ("hPa", 100, 1), ("mbar", 100, 1), ("bar", 100_000, 1), ("MPa", 1_000_000, 1)],
    &[("kPa", 1_000), ("Pa", 1)]
);
quantity!(
    /// An electrical resistance in ohms.
    Resistance, "ohms", "400 Ohm",
    &[("Ohm", 1, 1), ("ohm", 1, 1), ("kOhm", 1_000, 1), ("Ω", 1, 1)],
    &[("Ohm", 1)]
);
quantity!(
    /// A current in microamperes.
    Current, "microamperes", "5 mA",
    &[("mA", 1_000, 1), ("uA", 1, 1), ("µA", 1, 1)],
    &[("mA", 1_000), ("uA", 1)]
);
quantity!(
    /// A temperature in thousandths of a degree Celsius.
    Temperature, "thousandths of a degree Celsius", "37 C",
    &[("C", 1_000, 1), ("°C", 1_000, 1)],
    &[("C", 1_000)]
);
quantity!(
    /// A share in thousandths of a percent.
    Percent, "thousandths of a percent", "14.5 %",
    &[("%", 1_000, 1)],
    &[("%", 1_000)]
);

/// Reads `number unit`, with or without the space, into base units.
fn parse(text: &str, units: &[Unit], base: &'static str, example: &'static str) -> Result<i64, QuantityError> {
    let whole = text.trim();
    // `_` is not a digit here, but is taken in, so that `1_000 mL` is told as a wrong number and not as an unknown unit.
    let number_len = whole
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_')))
        .unwrap_or(whole.len());
    let (number, unit) = whole.split_at(number_len);
    let unit = unit.trim();
    let range = || QuantityError::Range {
        text: text.to_owned(),
        base,
    };
    let not_a_number = || QuantityError::NotANumber {
        text: text.to_owned(),
        example,
    };
    let (negative, digits) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (int, frac) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if int.is_empty() || !is_digits(int) || !is_digits(frac) || (digits.contains('.') && frac.is_empty()) {
        return Err(not_a_number());
    }
    let spelling = one_spelling(unit);
    let &(_, size, _) = units
        .iter()
        .find(|(name, ..)| *name == spelling)
        .ok_or_else(|| QuantityError::Unit {
            text: text.to_owned(),
            unit: unit.to_owned(),
            known: units.iter().map(|u| u.0).collect::<Vec<_>>().join(", "),
        })?;
    // `0.50` is as fine as `0.5`.
    let frac = frac.trim_end_matches('0');
    // No unit has more than ten factors of 2 or of 5, so that with more digits nothing is whole any more; and the power of ten stays small.
    if frac.len() > 12 {
        return Err(range());
    }
    let scale = 10_i128.saturating_pow(u32::try_from(frac.len()).map_err(|_| range())?);
    let int: i128 = int.parse().map_err(|_| range())?;
    let frac: i128 = if frac.is_empty() {
        0
    } else {
        frac.parse().map_err(|_| range())?
    };
    let scaled = int
        .checked_mul(scale)
        .and_then(|v| v.checked_add(frac))
        .and_then(|v| v.checked_mul(i128::from(size)))
        .ok_or_else(range)?;
    if scaled.checked_rem(scale) != Some(0) {
        return Err(range());
    }
    let value = scaled.checked_div(scale).ok_or_else(range)?;
    i64::try_from(if negative { value.saturating_neg() } else { value }).map_err(|_| range())
}

/// The unit with one character for each sign that has several: `μ` (Greek) is `µ` (micro), and the sign of the ohm is the Greek letter.
#[must_use]
pub fn one_spelling(unit: &str) -> String {
    let one = |c: char| match c {
        '\u{3bc}' => '\u{b5}',
        '\u{2126}' => '\u{3a9}',
        other => other,
    };
    unit.chars().map(one).collect()
}

/// How many whole `size` are in `magnitude`, and what is left.
fn parts(magnitude: u64, size: u64) -> (u64, u64) {
    let whole = magnitude.checked_div(size).unwrap_or(0);
    (whole, magnitude.checked_rem(size).unwrap_or(0))
}

/// Writes `value` in the largest unit of `units` in which it takes at most three decimals, else in the last.
fn show(f: &mut fmt::Formatter<'_>, value: i64, units: &[(&str, u64)]) -> fmt::Result {
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    for &(name, size) in units {
        if magnitude < size {
            continue;
        }
        let (int, rest) = parts(magnitude, size);
        let fine = u128::from(rest).saturating_mul(1_000);
        if fine.is_multiple_of(u128::from(size)) {
            let thousandths = fine.checked_div(u128::from(size)).unwrap_or(0);
            let digits = format!("{thousandths:03}");
            let frac = digits.trim_end_matches('0');
            let dot = if frac.is_empty() { "" } else { "." };
            return write!(f, "{sign}{int}{dot}{frac} {name}");
        }
    }
    // 0, or less than one of the smallest unit that is shown, such as half a degree: the base is then a thousandth of it, and three digits
    // are exact.
    let &(name, size) = units.last().ok_or(fmt::Error)?;
    let (int, rest) = parts(magnitude, size);
    if size == 1 || rest == 0 {
        write!(f, "{sign}{int} {name}")
    } else {
        let digits = format!("{:03}", parts(rest.saturating_mul(1_000), size).0);
        write!(f, "{sign}{int}.{} {name}", digits.trim_end_matches('0'))
    }
}

/// `value` times `by`, divided by `per` and rounded towards zero, as where a rate runs for a time or a dose is given evenly; what is beyond all numbers is the
/// largest, and by 0 it is 0.
#[must_use]
pub fn scaled(value: i64, by: i64, per: i64) -> i64 {
    // 128 bits hold any product of two numbers of 64: 24 mL/day over 100 years, the longest scenario, is beyond 63 in nanolitre milliseconds.
    let product = i128::from(value).saturating_mul(i128::from(by));
    let share = product.checked_div(i128::from(per)).unwrap_or(0);
    i64::try_from(share).unwrap_or(if share < 0 { i64::MIN } else { i64::MAX })
}

impl Percent {
    /// This share of a value in base units, rounded towards zero; what is beyond all numbers is the largest.
    #[must_use]
    pub fn of(self, value: i64) -> i64 {
        // A percent has thousandths, so its hundred is 100,000.
        scaled(value, self.0, 100_000)
    }
}

/// How far a clock may be allowed to drift: less cannot be told from a busy host, and with more nothing is held to time.
pub const DRIFT: std::ops::RangeInclusive<Percent> = Percent(10)..=Percent(50_000);

impl Span {
    /// `1+02:03:04.005`; the days are left out where there are none.
    #[must_use]
    pub fn clock(self) -> String {
        let ms = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (days, ms) = (ms / 86_400_000, ms % 86_400_000);
        let clock = format!(
            "{:02}:{:02}:{:02}.{:03}",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1_000 % 60,
            ms % 1_000
        );
        if days == 0 {
            format!("{sign}{clock}")
        } else {
            format!("{sign}{days}+{clock}")
        }
    }
}

impl Span {
    /// Reads what [`Span::clock`] writes, also without the milliseconds, the seconds or a leading zero; `None` where it is no such text.
    #[must_use]
    pub fn from_clock(text: &str) -> Option<Self> {
        let (days, clock) = text.split_once('+').unwrap_or(("0", text));
        let (clock, ms) = clock.split_once('.').unwrap_or((clock, "0"));
        let number = |text: &str, below: i64| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_number.then(|| text.parse::<i64>().ok())??;
            (number < below).then_some(number)
        };
        let mut parts = clock.split(':');
        let hours = number(parts.next()?, 100_000)?;
        let minutes = number(parts.next()?, 60)?;
        let seconds = parts.next().map_or(Some(0), |text| number(text, 60))?;
        let ms = number(&format!("{ms:0<3}"), 1_000)?;
        let days = number(days, 1_000_000)?;
        // None is so large that the sum could be beyond 64 bits.
        let sizes = [
            (days, 86_400_000),
            (hours, 3_600_000),
            (minutes, 60_000),
            (seconds, 1_000),
            (ms, 1),
        ];
        let sum = sizes.iter().fold(0_i64, |sum, (number, size)| {
            number.saturating_mul(*size).saturating_add(sum)
        });
        parts.next().is_none().then_some(Self(sum))
    }
}

impl Rate {
    /// Volume that this rate gives in `span`, rounded down to a nanolitre.
    #[must_use]
    pub fn volume_in(self, span: Span) -> Volume {
        Volume(scaled(self.0, span.0, 86_400_000))
    }
}

impl Concentration {
    /// Volume that holds `mass`, rounded down to a nanolitre; `None` for a concentration of 0.
    #[must_use]
    pub fn volume_of(self, mass: Mass) -> Option<Volume> {
        // A concentration of 0 is a real one: saline has it.
        let nl = i128::from(mass.0)
            .saturating_mul(1_000_000)
            .checked_div(i128::from(self.0))?;
        i64::try_from(nl).ok().map(Volume)
    }

    /// Rate that gives `mass` a day, rounded down to a nanolitre a day; `None` for a concentration of 0.
    #[must_use]
    pub fn rate_of(self, mass: MassRate) -> Option<Rate> {
        self.volume_of(Mass(mass.0)).map(|v| Rate(v.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_the_same_rate_in_several_units() {
        for text in ["0.5 mL/day", "0.5mL/day", "500 uL/day", "500000 nL/day", "0.50 mL/d"] {
            assert_eq!(text.parse(), Ok(Rate(500_000)), "{text}");
        }
        assert_eq!("0.1 mL/h".parse(), Ok(Rate(2_400_000)));
        // Greek mu, which many keyboards give, and the sign of the ohm.
        assert_eq!("5 \u{3bc}L/day".parse(), Ok(Rate(5_000)));
        assert_eq!("5 \u{2126}".parse(), Ok(Resistance(5)));
    }

    #[test]
    fn an_instant_is_read_as_it_is_written() {
        for ms in [0, 5, 3_600_000, 86_399_999, 86_400_000, 3_650 * 86_400_000 + 1] {
            assert_eq!(Span::from_clock(&Span(ms).clock()), Some(Span(ms)));
        }
        assert_eq!(Span::from_clock("13:30"), Some(Span(48_600_000)));
        assert_eq!(Span::from_clock("1+2:03:04.5"), Some(Span(93_784_500)));
        for wrong in [
            "",
            "13",
            "13:60",
            "13:3x",
            "1:2:3:4",
            ":",
            "-1:00",
            "+",
            "1+",
            "1:00.1234",
            "99999999999999999999:00",
        ] {
            assert_eq!(Span::from_clock(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_never_rounded() {
        assert!(matches!("0.3 nL".parse::<Volume>(), Err(QuantityError::Range { .. })));
        assert!(matches!(
            "99999999999999999 L".parse::<Volume>(),
            Err(QuantityError::Range { .. })
        ));
        assert!(matches!("5".parse::<Volume>(), Err(QuantityError::Unit { .. })));
        assert!(matches!("5 min".parse::<Volume>(), Err(QuantityError::Unit { .. })));
        assert!(matches!("mL".parse::<Volume>(), Err(QuantityError::NotANumber { .. })));
        assert!(matches!(
            "1.2.3 mL".parse::<Volume>(),
            Err(QuantityError::NotANumber { .. })
        ));
        assert!(matches!(
            "1. mL".parse::<Volume>(),
            Err(QuantityError::NotANumber { .. })
        ));
    }

    #[test]
    fn quantities_are_shown_in_the_unit_a_person_would_choose() {
        assert_eq!(Volume(20_000_000).to_string(), "20 mL");
        assert_eq!(Volume(500).to_string(), "500 nL");
        assert_eq!(Volume(-1_500).to_string(), "-1.5 uL");
        assert_eq!(Volume(0).to_string(), "0 nL");
        assert_eq!(Span(5_400_000).to_string(), "1.5 h");
        assert_eq!(Percent(14_500).to_string(), "14.5 %");
        assert_eq!(Volume(1_234_567).to_string(), "1234.567 uL");
    }

    #[test]
    fn a_dose_in_mass_becomes_a_volume_by_the_concentration() {
        let conc: Concentration = "25 mcg/mL".parse().unwrap();
        assert_eq!(conc.rate_of("2.4 mcg/day".parse().unwrap()), Some(Rate(96_000)));
        assert_eq!(Rate(500_000).volume_in("1 d".parse().unwrap()), Volume(500_000));
    }
}
