//! Events, dose entries and replies as text.

use super::identity::Identity;
use super::names;
use super::write::LineWriter;
use crate::alarms::ActiveAlarm;
use crate::command::{Done, Field, Refusal, Status, Totals};
use crate::field_text::FieldText;
use crate::forecast::Forecast;
use crate::library::Drug;
use crate::record::{DoseEntry, Event, What};
use crate::vocabulary::AlarmId;

/// Writes kind and keys of an event.
pub(super) fn what(line: &mut LineWriter, what: &What) {
    match *what {
        What::Boot { reason } => line.word("boot").pair("reason", names::reset_reason(reason)),
        What::State { from, to, cause } => line
            .word("state")
            .pair("from", names::state(from))
            .pair("to", names::state(to))
            .pair("cause", names::cause(cause)),
        What::Rx { crc32 } => line.word("rx").pair("crc32", format_args!("{crc32:08X}")),
        What::Session { is } => line.word("session").pair("is", names::session(is)),
        What::Rate { rate } => line.word("rate").number("rate", rate.0, "nl/d"),
        What::BolusStart { kind, dose, over } => line
            .word("bolus-start")
            .pair("kind", names::bolus_kind(kind))
            .number("dose", dose.0, "nl")
            .number("over", over.0, "s"),
        What::BolusEnd { kind, given, cause } => line
            .word("bolus-end")
            .pair("kind", names::bolus_kind(kind))
            .number("given", given.0, "nl")
            .pair("cause", names::bolus_end(cause)),
        What::Refused { verb, code } => line
            .word("refused")
            .pair("verb", names::refused_verb(verb))
            .pair("code", names::code(code)),
        What::Alarm { id } => line
            .word("alarm")
            .pair("id", names::alarm(id))
            .pair("priority", names::priority(id)),
        What::AlarmClear { id } => line.word("alarm-clear").pair("id", names::alarm(id)),
        What::Muted => line.word("muted"),
        What::Unmuted => line.word("unmuted"),
        What::Tone { kind } => line.word("tone").pair("kind", names::tone(kind)),
        What::Stall { strokes } => line.word("stall").pair("strokes", strokes),
        What::StallEnd { lost } => line.word("stall-end").number("lost", lost.0, "ms"),
        What::Magnet { on } => line.word("magnet").pair("is", if on { "on" } else { "off" }),
        What::Wake => line.word("wake"),
        What::Eri { eos } => line.word("eri").number("eos", eos.0, "s"),
        What::Refill {
            expected,
            residual,
            added,
        } => line
            .word("refill")
            .number("expected", expected.0, "nl")
            .number("residual", residual.0, "nl")
            .number("added", added.0, "nl"),
        What::Memory { copy_b, lost } => line
            .word("memory")
            .pair("copy", if copy_b { "b" } else { "a" })
            .pair("is", if lost { "lost" } else { "repaired" }),
        What::Clock { by_ms } => line.word("clock").pair("by", format_args!("{by_ms}ms")),
        What::LogGap { lost } => line.word("log-gap").pair("lost", lost),
        What::Pressure { is } => line.word("pressure").pair("is", names::pressure(is)),
    };
}

/// An event as it is spoken.
pub(super) fn event(event: &Event) -> LineWriter {
    let mut line = LineWriter::new(format_args!("!{}", event.n));
    line.number("t", event.t.0, "ms");
    what(&mut line, &event.what);
    line
}

/// An event as a data line of the log.
pub(super) fn logged_event(seq: u16, event: &Event) -> LineWriter {
    let mut line = data(seq);
    line.pair("n", event.n).number("t", event.t.0, "ms");
    // The kind is a value here, for a data line has no words; some events have a key `kind` of their own.
    let mut spoken = LineWriter::new(format_args!(""));
    what(&mut spoken, &event.what);
    let spoken = spoken.text().trim_ascii_start();
    line.raw(" event=").raw(spoken);
    line
}

/// A dose entry as it is spoken.
pub(super) fn dose(entry: &DoseEntry) -> LineWriter {
    let mut line = LineWriter::new(format_args!("${}", entry.n));
    line.number("t", entry.t.0, "ms");
    dose_keys(&mut line, entry);
    line
}

/// A dose entry as a data line of the log.
pub(super) fn logged_dose(seq: u16, entry: &DoseEntry) -> LineWriter {
    let mut line = data(seq);
    line.pair("n", entry.n).number("t", entry.t.0, "ms");
    dose_keys(&mut line, entry);
    line
}

fn dose_keys(line: &mut LineWriter, entry: &DoseEntry) {
    line.pair("cause", names::dose_cause(entry.cause))
        .pair("mode", names::mode(entry.mode))
        .number("rate", entry.rate.0, "nl/d");
    for (key, volume) in [
        ("basal", entry.basal),
        ("patient", entry.patient),
        ("periodic", entry.periodic),
        ("clinician", entry.clinician),
        ("prime", entry.prime),
        ("bridge", entry.bridge),
    ] {
        line.number(key, volume.0, "nl");
    }
    line.pair("strokes", entry.strokes)
        .number("reservoir", entry.reservoir.0, "nl");
}

/// A data line without keys so far.
pub(super) fn data(seq: u16) -> LineWriter {
    LineWriter::new(format_args!("+{seq}"))
}

/// An `ok` without keys so far.
pub(super) fn ok(seq: u16) -> LineWriter {
    let mut line = LineWriter::new(format_args!("={seq}"));
    line.word("ok");
    line
}

/// Who this pump is.
pub(super) fn identity(seq: u16, identity: &Identity) -> LineWriter {
    let mut line = ok(seq);
    line.pair("model", identity.model)
        .pair("serial", identity.serial)
        .pair("firmware", env!("CARGO_PKG_VERSION"))
        .pair("build", identity.build)
        .pair("protocol", 1);
    line
}

/// An `err` with its code.
pub(super) fn err(seq: u16, code: &str) -> LineWriter {
    let mut line = LineWriter::new(format_args!("={seq}"));
    line.word("err").pair("code", code);
    line
}

/// What came of a command.
pub(super) fn reply(seq: u16, reply: &Result<Done, Refusal>) -> LineWriter {
    match reply {
        Ok(done) => {
            let mut line = ok(seq);
            match *done {
                Done::Ok => {}
                Done::Bolus { dose, over } => {
                    line.number("dose", dose.0, "nl").number("over", over.0, "s");
                }
                Done::Refill { expected, residual } => {
                    line.number("expected", expected.0, "nl")
                        .number("residual", residual.0, "nl");
                }
            }
            line
        }
        Err(refusal) => refused(seq, refusal),
    }
}

fn refused(seq: u16, refusal: &Refusal) -> LineWriter {
    let mut line = err(seq, names::code(refusal.code));
    if let Some(field) = refusal.field {
        line.pair("field", field);
    } else if let Some(id) = refusal.alarm {
        line.pair("field", names::alarm(id));
    }
    if let Some((limit, unit)) = refusal.limit {
        line.number("limit", limit, unit);
    }
    if let Some(wait) = refusal.wait {
        line.number("wait", wait.0, "s");
    }
    line
}

/// The reply to `status`.
pub(super) fn status(seq: u16, status: &Status, alarms: impl Iterator<Item = AlarmId>) -> LineWriter {
    let mut line = ok(seq);
    line.pair("state", names::state(status.state))
        .pair("mode", names::mode(status.mode))
        .number("rate", status.rate.0, "nl/d")
        .pair("bolus", status.bolus.map_or("none", names::bolus_kind))
        .number("battery", u64::from(status.battery_mv), "mv")
        .pair("life", names::life(status.life))
        .number("reservoir", status.reservoir.0, "nl");
    let mut rest = LineWriter::new(format_args!(""));
    rest.pair("session", if status.session_open { "open" } else { "none" })
        .pair("tone", names::tone(status.tone))
        .pair("muted", names::yes_no(status.muted))
        .number("lockout", status.lockout.0, "s")
        .pair("stalls", status.stalls)
        .number("rtc", status.rtc.0, "s");
    line.raw(" alarms=");
    alarm_list(&mut line, alarms, rest.text().len());
    line.raw(rest.text());
    line
}

/// Writes a comma list of alarms that leaves `after` bytes for what comes behind it.
fn alarm_list(line: &mut LineWriter, alarms: impl Iterator<Item = AlarmId>, after: usize) {
    const MORE: &str = "more";
    let mut alarms = alarms.map(names::alarm).peekable();
    if alarms.peek().is_none() {
        line.raw("none");
    }
    while let Some(name) = alarms.next() {
        // Behind this name a comma and "more" must still fit, if there is another.
        let tail = if alarms.peek().is_some() { 1 + MORE.len() } else { 0 };
        if line.room() < name.len() + tail + after {
            line.raw(MORE);
            return;
        }
        line.raw(name);
        if tail > 0 {
            line.raw(",");
        }
    }
}

/// A prescription field as a data line.
pub(super) fn field(seq: u16, field: Field, library: &[Drug]) -> LineWriter {
    let mut line = data(seq);
    line.raw(" ").display(FieldText { field, library });
    line
}

/// An active alarm as a data line.
pub(super) fn alarm(seq: u16, alarm: &ActiveAlarm) -> LineWriter {
    let mut line = data(seq);
    line.pair("id", names::alarm(alarm.id))
        .pair("priority", names::priority(alarm.id))
        .number("since", alarm.since.0, "ms")
        .pair("muted", names::yes_no(alarm.muted));
    line
}

/// A drug of the library as a data line.
pub(super) fn drug(seq: u16, drug: &Drug) -> LineWriter {
    let mut line = data(seq);
    line.pair("drug", drug.name)
        .number("conc", drug.conc.0, "ng/ml")
        .number("soft-rate", drug.soft_rate.0, "nl/d")
        .number("hard-rate", drug.hard_rate.0, "nl/d")
        .number("soft-bolus", drug.soft_bolus.0, "nl")
        .number("hard-bolus", drug.hard_bolus.0, "nl");
    line
}

/// How many fields a read-back had, and their CRC-32.
pub(super) fn sum(line: &mut LineWriter, fields: usize, crc32: u32) {
    line.pair("fields", fields).pair("crc32", format_args!("{crc32:08X}"));
}

/// First and last number of a ring; the last is before the first where it is empty.
pub(super) fn ring(line: &mut LineWriter, (first, last): (u32, u32)) {
    line.pair("first", first).pair("last", last);
}

/// The reply to `totals`.
pub(super) fn totals(seq: u16, totals: &Totals) -> LineWriter {
    let mut line = ok(seq);
    for (key, volume) in [
        ("basal", totals.basal),
        ("patient", totals.patient),
        ("periodic", totals.periodic),
        ("clinician", totals.clinician),
        ("prime", totals.prime),
        ("bridge", totals.bridge),
        ("total", totals.total),
    ] {
        line.number(key, volume.0, "nl");
    }
    line.pair("strokes", totals.strokes)
        .number("reservoir", totals.reservoir.0, "nl");
    line
}

/// The reply to `forecast`: dates as civil time, or none.
pub(super) fn forecast(seq: u16, forecast: &Forecast) -> LineWriter {
    let mut line = ok(seq);
    for (key, at) in [
        ("refill", forecast.refill),
        ("eos", forecast.eos),
        ("eri", forecast.eri),
    ] {
        match at {
            Some(at) => line.number(key, at.0, "s"),
            None => line.pair(key, "none"),
        };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Coded;
    use crate::line::LINE_MAX;
    use crate::units::{Millis, Nl, NlPerDay};
    use crate::vocabulary::{DoseCause, Mode};
    use std::string::String;
    use std::vec::Vec;

    #[test]
    fn an_alarm_list_ends_in_time_for_what_comes_behind_it() {
        for after in 0..200 {
            let mut line = ok(65_535);
            line.raw(" alarms=");
            let before = line.text().len();
            alarm_list(&mut line, AlarmId::LIST.iter().copied(), after);
            let list = String::from(&line.text()[before..]);
            assert!(line.room() >= after, "{list}");
            let names: Vec<&str> = list.split(',').collect();
            assert_eq!(names.last(), Some(&"more"), "{list}");
            assert!(
                names[..names.len() - 1]
                    .iter()
                    .zip(AlarmId::LIST)
                    .all(|(name, &id)| *name == names::alarm(id)),
                "{list}"
            );
            line.raw(&"x".repeat(after));
            assert!(line.finish().is_some_and(|bytes| bytes.len() <= LINE_MAX + 2));
        }
    }

    #[test]
    fn the_longest_dose_entry_and_totals_have_room() {
        // Twelve years at the highest rate: more than one class of volume can hold, and here all do.
        let volume = Nl(12 * 366 * 24_000_000);
        let entry = DoseEntry {
            n: u32::MAX,
            t: Millis(12 * 366 * 86_400_000),
            cause: DoseCause::BolusStart,
            mode: Mode::Continuous,
            rate: NlPerDay(24_000_000),
            basal: volume,
            patient: volume,
            periodic: volume,
            clinician: volume,
            prime: volume,
            bridge: volume,
            strokes: volume.0 / 500,
            reservoir: Nl(40_000_000),
        };
        assert!(dose(&entry).finish().is_some());
        assert!(logged_dose(u16::MAX, &entry).finish().is_some());
        let all = Totals {
            basal: volume,
            patient: volume,
            periodic: volume,
            clinician: volume,
            prime: volume,
            bridge: volume,
            total: volume,
            strokes: entry.strokes,
            reservoir: entry.reservoir,
        };
        assert!(totals(u16::MAX, &all).finish().is_some());
    }

    #[test]
    fn no_alarm_is_none_and_a_few_are_all_named() {
        let list = |alarms: &[AlarmId]| {
            let mut line = LineWriter::new(format_args!(""));
            alarm_list(&mut line, alarms.iter().copied(), 100);
            String::from(line.text())
        };
        assert_eq!(list(&[]), "none");
        assert_eq!(list(&[AlarmId::Occlusion, AlarmId::Eri]), "occlusion,eri");
    }
}
