//! Boluses on request: whether each may be granted, and whether each that begins was asked for.

use super::nominal::{Nominal, State};
use super::settings::OracleSettings;
use super::{ledger, schedule};
use pump_hil_model::case::PatientBolus;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Allowed, Asker, Came, Did, Expected, Finding, Forbids, ReasonKind};
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Granted, and not begun yet: class, time, dose.
    granted: Vec<(usize, i64, Option<i64>)>,
    /// Begun, and not granted yet: the reply may come behind the event.
    begun: Vec<(usize, i64, i64, i64)>,
    /// Begins of patient boluses.
    patient: VecDeque<i64>,
}

impl Asked {
    pub fn grant(&mut self, class: usize, t: i64) {
        if let Some(at) = self.begun.iter().position(|b| b.0 == class) {
            self.begun.remove(at);
        } else {
            self.granted.push((class, t, None));
        }
    }

    /// A bolus of a known dose was granted: it is nominal from now on, whenever the pump begins it.
    pub fn grant_of(&mut self, now: &mut Nominal, class: usize, dose: i64, over_ms: i64, out: &mut Vec<Finding>) {
        if let Some(at) = self.begun.iter().position(|b| b.0 == class) {
            let (_, _, began, _) = self.begun.remove(at);
            if let Some((expected, came)) = mismatch(class, Some(dose), began, &now.settings) {
                now.finding(out, expected, came);
            }
        } else {
            self.granted.push((class, now.t, Some(dose)));
        }
        if !now.ledger.active.iter().any(|b| b.class == class) {
            now.begin(class, dose, over_ms);
        }
    }

    /// Boluses that were granted and did not begin.
    pub fn finish(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let due = now.t - now.settings.bolus.0;
        for (class, at, _) in self.granted.drain(..).filter(|g| due > g.1) {
            let kind = ledger::KINDS[class];
            out.push(Finding {
                kind: ReasonKind::Oracle,
                // It is told of the instant at which it was granted.
                t: Span(at),
                expected: Expected::Oracle(Allowed::Begins { kind }),
                came: Came::Did(Did::DidNotBegin),
            });
        }
    }
}

fn mismatch(class: usize, granted: Option<i64>, began: i64, settings: &OracleSettings) -> Option<(Allowed, Did)> {
    let granted = granted.filter(|g| (g - began).abs() > settings.stroke_nl)?;
    let expected = Allowed::Bolus {
        kind: ledger::KINDS[class].to_owned(),
        dose: Volume(granted),
    };
    Some((expected, Did::Began(Volume(began))))
}

/// What speaks against a bolus: for sure, or perhaps.
#[derive(Debug, Default)]
struct Against {
    sure: Vec<Forbids>,
    perhaps: Vec<&'static str>,
}

impl Against {
    fn note(&mut self, why: Forbids, sure: bool, perhaps: bool) {
        if sure {
            self.sure.push(why);
        }
        if sure || perhaps {
            self.perhaps.push(why.code());
        }
    }
}

impl Asked {
    /// The pump answered a request for a patient bolus. Was it right?
    pub fn judge_patient_bolus(
        &mut self,
        now: &mut Nominal,
        refused: Option<&str>,
        any_alarm: bool,
        out: &mut Vec<Finding>,
    ) {
        if now.unknown {
            return;
        }
        let allowed = now.rx.as_ref().and_then(|rx| rx.patient_bolus);
        let mut against = Against::default();
        match allowed {
            None => against.note(Forbids::NotAllowed, true, true),
            Some(bolus) => self.weigh(now, bolus, &mut against),
        }
        match (refused, allowed) {
            (None, _) if !against.sure.is_empty() => {
                let why = against.sure.swap_remove(0);
                let by = Asker::Patient;
                now.finding(out, Allowed::Refused { by, why }, Did::Granted);
            }
            (Some(code), Some(_)) if !may_refuse(code, &against, any_alarm) => {
                let came = Did::Refused { code: code.to_owned() };
                now.finding(out, Allowed::Granted { by: Asker::Patient }, came);
            }
            _ => {}
        }
        if let (None, Some(bolus)) = (refused, allowed) {
            // A bolus that was wrong to grant still starts the lockout: the next answer is held to what truly happened.
            self.patient.push_back(now.t);
            // What should not have been granted is not nominal.
            if against.sure.is_empty() {
                self.grant_of(now, 1, bolus.dose.0, bolus.over.0, out);
            } else {
                self.grant(1, now.t);
            }
        }
    }

    fn weigh(&mut self, now: &Nominal, bolus: PatientBolus, against: &mut Against) {
        let (t, clock) = (now.t, now.settings.clock.0);
        let stopped = now.state == State::Stopped;
        against.note(Forbids::Stopped, stopped, now.state != State::Running);
        // At minimum rate a pump may refuse with either code, or grant it for all that is known here; only a stopped one must refuse.
        against.note(Forbids::NotAllowed, false, now.state != State::Running);
        let busy = |by: i64| {
            let mut active = now.ledger.active.iter();
            active.any(|b| b.end() > t + by)
        };
        let sure_busy = now.ledger.active.iter().any(|b| b.class != 2 && b.end() > t + clock);
        against.note(Forbids::BolusActive, sure_busy, busy(-clock));
        let last = self.patient.back().map(|last| t - last);
        // Start to start (PROTOCOL.md, `ptm-lockout`; OPCA R5.2(3)). With `<`: at the very end of the lockout the bolus is allowed again.
        let within = |margin: i64| last.is_some_and(|gone| gone < bolus.lockout.0 + margin);
        let why = Forbids::Lockout {
            since: Span(last.unwrap_or(0)),
            lockout: bolus.lockout,
        };
        against.note(why, within(-clock), within(clock));
        while self
            .patient
            .front()
            .is_some_and(|at| t - at > bolus.window.0.max(bolus.lockout.0) + clock)
        {
            self.patient.pop_front();
        }
        // What was refused does not count: `patient` holds only what was granted.
        let count = |margin: i64| {
            let inside = self.patient.iter().filter(|at| t - **at < bolus.window.0 + margin);
            u32::try_from(inside.count()).unwrap_or(u32::MAX)
        };
        let why = Forbids::Count {
            count: count(-clock),
            window: bolus.window,
            allowed: bolus.count,
        };
        against.note(why, count(-clock) >= bolus.count, count(clock) >= bolus.count);
        weigh_window(now, bolus, bolus.dose, against);
    }

    /// The pump begins a bolus that somebody has to ask for.
    pub fn begins(&mut self, now: &mut Nominal, class: usize, dose: i64, over: i64, out: &mut Vec<Finding>) {
        if let Some(at) = self.granted.iter().position(|g| g.0 == class) {
            let (_, _, granted) = self.granted.remove(at);
            if let Some((expected, came)) = mismatch(class, granted, dose, &now.settings) {
                now.finding(out, expected, came);
            }
            if class == 4 {
                begin_prime(now, dose, over, out);
            }
        } else if now.is_raw() {
            // What raw bytes asked for cannot be judged, but it fills the lockout and the count as any other.
            now.raw_goes_on();
            if class == 1 {
                self.patient.push_back(now.t);
            }
            now.begin(class, dose, over);
        } else {
            self.begun.push((class, now.t, dose, over));
            if class == 4 {
                begin_prime(now, dose, over, out);
            }
        }
    }

    /// Boluses that were granted and do not begin, and such as nobody granted.
    pub fn check(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let (t, settings) = (now.t, now.settings);
        if !now.unknown && self.granted.iter().any(|g| t > g.1 + settings.bolus.0) {
            self.finish(now, out);
        }
        // The reply that grants a bolus may come behind the event that it begins.
        let late = |b: &(usize, i64, i64, i64)| t > b.1 + settings.clock.0;
        for (class, _, dose, _) in self.begun.extract_if(.., |b| late(b)) {
            let kind = ledger::KINDS[class];
            now.finding(out, Allowed::NoneUnasked { kind }, Did::Began(Volume(dose)));
        }
    }
}

/// Holds one more dose to the rolling maximum.
fn weigh_window(now: &Nominal, bolus: PatientBolus, dose: Volume, against: &mut Against) {
    let slack = now.slack();
    let programmed = now
        .rx
        .as_ref()
        .map_or(0, |rx| schedule::most_in(&rx.mode, bolus.window.0));
    let (least, most) = now.ledger.in_window(bolus.window.0, programmed);
    // The rule of Open PCA permits an overdose (ICLP'24) unless basal counts over the whole window, and a bolus in progress as a whole.
    let sure = least + dose.0 > bolus.max.0 + slack;
    let perhaps = most + dose.0 > bolus.max.0 - slack;
    let why = Forbids::MaxDose {
        given: Volume(least),
        window: bolus.window,
        dose,
        max: bolus.max,
    };
    against.note(why, sure, perhaps);
}

/// The clinician's boluses are held to the same rolling maximum as the patient's, where one is prescribed.
pub(super) fn judge_dose(now: &Nominal, dose: Volume, refused: Option<&str>, out: &mut Vec<Finding>) {
    let mut against = Against::default();
    if let Some(bolus) = now.rx.as_ref().and_then(|rx| rx.patient_bolus) {
        weigh_window(now, bolus, dose, &mut against);
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
fn may_refuse(code: &str, against: &Against, any_alarm: bool) -> bool {
    match code {
        "lockout" | "count" | "max-dose" | "stopped" | "bolus-active" | "not-allowed" => {
            against.perhaps.contains(&code)
        }
        "alarm-active" => any_alarm,
        // For reasons of its own, such as an empty reservoir, of which the oracle knows nothing.
        _ => true,
    }
}

/// Priming fills tubing and catheter, no more.
fn begin_prime(now: &mut Nominal, dose: i64, over: i64, out: &mut Vec<Finding>) {
    let volumes = now.rx.as_ref().and_then(|rx| Some(rx.tubing?.0 + rx.catheter?.0));
    if let Some((expected, came)) = mismatch(4, volumes, dose, &now.settings) {
        now.finding(out, expected, came);
    }
    // Recall R16: the priming volume is what tubing and catheter hold, not what the pump makes of it. Where they are not prescribed, its word must
    // do.
    now.begin(4, volumes.unwrap_or(dose), over);
}
