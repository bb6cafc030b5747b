//! What speaks against a bolus that somebody asks for.

use super::nominal::Nominal;
use pump_hil_model::case::PatientBolus;
use pump_hil_model::quantity::Volume;
use pump_hil_model::verdict::{Allowed, Asker, Did, Finding, Forbids};

/// What speaks against a bolus: for sure, or perhaps.
#[derive(Debug, Clone, Default)]
pub(super) struct Against {
    pub sure: Vec<Forbids>,
    pub perhaps: Vec<&'static str>,
}

impl Against {
    pub fn note(&mut self, why: Forbids, sure: bool, perhaps: bool) {
        if sure {
            self.sure.push(why);
        }
        if sure || perhaps {
            self.perhaps.push(why.code());
        }
    }
}

/// Holds one more dose to the rolling maximum; `counted`: it has begun, and is in the window already.
pub(super) fn weigh_window(now: &Nominal, bolus: PatientBolus, dose: Volume, counted: bool, against: &mut Against) {
    let slack = now.slack();
    let programmed = now.programmed(bolus.window.0);
    let (least, most) = now.ledger.in_window(bolus.window.0, programmed);
    let own = if counted { dose.0 } else { 0 };
    let (least, most) = (least.saturating_sub(own), most.saturating_sub(own));
    // The rule of Open PCA permits an overdose (ICLP'24) unless basal counts over the whole window, and a bolus in progress as a whole.
    let sure = least.saturating_add(dose.0) > bolus.max.0.saturating_add(slack);
    let perhaps = most.saturating_add(dose.0) > bolus.max.0.saturating_sub(slack);
    let why = Forbids::MaxDose {
        given: Volume(least),
        window: bolus.window,
        dose,
        max: bolus.max,
    };
    against.note(why, sure, perhaps);
}

/// The clinician's boluses are held to the same rolling maximum as the patient's, where one is prescribed; `told`: it has begun.
pub(super) fn judge_dose(now: &Nominal, dose: Volume, told: bool, refused: Option<&str>, out: &mut Vec<Finding>) {
    // What it gave is not known there, but only what it may have given.
    if now.blind {
        return;
    }
    let mut against = Against::default();
    if let Some(bolus) = now.rx.as_ref().and_then(|rx| rx.patient_bolus) {
        weigh_window(now, bolus, dose, told, &mut against);
    }
    match (refused, against.sure.pop()) {
        (None, Some(why)) => {
            let by = Asker::Clinician;
            now.finding(out, Allowed::Refused { by, why }, Did::Granted);
        }
        // Of a clinician's bolus only this reason can be weighed here; the others depend on what the pump alone knows.
        (Some(code @ "max-dose"), _) if against.perhaps.is_empty() => {
            let came = Did::Refused { code: code.to_owned() };
            now.finding(out, Allowed::Granted { by: Asker::Clinician }, came);
        }
        _ => {}
    }
}

/// Whether the pump may refuse a bolus with this code.
pub(super) fn may_refuse(code: &str, against: &Against, any_alarm: bool) -> bool {
    match code {
        "lockout" | "count" | "max-dose" | "stopped" | "bolus-active" | "not-allowed" => {
            against.perhaps.contains(&code)
        }
        "alarm-active" => any_alarm,
        // For reasons of its own, such as an empty reservoir, of which the oracle knows nothing.
        _ => true,
    }
}
