//! The basal schedule: which rate holds at a civil time, until when, and the most that any window of the schedule can give.

use crate::calendar::{DAY_S, minute_of_day, weekday};
use crate::prescription::{Key, Prescription};
use crate::units::Seconds;
use crate::vocabulary::Mode;

const WEEK_S: u64 = 7 * DAY_S;

/// A rate and the second at which the schedule is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) rate_nl_d: u32,
    pub(crate) until: Seconds,
}

/// The flex step in force. Every day begins with a step at minute 0, so midnight is always a boundary.
pub(crate) fn flex(rx: &Prescription, rtc: Seconds) -> Segment {
    let minute = minute_of_day(rtc);
    let midnight = rtc.0 - rtc.0 % DAY_S;
    let mut rate_nl_d = 0;
    let mut until = midnight + DAY_S;
    for step in rx.day(weekday(rtc)) {
        if step.minute <= minute {
            rate_nl_d = step.rate;
        } else {
            until = midnight + u64::from(step.minute) * 60;
            break;
        }
    }
    Segment {
        rate_nl_d,
        until: Seconds(until),
    }
}

/// Basal volume from `from` to `to` (seconds of the week, 2000-01-01 a Saturday at 0), in nl times seconds a day.
fn integral(rx: &Prescription, from: u64, to: u64) -> u64 {
    let mut at = from;
    let mut sum = 0;
    while at < to {
        let segment = flex(rx, Seconds(at));
        let until = segment.until.0.min(to);
        sum += u64::from(segment.rate_nl_d) * (until - at);
        at = until;
    }
    sum
}

/// The most basal volume, in nl, that any window of `window_s` of the prescription can give.
pub(crate) fn most_basal_nl(rx: &Prescription, window_s: u64) -> u64 {
    let volume = match rx.mode() {
        Mode::None | Mode::Minimum => 0,
        Mode::Continuous | Mode::Periodic => rx.or(Key::Rate, 0) * window_s,
        // The integral over a sliding window is piecewise linear: its largest value lies where the window begins or ends at a step.
        Mode::Flex => {
            let mut most = 0;
            for day in 0..7_u64 {
                let midnight = day * DAY_S;
                for step in rx.day(weekday(Seconds(midnight))) {
                    let at = midnight + u64::from(step.minute) * 60;
                    // A week on, where the schedule is the same: the window before the first step would begin before the count does.
                    let end = at + WEEK_S;
                    most = most
                        .max(integral(rx, at, at + window_s))
                        .max(integral(rx, end - window_s, end));
                }
            }
            most
        }
    };
    volume.div_ceil(DAY_S)
}

/// The most that the prescription's own programme (basal and periodic boluses) can give in any window of `window_s`, in nl.
pub(crate) fn most_programmed_nl(rx: &Prescription, window_s: u64) -> u64 {
    let periodic = match (rx.mode(), rx.get(Key::Interval)) {
        (Mode::Periodic, Some(interval)) => window_s.div_ceil(u64::from(interval.max(1))) * rx.or(Key::Dose, 0),
        _ => 0,
    };
    most_basal_nl(rx, window_s) + periodic
}
