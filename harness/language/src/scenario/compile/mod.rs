//! From a file as it is written, structure checked, to a case with nothing left to look up.
//!
//! Invariant: whatever is absent or ill-formed was told, here or by the structural check, so a case comes out only of a file without problems;
//! nothing stops at the first one.

mod clock;
mod expect;
mod inject;
mod invariant;
mod prescription;
mod probe;
mod range;
mod request;
mod schedule;
mod steps;

use super::raw::{RawFile, RawTolerance};
use crate::catalog::Catalog;
use crate::catalog::load::quantity_problem;
use jiff::civil::DateTime;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Action, Case, Check, Measure, Step, Tolerance};
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::{Concentration, Percent, QuantityError, Span, Volume};
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Quantity, Text};
use pump_hil_model::yaml::tree::Place;
use pump_hil_model::yaml::{Problem, gather};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// What is filled in before the begin where a file does not say.
const RESERVOIR: Volume = Volume(20_000_000);
/// Longest time that a scenario may name: 100 years. Sums of a million of them still fit.
pub(super) const TIME_MAX: Span = Span(100 * 365 * 86_400_000);
/// Most steps that a file may expand to.
pub(super) const STEPS_MAX: u64 = 1_000_000;

/// Makes a case of a file; `None` only together with problems.
pub(super) fn compile(
    raw: &RawFile,
    row: Option<&str>,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Option<Case> {
    let mut compiler = Compiler {
        catalog,
        problems,
        needs: BTreeSet::new(),
        concentration: None,
        marks: BTreeMap::new(),
        injected: BTreeSet::new(),
    };
    compiler.case(raw, row)
}

struct Compiler<'a> {
    catalog: &'a Catalog,
    problems: &'a mut Vec<Problem>,
    needs: BTreeSet<Capability>,
    /// Of the drug that is programmed at this point.
    concentration: Option<Concentration>,
    /// Marks that were set, where, and whether an `expect` used them.
    marks: BTreeMap<String, (Place, bool)>,
    injected: BTreeSet<FaultName>,
}

impl Compiler<'_> {
    fn case(&mut self, raw: &RawFile, row: Option<&str>) -> Option<Case> {
        self.header(raw);
        let start_s = match &raw.start {
            Some(text) => self.civil(text),
            None => civil_seconds("2026-01-05 00:00").ok(),
        };
        for word in raw.needs.iter().flatten() {
            if let Some(capability) = capability(&word.0.text) {
                self.needs.insert(capability);
            }
        }
        let (prescription, reservoir) = self.begin(raw);
        let log_every = match &raw.log_every {
            Some(text) => self.within(text, Span(60_000), Span(86_400_000)),
            None => Some(Span(3_600_000)),
        };
        let steps = self.timeline(raw.timeline.as_deref().unwrap_or_default());
        let watch = self.watch(raw.watch.as_deref().unwrap_or_default());
        self.unused_marks();
        let always = raw
            .always
            .iter()
            .flatten()
            .filter_map(|text| self.invariant(text))
            .collect();
        let reconcile = self.reconcile(raw.reconcile.as_ref());
        let snapshot = match &raw.snapshot {
            Some(Either::Short(_)) => None,
            Some(Either::Long(raw)) => Some(self.tolerance(raw)),
            None => Some(DEFAULT_TOLERANCE),
        };
        Some(Case {
            scenario: raw.scenario.clone()?.text,
            case: row.map(str::to_owned),
            file: String::new(),
            sha256: String::new(),
            summary: raw.summary.clone()?.text,
            verifies: raw.verifies.iter().flatten().map(|w| w.0.text.clone()).collect(),
            covers: raw.covers.iter().flatten().map(|w| w.0.text.clone()).collect(),
            needs: std::mem::take(&mut self.needs),
            start_s: start_s?,
            seed: raw.seed.map_or(1, |count| count.value.unsigned_abs()),
            prescription,
            reservoir,
            log_every: log_every?,
            may_start_again: looks_at_resets(&steps),
            steps,
            watch,
            always,
            allow_alarms: raw.allow_alarms.iter().flatten().map(|w| w.0.text.clone()).collect(),
            firmware_may_fault: raw.firmware_faults.is_some(),
            reconcile,
            snapshot,
        })
    }

    fn header(&mut self, raw: &RawFile) {
        if let Some(version) = raw.version.filter(|v| v.value != 1) {
            let message = format!("version {} of the language is unknown", version.value);
            self.tell(Problem::new(version.place, message).help("this harness reads version 1"));
        }
        if let Some(name) = &raw.scenario {
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let edges = name.text.starts_with('-') || name.text.ends_with('-');
            if name.text.is_empty() || name.text.len() > 80 || edges || !name.text.chars().all(fits) {
                let message = format!("`{}` is no name for a scenario", short(&name.text));
                self.tell(Problem::new(name.place, message).help("lower-case letters, digits and `-`, at most 80"));
            }
        }
        if let Some(summary) = raw.summary.as_ref().filter(|s| s.text.trim().is_empty()) {
            self.tell(
                Problem::new(summary.place, "the summary is empty")
                    .help("say what happens, and what must then be true"),
            );
        }
        for list in [raw.verifies.as_deref().map(texts), raw.covers.as_deref().map(texts)] {
            self.twice(&list.unwrap_or_default());
        }
        if raw.timeline.as_ref().is_some_and(Vec::is_empty) {
            let place = raw.scenario.as_ref().map_or(raw.place, |name| name.place);
            self.tell(Problem::new(place, "the timeline has no step"));
        }
    }

    fn twice(&mut self, texts: &[Text]) {
        let mut seen = BTreeSet::new();
        for text in texts {
            if !seen.insert(&text.text) {
                self.tell(Problem::new(
                    text.place,
                    format!("`{}` is named twice", short(&text.text)),
                ));
            }
        }
    }

    fn begin(&mut self, raw: &RawFile) -> (Option<pump_hil_model::case::Prescription>, Option<Volume>) {
        let beside = raw
            .reservoir
            .as_ref()
            .and_then(|text| self.at_least_0::<_, Volume>(text));
        match &raw.prescription {
            Some(Either::Long(rx)) => {
                let inside = rx
                    .reservoir
                    .as_ref()
                    .and_then(|text| self.at_least_0::<_, Volume>(text));
                if let (Some(_), Some(text)) = (&raw.reservoir, &rx.reservoir) {
                    self.tell(Problem::new(text.0.place, "the reservoir is given twice"));
                }
                let prescription = self.prescription(rx, true);
                (prescription, inside.or(beside).or(Some(RESERVOIR)))
            }
            Some(Either::Short(_)) => (None, beside),
            None => {
                let place = raw.scenario.as_ref().map_or(raw.place, |name| name.place);
                let problem = Problem::new(place, "the key `prescription` is missing in a scenario");
                if !self.trouble_at("prescription") {
                    self.tell(problem.help("write `prescription: none` for a pump that has none at the begin"));
                }
                (None, beside)
            }
        }
    }

    /// Whether a wrong kind of value, or a misspelling, was told for this key: then it is not missing as well.
    fn trouble_at(&self, key: &str) -> bool {
        let (wrong, meant) = (format!("`{key}` must be"), format!("did you mean `{key}`?"));
        let told = |p: &Problem| p.message.starts_with(&wrong) || p.help.as_ref() == Some(&meant);
        self.problems.iter().any(told)
    }

    fn reconcile(&mut self, raw: Option<&Quantity<super::raw::ShareOrOff>>) -> Option<Percent> {
        match raw {
            Some(text) if text.0.text == "off" => None,
            Some(text) => self.at_least_0::<_, Percent>(text),
            None => Some(Percent(5_000)),
        }
    }

    fn tolerance(&mut self, raw: &RawTolerance) -> Tolerance {
        let volume = raw.volume.as_ref().and_then(|text| self.at_least_0::<_, Percent>(text));
        let floor = raw
            .volume_floor
            .as_ref()
            .and_then(|text| self.at_least_0::<_, Volume>(text));
        let time = raw.time.as_ref().and_then(|text| self.at_least_0::<_, Span>(text));
        Tolerance {
            volume: volume.unwrap_or(DEFAULT_TOLERANCE.volume),
            volume_floor: floor.unwrap_or(DEFAULT_TOLERANCE.volume_floor),
            time: time.unwrap_or(DEFAULT_TOLERANCE.time),
        }
    }

    fn unused_marks(&mut self) {
        for (name, (place, used)) in std::mem::take(&mut self.marks) {
            if !used {
                let message = format!("the mark `{}` is never used", short(&name));
                self.tell(Problem::new(place, message).help("an `expect` names it with `since`"));
            }
        }
    }

    fn tell(&mut self, problem: Problem) {
        gather(self.problems, problem);
    }

    fn parse<Q: FromStr<Err = QuantityError>>(&mut self, text: &Text) -> Option<Q> {
        match text.text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.tell(quantity_problem(text, &error));
                None
            }
        }
    }

    /// A quantity that must not be negative, nor so large that sums overflow.
    fn at_least_0<D, Q>(&mut self, raw: &Quantity<D>) -> Option<Q>
    where
        Q: FromStr<Err = QuantityError> + Default + PartialOrd,
    {
        let value: Q = self.parse(&raw.0)?;
        if value < Q::default() {
            self.tell(Problem::new(
                raw.0.place,
                format!("`{}` is negative", short(&raw.0.text)),
            ));
            return None;
        }
        Some(value)
    }

    /// A time between 0 and [`TIME_MAX`].
    fn time<D>(&mut self, raw: &Quantity<D>) -> Option<Span> {
        self.within(raw, Span(0), TIME_MAX)
    }

    fn within<D>(&mut self, raw: &Quantity<D>, low: Span, high: Span) -> Option<Span> {
        let value: Span = self.at_least_0(raw)?;
        if value < low || value > high {
            let message = format!("`{}` is not between {low} and {high}", short(&raw.0.text));
            self.tell(Problem::new(raw.0.place, message));
            return None;
        }
        Some(value)
    }

    fn civil(&mut self, text: &Text) -> Option<i64> {
        match civil_seconds(&text.text) {
            Ok(seconds) => Some(seconds),
            Err(why) => {
                let message = format!("`{}` is no date and time: {why}", short(&text.text));
                self.tell(Problem::new(text.place, message).help("write it as `2026-12-31 23:30`"));
                None
            }
        }
    }
}

/// Where a file says nothing about its snapshot: one stroke, and what a second makes of a fast rate.
const DEFAULT_TOLERANCE: Tolerance = Tolerance {
    volume: Percent(100),
    volume_floor: Volume(500),
    time: Span(1_000),
};

fn texts<K: Clone>(words: &[pump_hil_model::yaml::raw::Word<K>]) -> Vec<Text> {
    words.iter().map(|word| word.0.clone()).collect()
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
        other => Capability::Fault(FaultName::find(other.strip_prefix("fault:")?)?),
    })
}

/// Seconds from 2000-01-01T00:00:00 to a civil date and time between 2000 and 2099.
fn civil_seconds(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    let full = if trimmed.len() == 10 {
        format!("{trimmed} 00:00")
    } else {
        trimmed.to_owned()
    };
    let time: DateTime = full.replace(' ', "T").parse().map_err(|e: jiff::Error| e.to_string())?;
    if !(2000..2100).contains(&time.year()) {
        return Err("the year is not between 2000 and 2099".to_owned());
    }
    let epoch = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);
    Ok(time.duration_since(epoch).as_secs())
}

/// Whether a step expects something of the count of resets.
fn looks_at_resets(steps: &[Step]) -> bool {
    let of_resets = |check: &Check| {
        matches!(
            check,
            Check::Measure {
                what: Measure::Resets,
                ..
            }
        )
    };
    steps.iter().any(|step| match &step.action {
        Action::Expect { checks, .. } => checks.iter().any(of_resets),
        Action::Repeat { steps, .. } => looks_at_resets(steps),
        _ => false,
    })
}
