//! Civil dates and times, as `2026-12-31 23:30`, and the times of a step that are given so.

use super::told::Told;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::Text;

/// A civil date and time, in seconds since 2000-01-01T00:00:00.
pub(super) fn date(text: &Text, told: &mut Told<'_>) -> Option<i64> {
    seconds_of(&text.text)
        .map_err(|why| {
            let message = format!("`{}` is not a date and time: {why}", short(&text.text));
            let problem = Problem::new(Mistake::Format, text.place, message);
            told.tell(problem.help("write it as `2026-12-31 23:30`"));
        })
        .ok()
}

/// From where the times of steps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// From a scenario's begin, whose civil time the file says: in seconds since 2000-01-01T00:00:00.
    At(i64),
    /// From a scenario's begin, of which the file says nothing.
    Unsaid,
    /// From a round's.
    Round,
}

/// The time since the begin of a step that is given by the clock on the wall: `14:00` on the day of the begin, or `2026-01-06 08:00`. `None` where
/// the text is nothing like that; then it is a span of time.
pub(super) fn since_begin(text: &Text, begin: Begin, told: &mut Told<'_>) -> Option<Option<Span>> {
    let written = text.text.trim();
    let civil = |c: char| c.is_ascii_digit() || matches!(c, ':' | '-' | ' ' | 'T');
    if !written.contains(':') || !written.starts_with(|c: char| c.is_ascii_digit()) || !written.chars().all(civil) {
        return None;
    }
    Some(of_the_day(written, begin).map_or_else(
        |(mistake, message, help)| {
            told.tell(Problem::new(mistake, text.place, message).help(help));
            None
        },
        Some,
    ))
}

/// How to write what is no time of the day, such as `2:00`.
fn meant(written: &str) -> String {
    match Span::from_clock(written) {
        Some(span) if span.0 < DAY_S * 1_000 => {
            let clock = span.clock();
            let minutes = clock.get(..5).unwrap_or(&clock);
            format!("write `{minutes}` for the time of the day, or `{span}` for the time since the begin")
        }
        Some(span) => format!("write `{span}` for the time since the begin"),
        None => "write it as `08:00`".to_owned(),
    }
}

fn of_the_day(written: &str, begin: Begin) -> Result<Span, (Mistake, String, String)> {
    let wrong = |message: String, help: String| Err((Mistake::Format, message, help));
    // Of midnight all times of a day can be told.
    let midnight = |of: i64| of - of.rem_euclid(DAY_S);
    let alone = !written.contains('-');
    let long = match alone {
        true => seconds_of(&format!("2000-01-01 {written}")),
        false => seconds_of(written),
    };
    let read = match long {
        Ok(seconds) => seconds,
        Err(why) => {
            return wrong(format!("`{}` is not a time: {why}", short(written)), meant(written));
        }
    };
    let start = match begin {
        Begin::At(start) => start,
        Begin::Unsaid => {
            let message =
                format!("`{written}` is a time of the day, and this file does not say at which time it begins");
            let since = Span(read.rem_euclid(DAY_S) * 1_000);
            let help = match alone {
                true => format!("`at` counts from the begin: write `{since}`; or say when that is, as `start: 2026-01-05 00:00`"),
                false => "`at` counts from the begin: write such as `14 h`; or say when that is, as `start: 2026-01-05 00:00`".to_owned(),
            };
            return wrong(message, help);
        }
        Begin::Round => {
            let message =
                format!("`{written}` is a time of the day, and in a `repeat` times count from the round's begin");
            return wrong(
                message,
                "write how long after the round's begin, such as `14 h`".to_owned(),
            );
        }
    };
    let at = if alone { midnight(start) + read } else { read };
    if at < start {
        let message = format!("time goes back: `{written}` is before the begin, {}", shown(start));
        let help = match alone {
            true => format!("for the day after write `{}`", shown(at + DAY_S)),
            false => "write the steps in the order of their times".to_owned(),
        };
        return Err((Mistake::TimeOrder, message, help));
    }
    Ok(Span((at - start) * 1_000))
}

const DAY_S: i64 = 86_400;

/// A civil date and time as people write it.
fn shown(seconds: i64) -> String {
    let time = DateTime::constant(2000, 1, 1, 0, 0, 0, 0).saturating_add(SignedDuration::from_secs(seconds));
    let shown = time.strftime("%Y-%m-%d %H:%M:%S").to_string();
    shown.strip_suffix(":00").map_or(shown.clone(), str::to_owned)
}

/// Seconds from 2000-01-01T00:00:00 to a civil date and time between 2000 and 2099, which are the years that a pump's calendar has.
pub(super) fn seconds_of(text: &str) -> Result<i64, String> {
    let (day, time) = match text.trim().split_once([' ', 'T', 't']) {
        Some((day, time)) => (day, time.trim()),
        None => (text.trim(), "00:00"),
    };
    let [year, month, day] = numbers(day, '-', &[4, 2, 2])?[..] else {
        return Err("a date has a year, a month and a day".to_owned());
    };
    let has_zone = time.contains(['+', '-', 'Z', 'z', '[']) || time.ends_with(|c: char| c.is_ascii_alphabetic());
    if has_zone {
        return Err("a pump's clock has no time zone; give the time that it shows".to_owned());
    }
    if time.contains(['.', ',']) {
        return Err("a pump's clock has no parts of a second".to_owned());
    }
    let widths: &[usize] = if time.matches(':').count() == 2 {
        &[2, 2, 2]
    } else {
        &[2, 2]
    };
    let clock = numbers(time, ':', widths)?;
    let (hour, minute, second) = (clock[0], clock[1], clock.get(2).copied().unwrap_or(0));
    for (value, most, what) in [(hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")] {
        if value > most {
            return Err(format!("there is no {what} {value}: the last one is {most}"));
        }
    }
    if !(2000..2100).contains(&year) {
        return Err("the year is not between 2000 and 2099".to_owned());
    }
    if !(1..=12).contains(&month) {
        return Err(format!("there is no month {month}"));
    }
    let [month, day, hour, minute, second] = [month, day, hour, minute, second].map(|n| i8::try_from(n).unwrap_or(0));
    // The calendar knows how long a month is; all else was looked at above.
    let time = DateTime::new(i16::try_from(year).unwrap_or(0), month, day, hour, minute, second, 0)
        .map_err(|_| format!("there is no day {day} in that month"))?;
    Ok(time
        .duration_since(DateTime::constant(2000, 1, 1, 0, 0, 0, 0))
        .as_secs())
}

/// Numbers of so many digits each, with a sign between them.
fn numbers(text: &str, between: char, widths: &[usize]) -> Result<Vec<u32>, String> {
    let parts: Vec<&str> = text.split(between).collect();
    let digits = |part: &str, width: usize| part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
    if parts.len() != widths.len() || !parts.iter().zip(widths).all(|(part, width)| digits(part, *width)) {
        return Err(match between {
            ':' => "a time has two digits each for hour and minute, with `:` between them".to_owned(),
            _ => "a date has four digits for the year and two each for month and day, with `-` between them".to_owned(),
        });
    }
    Ok(parts.iter().map(|part| part.parse().unwrap_or(0)).collect())
}

#[cfg(test)]
mod tests {
    use super::seconds_of;

    #[test]
    fn a_date_is_read_with_or_without_its_time() {
        assert_eq!(seconds_of("2000-01-01 00:00"), Ok(0));
        assert_eq!(seconds_of("2000-01-02"), Ok(86_400));
        assert_eq!(seconds_of("2000-01-01T00:01:30"), Ok(90));
        assert_eq!(seconds_of("2026-01-05 00:00"), Ok(820_886_400));
        assert_eq!(seconds_of("2096-02-29 23:59:59"), Ok(3_034_713_599));
    }

    #[test]
    fn what_is_no_date_is_told_in_words_of_the_language() {
        for (text, why) in [
            ("2026-01-01T00:00Z", "no time zone"),
            ("2026-01-01 00:00+02:00", "no time zone"),
            ("2026-01-01 00:00-02:00", "no time zone"),
            ("2026-01-01 00:00[Europe/Berlin]", "no time zone"),
            ("2026-01-01 00:00 UTC", "no time zone"),
            ("2026-01-01 12:00 pm", "no time zone"),
            ("2026-01-01 00:00:00.5", "no parts of a second"),
            ("26-1-1 1:1", "four digits for the year"),
            ("yesterday", "four digits for the year"),
            ("", "four digits for the year"),
            ("-2026-01-01 00:00", "four digits for the year"),
            ("+2026-01-01", "four digits for the year"),
            ("2026-01-01 1:1", "two digits each"),
            ("2026-01-01 00", "two digits each"),
            ("2026-01-01 00:00:00:00", "two digits each"),
            ("2026-01-01 24:00", "no hour 24"),
            ("2026-01-01 23:60", "no minute 60"),
            ("2026-01-01 23:59:60", "no second 60"),
            ("2026-13-01 00:00", "no month 13"),
            ("2026-02-30 00:00", "no day 30"),
            ("2026-02-00 00:00", "no day 0"),
            ("2026-02-99 00:00", "no day 99"),
            ("1999-12-31 00:00", "between 2000 and 2099"),
            ("2100-01-01 00:00", "between 2000 and 2099"),
        ] {
            let told = seconds_of(text).expect_err(text);
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
