//! Numbers that were written with a sign that no number here has: a decimal comma, a typographic quote, dash or comparison.

use super::short::short;
use crate::quantity::Span;

/// Longest text that is looked at: more than any number with its unit, or rule of two measures, takes.
const LONGEST: usize = 80;

/// What is wrong with a text that should be a number, and how to write it; `None` where it is something else.
pub(super) fn foreign(text: &str) -> Option<(String, String)> {
    if text.len() > LONGEST || text.contains('\n') {
        return None;
    }
    comma(text).or_else(|| typographic(text))
}

/// Signs of word processors, as they are written here.
const SIGNS: &[(&str, &str)] = &[
    ("+/-", "+-"),
    ("=<", "<="),
    ("=>", ">="),
    ("\u{2212}", "-"),
    ("\u{2013}", "-"),
    ("\u{2014}", "-"),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{2260}", "!="),
    ("\u{b1}", "+-"),
    ("\u{2026}", ".."),
    ("\u{201c}", "\""),
    ("\u{201d}", "\""),
    ("\u{201e}", "\""),
    ("\u{2018}", "'"),
    ("\u{2019}", "'"),
];

fn typographic(text: &str) -> Option<(String, String)> {
    let (sign, ours) = SIGNS.iter().find(|(sign, _)| text.contains(sign))?;
    let message = format!("`{}` has the sign `{sign}`, which is not read", short(text));
    let help = match *ours {
        "\"" | "'" => "write straight quotes, or none".to_owned(),
        ours => format!("write `{ours}`"),
    };
    Some((message, help))
}

/// Several times in one text, `1 h 30 min`, as one.
pub(super) fn one_time(text: &str) -> Option<String> {
    let (mut sum, mut rest) = (Span(0), text.trim());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit = &rest[digits..];
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        // `14h30`: behind hours come minutes.
        if let Some(minutes) = unit.strip_prefix('h').filter(|minutes| is_minutes(minutes)) {
            let hours = format!("{} h", &rest[..digits]).parse().ok()?;
            let minutes = format!("{minutes} min").parse().ok()?;
            return Some(sum.checked_add(hours)?.checked_add(minutes)?.to_string());
        }
        sum = sum.checked_add(rest[..digits + end].trim().parse().ok()?)?;
        rest = &unit[end..];
    }
    Some(sum.to_string())
}

fn is_minutes(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()) && text < "60"
}

/// How to write as a duration what is written like a time by the clock, `00:10`.
pub(super) fn spans_of_clock(text: &str) -> Option<String> {
    let hours = Span::from_clock(text)?;
    // Of two parts nobody knows whether they are hours and minutes.
    match Span::from_clock(&format!("0:{text}")) {
        Some(minutes) if minutes != hours => Some(format!(
            "write `{hours}` for hours and minutes, or `{minutes}` for minutes and seconds"
        )),
        _ => Some(format!("write `{hours}`")),
    }
}

/// Whether only decimals can stand behind the comma at this place: not three digits, and no point or comma in the same number.
fn is_decimal(text: &str, at: usize) -> bool {
    let of_number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    let before = text[..at].chars().rev().take_while(|c| of_number(*c));
    let behind: Vec<char> = text[at + 1..].chars().take_while(|c| of_number(*c)).collect();
    before.chain(behind.iter().copied()).all(|c| c.is_ascii_digit()) && behind.len() != 3
}

/// A comma between two digits.
fn comma(text: &str) -> Option<(String, String)> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let commas: Vec<usize> = text
        .match_indices(',')
        .map(|(at, _)| at)
        .filter(|at| digit(at.checked_sub(1)) && digit(Some(at + 1)))
        .collect();
    let (first, rest) = commas.split_first()?;
    let message = format!("`{}` has a comma in its number", short(text));
    let without: String = text
        .char_indices()
        .filter(|(at, _)| !commas.contains(at))
        .map(|(_, c)| c)
        .collect();
    // Three digits behind it may as well be thousands. Which one was meant nobody here can know, and one of them is a dose a thousand times too large.
    let behind = text[first + 1..].bytes().take_while(u8::is_ascii_digit).count();
    let point = format!("{}.{}", &text[..*first], &text[first + 1..]);
    let help = match (rest.is_empty() && !text.contains('.'), behind == 3) {
        (true, false) => format!("write a decimal point: `{}`", short(&point)),
        (true, true) => format!(
            "write `{}` or `{}`: a point comes before decimals, and nothing between thousands",
            short(&point),
            short(&without)
        ),
        (false, _) if rest.iter().chain([first]).all(|at| is_decimal(text, *at)) => {
            format!("write decimal points: `{}`", short(&text.replace(',', ".")))
        }
        (false, _) => "write a point before decimals, and nothing between thousands".to_owned(),
    };
    Some((message, help))
}

#[cfg(test)]
mod tests {
    use super::{foreign, one_time, spans_of_clock};

    #[test]
    fn a_time_in_several_units_is_added_up() {
        for (text, sum) in [
            ("1 h 30 min", Some("1.5 h")),
            ("2h5m", None),
            ("1 d 2 h 3 min", Some("26.05 h")),
            ("1h30", Some("1.5 h")),
            ("14h05", Some("845 min")),
            ("1h3", None),
            ("30 min", Some("30 min")),
            ("h", None),
        ] {
            assert_eq!(one_time(text).as_deref(), sum, "{text}");
        }
    }

    #[test]
    fn a_duration_that_is_written_by_the_clock_is_told_as_one_with_its_unit() {
        for (text, help) in [
            (
                "00:10",
                Some("write `10 min` for hours and minutes, or `10 s` for minutes and seconds"),
            ),
            ("01:30:00", Some("write `1.5 h`")),
            ("1+02:00", Some("write `26 h`")),
            (
                "24:00",
                Some("write `1 d` for hours and minutes, or `24 min` for minutes and seconds"),
            ),
            ("90:00", Some("write `3.75 d`")),
            ("5:xx", None),
        ] {
            assert_eq!(spans_of_clock(text).as_deref(), help, "{text}");
        }
    }

    #[test]
    fn a_comma_in_a_number_is_a_point_and_where_it_may_be_thousands_both_are_named() {
        for (text, help) in [
            ("0,6 mL/day", Some("write a decimal point: `0.6 mL/day`")),
            ("<= 0,75 mL", Some("write a decimal point: `<= 0.75 mL`")),
            (
                "delivered <= prescribed + 14,5 %",
                Some("`delivered <= prescribed + 14.5 %`"),
            ),
            ("1,500 uL", Some("write `1.500 uL` or `1500 uL`")),
            ("37,5 uL +- 1,5 uL", Some("write decimal points: `37.5 uL +- 1.5 uL`")),
            ("1,500 mL .. 2,5 mL", Some("nothing between thousands")),
            ("1,000,000 nL", Some("nothing between thousands")),
            ("1.500,5 uL", Some("nothing between thousands")),
            ("20 uL, 30 uL", None),
            ("0.6 mL/day", None),
            ("\u{2264} 3 mL", Some("write `<=`")),
            ("20 uL \u{b1} 1 uL", Some("write `+-`")),
            ("20 uL +/- 1 uL", Some("write `+-`")),
            ("=< 3 mL", Some("write `<=`")),
            ("\u{2212}2 kPa", Some("write `-`")),
            ("\u{201c}5 mL\u{201d}", Some("straight quotes")),
        ] {
            let told = foreign(text).map(|(_, help)| help);
            match help {
                Some(help) => assert!(
                    told.as_ref().is_some_and(|told| told.contains(help)),
                    "{text}: {told:?}"
                ),
                None => assert_eq!(told, None, "{text}"),
            }
        }
    }
}
