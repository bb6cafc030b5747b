//! What stands beside the timeline: names, the begin, tolerances.

use super::cannot_fail::{Limits, cannot_fail, share_can_fail};
use super::date::{date, seconds_of};
use super::dosing::Dosing;
use super::prescription::prescription;
use super::told::Told;
use super::values::{at_least_0, each_once, time_between};
use crate::catalog::Catalog;
use crate::scenario::raw::{NoneWord, RawFile, RawTolerance, Share, ShareOrOff};
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Measure, Prescription, Tolerance};
use pump_hil_model::fault::FaultName;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{DRIFT, Percent, Span, Volume};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Quantity, Text, Time, Word};
use std::collections::BTreeSet;

/// What is filled in before the begin where a file does not say.
const RESERVOIR: Volume = Volume(20_000_000);
/// When a scenario begins where it does not say: a Monday.
const START: &str = "2026-01-05 00:00";
/// Where a file says nothing about its snapshot: one stroke, and what a second makes of a fast rate.
const TOLERANCE: Tolerance = Tolerance {
    volume: Percent(100),
    volume_floor: Volume(500),
    time: Span(1_000),
};

/// A tolerance of time up to this is taken in the shortest scenario too.
const TIME_FLOOR: Span = Span(60_000);

/// Version, name, summary, and that there is something to do.
pub(super) fn check(raw: &RawFile, told: &mut Told<'_>) {
    // A file without one is of version 1 (LANGUAGE.md, Keys of a file).
    if let Some(version) = raw.version.filter(|v| v.value != 1) {
        let message = format!("version {} of the language is unknown", version.value);
        let problem = Problem::new(Mistake::Version, version.place, message);
        told.tell(problem.help("this harness reads version 1"));
    }
    let names = raw.scenario.iter().map(|name| (name, "a scenario"));
    let tags = raw.tags.iter().flatten().map(|tag| (tag, "a tag"));
    for (name, what) in names.chain(tags).filter(|(name, _)| !is_name(&name.text)) {
        let message = format!("`{}` is not a name for {what}", short(&name.text));
        let problem = Problem::new(Mistake::Name, name.place, message);
        told.tell(problem.help("lower-case letters, digits and `-`, at most 80"));
    }
    if let Some(summary) = raw.summary.as_ref().filter(|s| s.text.trim().is_empty()) {
        let problem = Problem::new(Mistake::Empty, summary.place, "the summary is empty");
        told.tell(problem.help("say what happens, and what must then be true"));
    }
    let (verifies, covers) = (raw.verifies.as_deref().map(texts), raw.covers.as_deref().map(texts));
    for list in [verifies, covers, raw.tags.clone()] {
        each_once(&list.unwrap_or_default(), told);
    }
    if raw.timeline.as_ref().is_some_and(Vec::is_empty) {
        let place = raw.scenario.as_ref().map_or(raw.place, |name| name.place);
        told.tell(Problem::new(Mistake::Empty, place, "the timeline has no step"));
    }
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edges = text.starts_with('-') || text.ends_with('-');
    !text.is_empty() && text.len() <= 80 && !edges && text.chars().all(fits)
}

fn texts<K>(words: &[Word<K>]) -> Vec<Text> {
    words.iter().map(|word| word.0.clone()).collect()
}

/// When the scenario begins, in seconds since 2000-01-01T00:00:00.
pub(super) fn start(raw: Option<&Text>, told: &mut Told<'_>) -> Option<i64> {
    match raw {
        Some(text) => date(text, told),
        None => seconds_of(START).ok(),
    }
}

/// What is programmed and filled in before the begin.
pub(super) fn begin(
    raw: &RawFile,
    catalog: &Catalog,
    dosing: &mut Dosing,
    told: &mut Told<'_>,
) -> (Option<Prescription>, Option<Volume>) {
    let beside: Option<Volume> = raw.reservoir.as_ref().and_then(|text| at_least_0(text, told));
    match &raw.prescription {
        Some(Either::Long(rx)) => {
            let inside = rx.reservoir.as_ref().and_then(|text| at_least_0(text, told));
            if let (Some(_), Some(text)) = (&raw.reservoir, &rx.reservoir) {
                told.tell(Problem::new(
                    Mistake::Twice,
                    text.0.place,
                    "the reservoir is given twice",
                ));
            }
            let prescription = prescription(rx, true, catalog, dosing, told);
            (prescription, inside.or(beside).or(Some(RESERVOIR)))
        }
        // Without a prescription no default is filled in: a pump may come empty (LANGUAGE.md, `reservoir`).
        Some(Either::Short(_)) => (None, beside),
        None => {
            // The structural check cannot ask for it: a shared set-up may give it.
            // Only a device of the harness's own kind is programmed with one.
            if raw.device.is_none() && !told.about_key("prescription") {
                let place = raw.scenario.as_ref().map_or(raw.place, |name| name.place);
                let message = "the key `prescription` is missing in a scenario";
                let problem = Problem::new(Mistake::MissingKey, place, message);
                told.tell(problem.help("write `prescription: none` for a pump that has none at the begin"));
            }
            (None, beside)
        }
    }
}

/// Interval of the periodic dose entries.
pub(super) fn log_every(raw: Option<&Quantity<Time>>, told: &mut Told<'_>) -> Option<Span> {
    match raw {
        Some(text) => time_between(text, Span(60_000), Span(86_400_000), told),
        // The pump's own default; the limits above are the pump's as well (PROTOCOL.md, `log-every`).
        None => Some(Span(3_600_000)),
    }
}

/// How far the pump's clock may be off the host's; `None`: as the rig has it.
pub(super) fn clock_drift(raw: Option<&Quantity<Share>>, told: &mut Told<'_>) -> Option<Percent> {
    let text = raw?;
    let share: Percent = at_least_0(text, told)?;
    if !DRIFT.contains(&share) {
        let (least, most) = (DRIFT.start(), DRIFT.end());
        let message = format!("`{}` is not between {least} and {most}", text.0.text);
        told.tell(Problem::new(Mistake::Range, text.0.place, message));
        return None;
    }
    Some(share)
}

/// How far delivered may be from reported; `None` where that is not looked at.
pub(super) fn reconcile(raw: Option<&Quantity<ShareOrOff>>, told: &mut Told<'_>) -> Option<Percent> {
    match raw {
        Some(text) if text.0.text == "off" => None,
        Some(text) => tolerance(text, told),
        None => Some(Percent(5_000)),
    }
}

/// A share that leaves something to be found.
fn tolerance<D>(raw: &Quantity<D>, told: &mut Told<'_>) -> Option<Percent> {
    let share = at_least_0(raw, told)?;
    share_can_fail(share, &raw.0)
        .map_err(|problem| told.tell(problem))
        .ok()?;
    Some(share)
}

/// Tolerances of the dose log's snapshot; `None` where there is none.
pub(super) fn snapshot(
    raw: Option<&Either<Word<NoneWord>, RawTolerance>>,
    limits: Limits,
    told: &mut Told<'_>,
) -> Option<Tolerance> {
    let raw = match raw {
        Some(Either::Short(_)) => return None,
        Some(Either::Long(raw)) => raw,
        None => return Some(TOLERANCE),
    };
    let volume = raw.volume.as_ref().and_then(|text| tolerance(text, told));
    let floor: Option<Volume> = raw.volume_floor.as_ref().and_then(|text| at_least_0(text, told));
    let time: Option<Span> = raw.time.as_ref().and_then(|text| at_least_0(text, told));
    if let (Some(text), Some(floor)) = (&raw.volume_floor, floor.filter(|floor| *floor >= limits.held)) {
        let why = format!("{floor} is all that the pump holds: no volume in the log can be wrong");
        told.tell(cannot_fail(&text.0, &why));
    }
    if let (Some(text), Some(time)) = (&raw.time, time.filter(|time| *time > limits.passed.max(TIME_FLOOR))) {
        let why = format!("{time} is longer than the scenario: no time in the log can be wrong");
        told.tell(cannot_fail(&text.0, &why));
    }
    Some(Tolerance {
        volume: volume.unwrap_or(TOLERANCE.volume),
        volume_floor: floor.unwrap_or(TOLERANCE.volume_floor),
        time: time.unwrap_or(TOLERANCE.time),
    })
}

/// What `needs` names, beyond what follows from the steps.
pub(super) fn named_needs(raw: &RawFile) -> BTreeSet<Capability> {
    raw.needs
        .iter()
        .flatten()
        .filter_map(|word| capability(&word.0.text))
        .collect()
}

/// A capability by its name.
fn capability(name: &str) -> Option<Capability> {
    Some(match name {
        "raw-serial" => Capability::RawSerial,
        "virtual-time" => Capability::VirtualTime,
        "probe" => Capability::Probe,
        "run-control" => Capability::RunControl,
        "symbols" => Capability::Symbols,
        "test-block" => Capability::TestBlock,
        other => match other.strip_prefix("fault:") {
            Some(fault) => Capability::Fault(FaultName::find(fault)?),
            None => Capability::Shows(Measure::of_the_test_block().find(|measure| measure.name() == other)?),
        },
    })
}
