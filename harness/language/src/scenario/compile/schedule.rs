//! Day schedules: which step holds on which day, from when.

use super::dosing::Dosing;
use super::told::Told;
use crate::scenario::raw::RawScheduleStep;
use pump_hil_model::case::FlexStep;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::words::DAYS;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Text};
use pump_hil_model::yaml::{Location, Problem};

/// All days of a week, Monday first.
const ALL_DAYS: std::ops::Range<u8> = 0..7;

/// The steps of each day, sorted.
pub(super) fn schedule(raw: &[RawScheduleStep], place: Location, dosing: Dosing, told: &mut Told<'_>) -> Vec<FlexStep> {
    // A day that a step names has only the steps that name it; `daily` means the others.
    let mut named = [false; 7];
    for step in raw {
        for day in days(step).into_iter().flatten() {
            named[usize::from(day)] = true;
        }
    }
    let mut steps: Vec<(FlexStep, Location)> = Vec::new();
    for step in raw {
        let (Some(at), Some(rate)) = (&step.at, &step.rate) else {
            continue;
        };
        let minute = minute(at, told);
        let rate = dosing.flow(rate, told);
        let (Some(minute), Some(rate)) = (minute, rate) else {
            continue;
        };
        let own = days(step).unwrap_or_else(|| ALL_DAYS.filter(|day| !named[usize::from(*day)]).collect());
        steps.extend(own.into_iter().map(|day| (FlexStep { day, minute, rate }, at.place)));
    }
    // The pump takes them in rising time (PROTOCOL.md, `flex`); people may write them by kind of day.
    steps.sort_by_key(|(step, _)| (step.day, step.minute));
    for pair in steps.windows(2) {
        if (pair[0].0.day, pair[0].0.minute) == (pair[1].0.day, pair[1].0.minute) {
            let message = "two steps of the schedule begin at the same time of one day";
            told.tell(Problem::new(Mistake::Twice, pair[1].1, message));
        }
    }
    // A step that could not be read may be the missing one.
    if !told.inside(place) {
        for day in ALL_DAYS {
            let first = steps.iter().find(|(step, _)| step.day == day);
            if first.is_none_or(|(step, _)| step.minute != 0) {
                let name = DAYS[usize::from(day)];
                let at = first.map_or(place, |(_, at)| *at);
                let message = format!("the schedule has no step at 00:00 on `{name}`");
                let problem = Problem::new(Mistake::Schedule, at, message);
                told.tell(problem.help("the first step of each day begins at \"00:00\""));
                // Once: a `daily` step that is missing is missing on seven days.
                break;
            }
        }
    }
    steps.into_iter().map(|(step, _)| step).collect()
}

fn minute(text: &Text, told: &mut Told<'_>) -> Option<u16> {
    let parsed = text.text.split_once(':').and_then(|(h, m)| {
        let two = |s: &str| {
            // `parse` alone would take a sign.
            (s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit()))
                .then(|| s.parse::<u16>().ok())
                .flatten()
        };
        let (h, m) = (two(h)?, two(m)?);
        (h < 24 && m < 60).then_some(h * 60 + m)
    });
    if parsed.is_none() {
        let message = format!("`{}` is not a time of the day", short(&text.text));
        told.tell(Problem::new(Mistake::Format, text.place, message).help("write it as \"08:00\""));
    }
    parsed
}

/// The days that a step names; `None` for `daily`.
fn days(step: &RawScheduleStep) -> Option<Vec<u8>> {
    let words: Vec<&str> = match step.day.as_ref()? {
        Either::Short(word) => vec![word.0.text.as_str()],
        Either::Long(words) => words.iter().map(|word| word.0.text.as_str()).collect(),
    };
    if words.contains(&"daily") {
        return None;
    }
    let number = |word: &&str| DAYS.iter().position(|day| day == word);
    Some(
        words
            .iter()
            .filter_map(number)
            .filter_map(|day| u8::try_from(day).ok())
            .collect(),
    )
}
