//! From a file as it is written, structure checked, to a case with nothing left to look up.
//!
//! Invariant: whatever is absent or ill-formed was told, here or by the structural check, so a case comes out only of a file without problems;
//! nothing stops at the first one.

mod action;
mod cannot_fail;
mod clock;
mod date;
mod dosing;
mod expect;
mod header;
mod inject;
mod invariant;
mod kept;
mod marks;
mod memory;
mod needs;
mod on_rigs;
mod prescription;
mod probe;
mod range;
mod request;
mod schedule;
mod steps;
mod told;
mod values;

use super::raw::RawFile;
use crate::catalog::{Bench, Catalog};
use crate::plan::missing;
use cannot_fail::Limits;
use date::Begin;
use dosing::Dosing;
use needs::Needs;
use pump_hil_model::case::{Action, Case, Check, Measure, Step};
use pump_hil_model::yaml::Problem;
use std::sync::Arc;
use told::Told;

/// Makes a case of a file; `None` only together with problems.
pub(super) fn compile(
    raw: &RawFile,
    row: Option<&str>,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Option<Case> {
    let told = &mut Told::new(problems);
    let mut dosing = Dosing::default();
    header::check(raw, told);
    let start_s = header::start(raw.start.as_ref(), told);
    let (prescription, reservoir) = header::begin(raw, catalog, &mut dosing, told);
    let log_every = header::log_every(raw.log_every.as_ref(), told);
    let clock_drift = header::clock_drift(raw.clock_drift.as_ref(), told);
    on_rigs::set_up(
        raw,
        (start_s, log_every),
        (prescription.as_ref(), reservoir),
        catalog,
        told,
    );
    let timeline = raw.timeline.as_deref().unwrap_or_default();
    let limits = Limits::new(reservoir, timeline);
    // What a file does not say is no time that its steps can be read by.
    let begin = start_s.filter(|_| raw.start.is_some()).map_or(Begin::Unsaid, Begin::At);
    let (steps, lasts) = steps::timeline(timeline, catalog, begin, dosing, limits, told);
    let watch = memory::watch(raw.watch.as_deref().unwrap_or_default(), catalog, told);
    let always = raw.always.iter().flatten();
    let always: Vec<_> = always
        .filter_map(|text| invariant::invariant(text, catalog, limits, told))
        .collect();
    let reconcile = header::reconcile(raw.reconcile.as_ref(), told);
    let snapshot = header::snapshot(raw.snapshot.as_ref(), limits.after(lasts), told);

    let mut needs = Needs(header::named_needs(raw));
    needs.of_steps(&steps);
    watch.iter().for_each(|at| needs.of_place(at));
    // A case that a rig cannot play is skipped there, and visibly so.
    told.tell_kept(|rig| plays(&catalog.benches()[rig], raw, &needs));
    Some(Case {
        scenario: raw.scenario.clone()?.text,
        case: row.map(str::to_owned),
        file: String::new(),
        sha256: String::new(),
        summary: raw.summary.clone()?.text,
        verifies: raw.verifies.iter().flatten().map(|w| w.0.text.clone()).collect(),
        units: Vec::new(),
        device: raw.device.as_ref().map(|device| device.text.clone()),
        tags: raw.tags.iter().flatten().map(|tag| tag.text.clone()).collect(),
        covers: raw.covers.iter().flatten().map(|w| w.0.text.clone()).collect(),
        needs: needs.0,
        start_s: start_s?,
        seed: raw.seed.map_or(1, |count| count.value.unsigned_abs()),
        prescription,
        reservoir,
        log_every: log_every?,
        clock_drift,
        // Who expects something of `resets` has starts in mind (LANGUAGE.md, `firmware-faults`).
        may_start_again: looks_at_resets(&steps),
        steps,
        watch,
        always,
        not_shown: Vec::new(),
        allow_alarms: raw.allow_alarms.iter().flatten().map(|w| w.0.text.clone()).collect(),
        // `allowed` is the only word that it can have.
        firmware_may_fault: raw.firmware_faults.is_some(),
        reconcile,
        snapshot,
    })
}

/// Whether a rig plays a case of this file.
fn plays(bench: &Arc<dyn Bench>, raw: &RawFile, needs: &Needs) -> bool {
    let of_device = raw.device.as_ref().is_none_or(|device| device.text == bench.device());
    of_device && missing(&needs.0, bench.can()).is_empty()
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
