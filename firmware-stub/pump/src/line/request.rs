//! From a request to what it asks of the pump: every key known, every unit right, every value a number where it must be one.
//! Ranges are the pump's business, save where the protocol itself bounds a number.

use super::names;
use super::parse::Request;
use super::value::{ValueError, hex32, number};
use crate::command::{Command, Day, Field};
use crate::field_text::DAYS;
use crate::io::Tone;
use crate::library::{self, Drug};
use crate::units::{NgPerMl, Nl, NlPerDay, Seconds};
use crate::vocabulary::Mode;

/// Most entries of one log page.
pub const PAGE_MAX: u64 = 64;
/// Entries of a page where the request does not say.
const PAGE_DEFAULT: u64 = 16;

/// Fields that one line can stage: every key once.
pub(super) const FIELDS_MAX: usize = 22;

/// What a request asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To read something.
    Read(Read),
    /// To stage the fields of the request, which are all well formed.
    Stage,
    /// To do something.
    Do(Command),
}

/// What can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Identify,
    Status,
    Totals,
    Prescription,
    Alarms,
    DoseLog { from: u32, count: u32 },
    EventLog { from: u32, count: u32 },
    Library,
    Forecast,
    Staged,
}

/// Why a request is refused before the pump hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Problem<'a> {
    pub(super) code: &'static str,
    pub(super) field: Option<&'a str>,
    pub(super) limit: Option<(u64, &'static str)>,
}

impl<'a> Problem<'a> {
    const fn of(code: &'static str, field: &'a str) -> Self {
        Self {
            code,
            field: Some(field),
            limit: None,
        }
    }

    const fn beyond(field: &'a str, limit: u64, unit: &'static str) -> Self {
        Self {
            code: "out-of-range",
            field: Some(field),
            limit: Some((limit, unit)),
        }
    }

    const fn value(error: ValueError, field: &'a str) -> Self {
        let code = match error {
            ValueError::NotANumber => "not-a-number",
            ValueError::WrongUnit => "wrong-unit",
            ValueError::Wrap => "wrap",
        };
        Self::of(code, field)
    }
}

/// Whether a verb changes nothing, so that it may be typed without crc; None for a verb that there is not.
pub(super) fn is_read(verb: &str) -> Option<bool> {
    match verb {
        "identify" | "status" | "totals" | "prescription" | "alarms" | "dose-log" | "event-log" | "library"
        | "forecast" | "staged" => Some(true),
        "session-begin" | "stage" | "commit" | "abort" | "start" | "stop" | "minimum-rate" | "patient-bolus"
        | "bolus" | "prime" | "bridge" | "refill" | "clear-alarm" | "mute" | "test-alarm" | "clock-set"
        | "log-every" | "report" | "self-test" => Some(false),
        _ => None,
    }
}

/// Works out what a request asks.
pub(super) fn ask<'a>(request: &Request<'a>, library: &[Drug]) -> Result<Ask, Problem<'a>> {
    let keys = Keys(request);
    let read = |read| keys.none().map(|()| Ask::Read(read));
    let act = |command| keys.none().map(|()| Ask::Do(command));
    match request.verb {
        "identify" => read(Read::Identify),
        "status" => read(Read::Status),
        "totals" => read(Read::Totals),
        "prescription" => read(Read::Prescription),
        "alarms" => read(Read::Alarms),
        "library" => read(Read::Library),
        "forecast" => read(Read::Forecast),
        "staged" => read(Read::Staged),
        "dose-log" => keys
            .page()
            .map(|(from, count)| Ask::Read(Read::DoseLog { from, count })),
        "event-log" => keys
            .page()
            .map(|(from, count)| Ask::Read(Read::EventLog { from, count })),
        "session-begin" => act(Command::SessionBegin),
        "abort" => act(Command::Abort),
        "start" => act(Command::Start),
        "stop" => act(Command::Stop),
        "minimum-rate" => act(Command::MinimumRate),
        "patient-bolus" => act(Command::PatientBolus),
        "prime" => act(Command::Prime),
        "mute" => act(Command::Mute),
        "self-test" => act(Command::SelfTest),
        "stage" => stage(request, library),
        _ => keyed(&keys).map(Ask::Do),
    }
}

/// Every field of the line is read before the pump is told of the first: all or nothing.
fn stage<'a>(request: &Request<'a>, library: &[Drug]) -> Result<Ask, Problem<'a>> {
    if request.pairs().next().is_none() {
        return Err(Problem {
            code: "missing",
            field: None,
            limit: None,
        });
    }
    request
        .pairs()
        .try_for_each(|(key, value)| field(key, value, library).map(|_| ()))?;
    Ok(Ask::Stage)
}

fn keyed<'a>(keys: &Keys<'_, 'a>) -> Result<Command, Problem<'a>> {
    match keys.0.verb {
        "commit" => {
            keys.only(&["crc32"])?;
            let crc32 = hex32(keys.must("crc32")?).ok_or(Problem::of("not-a-number", "crc32"))?;
            Ok(Command::Commit { crc32 })
        }
        "bolus" => {
            keys.only(&["dose", "over"])?;
            Ok(Command::Bolus {
                dose: Nl(keys.number("dose", "nl")?),
                over: Seconds(keys.number("over", "s")?),
            })
        }
        "bridge" => {
            keys.only(&["volume", "rate"])?;
            Ok(Command::Bridge {
                volume: Nl(keys.number("volume", "nl")?),
                rate: NlPerDay(keys.number("rate", "nl/d")?),
            })
        }
        "refill" => {
            keys.only(&["removed", "added"])?;
            Ok(Command::Refill {
                removed: Nl(keys.number("removed", "nl")?),
                added: Nl(keys.number("added", "nl")?),
            })
        }
        "clear-alarm" => {
            keys.only(&["id"])?;
            names::alarm_by_name(keys.must("id")?)
                .map(Command::ClearAlarm)
                .ok_or(Problem::of("no-such-alarm", "id"))
        }
        "test-alarm" => {
            keys.only(&["priority"])?;
            match keys.must("priority")? {
                "critical" => Ok(Command::TestAlarm(Tone::Critical)),
                "non-critical" => Ok(Command::TestAlarm(Tone::NonCritical)),
                _ => Err(Problem::of("out-of-range", "priority")),
            }
        }
        "clock-set" => {
            keys.only(&["rtc"])?;
            Ok(Command::ClockSet(Seconds(keys.number("rtc", "s")?)))
        }
        "log-every" => {
            keys.only(&["dose"])?;
            Ok(Command::LogEvery(Seconds(keys.number("dose", "s")?)))
        }
        "report" => {
            keys.only(&["tones"])?;
            match keys.must("tones")? {
                "on" => Ok(Command::ReportTones(true)),
                "off" => Ok(Command::ReportTones(false)),
                _ => Err(Problem::of("out-of-range", "tones")),
            }
        }
        _ => Err(Problem {
            code: "unknown-verb",
            field: None,
            limit: None,
        }),
    }
}

/// Reads one prescription field.
pub(super) fn field<'a>(key: &'a str, value: &'a str, library: &[Drug]) -> Result<Field, Problem<'a>> {
    let read = |unit| number(value, unit).map_err(|error| Problem::value(error, key));
    let nl = || read("nl").map(Nl);
    let s = || read("s").map(Seconds);
    Ok(match key {
        "drug" => Field::Drug(library::by_name(library, value).ok_or(Problem::of("unknown-drug", key))?),
        "conc" => Field::Conc(NgPerMl(read("ng/ml")?)),
        "mode" => Field::Mode(match value {
            "continuous" => Mode::Continuous,
            "flex" => Mode::Flex,
            "periodic" => Mode::Periodic,
            "minimum" => Mode::Minimum,
            _ => return Err(Problem::of("out-of-range", key)),
        }),
        "rate" => Field::Rate(NlPerDay(read("nl/d")?)),
        "flex" if value == "clear" => Field::FlexClear,
        "flex" => flex(key, value)?,
        "dose" => Field::Dose(nl()?),
        "over" => Field::Over(s()?),
        "interval" => Field::Interval(s()?),
        "ptm-dose" => Field::PtmDose(nl()?),
        "ptm-over" => Field::PtmOver(s()?),
        "ptm-lockout" => Field::PtmLockout(s()?),
        "ptm-count" => Field::PtmCount(read("")?),
        "ptm-window" => Field::PtmWindow(s()?),
        "ptm-max" => Field::PtmMax(nl()?),
        "low" => Field::Low(nl()?),
        "catheter" => Field::Catheter(nl()?),
        "tubing" => Field::Tubing(nl()?),
        "trial-time" => Field::TrialTime(s()?),
        "trial-dose" => Field::TrialDose(nl()?),
        "soft" if value == "confirm" => Field::SoftConfirm,
        "soft" => return Err(Problem::of("out-of-range", key)),
        _ => return Err(Problem::of("unknown-key", key)),
    })
}

/// `<day>,<i>,<m>min,<r>nl/d`
fn flex<'a>(key: &'a str, value: &'a str) -> Result<Field, Problem<'a>> {
    const INDEX_MAX: u64 = 13;
    const MINUTE_MAX: u64 = 1439;
    let mut parts = value.split(',');
    let mut part = || parts.next().ok_or(Problem::of("missing", key));
    let (day, index, minute, rate) = (part()?, part()?, part()?, part()?);
    if parts.next().is_some() {
        return Err(Problem::of("not-a-number", key));
    }
    let read = |text, unit| number(text, unit).map_err(|error| Problem::value(error, key));
    let day = if day == "daily" {
        Day::Daily
    } else {
        let at = DAYS
            .iter()
            .position(|&name| name == day)
            .ok_or(Problem::of("out-of-range", key))?;
        Day::On(at as u8)
    };
    let index = read(index, "")?;
    if !(1..=INDEX_MAX).contains(&index) {
        return Err(Problem::beyond(key, INDEX_MAX, ""));
    }
    let minute = read(minute, "min")?;
    if minute > MINUTE_MAX {
        return Err(Problem::beyond(key, MINUTE_MAX, "min"));
    }
    Ok(Field::Flex {
        day,
        index: index as u8,
        minute: minute as u16,
        rate: NlPerDay(read(rate, "nl/d")?),
    })
}

/// The keys of a request that is not `stage`.
struct Keys<'r, 'a>(&'r Request<'a>);

impl<'a> Keys<'_, 'a> {
    fn none(&self) -> Result<(), Problem<'a>> {
        self.only(&[])
    }

    /// Refuses a key that the verb does not have.
    fn only(&self, known: &[&str]) -> Result<(), Problem<'a>> {
        match self.0.pairs().find(|(key, _)| !known.contains(key)) {
            Some((key, _)) => Err(Problem::of("unknown-key", key)),
            None => Ok(()),
        }
    }

    fn must(&self, key: &'static str) -> Result<&'a str, Problem<'a>> {
        self.0.get(key).ok_or(Problem::of("missing", key))
    }

    fn number(&self, key: &'static str, unit: &str) -> Result<u64, Problem<'a>> {
        number(self.must(key)?, unit).map_err(|error| Problem::value(error, key))
    }

    /// From which entry on, and how many.
    fn page(&self) -> Result<(u32, u32), Problem<'a>> {
        self.only(&["from", "count"])?;
        let read = |key, default| {
            self.0.get(key).map_or(Ok(default), |text| {
                number(text, "").map_err(|error| Problem::value(error, key))
            })
        };
        let from = u32::try_from(read("from", 1)?).map_err(|_| Problem::beyond("from", u64::from(u32::MAX), ""))?;
        let count = read("count", PAGE_DEFAULT)?;
        if !(1..=PAGE_MAX).contains(&count) {
            return Err(Problem::beyond("count", PAGE_MAX, ""));
        }
        Ok((from, count as u32))
    }
}
