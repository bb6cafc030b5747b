//! What the rigs that a scenario will run on can carry: told with its line before a pump is powered, and not by a run that breaks off in its middle.

use super::kept::is_open;
use super::told::Told;
use crate::catalog::{Catalog, Unsaid};
use crate::scenario::raw::{RawFile, RawPrescription};
use pump_hil_model::capability::lacks_of;
use pump_hil_model::case::{Prescription, Request};
use pump_hil_model::lack::Lack;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{Rate, Span, Volume};
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Either, Scalar, Table, Text};
use pump_hil_model::yaml::{Location, Problem};

/// Whether each rig's pump can be asked for this. What is wrong with a value stands where `of` finds it, all else at `whole`.
fn carried<'r>(
    request: &Request,
    whole: Location,
    of: impl Fn(&Unsaid) -> Option<&'r Text>,
    catalog: &Catalog,
    told: &mut Told<'_>,
) {
    for (at, bench) in catalog.benches().iter().enumerate() {
        // What its pump lacks is no mistake of a scenario: the case is skipped there, or goes without it.
        let lacks = lacks_of(bench.can());
        let lack = match request {
            Request::Program { .. } | Request::Stage { .. } | Request::Commit | Request::Abort => Some(Lack::PROGRAM),
            Request::ReadLog => Some(Lack::DOSE_LOG),
            _ => Lack::find(request.verb().word()),
        };
        if lack.is_some_and(|lack| lacks.has(lack)) {
            continue;
        }
        let Err(unsaid) = bench.says(request) else { continue };
        let (name, why) = (bench.name(), &unsaid.why);
        let problem = match of(&unsaid) {
            Some(text) => Problem::new(
                unsaid.mistake,
                text.place,
                format!("on rig `{name}`: `{}` {why}", short(&text.text)),
            ),
            None => {
                let key = unsaid.of.map_or_else(String::new, |of| format!("`{of}` "));
                Problem::new(unsaid.mistake, whole, format!("on rig `{name}`: {key}{why}"))
            }
        };
        told.tell_on_rig(at, problem);
    }
}

/// What a `do` asks.
pub(super) fn asked(
    request: &Request,
    whole: Location,
    with: Option<&Table<Scalar>>,
    catalog: &Catalog,
    told: &mut Told<'_>,
) {
    // What it says is known once the answer is there that gives its value.
    if is_open(request) {
        return;
    }
    let given = with.map_or(&[][..], |table| table.entries.as_slice());
    let of = |unsaid: &Unsaid| {
        let found = given.iter().find(|(key, _)| Some(key.text.as_str()) == unsaid.of);
        found.map(|(_, value)| &value.0)
    };
    carried(request, whole, of, catalog, told);
}

/// What is asked again and again must only read.
pub(super) fn polled(request: &Request, place: Location, catalog: &Catalog, told: &mut Told<'_>) {
    for (at, bench) in catalog.benches().iter().enumerate() {
        if !bench.only_reads(request) {
            let message = format!(
                "on rig `{}`: `{}` does more than read, and would do it again and again",
                bench.name(),
                request.name()
            );
            let problem = Problem::new(Mistake::KeyCombination, place, message);
            told.tell_on_rig(at, problem.help("poll a verb whose `effect` is `none`"));
        }
    }
}

/// A prescription that is programmed or staged.
pub(super) fn programmed(request: &Request, raw: &RawPrescription, catalog: &Catalog, told: &mut Told<'_>) {
    carried(request, raw.place, |unsaid| part(raw, unsaid), catalog, told);
}

/// What is asked before the scenario begins.
pub(super) fn set_up(
    raw: &RawFile,
    (start_s, log_every): (Option<i64>, Option<Span>),
    (prescription, reservoir): (Option<&Prescription>, Option<Volume>),
    catalog: &Catalog,
    told: &mut Told<'_>,
) {
    let whole = raw.scenario.as_ref().map_or(raw.place, |name| name.place);
    carried(&Request::Identify, whole, |_| None, catalog, told);
    if let Some(to_s) = start_s {
        carried(
            &Request::SetClock { to_s },
            whole,
            |_| raw.start.as_ref(),
            catalog,
            told,
        );
    }
    if let Some(interval) = log_every {
        let text = raw.log_every.as_ref().map(|quantity| &quantity.0);
        carried(&Request::LogEvery { interval }, whole, |_| text, catalog, told);
    }
    let rx = match &raw.prescription {
        Some(Either::Long(rx)) => Some(rx),
        _ => None,
    };
    if let Some(added) = reservoir {
        let removed = Some(Volume(0));
        let inside = rx.and_then(|rx| rx.reservoir.as_ref()).or(raw.reservoir.as_ref());
        let text = inside.map(|quantity| &quantity.0);
        carried(&Request::Refill { removed, added }, whole, |_| text, catalog, told);
    }
    if let (Some(rx), Some(prescription)) = (rx, prescription) {
        let program = Request::Program {
            prescription: Box::new(prescription.clone()),
            cut_after: None,
        };
        programmed(&program, rx, catalog, told);
    }
}

/// The text of a part of a prescription.
fn part<'r>(raw: &'r RawPrescription, unsaid: &Unsaid) -> Option<&'r Text> {
    let bolus = raw.patient_bolus.as_ref();
    let trial = raw.trial.as_ref();
    Some(match unsaid.of? {
        "drug" => &raw.drug.as_ref()?.0,
        "mode" => &raw.mode.as_ref()?.0,
        "rate" => &raw.rate.as_ref()?.0,
        "dose" => &raw.dose.as_ref()?.0,
        "over" => &raw.over.as_ref()?.0,
        "interval" => &raw.interval.as_ref()?.0,
        "patient-bolus.dose" => &bolus?.dose.as_ref()?.0,
        "patient-bolus.over" => &bolus?.over.as_ref()?.0,
        "patient-bolus.lockout" => &bolus?.lockout.as_ref()?.0,
        "patient-bolus.window" => &bolus?.window.as_ref()?.0,
        "patient-bolus.max" => &bolus?.max.as_ref()?.0,
        "low-reservoir" => &raw.low_reservoir.as_ref()?.0,
        "catheter" => &raw.catheter.as_ref()?.0,
        "tubing" => &raw.tubing.as_ref()?.0,
        "trial.time" => &trial?.time.as_ref()?.0,
        "trial.dose" => &trial?.dose.as_ref()?.0,
        "schedule" => return scheduled(raw, unsaid.value),
        _ => return None,
    })
}

/// The rate or the time of a schedule that has this value; a rate in mass has another text, and then it is the first step.
fn scheduled(raw: &RawPrescription, value: Option<i64>) -> Option<&Text> {
    let steps = raw.schedule.as_ref()?;
    let rates = || steps.iter().filter_map(|step| step.rate.as_ref()).map(|rate| &rate.0);
    rates()
        .find(|text| text.text.parse::<Rate>().ok().map(|rate| rate.0) == value)
        .or_else(|| rates().next())
}
