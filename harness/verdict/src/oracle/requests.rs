//! Boluses on request: whether each may be granted, and whether each that begins was asked for.

use super::against::{Against, may_refuse, weigh_window};
use super::ledger;
use super::nominal::{DAY_MS, Nominal, State};
use super::settings::OracleSettings;
use pump_hil_model::case::{PatientBolus, Request};
use pump_hil_model::quantity::{Span, Volume, scaled};
use pump_hil_model::verdict::{Allowed, Asker, Came, Did, Expected, Finding, Forbids, ReasonKind};
use std::collections::VecDeque;

/// A stroke of priming, ms (PROTOCOL.md, `prime-bolus`; docs/oracle.md, Modes).
const PRIME_STROKE_MS: i64 = 2_000;

/// When something came about, as far as is known: ms of the scenario, from and to. A request takes effect between its sending and its reply.
type When = (i64, i64);

#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// A request for a bolus that is sent and not answered, or that never was: the pump may have taken it, and may not.
    open: Option<Open>,
    /// Granted, and not begun yet: class, time, dose.
    granted: Vec<(usize, i64, Option<i64>)>,
    /// Begun, and not granted yet: the reply may come behind the event.
    begun: Vec<(usize, i64, i64, i64)>,
    /// Begins of patient boluses.
    patient: VecDeque<When>,
    /// When a bolus ended last.
    ended: Option<i64>,
}

/// A request for a bolus whose outcome is not known.
#[derive(Debug, Clone, Copy)]
struct Open {
    class: usize,
    /// When it was first sent.
    sent: i64,
    /// Dose and time that were asked for, where the request says them.
    asked: Option<(i64, i64)>,
    /// When the pump began it, where it told: its reply grants what is begun already.
    began: Option<i64>,
    /// Until then a begin belongs to it; without an end while its reply may come.
    until: i64,
}

/// The class of the bolus that a request asks for.
fn asks_for(request: &Request) -> Option<usize> {
    match request {
        Request::PatientBolus => Some(1),
        Request::SingleBolus { .. } => Some(3),
        Request::PrimeBolus => Some(4),
        Request::BridgeBolus { .. } => Some(5),
        _ => None,
    }
}

/// Dose and time of the bolus that a request names, nL and ms.
pub(super) fn dose_of(request: &Request) -> Option<(i64, i64)> {
    match request {
        Request::SingleBolus { dose, over } => Some((dose.0, over.0)),
        Request::BridgeBolus { volume, rate } => {
            // Volume by rate gives days.
            Some((volume.0, scaled(volume.0, DAY_MS, rate.0.max(1))))
        }
        _ => None,
    }
}

impl Asked {
    /// A bolus is over.
    pub fn bolus_ended(&mut self, t: i64) {
        self.ended = Some(t);
    }

    /// The pump refused this: nothing is open any more.
    pub fn refused(&mut self, request: Option<&Request>) {
        let class = request.and_then(asks_for);
        self.open.take_if(|open| Some(open.class) == class);
    }

    /// Whether the pump told the begin of what is asked for, before its reply.
    pub fn has_begun(&self) -> bool {
        self.open.is_some_and(|open| open.began.is_some())
    }

    /// A step's request goes out, for the first time or once more.
    pub fn sent(&mut self, request: &Request, t: i64) {
        let class = asks_for(request);
        let known = self
            .open
            .is_some_and(|open| Some(open.class) == class && open.until == i64::MAX);
        if let (Some(class), false) = (class, known) {
            self.open = Some(Open {
                class,
                sent: t,
                asked: dose_of(request),
                began: None,
                until: i64::MAX,
            });
        }
    }

    /// It was given up: whether the pump took it, only the pump can tell.
    pub fn unanswered(&mut self, now: &Nominal) {
        if let Some(open) = &mut self.open {
            open.until = open.until.min(now.t.saturating_add(now.settings.bolus.0));
        }
    }

    /// Its reply came. Gives when the pump took it, and whether it told its begin before.
    fn answered(&mut self, class: usize, t: i64) -> (When, bool) {
        match self.open.take_if(|open| open.class == class) {
            Some(Open { sent, began, .. }) => (began.map_or((sent, t), |began| (began, began)), began.is_some()),
            None => ((t, t), false),
        }
    }

    pub fn grant(&mut self, class: usize, t: i64) {
        if self.answered(class, t).1 {
            return;
        }
        if let Some(at) = self.begun.iter().position(|b| b.0 == class) {
            self.begun.remove(at);
        } else {
            self.granted.push((class, t, None));
        }
    }

    /// Priming was granted: it is nominal from its begin, which the pump tells; else from now on.
    pub fn grant_prime(&mut self, now: &mut Nominal, out: &mut Vec<Finding>) {
        match to_prime(now) {
            _ if !now.blind => self.grant(4, now.t),
            Some(volume) => {
                let strokes = volume.checked_div(now.settings.stroke_nl).unwrap_or(0);
                begin_prime(now, volume, strokes.saturating_mul(PRIME_STROKE_MS), out);
            }
            None => now.loses(),
        }
    }

    /// A bolus of a known dose was granted: it is nominal from now on, whenever the pump begins it.
    pub fn grant_of(&mut self, now: &mut Nominal, class: usize, dose: i64, over_ms: i64, out: &mut Vec<Finding>) {
        if self.answered(class, now.t).1 {
            // It is nominal since then.
            return;
        }
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

    /// The steps are over: what was granted and did not begin, and what nobody granted, since no reply comes any more.
    pub fn finish(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        if !now.unknown {
            self.not_begun(now, out);
        }
        self.not_asked(now, out, |_| true);
    }

    /// Boluses that began, and that nobody asked for: whatever is prescribed.
    fn not_asked(&mut self, now: &Nominal, out: &mut Vec<Finding>, is_over: impl Fn(i64) -> bool) {
        for (class, _, dose, _) in self.begun.extract_if(.., |begun| is_over(begun.1)) {
            let kind = ledger::KINDS[class];
            out.push(Finding {
                kind: ReasonKind::Oracle,
                t: Span(now.t),
                expected: Expected::Oracle(Allowed::NoneUnasked { kind }),
                came: Came::Did(Did::Began(Volume(dose))),
            });
        }
    }

    /// Boluses that were granted and did not begin. One that may still begin in time goes on waiting.
    fn not_begun(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        if now.blind {
            return self.granted.clear();
        }
        let due = now.ago(now.settings.bolus.0);
        for (class, at, _) in self.granted.extract_if(.., |g| due > g.1) {
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
    let granted = granted.filter(|g| g.saturating_sub(began).saturating_abs() > settings.stroke_nl)?;
    let expected = Allowed::Bolus {
        kind: ledger::KINDS[class].to_owned(),
        dose: Volume(granted),
    };
    Some((expected, Did::Began(Volume(began))))
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
        let (taken, told) = self
            .open
            .filter(|open| open.class == 1)
            .map_or(((now.t, now.t), false), |open| {
                let began = open.began.map(|began| (began, began));
                (began.unwrap_or((open.sent, now.t)), began.is_some())
            });
        match allowed {
            None => against.note(Forbids::NotAllowed, true, true),
            Some(bolus) => self.weigh(now, taken, told, bolus, &mut against),
        }
        if now.blind {
            // Of a pump that tells no events only this is known for sure: what it granted, and when.
            let known = |why: &Forbids| {
                matches!(
                    why,
                    Forbids::NotAllowed | Forbids::Lockout { .. } | Forbids::Count { .. }
                )
            };
            against.sure.retain(known);
        }
        match (refused, allowed) {
            (None, _) if !against.sure.is_empty() => {
                let why = against.sure.swap_remove(0);
                let by = Asker::Patient;
                now.finding(out, Allowed::Refused { by, why }, Did::Granted);
            }
            (Some(code), Some(_)) if !now.blind && !may_refuse(code, &against, any_alarm) => {
                let came = Did::Refused { code: code.to_owned() };
                now.finding(out, Allowed::Granted { by: Asker::Patient }, came);
            }
            _ => {}
        }
        if let (None, Some(bolus)) = (refused, allowed) {
            // A bolus that was wrong to grant still starts the lockout: the next answer is held to what truly happened.
            if !told {
                self.patient.push_back(taken);
            }
            // What should not have been granted is not nominal.
            if against.sure.is_empty() {
                self.grant_of(now, 1, bolus.dose.0, bolus.over.0, out);
            } else {
                self.grant(1, now.t);
            }
        } else {
            // Refused: nothing is open any more.
            self.answered(1, now.t);
        }
    }

    /// What speaks against a bolus that the pump was asked for in that time; `told`: it has begun.
    fn weigh(&mut self, now: &Nominal, (sent, t): When, told: bool, bolus: PatientBolus, against: &mut Against) {
        let clock = now.settings.clock.0;
        let stopped = now.state == State::Stopped;
        against.note(Forbids::Stopped, stopped, now.state != State::Running);
        // At minimum rate a pump may refuse with either code, or grant it for all that is known here; only a stopped one must refuse.
        against.note(Forbids::NotAllowed, false, now.state != State::Running);
        if now.state == State::Minimum {
            // The rolling maximum may be why it runs at this rate, whatever it holds by now.
            against.perhaps.push("max-dose");
        }
        let busy = |by: i64| {
            let mut active = now.ledger.active.iter();
            let from = sent.saturating_add(by);
            // One that is over by now may not have been when the pump was asked.
            active.any(|b| b.end() > from) || self.ended.is_some_and(|ended| ended > from)
        };
        let sure_busy = now
            .ledger
            .active
            .iter()
            .any(|b| b.class != 2 && b.start < sent && b.end() > t.saturating_add(clock));
        against.note(Forbids::BolusActive, sure_busy, busy(clock.saturating_neg()));
        // The one that this reply is about may stand there already: the pump told its begin first.
        let earlier = || self.patient.iter().filter(move |(_, to)| *to < sent);
        // What went by since another one, at most and at least: both began at some time that is known between bounds.
        let (most, least) = (
            |at: &When| t.saturating_sub(at.0),
            |at: &When| sent.saturating_sub(at.1),
        );
        let last = earlier().next_back();
        // Start to start (PROTOCOL.md, `ptm-lockout`; OPCA R5.2(3)). With `<`: at the very end of the lockout the bolus is allowed again.
        let lockout = bolus.lockout.0;
        let why = Forbids::Lockout {
            since: Span(last.map_or(0, most)),
            lockout: bolus.lockout,
        };
        let sure = last.is_some_and(|at| most(at) < lockout.saturating_sub(clock));
        against.note(
            why,
            sure,
            last.is_some_and(|at| least(at) < lockout.saturating_add(clock)),
        );
        // What was refused does not count: `patient` holds only what was granted.
        let window = bolus.window.0;
        let count = |inside: &dyn Fn(&When) -> bool| {
            u32::try_from(earlier().filter(|at| inside(at)).count()).unwrap_or(u32::MAX)
        };
        let (surely, perhaps) = (
            count(&|at| most(at) < window.saturating_sub(clock)),
            count(&|at| least(at) < window.saturating_add(clock)),
        );
        let why = Forbids::Count {
            count: surely,
            window: bolus.window,
            allowed: bolus.count,
        };
        against.note(why, surely >= bolus.count, perhaps >= bolus.count);
        // A new prescription may look back farther than this one.
        let kept = now.window().max(bolus.lockout.0).saturating_add(clock);
        while self
            .patient
            .front()
            .is_some_and(|(_, to)| sent.saturating_sub(*to) > kept)
        {
            self.patient.pop_front();
        }
        weigh_window(now, bolus, bolus.dose, told, against);
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
            if let (1, Some(at)) = (class, self.patient.back_mut()) {
                // It took the request no later than now.
                at.1 = at.1.min(now.t);
            }
        } else if let Some(open) = self
            .open
            .as_mut()
            .filter(|open| open.class == class && open.began.is_none() && now.t <= open.until)
        {
            // Its reply is on its way, or lost: the pump was asked for it all the same.
            open.began = Some(now.t);
            self.begins_as_asked(now, class, dose, over, out);
        } else if now.is_raw() {
            // What raw bytes asked for cannot be judged, but it fills the lockout and the count as any other.
            now.raw_goes_on();
            if class == 1 {
                self.patient.push_back((now.t, now.t));
            }
            now.begin(class, dose, over);
        } else {
            self.begun.push((class, now.t, dose, over));
            if class == 4 {
                begin_prime(now, dose, over, out);
            }
        }
    }

    /// The pump begins what it was asked for, and its reply is not there: held to what was asked, and not to what the pump makes of it.
    fn begins_as_asked(&mut self, now: &mut Nominal, class: usize, dose: i64, over: i64, out: &mut Vec<Finding>) {
        let patient = now.rx.as_ref().and_then(|rx| rx.patient_bolus);
        let (asked, asked_over) = match (class, patient, self.open.and_then(|open| open.asked)) {
            (4, _, _) => return begin_prime(now, dose, over, out),
            (1, Some(bolus), _) => (Some(bolus.dose.0), bolus.over.0),
            (_, _, Some((asked, over))) => (Some(asked), over),
            _ => (None, over),
        };
        if class == 1 {
            self.patient.push_back((now.t, now.t));
        }
        if let Some((expected, came)) = mismatch(class, asked, dose, &now.settings) {
            now.finding(out, expected, came);
        }
        now.begin(class, asked.unwrap_or(dose), asked_over);
    }

    /// What a bolus that begins now should begin with, nL and ms; `None` where none is known to be due.
    pub fn due(&self, now: &Nominal, kind: &str) -> Option<(i64, i64)> {
        let rx = now.rx.as_ref()?;
        let class = ledger::class(kind)?;
        let open = self.open.filter(|open| open.class == class);
        match class {
            2 => now.periodic().map(|(dose, over, _)| (dose, over)),
            1 => rx.patient_bolus.map(|bolus| (bolus.dose.0, bolus.over.0)),
            4 => {
                let volume = to_prime(now)?;
                let strokes = volume.checked_div(now.settings.stroke_nl)?;
                Some((volume, strokes.saturating_mul(PRIME_STROKE_MS)))
            }
            _ => {
                let granted = now.ledger.active.iter().find(|bolus| bolus.class == class);
                let granted = granted.map(|bolus| (bolus.dose, bolus.over_ms));
                granted.or(open.and_then(|open| open.asked))
            }
        }
    }

    /// Boluses that were granted and do not begin, and such as nobody granted.
    pub fn check(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let settings = now.settings;
        if !now.unknown && self.granted.iter().any(|g| now.is_past(g.1, settings.bolus)) {
            self.not_begun(now, out);
        }
        // The reply that grants a bolus may come behind the event that it begins.
        self.not_asked(now, out, |began| now.is_past(began, settings.clock));
    }
}

/// What tubing and catheter hold, nL, where they are prescribed.
fn to_prime(now: &Nominal) -> Option<i64> {
    let rx = now.rx.as_ref()?;
    Some(rx.tubing?.0.saturating_add(rx.catheter?.0))
}

/// Priming fills tubing and catheter, no more.
fn begin_prime(now: &mut Nominal, dose: i64, over: i64, out: &mut Vec<Finding>) {
    let volumes = to_prime(now);
    if let Some((expected, came)) = mismatch(4, volumes, dose, &now.settings) {
        now.finding(out, expected, came);
    }
    // Recall R16: the priming volume is what tubing and catheter hold, not what the pump makes of it. Where they are not prescribed, its word must
    // do.
    now.begin(4, volumes.unwrap_or(dose), over);
}
