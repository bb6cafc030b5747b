//! Which unit a person meant by one that is not known: never one of another size.
//!
//! The unit nearest by its letters would do harm: `mL` for `mcL` is a dose a thousand times too large. So a unit is understood, as a prefix and what it
//! is a part or multiple of, and only a known unit of the very same size is named.

use crate::quantity::one_spelling;

/// How people write what a unit counts: names, in lower case, also those of German and French, and the one letter for it that the known units have.
const BASES: &[(&[&str], &str)] = &[
    (&["l", "lit", "liter", "liters", "litre", "litres"], "L"),
    (&["g", "gram", "grams", "gramme", "grammes"], "g"),
    (
        &[
            "s", "sec", "secs", "second", "seconds", "sek", "sekunde", "sekunden", "seconde", "secondes",
        ],
        "s",
    ),
    (&["m", "mn", "min", "mins", "minute", "minutes", "minuten"], "min"),
    (
        &[
            "h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "heure", "heures",
        ],
        "h",
    ),
    (
        &["d", "dy", "day", "days", "tag", "tage", "tagen", "jour", "jours"],
        "d",
    ),
    (
        &[
            "w", "wk", "wks", "week", "weeks", "woche", "wochen", "semaine", "semaines",
        ],
        "week",
    ),
    (&["v", "volt", "volts"], "V"),
    (&["pa", "pascal", "pascals"], "Pa"),
    (&["bar", "bars"], "bar"),
    (&["a", "amp", "amps", "ampere", "amperes"], "A"),
    (&["ohm", "ohms", "ω"], "Ohm"),
    (&["c", "degc", "celsius", "℃", "°c"], "C"),
    (&["%", "percent", "pct"], "%"),
];

/// How people write the prefixes, as the known units write them. `M` is a million and no `m`; so is `G`, which no unit here has.
const PREFIXES: &[(&str, &str)] = &[
    ("", ""),
    ("milli", "m"),
    ("micro", "u"),
    ("nano", "n"),
    ("kilo", "k"),
    ("mega", "M"),
    ("hecto", "h"),
    ("mc", "u"),
    ("mk", "u"),
    ("m", "m"),
    ("u", "u"),
    ("µ", "u"),
    ("n", "n"),
    ("k", "k"),
    ("K", "k"),
    ("M", "M"),
    ("h", "h"),
];

/// Of the `known` units the one that is another way to write `unit`; `None` where it is not understood, or nothing known has its size.
#[must_use]
pub fn meant<'a>(unit: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = understood(unit)?;
    known
        .into_iter()
        .find(|known| understood(known).as_ref() == Some(&wanted))
}

/// A unit as its parts, each written in one way: `mL/day`, `ml/d` and `milliliters per day` are the same.
fn understood(unit: &str) -> Option<Vec<String>> {
    let unit = one_spelling(unit)
        .replace(" per ", "/")
        .replace(" pro ", "/")
        .replace(" par ", "/");
    let parts = unit.split('/').map(|part| part_of(part.trim()));
    let parts: Vec<String> = parts.collect::<Option<_>>()?;
    (parts.len() <= 2).then_some(parts)
}

/// One part: a prefix and a base.
fn part_of(part: &str) -> Option<String> {
    if part == "cc" {
        return Some("mL".to_owned());
    }
    PREFIXES.iter().find_map(|(written, prefix)| {
        let rest = part.strip_prefix(written)?.to_lowercase();
        let (_, base) = BASES.iter().find(|(names, _)| names.contains(&rest.as_str()))?;
        // Whole multiples of a minute, a day or a share have no name.
        let alone = matches!(*base, "min" | "h" | "d" | "week" | "%" | "C");
        (prefix.is_empty() || !alone).then(|| format!("{prefix}{base}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Concentration, Current, Mass, MassRate, Percent, Pressure, Rate, Resistance, Span};
    use crate::quantity::{Temperature, Unit, Voltage, Volume};
    use std::collections::BTreeMap;

    const ALL: &[&[Unit]] = &[
        Volume::UNITS,
        Rate::UNITS,
        Span::UNITS,
        Mass::UNITS,
        MassRate::UNITS,
        Concentration::UNITS,
        Voltage::UNITS,
        Pressure::UNITS,
        Resistance::UNITS,
        Current::UNITS,
        Temperature::UNITS,
        Percent::UNITS,
    ];

    #[test]
    fn units_that_are_understood_as_one_have_one_size() {
        for units in ALL {
            let mut sizes = BTreeMap::new();
            for (name, size, _) in *units {
                let parts = understood(name).unwrap_or_else(|| panic!("`{name}` is not understood"));
                let before = sizes.insert(parts, *size);
                assert!(before.is_none_or(|before| before == *size), "`{name}`");
            }
        }
    }

    #[test]
    fn what_people_write_is_understood_and_what_is_of_another_size_is_not() {
        let of = |unit, units: &'static [Unit]| meant(unit, units.iter().map(|unit| unit.0)).unwrap_or("none");
        for (unit, is) in [
            ("mcL", "uL"),
            ("mkl", "uL"),
            ("microliters", "uL"),
            ("ml", "mL"),
            ("cc", "mL"),
            ("l", "L"),
            ("pL", "none"),
            ("dL", "none"),
            ("cL", "none"),
            ("ML", "none"),
            ("mLL", "none"),
        ] {
            assert_eq!(of(unit, Volume::UNITS), is, "{unit}");
        }
        for (unit, is) in [
            ("m", "min"),
            ("mn", "min"),
            ("minutes", "min"),
            ("w", "week"),
            ("hr", "h"),
            ("msec", "ms"),
            ("D", "d"),
            ("Tage", "d"),
            ("Monat", "none"),
            ("semaine", "week"),
            ("us", "none"),
            ("y", "none"),
            ("MS", "none"),
            ("kh", "none"),
        ] {
            assert_eq!(of(unit, Span::UNITS), is, "{unit}");
        }
        assert_eq!(of("mkg", Mass::UNITS), "mcg");
        assert_eq!(of("kg", Mass::UNITS), "none");
        assert_eq!(of("ml/hr", Rate::UNITS), "mL/h");
        assert_eq!(of("mL/Tag", Rate::UNITS), "mL/day");
        assert_eq!(of("ml pro Stunde", Rate::UNITS), "mL/h");
        assert_eq!(of("mL/min", Rate::UNITS), "none");
        assert_eq!(of("mg/ml", Concentration::UNITS), "mg/mL");
        assert_eq!(of("KPA", Pressure::UNITS), "kPa");
    }
}
