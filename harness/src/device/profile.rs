//! A profile whose every name is resolved.

use super::raw::{Arg, Part, RawArg, RawDose, RawLog, RawNumber, RawPart, RawProfile, RawProgramming, RawSaid, Verb};
use super::unit::{Unit, UnitError};
use crate::quantity::Span;
use crate::wire::{Fields, LINE_MAX};
use std::collections::BTreeMap;

/// How a firmware talks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Name of the device.
    pub device: String,
    /// One sentence for people.
    pub summary: String,
    /// Bounds of every exchange.
    pub limits: Limits,
    /// The firmware's words (alarm names, states, causes, kinds) that differ from the harness's.
    pub words: BTreeMap<String, String>,
    /// Verbs of one exchange.
    pub requests: BTreeMap<Verb, Template>,
    /// What is asked, in this order, until one is carried out, to leave the pump safe.
    pub make_safe: Vec<Verb>,
    /// How a prescription is programmed.
    pub programming: Programming,
    /// How the dose log is read back.
    pub dose_log: LogVerb,
    /// How the event log is read back, where it can be.
    pub event_log: Option<LogVerb>,
    /// Events that the harness has a word for, by the firmware's word.
    pub events: BTreeMap<String, SaidAt>,
    /// Where a dose entry has what.
    pub dose_entry: DoseEntryAt,
    /// Addresses by name.
    pub symbols: BTreeMap<String, u64>,
    /// ELF file with more symbols, relative to the profile; who loads the profile reads it.
    pub elf: Option<String>,
}

/// Bounds of every exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest line that the firmware takes, in bytes without the end.
    pub line_max: usize,
    /// How long a reply may take.
    pub reply_timeout: Span,
    /// How often a request is sent before it counts as unanswered.
    pub tries: u32,
    /// Requests that may wait.
    pub queue: usize,
    /// Data lines of one exchange.
    pub data_lines: usize,
    /// Pages of a log that one request reads.
    pub log_pages: u32,
    /// Missing records that are read back after a gap.
    pub recover: u64,
}

/// A request of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The firmware's verb.
    pub send: String,
    /// Its fields.
    pub fields: Vec<ArgField>,
    /// Names of reply fields that differ from the harness's.
    pub rename: BTreeMap<String, String>,
}

/// A field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgField {
    /// The firmware's key.
    pub key: String,
    /// Which argument goes there.
    pub from: Arg,
    /// In which unit.
    pub unit: Unit,
}

/// How a prescription is programmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programming {
    /// Verb that opens a session.
    pub begin: String,
    /// Verb that stages fields.
    pub stage: String,
    /// Verb that reads the staged fields back.
    pub read_back: String,
    /// Verb that commits.
    pub commit: String,
    /// Verb that drops what is staged.
    pub abort: String,
    /// Key of the CRC-32 in the commit and in the read-back's reply.
    pub checksum_key: String,
    /// Key of the number of fields in the read-back's reply.
    pub count_key: String,
    /// Names of the weekdays, Monday first.
    pub days: [String; 7],
    /// Name for all weekdays, where there is one.
    pub every_day: Option<String>,
    /// Fields in the order of the read-back.
    pub fields: Vec<StagedField>,
}

/// A field of a prescription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedField {
    /// The firmware's key.
    pub key: String,
    /// Which part goes there.
    pub from: Part,
    /// In which unit.
    pub unit: Unit,
    /// Pattern of a step of the day schedule, with units resolved.
    pub step: Option<StepPattern>,
    /// What is read back where nothing was staged.
    pub default: Option<String>,
}

/// Pattern of a step of the day schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepPattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Day,
    Index,
    Minute(Unit),
    Rate(Unit),
}

impl StepPattern {
    /// The text of a step.
    ///
    /// # Errors
    /// Where a unit is too coarse.
    pub fn write(&self, day: &str, index: usize, minute: u16, rate_nl_per_day: i64) -> Result<String, UnitError> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => Ok(text.clone()),
                Piece::Day => Ok(day.to_owned()),
                Piece::Index => Ok(index.to_string()),
                Piece::Minute(unit) => unit.write(i64::from(minute) * 60_000),
                Piece::Rate(unit) => unit.write(rate_nl_per_day),
            })
            .collect()
    }
}

/// How a log is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerb {
    /// The verb.
    pub send: String,
    /// Key of the first number that is wanted.
    pub from: String,
    /// Key of how many.
    pub count: String,
    /// The most that may be asked for at once.
    pub page: u64,
    /// Key of a record's number.
    pub number: String,
    /// Key and unit of a record's time.
    pub time: NumberAt,
    /// Key of an event's kind.
    pub kind: Option<String>,
    /// Key, in the reply, of the oldest number that is kept.
    pub first: String,
    /// Key, in the reply, of the newest.
    pub last: String,
}

/// A number: its key and its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberAt {
    /// The key.
    pub key: String,
    /// The unit.
    pub unit: Unit,
}

impl NumberAt {
    /// Its value among `fields`, in base units.
    ///
    /// # Errors
    /// Says which key is missing, or why its value is none.
    pub fn read(&self, fields: &Fields) -> Result<i64, String> {
        let text = text_at(fields, &self.key)?;
        self.unit.read(text).map_err(|e| format!("`{}`: {e}", self.key))
    }
}

/// The value of `key` among `fields`.
///
/// # Errors
/// Says that it is missing.
pub(crate) fn text_at<'a>(fields: &'a Fields, key: &str) -> Result<&'a str, String> {
    fields
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, v)| v.as_str())
        .ok_or_else(|| format!("`{key}` is missing"))
}

/// Where an event has what the harness has a word for; each is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in `event::Said`")]
pub enum SaidAt {
    Boot {
        reason: String,
    },
    State {
        from: String,
        to: String,
        cause: String,
    },
    Alarm {
        id: String,
        priority: String,
    },
    AlarmClear {
        id: String,
    },
    BolusStart {
        kind: String,
        dose: NumberAt,
        over: NumberAt,
    },
    BolusEnd {
        kind: String,
        given: NumberAt,
        cause: String,
    },
}

/// Where a dose entry has what.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as in `event::DoseEntry`")]
pub struct DoseEntryAt {
    pub cause: String,
    pub mode: String,
    pub rate: NumberAt,
    pub basal: NumberAt,
    pub patient: NumberAt,
    pub periodic: NumberAt,
    pub clinician: NumberAt,
    pub prime: NumberAt,
    pub bridge: NumberAt,
    pub strokes: NumberAt,
    pub reservoir: NumberAt,
}

/// Why a text is no device profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}{column}: {what}", column = .column.map(|c| format!(":{c}")).unwrap_or_default())]
pub struct ProfileError {
    /// Name of the file, as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, where it is known.
    pub column: Option<usize>,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Profile {
    /// Reads a profile from its text; `file` names it in errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str, file: &str) -> Result<Self, ProfileError> {
        let raw: RawProfile = serde_yaml::from_str(text).map_err(|e| {
            let place = e.location();
            ProfileError {
                file: file.to_owned(),
                line: place.as_ref().map_or(1, serde_yaml::Location::line),
                column: place.as_ref().map(serde_yaml::Location::column),
                what: e.to_string(),
            }
        })?;
        let units = Units::new(&raw.units);
        let resolved = units.and_then(|units| resolve(raw, &units));
        resolved.map_err(|wrong| ProfileError {
            file: file.to_owned(),
            line: line_of(text, &wrong.path),
            column: None,
            what: wrong.what,
        })
    }

    /// The harness's word for a word of the firmware.
    #[must_use]
    pub fn word(&self, theirs: &str) -> String {
        self.words.get(theirs).cloned().unwrap_or_else(|| theirs.to_owned())
    }

    /// The firmware's word for a word of the harness.
    #[must_use]
    pub fn their_word(&self, ours: &str) -> String {
        self.words
            .iter()
            .find(|(_, o)| *o == ours)
            .map_or_else(|| ours.to_owned(), |(theirs, _)| theirs.clone())
    }
}

/// Something wrong at a path of keys.
struct Wrong {
    path: Vec<String>,
    what: String,
}

fn wrong(path: &[&str], what: String) -> Wrong {
    Wrong {
        path: path.iter().map(|s| (*s).to_owned()).collect(),
        what,
    }
}

/// The line on which `path`, walked key by key, stands; the last one that was found where it ends early.
fn line_of(text: &str, path: &[String]) -> usize {
    let mut found = 1;
    let mut lines = text.lines().enumerate();
    for segment in path {
        let key = format!("{segment}:");
        let value = format!(": {segment}");
        let hit = lines.by_ref().find(|(_, line)| {
            let code = line.split(" #").next().unwrap_or(line);
            code.contains(&key) || code.contains(&value)
        });
        match hit {
            Some((index, _)) => found = index + 1,
            None => break,
        }
    }
    found
}

struct Units(BTreeMap<String, Unit>);

impl Units {
    fn new(raw: &BTreeMap<String, String>) -> Result<Self, Wrong> {
        let mut units = BTreeMap::new();
        for (suffix, is) in raw {
            let unit = Unit::new(suffix, is).ok_or_else(|| {
                wrong(
                    &["units", suffix],
                    format!("`{is}` is no quantity above 0; say what one `{suffix}` is, such as `1 nL`"),
                )
            })?;
            units.insert(suffix.clone(), unit);
        }
        Ok(Self(units))
    }

    fn get(&self, path: &[&str], name: Option<&str>) -> Result<Unit, Wrong> {
        let Some(name) = name else {
            return Ok(Unit::count());
        };
        self.0.get(name).cloned().ok_or_else(|| {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            let mut path = path.to_vec();
            path.push(name);
            wrong(
                &path,
                format!("unknown unit `{name}`; `units` has {}", known.join(", ")),
            )
        })
    }

    fn number(&self, path: &[&str], raw: RawNumber) -> Result<NumberAt, Wrong> {
        Ok(NumberAt {
            unit: self.get(path, raw.unit.as_deref())?,
            key: raw.key,
        })
    }
}

fn resolve(raw: RawProfile, units: &Units) -> Result<Profile, Wrong> {
    let (super::raw::RawCodec::TextLines1, line_max) = (raw.framing.codec, raw.framing.line_max);
    if !(32..=LINE_MAX).contains(&line_max) {
        return Err(wrong(
            &["framing", "line-max"],
            format!("`line-max` must be 32 to {LINE_MAX}"),
        ));
    }
    let reply_timeout: Span = raw
        .limits
        .reply_timeout
        .parse()
        .map_err(|e| wrong(&["limits", "reply-timeout"], format!("{e}")))?;
    let limits = Limits {
        line_max,
        reply_timeout,
        tries: raw.limits.tries,
        queue: raw.limits.queue,
        data_lines: raw.limits.data_lines,
        log_pages: raw.limits.log_pages,
        recover: raw.limits.recover,
    };
    check_limits(&limits)?;
    let mut requests = BTreeMap::new();
    for (verb, template) in raw.requests {
        let fields = template
            .fields
            .into_iter()
            .map(|f| arg_field(&template.send, f, units))
            .collect::<Result<_, _>>()?;
        requests.insert(
            verb,
            Template {
                send: template.send,
                fields,
                rename: template.rename,
            },
        );
    }
    for verb in &raw.make_safe {
        if !requests.contains_key(verb) {
            return Err(wrong(
                &["make-safe"],
                format!("`make-safe` names {verb:?}, which `requests` lacks"),
            ));
        }
    }
    if raw.make_safe.is_empty() {
        return Err(wrong(
            &["make-safe"],
            "`make-safe` is empty: say what leaves this pump safe, such as `[stop, minimum-rate]`".to_owned(),
        ));
    }
    let event_log = raw.logs.event.map(|log| log_verb("event", log, units)).transpose()?;
    if event_log.as_ref().is_some_and(|log| log.kind.is_none()) {
        return Err(wrong(
            &["logs", "event"],
            "the event log needs the key of an event's `kind`".to_owned(),
        ));
    }
    Ok(Profile {
        device: raw.device,
        summary: raw.summary,
        limits,
        words: raw.words,
        requests,
        make_safe: raw.make_safe,
        programming: programming(raw.programming, units)?,
        dose_log: log_verb("dose", raw.logs.dose, units)?,
        event_log,
        events: said(raw.events, units)?,
        dose_entry: dose_entry(raw.dose_entry, units)?,
        symbols: raw.symbols,
        elf: raw.elf,
    })
}

fn check_limits(limits: &Limits) -> Result<(), Wrong> {
    let at_least_one = [
        ("tries", limits.tries == 0),
        ("queue", limits.queue == 0),
        ("data-lines", limits.data_lines == 0),
        ("log-pages", limits.log_pages == 0),
        ("reply-timeout", limits.reply_timeout.0 <= 0),
    ];
    match at_least_one.iter().find(|(_, bad)| *bad) {
        Some((name, _)) => Err(wrong(&["limits", name], format!("`{name}` must be more than 0"))),
        None => Ok(()),
    }
}

fn arg_field(send: &str, raw: RawArg, units: &Units) -> Result<ArgField, Wrong> {
    Ok(ArgField {
        unit: units.get(&["requests", send, &raw.key], raw.unit.as_deref())?,
        key: raw.key,
        from: raw.from,
    })
}

fn programming(raw: RawProgramming, units: &Units) -> Result<Programming, Wrong> {
    let super::raw::RawChecksum::Crc32IsoHdlc = raw.checksum;
    let days: [String; 7] = raw.days.try_into().map_err(|days: Vec<String>| {
        wrong(
            &["programming", "days"],
            format!("`days` must name the seven weekdays from Monday on, not {}", days.len()),
        )
    })?;
    Ok(Programming {
        begin: raw.begin,
        stage: raw.stage,
        read_back: raw.read_back,
        commit: raw.commit,
        abort: raw.abort,
        checksum_key: raw.checksum_key,
        count_key: raw.count_key,
        days,
        every_day: raw.every_day,
        fields: raw
            .fields
            .into_iter()
            .map(|f| staged_field(f, units))
            .collect::<Result<_, _>>()?,
    })
}

fn staged_field(raw: RawPart, units: &Units) -> Result<StagedField, Wrong> {
    let path = ["programming", "fields", &raw.key];
    let step = match (raw.from, &raw.step) {
        (Part::Flex, Some(pattern)) => Some(step_pattern(&path, pattern, units)?),
        (Part::Flex, None) => {
            return Err(wrong(
                &path,
                "the day schedule needs its `step`, such as `{day},{index},{minute:min},{rate:nl/d}`".to_owned(),
            ));
        }
        (_, Some(_)) => {
            return Err(wrong(
                &path,
                "only the day schedule (`from: flex`) has a `step`".to_owned(),
            ));
        }
        (_, None) => None,
    };
    Ok(StagedField {
        unit: units.get(&path, raw.unit.as_deref())?,
        from: raw.from,
        step,
        default: raw.default,
        key: raw.key,
    })
}

fn step_pattern(path: &[&str], pattern: &str, units: &Units) -> Result<StepPattern, Wrong> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((text, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| wrong(path, format!("`{{` without `}}` in `{pattern}`")))?;
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        pieces.push(match name.split_once(':') {
            None if name == "day" => Piece::Day,
            None if name == "index" => Piece::Index,
            Some(("minute", unit)) => Piece::Minute(units.get(path, Some(unit))?),
            Some(("rate", unit)) => Piece::Rate(units.get(path, Some(unit))?),
            _ => {
                return Err(wrong(
                    path,
                    format!("unknown `{{{name}}}`; a step has {{day}}, {{index}}, {{minute:UNIT}} and {{rate:UNIT}}"),
                ));
            }
        });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(StepPattern(pieces))
}

fn log_verb(which: &str, raw: RawLog, units: &Units) -> Result<LogVerb, Wrong> {
    if raw.page == 0 {
        return Err(wrong(&["logs", which, "page"], "`page` must be more than 0".to_owned()));
    }
    Ok(LogVerb {
        time: units.number(&["logs", which, "time"], raw.time)?,
        send: raw.send,
        from: raw.from,
        count: raw.count,
        page: raw.page,
        number: raw.number,
        kind: raw.kind,
        first: raw.first,
        last: raw.last,
    })
}

fn said(raw: RawSaid, units: &Units) -> Result<BTreeMap<String, SaidAt>, Wrong> {
    let path = ["events", "bolus-start"];
    let start = SaidAt::BolusStart {
        kind: raw.bolus_start.bolus,
        dose: units.number(&path, raw.bolus_start.dose)?,
        over: units.number(&path, raw.bolus_start.over)?,
    };
    let end = SaidAt::BolusEnd {
        kind: raw.bolus_end.bolus,
        given: units.number(&["events", "bolus-end"], raw.bolus_end.given)?,
        cause: raw.bolus_end.cause,
    };
    let all = [
        (
            raw.boot.kind,
            SaidAt::Boot {
                reason: raw.boot.reason,
            },
        ),
        (
            raw.state.kind,
            SaidAt::State {
                from: raw.state.from,
                to: raw.state.to,
                cause: raw.state.cause,
            },
        ),
        (
            raw.alarm.kind,
            SaidAt::Alarm {
                id: raw.alarm.id,
                priority: raw.alarm.priority,
            },
        ),
        (raw.alarm_clear.kind, SaidAt::AlarmClear { id: raw.alarm_clear.id }),
        (raw.bolus_start.kind, start),
        (raw.bolus_end.kind, end),
    ];
    let mut events = BTreeMap::new();
    for (kind, at) in all {
        if events.insert(kind.clone(), at).is_some() {
            return Err(wrong(&["events", &kind], format!("two events have the kind `{kind}`")));
        }
    }
    Ok(events)
}

fn dose_entry(raw: RawDose, units: &Units) -> Result<DoseEntryAt, Wrong> {
    let number = |name: &str, raw: RawNumber| units.number(&["dose-entry", name], raw);
    Ok(DoseEntryAt {
        cause: raw.cause,
        mode: raw.mode,
        rate: number("rate", raw.rate)?,
        basal: number("basal", raw.basal)?,
        patient: number("patient", raw.patient)?,
        periodic: number("periodic", raw.periodic)?,
        clinician: number("clinician", raw.clinician)?,
        prime: number("prime", raw.prime)?,
        bridge: number("bridge", raw.bridge)?,
        strokes: number("strokes", raw.strokes)?,
        reservoir: number("reservoir", raw.reservoir)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUB: &str = include_str!("../../../fixtures/devices/stub.yaml");

    /// The stub's profile with one text replaced.
    fn spoilt(from: &str, to: &str) -> String {
        assert!(STUB.contains(from), "`{from}` is not in the profile");
        Profile::parse(&STUB.replacen(from, to, 1), "stub.yaml")
            .expect_err("a spoilt profile must not load")
            .to_string()
    }

    fn line_with(text: &str) -> usize {
        STUB.lines().position(|l| l.contains(text)).expect("the line is there") + 1
    }

    #[test]
    fn the_stub_s_profile_loads() {
        let profile = Profile::parse(STUB, "stub.yaml").expect("the shipped profile loads");
        assert_eq!(profile.limits.line_max, 240);
        assert_eq!(profile.requests.len(), 20);
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line() {
        let error = spoilt("reply-timeout: ", "reply-timeuot: ");
        assert!(
            error.starts_with(&format!("stub.yaml:{}", line_with("reply-timeout"))),
            "{error}"
        );
        assert!(
            error.contains("reply-timeuot") && error.contains("reply-timeout"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_unit_is_told_with_its_line_and_the_known_ones() {
        let error = spoilt(
            "{key: ptm-max, from: patient-max, unit: nl}",
            "{key: ptm-max, from: patient-max, unit: ml}",
        );
        assert!(
            error.starts_with(&format!("stub.yaml:{}: ", line_with("ptm-max"))),
            "{error}"
        );
        assert!(error.contains("unknown unit `ml`") && error.contains("nl/d"), "{error}");
    }

    #[test]
    fn a_unit_that_is_no_quantity_is_told() {
        assert!(spoilt("nl/d: 1 nL/day", "nl/d: 1 furlong").contains("`1 furlong` is no quantity"));
    }

    #[test]
    fn a_profile_that_leaves_no_pump_safe_is_refused() {
        assert!(spoilt("make-safe: [stop, minimum-rate]", "make-safe: []").contains("leaves this pump safe"));
    }

    #[test]
    fn a_six_day_week_is_refused() {
        assert!(spoilt("days: [mon, ", "days: [").contains("seven weekdays"));
    }

    #[test]
    fn a_step_with_an_unknown_name_is_refused() {
        assert!(spoilt("{minute:min}", "{hour:min}").contains("unknown `{hour:min}`"));
    }

    #[test]
    fn a_limit_of_nothing_is_refused() {
        assert!(spoilt("tries: 3", "tries: 0").contains("`tries` must be more than 0"));
    }
}
