//! For tests: event streams that read as situations.

use pump_hil_model::case::{Action, Case, Check, Mode, Prescription, Request, Step, When};
use pump_hil_model::event::{Body, DoseEntry, Event, Said, Sample, StepId};
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::{Concentration, Percent, Rate, Span, Volume};
use pump_hil_model::value::MemoryValue;

/// A case that runs `steps` on a continuous rate of 0.48 mL/day: a stroke every 90 s.
pub fn case(steps: Vec<Action>) -> Case {
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
        device: None,
        tags: vec![],
        units: vec![],
        needs: std::collections::BTreeSet::new(),
        start_s: 820_886_400, // Monday 2026-01-05 00:00
        seed: 1,
        prescription: Some(continuous(480_000)),
        reservoir: Some(Volume(20_000_000)),
        log_every: Span(3_600_000),
        clock_drift: None,
        steps,
        watch: vec![],
        always: vec![],
        not_shown: Vec::new(),
        allow_alarms: std::collections::BTreeSet::new(),
        firmware_may_fault: false,
        may_start_again: false,
        reconcile: Some(Percent(5_000)),
        snapshot: None,
    }
}

/// A prescription of saline at a continuous rate, in nL/day.
pub fn continuous(nl_per_day: i64) -> Prescription {
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

/// A request that must be carried out.
pub fn ask(request: Request) -> Action {
    Action::Do {
        request,
        refused: None,
        keep: std::collections::BTreeMap::new(),
    }
}

/// What must hold at once.
pub fn expect(checks: Vec<Check>) -> Action {
    Action::Expect {
        checks,
        within: None,
        throughout: None,
        poll: None,
    }
}

/// That this alarm came.
pub fn alarm(id: &str) -> Check {
    Check::Alarm {
        id: id.to_owned(),
        priority: None,
    }
}

/// Milliseconds.
pub const SECOND: i64 = 1_000;
/// Milliseconds.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// Writes a run down as it would come from a rig. Volumes are kept as a pump and its plant would keep them.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// What happened so far.
    pub events: Vec<Event>,
    /// Scenario time now, ms.
    pub t: i64,
    /// Basal, patient, periodic, clinician, prime, bridge.
    pub reported: [i64; 6],
    /// What the pump did beyond what it reported.
    pub actuated_extra: i64,
    /// What was delivered beyond what the pump says, nL.
    pub delivered_extra: i64,
    /// Rate in force, nL/day.
    pub rate: i64,
    /// State of the pump.
    pub state: String,
    /// What is in the reservoir, nL.
    pub reservoir: i64,
    /// Mode of the pump.
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
            fields: std::sync::Arc::default(),
        });
        run.sample();
        run.push(Body::Begun);
        run
    }

    /// Something happens now.
    pub fn push(&mut self, body: Body) -> &mut Self {
        self.events.push(Event {
            t: Span(self.t),
            host_us: self.events.len() as u64 * 3,
            body,
        });
        self
    }

    /// The pump says something now.
    pub fn said(&mut self, said: Said) -> &mut Self {
        self.push(Body::Pump {
            n: None,
            pump_t: None,
            read_back: false,
            said,
        })
    }

    /// Time goes on to `t`, ms.
    pub fn at(&mut self, t: i64) -> &mut Self {
        assert!(t >= self.t, "time goes back");
        self.t = t;
        self
    }

    /// A step of the scenario, in which `body` happens.
    pub fn step(&mut self, body: impl FnOnce(&mut Self)) -> &mut Self {
        self.step += 1;
        let id = StepId(self.step.to_string());
        let line = 9 + self.step;
        self.push(Body::StepStarted { step: id.clone(), line });
        body(self);
        self.push(Body::StepEnded { step: id })
    }

    /// The pump answers; `refused` is its reason.
    pub fn reply(&mut self, verb: &str, refused: Option<&str>) -> &mut Self {
        self.push(Body::Reply {
            verb: verb.to_owned(),
            refused: refused.map(str::to_owned),
            fields: std::sync::Arc::default(),
            request: None,
        })
    }

    /// The state changes.
    pub fn state(&mut self, to: &str, cause: &str) -> &mut Self {
        let from = std::mem::replace(&mut self.state, to.to_owned());
        self.said(Said::State {
            from,
            to: to.to_owned(),
            cause: cause.to_owned(),
        })
    }

    /// An alarm is raised.
    pub fn alarm(&mut self, id: &str, priority: &str) -> &mut Self {
        self.said(Said::Alarm {
            id: id.to_owned(),
            priority: priority.to_owned(),
        })
    }

    /// A fault is switched on, and confirmed.
    pub fn arm(&mut self, fault: &str) -> &mut Self {
        let fault = FaultName::find(fault).expect("in the catalogue");
        self.push(Body::FaultArmed { fault, param: 0 });
        self.push(Body::FaultConfirmed { fault })
    }

    /// A fault is switched off.
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

    /// Everything that the pump says it delivered, nL.
    pub fn total(&self) -> i64 {
        self.reported.iter().sum()
    }

    /// A dose entry, and the sample that belongs to it.
    pub fn entry(&mut self, cause: &str) -> &mut Self {
        let [basal_nl, patient_nl, periodic_nl, clinician_nl, prime_nl, bridge_nl] = self.reported;
        let entry = DoseEntry {
            cause: cause.to_owned(),
            mode: self.mode.clone(),
            // A stopped pump has none.
            rate_nl_per_day: if self.state == "stopped" { 0 } else { self.rate },
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

    /// The probe reads the test block.
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

    /// The run is over: all that happened.
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

/// Any event at all, as a hostile journal could hold it.
pub mod any_event {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            "(basal|patient|periodic|clinician|prime|bridge|state|rate|lockout|rx|start|stop|program|tone|complete|running|minimum-rate|stopped)",
            "-?[0-9]{1,20}nl",
            any::<String>(),
        ]
    }

    fn fields() -> impl Strategy<Value = BTreeMap<String, String>> {
        btree_map(text(), text(), 0..8)
    }

    /// Whatever fits, with weight on what is near the edges and near a real run.
    fn value() -> impl Strategy<Value = MemoryValue> {
        prop_oneof![
            any::<bool>().prop_map(MemoryValue::Bool),
            any::<u64>().prop_map(MemoryValue::Unsigned),
            (i64::MIN..0).prop_map(MemoryValue::Signed),
            text().prop_map(MemoryValue::Text),
        ]
    }

    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![
            any::<i64>(),
            Just(i64::MIN),
            Just(i64::MAX),
            -1_000_000_i64..1_000_000_000
        ]
    }

    fn fault() -> impl Strategy<Value = FaultName> {
        proptest::sample::select(pump_hil_model::fault::CATALOGUE)
            .prop_map(|f| FaultName::find(f.name).expect("in the catalogue"))
    }

    fn said() -> impl Strategy<Value = Said> {
        let dose = (text(), text(), proptest::array::uniform9(number())).prop_map(|(cause, mode, n)| {
            Said::Dose(DoseEntry {
                cause,
                mode,
                rate_nl_per_day: n[0],
                basal_nl: n[1],
                patient_nl: n[2],
                periodic_nl: n[3],
                clinician_nl: n[4],
                prime_nl: n[5],
                bridge_nl: n[6],
                strokes: n[7],
                reservoir_nl: n[8],
            })
        });
        prop_oneof![
            4 => dose,
            1 => text().prop_map(|reason| Said::Boot { reason }),
            2 => (text(), text(), text()).prop_map(|(from, to, cause)| Said::State { from, to, cause }),
            1 => (text(), text()).prop_map(|(id, priority)| Said::Alarm { id, priority }),
            1 => text().prop_map(|id| Said::AlarmClear { id }),
            1 => (text(), number(), number()).prop_map(|(kind, dose_nl, over_ms)| Said::BolusStart { kind, dose_nl, over_ms }),
            1 => (text(), number(), text()).prop_map(|(kind, given_nl, cause)| Said::BolusEnd { kind, given_nl, cause }),
            1 => (text(), fields()).prop_map(|(kind, fields)| Said::Other { kind, fields }),
        ]
    }

    fn sample() -> impl Strategy<Value = Sample> {
        let counts = (any::<u64>(), any::<u64>(), any::<u32>());
        let levels = proptest::array::uniform3(any::<i32>());
        (counts, proptest::array::uniform4(number()), levels).prop_map(|((strokes, edges, resets), n, levels)| Sample {
            strokes: strokes >> (edges % 64),
            edges,
            delivered_nl: n[0],
            displaced_nl: n[1],
            lost_nl: n[2],
            reservoir_nl: n[3],
            catheter_pa: levels[0],
            battery_mv: levels[1],
            battery_loaded_mv: levels[2],
            resets,
        })
    }

    fn body() -> impl Strategy<Value = Body> {
        let step = || "[0-9]{1,3}(#[0-9]{1,2}[.][0-9])?".prop_map(StepId);
        prop_oneof![
            4 => (option::of(any::<u64>()), option::of(number()), said())
                .prop_map(|(n, pump_t, said)| Body::Pump { n, pump_t: pump_t.map(Span), read_back: false, said }),
            4 => sample().prop_map(Body::Sample),
            2 => (text(), option::of(text()), fields()).prop_map(|(verb, refused, fields)| Body::Reply { verb, refused, fields: fields.into(), request: None }),
            1 => fields().prop_map(|fields| Body::Identified { fields: fields.into() }),
            1 => Just(Body::Begun),
            2 => (step(), any::<u32>()).prop_map(|(step, line)| Body::StepStarted { step, line }),
            2 => step().prop_map(|step| Body::StepEnded { step }),
            1 => text().prop_map(|bytes| Body::Sent { bytes, request: None }),
            1 => text().prop_map(|bytes| Body::Received { bytes, says: None }),
            1 => text().prop_map(|why| Body::Garbled { why }),
            1 => text().prop_map(|why| Body::Nonsense { why }),
            1 => (text(), any::<u32>()).prop_map(|(verb, tries)| Body::NoReply { verb, tries }),
            1 => (text(), any::<u64>(), any::<u64>()).prop_map(|(of, from, count)| Body::Gap { of, from, count }),
            1 => (fault(), any::<i64>()).prop_map(|(fault, param)| Body::FaultArmed { fault, param }),
            1 => fault().prop_map(|fault| Body::FaultConfirmed { fault }),
            1 => (fault(), text()).prop_map(|(fault, why)| Body::FaultUnconfirmed { fault, why }),
            1 => fault().prop_map(|fault| Body::FaultCleared { fault }),
            1 => (text(), any::<u64>()).prop_map(|(at, value)| Body::MemoryRead { at, value: MemoryValue::Unsigned(value) }),
            1 => (text(), text(), number(), value()).prop_map(|(at, of, pump_t, value)| Body::Watched { at, of, pump_t: Span(pump_t), value }),
            1 => any::<u32>().prop_map(|noted| Body::WatchFull { noted }),
            1 => (text(), any::<bool>()).prop_map(|(at, reached)| Body::Breakpoint { at, reached }),
            1 => text().prop_map(|did| Body::Probe { did }),
            1 => text().prop_map(|what| Body::RigTrouble { code: None, what }),
            1 => text().prop_map(|by| Body::Interrupted { by }),
            1 => (vec(text(), 0..3), vec(text(), 0..3)).prop_map(|(did, failed)| Body::MadeSafe { did, failed }),
            1 => (text(), vec(text(), 0..3), vec(text(), 0..3)).prop_map(|(what, did, failed)| Body::EarlierRun { what, did, failed }),
            1 => (text(), text()).prop_map(|(told, saw)| Body::WentOn { told, saw }),
            1 => Just(Body::Played),
            1 => Just(Body::Ended),
        ]
    }

    /// Any event.
    pub fn event() -> impl Strategy<Value = Event> {
        let t = prop_oneof![8 => 0..10 * DAY, 1 => any::<i64>()];
        (t, any::<u64>(), body()).prop_map(|(t, host_us, body)| Event {
            t: Span(t),
            host_us,
            body,
        })
    }
}
