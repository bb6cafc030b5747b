//! Boluses on request: whether each may be granted, and whether each that begins was asked for.

use super::{Bolus, Oracle, OracleSettings, RAW_MS, State, ledger, schedule};
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

    /// Grants a bolus of a known dose. The mismatch, if it began already with another.
    pub fn grant_with(&mut self, class: usize, t: i64, dose: i64, settings: &OracleSettings) -> Option<(Allowed, Did)> {
        let Some(at) = self.begun.iter().position(|b| b.0 == class) else {
            self.granted.push((class, t, Some(dose)));
            return None;
        };
        let (_, _, began, _) = self.begun.remove(at);
        mismatch(class, Some(dose), began, settings)
    }

    pub fn finish(&mut self, t: i64, settings: &OracleSettings, out: &mut Vec<Finding>) {
        for (class, at, _) in self.granted.drain(..).filter(|g| t > g.1 + settings.bolus.0) {
            out.push(Finding {
                kind: ReasonKind::Oracle,
                t: Span(at),
                expected: Expected::Oracle(Allowed::Begins {
                    kind: ledger::KINDS[class],
                }),
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

impl Oracle {
    pub(super) fn judge_patient_bolus(&mut self, refused: Option<&str>, out: &mut Vec<Finding>) {
        if self.unknown {
            return;
        }
        let allowed = self.rx.as_ref().and_then(|rx| rx.patient_bolus);
        let mut against = Against::default();
        match allowed {
            None => against.note(Forbids::NotAllowed, true, true),
            Some(bolus) => self.weigh(bolus, &mut against),
        }
        match (refused, allowed) {
            (None, _) if !against.sure.is_empty() => {
                let why = against.sure.swap_remove(0);
                let by = Asker::Patient;
                self.finding(out, Allowed::Refused { by, why }, Did::Granted);
            }
            (Some(code), Some(_)) if !self.may_refuse(code, &against) => {
                let came = Did::Refused { code: code.to_owned() };
                self.finding(out, Allowed::Granted { by: Asker::Patient }, came);
            }
            _ => {}
        }
        if let (None, Some(bolus)) = (refused, allowed) {
            self.asked.patient.push_back(self.t);
            // What should not have been granted is not nominal.
            if against.sure.is_empty() {
                self.grant(1, bolus.dose.0, bolus.over.0, out);
            } else {
                self.asked.grant(1, self.t);
            }
        }
    }

    fn may_refuse(&self, code: &str, against: &Against) -> bool {
        match code {
            "lockout" | "count" | "max-dose" | "stopped" | "bolus-active" | "not-allowed" => {
                against.perhaps.contains(&code)
            }
            "alarm-active" => self.dues.any_alarm(),
            _ => true,
        }
    }

    fn weigh(&mut self, bolus: PatientBolus, against: &mut Against) {
        let (t, clock) = (self.t, self.settings.clock.0);
        let stopped = self.state == State::Stopped;
        against.note(Forbids::Stopped, stopped, self.state != State::Running);
        against.note(Forbids::NotAllowed, false, self.state != State::Running);
        let busy = |by: i64| {
            let mut active = self.ledger.active.iter();
            active.any(|b| b.end() > t + by)
        };
        let sure_busy = self.ledger.active.iter().any(|b| b.class != 2 && b.end() > t + clock);
        against.note(Forbids::BolusActive, sure_busy, busy(-clock));
        let last = self.asked.patient.back().map(|last| t - last);
        let within = |margin: i64| last.is_some_and(|gone| gone < bolus.lockout.0 + margin);
        let why = Forbids::Lockout {
            since: Span(last.unwrap_or(0)),
            lockout: bolus.lockout,
        };
        against.note(why, within(-clock), within(clock));
        while self
            .asked
            .patient
            .front()
            .is_some_and(|at| t - at > bolus.window.0.max(bolus.lockout.0) + clock)
        {
            self.asked.patient.pop_front();
        }
        let count = |margin: i64| {
            let inside = self
                .asked
                .patient
                .iter()
                .filter(|at| t - **at < bolus.window.0 + margin);
            u32::try_from(inside.count()).unwrap_or(u32::MAX)
        };
        let why = Forbids::Count {
            count: count(-clock),
            window: bolus.window,
            allowed: bolus.count,
        };
        against.note(why, count(-clock) >= bolus.count, count(clock) >= bolus.count);
        self.weigh_window(bolus, bolus.dose, against);
    }

    /// Holds one more dose to the rolling maximum.
    fn weigh_window(&self, bolus: PatientBolus, dose: Volume, against: &mut Against) {
        let slack = self.settings.strokes * self.settings.stroke_nl;
        let programmed = self
            .rx
            .as_ref()
            .map_or(0, |rx| schedule::most_in(&rx.mode, bolus.window.0));
        let (least, most) = self.ledger.in_window(bolus.window.0, programmed);
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
    pub(super) fn judge_dose(&mut self, dose: Volume, refused: Option<&str>, out: &mut Vec<Finding>) {
        let mut against = Against::default();
        if let Some(bolus) = self.rx.as_ref().and_then(|rx| rx.patient_bolus) {
            self.weigh_window(bolus, dose, &mut against);
        }
        match (refused, against.sure.pop()) {
            (None, Some(why)) => {
                let by = Asker::Clinician;
                self.finding(out, Allowed::Refused { by, why }, Did::Granted);
            }
            (Some(code @ "max-dose"), _) if against.perhaps.is_empty() => {
                let came = Did::Refused { code: code.to_owned() };
                self.finding(out, Allowed::Granted { by: Asker::Clinician }, came);
            }
            _ => {}
        }
    }

    pub(super) fn bolus_start(&mut self, kind: &str, dose: i64, over: i64, out: &mut Vec<Finding>) {
        let Some(class) = ledger::class(kind) else { return };
        if class == 2 {
            if self.periodic_begins(dose, over, out) {
                self.begin(class, dose, over);
            }
            return;
        }
        if let Some(at) = self.asked.granted.iter().position(|g| g.0 == class) {
            let (_, _, granted) = self.asked.granted.remove(at);
            if let Some((expected, came)) = mismatch(class, granted, dose, &self.settings) {
                self.finding(out, expected, came);
            }
            if class == 4 {
                self.begin_prime(dose, over, out);
            }
        } else if self.t <= self.raw_until {
            self.raw_until = self.raw_until.max(self.t + RAW_MS / 2);
            if class == 1 {
                self.asked.patient.push_back(self.t);
            }
            self.begin(class, dose, over);
        } else {
            self.asked.begun.push((class, self.t, dose, over));
            if class == 4 {
                self.begin_prime(dose, over, out);
            }
        }
    }

    /// Priming fills tubing and catheter, no more.
    fn begin_prime(&mut self, dose: i64, over: i64, out: &mut Vec<Finding>) {
        let volumes = self.rx.as_ref().and_then(|rx| Some(rx.tubing?.0 + rx.catheter?.0));
        if let Some((expected, came)) = mismatch(4, volumes, dose, &self.settings) {
            self.finding(out, expected, came);
        }
        self.begin(4, volumes.unwrap_or(dose), over);
    }

    fn begin(&mut self, class: usize, dose: i64, over_ms: i64) {
        let start = self.t;
        self.ledger.turn(self.window());
        self.ledger.begin(
            Bolus {
                class,
                start,
                over_ms,
                dose,
            },
            self.settings.stroke_nl,
        );
    }

    pub(super) fn check_asked(&mut self, out: &mut Vec<Finding>) {
        let (t, settings) = (self.t, self.settings);
        if !self.unknown && self.asked.granted.iter().any(|g| t > g.1 + settings.bolus.0) {
            self.asked.finish(t, &settings, out);
        }
        let late = |b: &(usize, i64, i64, i64)| t > b.1 + settings.clock.0;
        let unasked: Vec<_> = self.asked.begun.iter().copied().filter(late).collect();
        self.asked.begun.retain(|b| !late(b));
        for (class, _, dose, _) in unasked {
            let kind = ledger::KINDS[class];
            self.finding(out, Allowed::NoneUnasked { kind }, Did::Began(Volume(dose)));
        }
    }
}
