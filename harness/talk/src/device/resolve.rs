//! From a profile as it is written to one whose every name is resolved.

use super::lacking::lacks;
use super::observe::observing;
use super::profile::{
    ArgField, DoseEntryAt, Limits, LogVerb, Piece, Profile, Programming, ReadBack, SaidAt, StagedField, StepPattern,
    Template,
};
use super::raw::{ExchangeVerb, Part, RawArg, RawLimits, RawPart, RawProfile, RawProgramming, RawTemplate};
use super::raw_observe::DeviceKind;
use super::raw_told::{RawDose, RawLog, RawNumber, RawSaid};
use super::spoken::spoken;
use super::units::Units;
use super::words::Words;
use crate::protocol::{Mistaken as Wrong, Protocol, mistaken as wrong};
use pump_hil_model::case::Verb;
use pump_hil_model::lack::{Lack, Lacks};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::quantity::mistake_of;
use std::collections::BTreeMap;

pub(super) fn resolve(mut raw: RawProfile, units: &Units) -> Result<Profile, Wrong> {
    let words = Words::new(raw.plain_words());
    let protocol = spoken(&mut raw, units)?;
    let given = std::mem::take(&mut raw.lacks);
    let may_lack = raw.profile.unwrap_or(1) >= 2;
    if let (false, Some(name)) = (may_lack, given.keys().next()) {
        let what = "`lacks` is of `profile: 2`: in a file of version 1 nothing may be left out".to_owned();
        return Err(wrong(Mistake::KeyCombination, &["lacks", name], what));
    }
    for (key, there) in [("observe", raw.observe.is_some()), ("dose-log", raw.dose_log.is_some())] {
        if there && !may_lack {
            let what = format!("`{key}` is of `profile: 2`");
            return Err(wrong(Mistake::KeyCombination, &[key], what));
        }
    }
    let limits = limits(raw.limits.take(), may_lack)?;
    check_limits(&limits)?;
    let requests = requests(raw.requests, units)?;
    let make_safe = make_safe(raw.make_safe, &requests, &protocol, may_lack)?;
    if make_safe.is_empty() && raw.kind == DeviceKind::Pump && !(may_lack && given.contains_key(Lack::MAKE_SAFE.name()))
    {
        return Err(nothing_makes_safe(may_lack));
    }
    // What its records say nobody could read without `events` and `dose-entry`.
    let event_log = raw.logs.event.filter(|_| raw.events.is_some());
    let event_log = event_log.map(|log| log_verb("event", log, units)).transpose()?;
    let dose_log = raw.logs.dose.filter(|_| raw.dose_entry.is_some());
    // A record of the event log has its kind in a field; an event on the line has it in front, so that the log alone needs a key for it.
    if event_log.as_ref().is_some_and(|log| log.kind.is_none()) {
        return Err(wrong(
            Mistake::MissingKey,
            &["logs", "event"],
            "the event log needs the key of an event's `kind`".to_owned(),
        ));
    }
    let mut profile = Profile {
        protocol,
        device: raw.device,
        kind: raw.kind,
        summary: raw.summary,
        limits,
        words,
        keys: Words::new(raw.keys),
        kinds: Words::new(raw.kinds),
        requests,
        make_safe,
        programming: raw.programming.map(|raw| programming(raw, units)).transpose()?,
        dose_log: dose_log.map(|log| log_verb("dose", log, units)).transpose()?,
        event_log,
        events: raw.events.map(|raw| said(raw, units)).transpose()?.unwrap_or_default(),
        dose_entry: raw.dose_entry.map(|raw| dose_entry(raw, units)).transpose()?,
        lacks: Lacks::default(),
        observing: Observing::default(),
        symbols: raw.symbols,
        elf: raw.elf,
        model: raw.model,
        build_symbol: raw.build_symbol,
    };
    if may_lack {
        profile.observing = observing(raw.observe.unwrap_or_default(), raw.dose_log, &profile)?;
        profile.lacks = lacks(given, &profile)?;
    }
    Ok(profile)
}

/// What a profile of version 2 need not say.
fn usual_limits() -> RawLimits {
    RawLimits {
        reply_timeout: "1 s".to_owned(),
        tries: 3,
        queue: 64,
        data_lines: 512,
        log_pages: 128,
        recover: 512,
    }
}

fn limits(raw: Option<RawLimits>, may_lack: bool) -> Result<Limits, Wrong> {
    let missing = || {
        wrong(
            Mistake::MissingKey,
            &[],
            "a profile of version 1 needs `limits`".to_owned(),
        )
    };
    let raw = raw.or_else(|| may_lack.then(usual_limits)).ok_or_else(missing)?;
    let reply_timeout: Span = raw
        .reply_timeout
        .parse()
        .map_err(|e| wrong(mistake_of(&e), &["limits", "reply-timeout"], format!("{e}")))?;
    Ok(Limits {
        reply_timeout,
        tries: raw.tries,
        queue: raw.queue,
        data_lines: raw.data_lines,
        log_pages: raw.log_pages,
        recover: raw.recover,
    })
}

/// What each verb sends.
fn requests(raw: BTreeMap<ExchangeVerb, RawTemplate>, units: &Units) -> Result<BTreeMap<Verb, Template>, Wrong> {
    let mut requests = BTreeMap::new();
    for (ExchangeVerb(verb), template) in raw {
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
    Ok(requests)
}

/// The verbs that leave a pump safe: each is one that ends therapy, the profile has it, and no other verb is put so.
fn make_safe(
    raw: Vec<ExchangeVerb>,
    requests: &BTreeMap<Verb, Template>,
    protocol: &Protocol,
    may_lack: bool,
) -> Result<Vec<Verb>, Wrong> {
    let make_safe: Vec<Verb> = raw.into_iter().map(|verb| verb.0).collect();
    for verb in &make_safe {
        let wrong = |mistake, path: &[&str], what| Err(wrong(mistake, path, what));
        let at = &["make-safe", verb.word()];
        if !verb.ends_therapy() {
            let what = format!(
                "`{verb}` leaves therapy running; what ends it: {}",
                ending_therapy().join(", ")
            );
            return wrong(Mistake::Reference, at, what);
        }
        if let Some(spoken) = protocol.verbs.get(verb.word()) {
            if let Some(other) = protocol.said_alike(spoken) {
                let what = format!("`{verb}` is sent as `{other}` is: nothing says that it ends therapy");
                return wrong(Mistake::Twice, &["verbs", verb.word()], what);
            }
            continue;
        }
        let Some(template) = requests.get(verb) else {
            let where_ = if may_lack {
                "`verbs` and `requests` lack"
            } else {
                "`requests` lacks"
            };
            let what = format!("`make-safe` names `{verb}`, which {where_}");
            return wrong(Mistake::Reference, at, what);
        };
        let other = |(other, its): &(&Verb, &Template)| !other.ends_therapy() && its.send == template.send;
        if let Some((other, _)) = requests.iter().find(other) {
            let what = format!(
                "`{verb}` is sent as `{}`, as `{other}` is: nothing says that it ends therapy",
                template.send
            );
            return wrong(Mistake::Twice, &["requests", verb.word()], what);
        }
    }
    if !make_safe.is_empty() && !may_lack && !requests.contains_key(&Verb::Status) {
        let what = "`make-safe` needs the verb `status`: whether the pump is safe is read back from it".to_owned();
        return Err(wrong(Mistake::MissingKey, &["requests"], what));
    }
    Ok(make_safe)
}

/// A profile that names nothing that leaves its pump safe, and no reason for it.
fn nothing_makes_safe(may_lack: bool) -> Wrong {
    let or = if may_lack {
        ", or why nothing does: `lacks: {make-safe: ...}`"
    } else {
        ""
    };
    let such = ending_therapy().join(", ");
    let what = format!("`make-safe` is empty: say what leaves this pump safe, such as `[{such}]`{or}");
    wrong(Mistake::Empty, &["make-safe"], what)
}

/// The words of the verbs that end therapy.
fn ending_therapy() -> Vec<&'static str> {
    let verbs = Verb::ALL.iter().filter(|verb| verb.ends_therapy());
    verbs.map(|verb| verb.word()).collect()
}

fn check_limits(limits: &Limits) -> Result<(), Wrong> {
    // `recover` is not among them: with 0 a gap is told and nothing is read back.
    let at_least_one = [
        ("tries", limits.tries == 0),
        ("queue", limits.queue == 0),
        ("data-lines", limits.data_lines == 0),
        ("log-pages", limits.log_pages == 0),
        ("reply-timeout", limits.reply_timeout.0 <= 0),
    ];
    match at_least_one.iter().find(|(_, bad)| *bad) {
        Some((name, _)) => Err(wrong(
            Mistake::Range,
            &["limits", name],
            format!("`{name}` must be more than 0"),
        )),
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
    // As with the codec: a second checksum will not compile until it is handled here.
    let super::raw::RawChecksum::Crc32IsoHdlc = raw.checksum;
    let days: [String; 7] = raw.days.try_into().map_err(|days: Vec<String>| {
        wrong(
            Mistake::Range,
            &["programming", "days"],
            format!("`days` must name the seven weekdays from Monday on, not {}", days.len()),
        )
    })?;
    let over = raw.checksum_over.as_deref().unwrap_or("{key}={value}\n");
    let parts = over.split_once("{key}").and_then(|(before, rest)| {
        let (between, after) = rest.split_once("{value}")?;
        Some([before, between, after].map(str::to_owned))
    });
    let what = "`checksum-over` needs `{key}` and then `{value}`, such as `\"{key}={value}\\n\"`";
    let checksum_over =
        parts.ok_or_else(|| wrong(Mistake::Format, &["programming", "checksum-over"], what.to_owned()))?;
    let read_back = match (raw.read_back, raw.count_key) {
        (Some(send), Some(count_key)) => Some(ReadBack { send, count_key }),
        (None, None) => None,
        _ => {
            let what = "`read-back` and `count-key` belong together: leave both out, or none".to_owned();
            return Err(wrong(Mistake::KeyCombination, &["programming"], what));
        }
    };
    Ok(Programming {
        checksum_over,
        begin: raw.begin,
        stage: raw.stage,
        read_back,
        commit: raw.commit,
        abort: raw.abort,
        checksum_key: raw.checksum_key,
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
                Mistake::MissingKey,
                &path,
                "the day schedule needs its `step`, such as `{day},{index},{minute:min},{rate:nl/d}`".to_owned(),
            ));
        }
        (_, Some(_)) => {
            return Err(wrong(
                Mistake::KeyCombination,
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
            .ok_or_else(|| wrong(Mistake::Format, path, format!("`{{` without `}}` in `{pattern}`")))?;
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
                    Mistake::Format,
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
        return Err(wrong(
            Mistake::Range,
            &["logs", which, "page"],
            "`page` must be more than 0".to_owned(),
        ));
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
            return Err(wrong(
                Mistake::Twice,
                &["events", &kind],
                format!("two events have the kind `{kind}`"),
            ));
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
