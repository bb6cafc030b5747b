//! For tests: event streams that read as situations.

use crate::event::{Body, DoseEntry, Event, Said, Sample, StepId};
use crate::fault::FaultName;
use crate::quantity::{Concentration, Percent, Rate, Span, Volume};
use crate::scenario::case::{Action, Case, Check, Mode, Prescription, Request, Step, When};
use std::collections::BTreeMap;

/// A case that runs `steps` on a continuous rate of 0.48 mL/day: a stroke every 90 s.
pub(crate) fn case(steps: Vec<Action>) -> Case {
    let steps = steps
        .into_iter()
        .zip(10..)
        .map(|(action, line)| Step {
            line,
            when: When::After(Span(0)),
            action,
        })
        .collect();
    Case {
        scenario: "situation".to_owned(),
        case: None,
        file: "situation.yaml".to_owned(),
        sha256: String::new(),
        summary: String::new(),
        verifies: vec![],
        covers: vec![],
        needs: std::collections::BTreeSet::new(),
        start_s: 820_886_400, // Monday 2026-01-05 00:00
        seed: 1,
        prescription: Some(continuous(480_000)),
        reservoir: Some(Volume(20_000_000)),
        log_every: Span(3_600_000),
        steps,
        always: vec![],
        allow_alarms: std::collections::BTreeSet::new(),
        reconcile: Some(Percent(5_000)),
        snapshot: None,
    }
}

pub(crate) fn continuous(nl_per_day: i64) -> Prescription {
    Prescription {
        drug: "saline".to_owned(),
        concentration: Concentration(0),
        mode: Mode::Continuous { rate: Rate(nl_per_day) },
        patient_bolus: None,
        low_reservoir: None,
        catheter: None,
        tubing: None,
        trial: None,
        confirm_soft_limits: false,
        raw: vec![],
    }
}

pub(crate) fn ask(request: Request) -> Action {
    Action::Do { request, refused: None }
}

pub(crate) fn expect(checks: Vec<Check>) -> Action {
    Action::Expect {
        checks,
        within: None,
        throughout: None,
    }
}

pub(crate) fn alarm(id: &str) -> Check {
    Check::Alarm {
        id: id.to_owned(),
        priority: None,
    }
}

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Writes a run down as it would come from a rig. Volumes are kept as a pump and its plant would keep them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    pub events: Vec<Event>,
    pub t: i64,
    /// Basal, patient, periodic, clinician, prime, bridge.
    pub reported: [i64; 6],
    /// What the pump did beyond what it reported.
    pub actuated_extra: i64,
    pub delivered_extra: i64,
    pub rate: i64,
    pub state: String,
    pub reservoir: i64,
    pub mode: String,
    step: u32,
}

impl Run {
    /// Identified, programmed, and begun.
    pub fn begun() -> Self {
        let mut run = Self {
            state: "stopped".to_owned(),
            reservoir: 20_000_000,
            mode: "continuous".to_owned(),
            ..Self::default()
        };
        run.push(Body::Identified {
            fields: BTreeMap::new(),
        });
        run.sample();
        run.push(Body::Begun);
        run
    }

    pub fn push(&mut self, body: Body) -> &mut Self {
        self.events.push(Event {
            t: Span(self.t),
            host_us: self.events.len() as u64 * 3,
            body,
        });
        self
    }

    pub fn said(&mut self, said: Said) -> &mut Self {
        self.push(Body::Pump {
            n: None,
            pump_t: None,
            said,
        })
    }

    pub fn at(&mut self, t: i64) -> &mut Self {
        assert!(t >= self.t, "time goes back");
        self.t = t;
        self
    }

    pub fn step(&mut self, body: impl FnOnce(&mut Self)) -> &mut Self {
        self.step += 1;
        let id = StepId(self.step.to_string());
        let line = 9 + self.step;
        self.push(Body::StepStarted { step: id.clone(), line });
        body(self);
        self.push(Body::StepEnded { step: id })
    }

    pub fn reply(&mut self, verb: &str, refused: Option<&str>) -> &mut Self {
        self.push(Body::Reply {
            verb: verb.to_owned(),
            refused: refused.map(str::to_owned),
            fields: BTreeMap::new(),
        })
    }

    pub fn state(&mut self, to: &str, cause: &str) -> &mut Self {
        let from = std::mem::replace(&mut self.state, to.to_owned());
        self.said(Said::State {
            from,
            to: to.to_owned(),
            cause: cause.to_owned(),
        })
    }

    pub fn alarm(&mut self, id: &str, priority: &str) -> &mut Self {
        self.said(Said::Alarm {
            id: id.to_owned(),
            priority: priority.to_owned(),
        })
    }

    pub fn arm(&mut self, fault: &str) -> &mut Self {
        let fault = FaultName::find(fault).expect("in the catalogue");
        self.push(Body::FaultArmed { fault, param: 0 });
        self.push(Body::FaultConfirmed { fault })
    }

    pub fn disarm(&mut self, fault: &str) -> &mut Self {
        let fault = FaultName::find(fault).expect("in the catalogue");
        self.push(Body::FaultCleared { fault })
    }

    /// Adds to a class what was delivered, in whole strokes, and takes it from the reservoir.
    pub fn give(&mut self, class: usize, nl: i64) -> &mut Self {
        let nl = nl / 500 * 500;
        self.reported[class] += nl;
        self.reservoir -= nl;
        self
    }

    pub fn total(&self) -> i64 {
        self.reported.iter().sum()
    }

    /// A dose entry, and the sample that belongs to it.
    pub fn entry(&mut self, cause: &str) -> &mut Self {
        let [basal_nl, patient_nl, periodic_nl, clinician_nl, prime_nl, bridge_nl] = self.reported;
        let entry = DoseEntry {
            cause: cause.to_owned(),
            mode: self.mode.clone(),
            rate_nl_per_day: self.rate,
            basal_nl,
            patient_nl,
            periodic_nl,
            clinician_nl,
            prime_nl,
            bridge_nl,
            strokes: self.total() / 500,
            reservoir_nl: self.reservoir,
        };
        self.said(Said::Dose(entry));
        self.sample()
    }

    pub fn sample(&mut self) -> &mut Self {
        let total = self.total();
        self.push(Body::Sample(Sample {
            strokes: u64::try_from((total + self.actuated_extra) / 500).expect("not negative"),
            delivered_nl: total + self.delivered_extra,
            reservoir_nl: self.reservoir,
            ..Sample::default()
        }))
    }

    /// `do: start` as step, accepted, at `rate`.
    pub fn start(&mut self, rate: i64) -> &mut Self {
        self.rate = rate;
        self.step(|run| {
            run.reply("start", None);
            run.state("running", "command");
            run.entry("start");
        })
    }

    /// Basal at the rate, with an entry each hour, up to `t`.
    pub fn basal_until(&mut self, t: i64) -> &mut Self {
        let (from, base) = (self.t, self.reported[0]);
        let mut next = from + HOUR;
        while next <= t {
            let due = base + self.rate * (next - from) / DAY;
            let nl = due - self.reported[0];
            self.at(next).give(0, nl).entry("periodic");
            next += HOUR;
        }
        self.at(t)
    }

    pub fn ended(&mut self) -> Vec<Event> {
        self.push(Body::MadeSafe {
            did: vec![],
            failed: vec![],
        });
        self.push(Body::Played);
        self.push(Body::Ended);
        self.events.clone()
    }
}
