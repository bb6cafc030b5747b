//! Civil time as seconds since 2000-01-01T00:00:00, without time zone: weekdays, minutes of the day, and months for the hard end of life.

use crate::units::Seconds;

/// Seconds in a day.
pub const DAY_S: u64 = 86_400;

/// A date of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// Year, 2000 and later.
    pub year: u64,
    /// Month, 1..=12.
    pub month: u8,
    /// Day, 1..=31.
    pub day: u8,
}

/// The weekday, 0 = Monday.
pub const fn weekday(rtc: Seconds) -> u8 {
    // 2000-01-01 was a Saturday.
    ((rtc.0 / DAY_S + 5) % 7) as u8
}

/// The minute of the day, 0..=1439.
pub const fn minute_of_day(rtc: Seconds) -> u16 {
    (rtc.0 % DAY_S / 60) as u16
}

/// The date of a civil time.
pub const fn date(rtc: Seconds) -> Date {
    // Days since 0000-03-01, so that the leap day is the last of its year; Howard Hinnant's civil_from_days.
    let days = rtc.0 / DAY_S + 730_425;
    let era = days / 146_097;
    let in_era = days % 146_097;
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * in_year + 2) / 153;
    let day = in_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    Date {
        year,
        month: month as u8,
        day: day as u8,
    }
}

/// Midnight of a date from 2000-01-01 on, as civil time.
pub const fn midnight(date: Date) -> Seconds {
    let year = if date.month <= 2 { date.year - 1 } else { date.year };
    let era = year / 400;
    let year_of_era = year % 400;
    let shifted = if date.month > 2 {
        date.month as u64 - 3
    } else {
        date.month as u64 + 9
    };
    let in_year = (153 * shifted + 2) / 5 + date.day as u64 - 1;
    let in_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year;
    Seconds((era * 146_097 + in_era - 730_425) * DAY_S)
}

/// Days of a month.
pub const fn days_in_month(year: u64, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The same time of day so many months later; a day that the month lacks becomes its last.
pub const fn add_months(rtc: Seconds, months: u32) -> Seconds {
    let from = date(rtc);
    let count = from.year * 12 + from.month as u64 - 1 + months as u64;
    let (year, month) = (count / 12, (count % 12) as u8 + 1);
    let last = days_in_month(year, month);
    let day = if from.day < last { from.day } else { last };
    Seconds(midnight(Date { year, month, day }).0 + rtc.0 % DAY_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(year: u64, month: u8, day: u8) -> Seconds {
        midnight(Date { year, month, day })
    }

    #[test]
    fn the_epoch_is_a_saturday() {
        assert_eq!(
            date(Seconds(0)),
            Date {
                year: 2000,
                month: 1,
                day: 1
            }
        );
        assert_eq!(weekday(Seconds(0)), 5);
        assert_eq!(weekday(at(2026, 3, 2)), 0);
    }

    #[test]
    fn every_day_of_a_century_goes_there_and_back() {
        let mut expected = Date {
            year: 2000,
            month: 1,
            day: 1,
        };
        for day in 0..40_000 {
            let rtc = Seconds(day * DAY_S);
            assert_eq!(date(rtc), expected);
            assert_eq!(midnight(expected), rtc);
            expected.day += 1;
            if expected.day > days_in_month(expected.year, expected.month) {
                expected.day = 1;
                expected.month += 1;
            }
            if expected.month > 12 {
                expected.month = 1;
                expected.year += 1;
            }
        }
    }

    #[test]
    fn three_months_are_not_ninety_days() {
        let eri = at(2028, 1, 31);
        assert_eq!(add_months(eri, 3), at(2028, 4, 30));
        assert_eq!(
            date(Seconds(eri.0 + 90 * DAY_S)),
            Date {
                year: 2028,
                month: 4,
                day: 30
            }
        );
        let eri = at(2027, 6, 15);
        assert_ne!(add_months(eri, 3).0, eri.0 + 90 * DAY_S);
        assert_eq!(add_months(at(2024, 2, 29), 84), at(2031, 2, 28));
    }
}
