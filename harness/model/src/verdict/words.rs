//! The one place that says in words what was expected and what came. Reports, tables and tests show these; nothing decides by them.

use super::came::{Came, Did, Seen, times_apart};
use super::expected::{Account, Allowed, Answer, Asker, DueAlarm, Expected, Firmware, Forbids, Records};
use crate::case::Check;
use crate::event_text::event_line;
use crate::quantity::{Span, Volume};
use crate::rough_time::rough_time;
use crate::value::shown;
use crate::words::REFUSAL_ALLOWED;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

impl Display for Expected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(check) => of_check(check, f),
            Self::Within(within) => write!(f, "true within {within}"),
            Self::CoreAt(at) => write!(f, "the core at `{at}`"),
            Self::Always(rule) => write!(f, "always {rule}"),
            Self::Answer(answer) => answer.fmt(f),
            Self::Reply { verb } => write!(f, "a reply to `{verb}`"),
            Self::SetUp { verb } => write!(f, "a pump that accepts `{verb}`, with which the scenario begins"),
            Self::NamedAlarmsOnly => f.write_str("no alarm that the scenario does not name"),
            Self::Records(records) => records.fmt(f),
            Self::Clock { drift } => write!(f, "a clock that is at most {drift} off the host's"),
            Self::Firmware(firmware) => firmware.fmt(f),
            Self::Oracle(allowed) => allowed.fmt(f),
            Self::Agree { what, with, tolerance } => write!(f, "{what} within {tolerance} of {with}"),
            Self::AcceptedLog => f.write_str("an accepted dose log"),
            Self::LogOf { case } => write!(f, "the dose log of snapshots/{case}.snap"),
        }
    }
}

fn of_check(check: &Check, f: &mut Formatter<'_>) -> fmt::Result {
    match check {
        Check::Alarm { id, priority: None } => write!(f, "alarm `{id}`"),
        Check::Alarm {
            id,
            priority: Some(priority),
        } => write!(f, "alarm `{id}` with priority {priority}"),
        Check::NoAlarm { id: None } => f.write_str("no alarm"),
        Check::NoAlarm { id: Some(id) } => write!(f, "no alarm `{id}`"),
        Check::AlarmCleared { id } => write!(f, "alarm `{id}` cleared"),
        Check::State(state) => write!(f, "state {state}"),
        Check::Mode(mode) => write!(f, "mode {mode}"),
        Check::Bolus(bolus) => write!(f, "bolus {bolus}"),
        Check::Event { kind, fields } if fields.is_empty() => write!(f, "event `{kind}`"),
        Check::Event { kind, fields } => write!(f, "event `{kind}` with {}", pairs(fields)),
        Check::NoEvent { kind } => write!(f, "no event `{kind}`"),
        Check::Silence => f.write_str("nothing on the line"),
        Check::Reply { fields } => write!(f, "reply with {}", pairs(fields)),
        Check::Measure { what, since, range } => {
            f.write_str(what.name())?;
            if let Some(mark) = since {
                write!(f, " since `{mark}`")?;
            }
            write!(f, " {}", range.text)
        }
        Check::Memory { at, value } => write!(f, "{at} {value}"),
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let verb = &self.verb;
        match self.refused.as_deref() {
            None => write!(f, "`{verb}` accepted"),
            Some("any") => write!(f, "`{verb}` refused"),
            Some(REFUSAL_ALLOWED) => write!(f, "`{verb}` accepted or refused"),
            Some(code) => write!(f, "`{verb}` refused with `{code}`"),
        }
    }
}

impl Display for Records {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All { of } => write!(f, "every {of} record"),
            Self::InOrder => f.write_str("records in their order, with possible values"),
            Self::NotBefore { number, after, time } => {
                write!(f, "record {number} no earlier than record {after}, {time}")
            }
            Self::Possible => f.write_str("numbers that a pump can have"),
            Self::Every(span) => write!(f, "a dose entry at least every {span}"),
            Self::Promised { message, after } => write!(f, "`{message}` at least every {after}, by itself"),
            Self::Samples { verb, every } => write!(f, "an answer to `{verb}`, which is asked every {every}"),
        }
    }
}

impl Display for Firmware {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoFault => "firmware that does not fault (`firmware-faults: allowed` where it may)",
            Self::NoLockup => "firmware that does not lock up",
            Self::NoUnaskedStart => "no restart without a request (a scenario may expect some with `resets`)",
            Self::Runs => "firmware that does what it is asked",
            Self::Stops => "a pump that delivers no therapy once it was told to stop",
        })
    }
}

impl Display for Account {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reported => "reported",
            Self::Actuated => "actuated",
            Self::Delivered => "delivered",
        })
    }
}

impl Display for Allowed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrescriptionStays => f.write_str("the prescription in force stays until somebody commits another"),
            Self::TherapyStarts => write!(f, "therapy that was granted starts"),
            Self::StaysUntilStart { state } => write!(f, "{state} until somebody starts therapy"),
            Self::Volume { class, least, most } => write!(f, "{class} volume between {least} and {most}"),
            Self::Day { given, tolerance } => write!(f, "{given} in the last day, within {tolerance}"),
            Self::Rate { rate, mode } => write!(f, "rate {rate} by mode {mode}"),
            Self::Reservoir(volume) => write!(f, "computed reservoir {volume}"),
            Self::Strokes(reported) => write!(f, "strokes for {reported} since the begin"),
            Self::Actuated { most } => write!(f, "at most {most} actuated"),
            Self::Bolus { kind, dose } => write!(f, "{kind} bolus of {dose}"),
            Self::Periodic { dose, over } => write!(f, "periodic bolus of {dose} over {over}"),
            Self::NoPeriodic => f.write_str("no periodic bolus"),
            Self::PeriodicApart(interval) => write!(f, "periodic boluses {interval} apart"),
            Self::PeriodicEvery(interval) => write!(f, "a periodic bolus every {interval}"),
            Self::Begins { kind } => write!(f, "the {kind} bolus that was granted begins"),
            Self::NoneUnasked { kind } => write!(f, "no {kind} bolus that nobody asked for"),
            Self::Refused { by, why } => write!(f, "{by} refused with `{}`: {why}", why.code()),
            Self::Granted { by } => write!(
                f,
                "{by} granted: {}",
                match by {
                    Asker::Patient => "nothing in the prescription forbids it",
                    Asker::Clinician => "it stays within the rolling maximum",
                }
            ),
            Self::CarriedOut { verb } => write!(f, "`{verb}` carried out: nothing forbids it"),
            Self::RefusedFor { verb, why } => write!(f, "`{verb}` refused with `{why}`"),
            Self::Alarm(alarm) => alarm.fmt(f),
        }
    }
}

impl Display for Asker {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patient => "patient bolus",
            Self::Clinician => "bolus",
        })
    }
}

impl Display for Forbids {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed => f.write_str("no patient bolus is prescribed"),
            Self::Stopped => f.write_str("the pump is stopped"),
            Self::BolusActive => f.write_str("a bolus is in progress"),
            Self::Lockout { since, lockout } => write!(f, "{since} after the last, lockout {lockout}"),
            Self::Count { count, window, allowed } => write!(f, "{count} in {window}, allowed {allowed}"),
            Self::MaxDose {
                given,
                window,
                dose,
                max,
            } => write!(f, "{given} in {window} already, and {dose} more is above {max}"),
        }
    }
}

impl Display for DueAlarm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("alarm `stopped-48h` after 2 d without therapy"),
            Self::EndOfService => f.write_str("end of service 90 d after the replacement indicator"),
            Self::ReservoirLow(low) => write!(f, "alarm `reservoir-low` at {low}"),
            Self::TrialEnded => f.write_str("alarm `trial-ended` at the trial's limit"),
        }
    }
}

impl Display for Came {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seen(seen) => seen.fmt(f),
            Self::Late { instead, by } => write!(f, "{instead}; it came {} too late", rough_time(*by)),
            Self::After(took) => write!(f, "true after {took}"),
            Self::NotReached => f.write_str("it did not get there"),
            Self::Answer(answer) => answer.fmt(f),
            Self::NoAnswer { verb } => write!(f, "no reply to `{verb}` in the journal"),
            Self::Unfit(unfit) => unfit.fmt(f),
            Self::Silence { tries } => write!(f, "none, after {tries} tries"),
            Self::State(state) => write!(f, "state {state}"),
            Self::ActiveAlarm(id) => write!(f, "alarm `{id}`"),
            Self::Compared { left, right } => {
                let (left, value) = *left;
                write!(f, "{} {}", left.name(), left.text(value))?;
                let Some((right, other)) = *right else { return Ok(()) };
                write!(f, ", {} {}", right.name(), right.text(other))?;
                if right.is_volume() {
                    // Measures are a pump's own numbers: a difference that overflows is shown as the largest.
                    write!(f, "; {} apart", Volume(value.saturating_sub(other)))?;
                }
                Ok(())
            }
            Self::Alarm { id, priority } => write!(f, "alarm `{id}`, {priority}"),
            Self::Missing { from, count } => write!(f, "{count} missing from number {from} on"),
            Self::Nonsense(why) => f.write_str(why),
            Self::RecordOf { number, time } => write!(f, "record {number} is of {time}"),
            Self::Event(event) => f.write_str(event_line(event).trim()),
            Self::Impossible { what, line: None } => write!(f, "{what}, in a log"),
            Self::Impossible { what, line: Some(line) } => write!(f, "{what}, in the line `{line}`"),
            Self::NotSince(t) => write!(f, "none since {}", t.clock()),
            Self::NoneOf { since, asked } => {
                write!(f, "none to {asked} in a row; the last one came at {}", since.clock())
            }
            Self::NoneSince(t) => write!(f, "the pump answers, and its log has none since {}", t.clock()),
            Self::Clocks { host, pump, scale } => of_clocks(*host, *pump, *scale, f),
            Self::FirmwareFault { place } => write!(f, "the firmware faulted: {place}"),
            Self::Lockup { place } => write!(f, "the firmware locked up: {place}"),
            Self::Start => f.write_str("the pump started again"),
            Self::WentOn { told, saw } => write!(f, "NOT SAFE: {told}, and {saw}"),
            Self::Hang { place, limit_ms } => {
                write!(
                    f,
                    "the firmware hangs in {place}: no answer within {limit_ms} ms of host time"
                )
            }
            Self::Did(did) => did.fmt(f),
            Self::Apart { what, than, at, first } => {
                let (what, came) = *what;
                let (than, told) = *than;
                let side = match what {
                    Account::Actuated => "apart from",
                    _ if came > told => "above",
                    _ => "below",
                };
                write!(
                    f,
                    "{what} {came} is {} {side} {than} {told} at {} (first beyond tolerance at {})",
                    Volume(came.0.saturating_sub(told.0).saturating_abs()),
                    at.clock(),
                    first.clock()
                )
            }
            Self::NoLog { case } => write!(f, "none yet at snapshots/{case}.snap\n{REVIEW}"),
            Self::LogDiffers { shown, more, changed } => of_log(shown, *more, changed, f),
        }
    }
}

fn of_log(shown: &[String], more: usize, changed: &[String], f: &mut Formatter<'_>) -> fmt::Result {
    f.write_str(&shown.join("\n"))?;
    if more > 0 {
        write!(f, "\nand {more} more")?;
    }
    if !changed.is_empty() {
        let changed = changed.join("; ");
        write!(f, "\nthe prescription changed since this was accepted: {changed}")?;
    }
    write!(f, "\n{REVIEW}")
}

fn of_clocks(host: Span, pump: Span, scale: Option<(u32, u32)>, f: &mut Formatter<'_>) -> fmt::Result {
    let (host_told, pump_told) = in_one_unit(host, pump);
    write!(f, "the host's clock went on by {host_told}, the pump's by {pump_told}")?;
    let Some((tenths, how)) = times_apart(host, pump) else {
        return Ok(());
    };
    let times = match tenths {
        100.. => (tenths / 10).to_string(),
        _ => format!("{}.{}", tenths / 10, tenths % 10)
            .trim_end_matches(".0")
            .to_owned(),
    };
    write!(
        f,
        ": {times} times {how} than the rig says; look at `scale` in the rig file"
    )?;
    match scale {
        Some((fits, has)) => write!(f, ": it says {has}, and {fits} would fit"),
        None => f.write_str(", and at the pump's own clock"),
    }
}

/// Two times, as they stand where their units are the same, else in seconds.
fn in_one_unit(one: Span, other: Span) -> (String, String) {
    let as_they_stand = (one.to_string(), other.to_string());
    let unit = |text: &str| text.rsplit(' ').next().map(str::to_owned);
    if unit(&as_they_stand.0) == unit(&as_they_stand.1) {
        return as_they_stand;
    }
    let in_seconds = |span: Span| {
        let (sign, ms) = (if span.0 < 0 { "-" } else { "" }, span.0.unsigned_abs());
        let text = format!("{sign}{}.{:03}", ms / 1_000, ms % 1_000);
        format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
    };
    (in_seconds(one), in_seconds(other))
}

/// The same wherever it ran, so that a replay says the same.
const REVIEW: &str = "outside CI, look at it with `pump-hil review`";

impl Display for Seen {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Active(alarms) if alarms.is_empty() => f.write_str("active: none"),
            Self::Active(alarms) => write!(f, "active: {}", alarms.join(", ")),
            Self::Alarm { id, priority } => write!(f, "alarm `{id}` with priority {priority}"),
            Self::NeverRaised => f.write_str("it was never raised"),
            Self::StillActive => f.write_str("it is still active"),
            Self::ClearedBefore => f.write_str("it was cleared before the last expectation"),
            Self::Level { name, is } => write!(f, "{name} {}", is.as_deref().unwrap_or("not reported yet")),
            Self::NoEvent { kind } => write!(f, "no event `{kind}`"),
            Self::Event { kind, fields } => write!(f, "event `{kind}` with {}", pairs(fields)),
            Self::Line { bytes } => write!(f, "`{bytes}`"),
            Self::Told { kind } => write!(f, "the pump reported `{kind}`"),
            Self::Reply { fields } => write!(f, "reply with {}", pairs(fields)),
            Self::Measure { what, value: None } => write!(f, "{} is not known", what.name()),
            Self::Measure {
                what,
                value: Some(value),
            } => write!(f, "{} {}", what.name(), what.text(*value)),
            Self::Memory { value: None, .. } => f.write_str("it was not read"),
            Self::Memory { at, value: Some(value) } => write!(f, "{at} {}", shown(at, value)),
        }
    }
}

impl Display for Did {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPrescription => f.write_str("another came into force"),
            Self::ToldNoStart => write!(f, "the pump reported no start, and its log has none"),
            Self::Ran { cause } => write!(f, "the pump went to running by itself, cause {cause}"),
            Self::Reported(volume) => write!(f, "{volume} reported"),
            Self::Gave { given, cause } => write!(f, "{given} given, {cause}"),
            Self::Rate { rate, mode } => write!(f, "rate {rate} by mode {mode}"),
            Self::Stroked(volume) => write!(f, "strokes for {volume}"),
            Self::Reservoir(volume) => write!(f, "computed reservoir {volume}"),
            Self::Actuated(volume) => write!(f, "{volume} actuated"),
            Self::OneOf(dose) => write!(f, "one of {dose}"),
            Self::Periodic { dose, over } => write!(f, "{dose} over {over}"),
            Self::OneAfter(gap) => write!(f, "one {gap} after the last"),
            Self::NonePeriodic(None) => f.write_str("none since therapy started"),
            Self::NonePeriodic(Some(ago)) => write!(f, "none since {ago} ago"),
            Self::Began(dose) => write!(f, "one of {dose} began"),
            Self::DidNotBegin => f.write_str("it did not"),
            Self::Granted => f.write_str("it was granted"),
            Self::Refused { code } => write!(f, "it was refused with `{code}`"),
            Self::RaisedAfter(after) => write!(f, "raised after {after}"),
            Self::RaisedWith(left) => write!(f, "raised with {left} left"),
            Self::NoneWithoutTherapy(time) => write!(f, "none, after {time} without therapy"),
            Self::NoneWith(left) => write!(f, "none, with {left} left by the pump's own count"),
            Self::NoneAfter(time) => write!(f, "none, {time} after it"),
        }
    }
}

fn pairs(fields: &BTreeMap<String, String>) -> String {
    if fields.is_empty() {
        return "no fields".to_owned();
    }
    let all: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    all.join(" ")
}
