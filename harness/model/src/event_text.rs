//! One event as one line of text, for people.

use crate::crash::{Crash, Why};
use crate::crash_text;
use crate::event::{Body, Event, InFlash, Log, Said, Unread, Weighed};
use crate::quantity::{Pressure, Rate, Span, Volume};
use crate::safe_text::{safe, safe_within};
use crate::unfit::Unfit;
use crate::value::shown;
use std::collections::BTreeMap;

/// One event as a line for people, with its time.
#[must_use]
pub fn event_line(event: &Event) -> String {
    format!("{:>17}  {}", event.t.clock(), event_words(event))
}

/// One event in words, in one line.
#[must_use]
pub fn event_words(event: &Event) -> String {
    let what = match &event.body {
        Body::Begun => "scenario begins".to_owned(),
        Body::Played => "the last step is over".to_owned(),
        Body::Ended => "the run is over".to_owned(),
        Body::Firmware { .. } => firmware_line(&event.body),
        Body::Identified { fields } => format!("the pump is {}", pairs(fields)),
        Body::StepStarted { step, line } => format!("step {} (line {line}) starts", step.0),
        Body::StepEnded { step } => format!("step {} ends", step.0),
        Body::Sent { bytes, .. } => format!("-> {bytes}"),
        Body::Received { bytes, .. } => format!("<- {bytes}"),
        Body::Garbled { why } => format!("<- garbled: {why}"),
        Body::Nonsense { why } => format!("<- nonsense: {why}"),
        Body::Reply { verb, refused, .. } => match refused {
            None => format!("`{verb}` accepted"),
            Some(code) => format!("`{verb}` refused: {code}"),
        },
        Body::NoReply { verb, tries } => format!("no reply to `{verb}` after {tries} tries"),
        Body::Polled(polled) => match &polled.refused {
            None => format!("asked for `{}`: {}", polled.verb, pairs(&polled.fields)),
            Some(code) => format!("asked for `{}`, which it refused: {code}", polled.verb),
        },
        Body::Weighed(weighed) => weighed_line(weighed),
        Body::Awaited { message } => format!("`{}` is awaited, and did not come", safe(message)),
        Body::PollLost { verb } => format!("asked for `{verb}`: no reply"),
        Body::Pump { said, read_back, .. } => said_line(said) + read_back_mark(*read_back),
        Body::Sample(s) => format!(
            "probe: {} strokes, delivered {}, catheter {}",
            s.strokes,
            Volume(s.delivered_nl),
            Pressure(s.catheter_pa.into())
        ),
        // Without a parameter it is 0, which says nothing.
        Body::FaultArmed { fault, param: 0 } => format!("fault {fault} armed"),
        Body::FaultArmed { fault, param } => format!("fault {fault} armed ({param})"),
        Body::FaultConfirmed { fault } => format!("fault {fault} in effect"),
        Body::FaultUnconfirmed { fault, why } => format!("fault {fault} not confirmed: {why}"),
        Body::FaultCleared { fault } => format!("fault {fault} cleared"),
        Body::RigTrouble { what, .. } => format!("rig trouble: {what}"),
        Body::Gap { .. }
        | Body::Repeated { .. }
        | Body::LogRead { .. }
        | Body::StayMissing { .. }
        | Body::Past { .. }
        | Body::Lacks { .. }
        | Body::Observing { .. }
        | Body::Timing { .. } => kept_line(&event.body),
        Body::MemoryRead { at, value } => format!("probe: {at} holds {}", shown(at, value)),
        Body::Watched { at, value, .. } => format!("watch: {at} is {}", shown(at, value)),
        Body::WatchFull { noted } => format!("watch: {noted} changes were noted, the rest is not"),
        Body::Breakpoint { at, reached: true } => format!("probe: the core reached {at}"),
        Body::Breakpoint { at, reached: false } => format!("probe: the core did not reach {at}"),
        Body::Probe { did } => format!("probe: {did}"),
        Body::Log(log) => log_line(log),
        // The first line always is there: it says why there is a record.
        Body::Crash(crash) => crash_words(event.t, crash),
        Body::Hung { place, .. } => format!("the firmware hangs in {}", safe(place)),
        Body::Unfit(unfit) => unfit_words(unfit),
        Body::Interrupted { by } => format!("interrupted by {by}"),
        Body::EarlierRun { what, did, failed } => format!("{}: {}", safe(what), made_safe(did, failed)),
        Body::NotSafeByLine { why } => format!("NOT SAFE BY LINE: {}", safe(why)),
        Body::WentOn { told, saw } => format!("NOT SAFE: {}, and {}", safe(told), safe(saw)),
        Body::MadeSafe { did, failed } => format!("leaving the pump safe: {}", made_safe(did, failed)),
    };
    safe_within(&what, 160)
}

/// What an instrument said.
fn weighed_line(weighed: &Weighed) -> String {
    let rest = if weighed.stable { "" } else { ", not at rest" };
    let told = match (&weighed.mass, &weighed.fault) {
        (Some(mass), _) => format!("{mass}{rest}"),
        (None, Some(fault)) => format!("no mass: {fault}"),
        (None, None) => "no answer".to_owned(),
    };
    safe(&format!("{}: {told}", weighed.instrument))
}

/// The firmware, and how it came to be there.
fn firmware_line(body: &Body) -> String {
    let Body::Firmware {
        elf,
        sha256,
        build,
        in_flash,
        took_ms,
    } = body
    else {
        return String::new();
    };
    let build = build
        .as_ref()
        .map_or(String::new(), |build| format!(", build {}", safe(build)));
    let how = match in_flash {
        InFlash::Loaded => "the emulator starts with it".to_owned(),
        InFlash::Already => format!("in flash already, compared in {took_ms} ms"),
        InFlash::Written => format!("flashed and read back in {took_ms} ms"),
    };
    format!("firmware {}{build} ({how}), SHA-256 {}", safe(elf), safe(sha256))
}

/// Why there is a crash record; where nothing crashed it only says where the core was.
fn crash_words(t: Span, crash: &Crash) -> String {
    match crash.why {
        // Without an image there is only an address, which says nothing to anybody.
        Why::Failed if crash.stack.is_empty() => "the case did not pass".to_owned(),
        Why::Failed => format!("the case did not pass; the core was in {}", crash.place()),
        _ => crash_text::short(t, crash).swap_remove(0),
    }
}

/// What is kept of the pump's numbers, its logs and its clock.
fn kept_line(body: &Body) -> String {
    match body {
        Body::Gap { of, from, count } => format!("{count} missing of the pump's {of} numbers, from {from}"),
        Body::Repeated { of, n } if of == "reply" => format!("the reply to request {n} came late, or twice"),
        Body::Repeated { of, n } => format!("{of} {n} came again, just as before"),
        Body::LogRead { of, last } => format!("the {of} log is read up to number {last}"),
        Body::StayMissing { of, from, count, why } => {
            format!("{count} {of} records from {from} stay missing: {}", unread(*why))
        }
        Body::Past { found, did } => {
            let found = if found.is_empty() {
                "nothing".to_owned()
            } else {
                found.join(", ")
            };
            let did = did.iter().map(|what| format!("; {what}"));
            safe(&format!("left from earlier runs: {found}{}", did.collect::<String>()))
        }
        Body::Lacks { what } => {
            let names: Vec<&str> = what.iter().map(|(name, _)| name).collect();
            safe(&format!("the pump has no {}", names.join(", no ")))
        }
        Body::Observing { how } => how.told().join("; "),
        Body::Timing { scale, drift } => match scale {
            Some(scale) => {
                format!("time: the host's, {scale} pump seconds in one; the pump's clock may be {drift} off")
            }
            None => "time: granted by the harness".to_owned(),
        },
        _ => String::new(),
    }
}

/// Why records stay missing, for people.
#[must_use]
pub fn unread(why: Unread) -> &'static str {
    match why {
        Unread::Lacking => "the pump's log has no such records",
        Unread::TooOld => "the pump no longer has them",
        Unread::TooMany => "more than the device profile lets the harness read back (`limits.recover`)",
        Unread::Unanswered => "the pump did not answer when its log was read",
        Unread::Refused => "the pump refused to read its log",
        Unread::NoLog => "the device profile names no such log",
    }
}

/// What was done to make a pump safe, and what could not be.
#[must_use]
pub fn made_safe(did: &[String], failed: &[String]) -> String {
    let failed = failed.iter().map(|what| format!("NOT SAFE: {what}"));
    let all: Vec<String> = did.iter().cloned().chain(failed).collect();
    all.join("; ")
}

/// A line of the firmware's log: channel, level, text and place.
#[must_use]
pub fn log_line(log: &Log) -> String {
    let name = if log.name.is_empty() {
        format!("rtt {}", log.channel)
    } else {
        format!("rtt {} {}", log.channel, log.name)
    };
    let level = log.level.as_ref().map_or(String::new(), |level| format!(" {level}"));
    let stamp = log.stamp.as_ref().map_or(String::new(), |stamp| format!(" [{stamp}]"));
    let at = log.at.as_ref().map_or(String::new(), |at| format!("  ({at})"));
    format!("{name}{level}{stamp}: {}{at}", log.text)
}

fn read_back_mark(read_back: bool) -> &'static str {
    if read_back { " (read back from its log)" } else { "" }
}

fn said_line(said: &Said) -> String {
    match said {
        Said::Boot { reason } => format!("pump: boot, {reason}"),
        Said::State { from, to, cause } => format!("pump: {from} -> {to}, {cause}"),
        Said::Alarm { id, priority } => format!("pump: ALARM {id}, {priority}"),
        Said::AlarmClear { id } => format!("pump: alarm {id} cleared"),
        Said::BolusStart { kind, dose_nl, .. } => {
            format!("pump: {kind} bolus of {} begins", Volume(*dose_nl))
        }
        Said::BolusEnd { kind, given_nl, cause } => {
            format!("pump: {kind} bolus ends, {} given, {cause}", Volume(*given_nl))
        }
        Said::Dose(e) => format!("pump: dose entry, {}, total {}", e.cause, Volume(e.total_nl())),
        Said::Other { kind, fields } => format!("pump: {kind} {}", pairs(fields)),
    }
}

fn pairs(fields: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{key}={}", told(value)))
        .collect();
    pairs.join(" ")
}

/// A value of the pump as a person reads it: a quantity in its base unit, such as `600000nl/d`, as all other quantities are told.
fn told(value: &str) -> String {
    let end = value
        .find(|c: char| !c.is_ascii_digit() && c != '-')
        .unwrap_or(value.len());
    let (number, unit) = value.split_at(end);
    match (number.parse(), unit) {
        (Ok(number), "nl") => Volume(number).to_string(),
        (Ok(number), "nl/d") => Rate(number).to_string(),
        (Ok(number), "ms") => Span(number).to_string(),
        (Ok(number), "pa") => Pressure(number).to_string(),
        _ => value.to_owned(),
    }
}

/// A pump that is unfit. Here its lines are wanted, too, which a finding leaves out where the pump said why it refused.
fn unfit_words(unfit: &Unfit) -> String {
    let lines = unfit.says_why().then(|| format!("; {}", safe(&unfit.lines())));
    let told = safe(&unfit.to_string());
    format!("`{}`: {told}{}", safe(&unfit.verb), lines.unwrap_or_default())
}
