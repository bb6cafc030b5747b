//! What is due: alarms that must come, and not too early; periodic boluses.

use super::nominal::{Nominal, State};
use pump_hil_model::fault::{Deadlines, FaultName};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Allowed, Did, DueAlarm, Finding};
use std::collections::BTreeMap;

// From the published behaviour of implanted pumps, as in the stub's settings: stopped for more than 48 h is critical, and service ends 90 days after
// the replacement indicator. Recall R13 is of a replacement date beyond these 90 days.
const STOPPED_MS: i64 = 48 * 3_600_000;
const SERVICE_MS: i64 = 90 * 86_400_000;
/// Low-reservoir threshold of a prescription that names none, nL.
const LOW_DEFAULT: i64 = 2_000_000;

#[derive(Debug, Clone, Default)]
pub(super) struct Dues {
    raised: BTreeMap<String, i64>,
    active: BTreeMap<String, bool>,
    fresh: Vec<(String, i64)>,
    /// Therapy ran before, and is stopped since.
    stopped_since: Option<i64>,
    stopped_told: bool,
    eri_at: Option<i64>,
    low_since: Option<i64>,
    low_told: bool,
    reservoir: Option<i64>,
    /// Drug left the reservoir since it was filled.
    moved: bool,
    trial_over: Option<i64>,
    periodic: Periodic,
    /// Therapy was granted to a stopped pump, which did not tell that it runs; and whether its log was read since.
    start: Option<(i64, bool)>,
    excusing: usize,
    excuse_until: i64,
}

#[derive(Debug, Default, Clone, Copy)]
struct Periodic {
    /// Last begin.
    last: Option<i64>,
    /// The next must have begun by then.
    by: Option<i64>,
}

impl Dues {
    pub fn alarm(&mut self, id: &str, t: i64) {
        self.raised.insert(id.to_owned(), t);
        self.active.insert(id.to_owned(), true);
        self.fresh.push((id.to_owned(), t));
    }

    pub fn alarm_clear(&mut self, id: &str) {
        self.active.insert(id.to_owned(), false);
        // It is cleared only where more is left than the threshold: below it comes again.
        if id == "reservoir-low" {
            self.raised.remove(id);
        }
    }

    pub fn any_alarm(&self) -> bool {
        self.active.values().any(|on| *on)
    }

    pub fn state(&mut self, stopped: bool, t: i64) {
        self.stopped_since = stopped.then_some(t);
        self.stopped_told = false;
    }

    /// A start is granted.
    pub fn start_granted(&mut self, now: &Nominal) {
        if now.state == State::Stopped && now.begun {
            self.start = Some((now.t, false));
        }
    }

    /// The pump told of a state.
    pub fn state_told(&mut self) {
        self.start = None;
    }

    /// Its log of events is known.
    pub fn log_is_read(&mut self) {
        if let Some((_, logged)) = &mut self.start {
            *logged = true;
        }
    }

    pub fn restart_periodic(&mut self) {
        // The last one stays: starting again, or another prescription, is no way around the interval.
        self.periodic.by = None;
    }

    /// Another prescription: its threshold is looked at anew, and its interval.
    pub fn in_force(&mut self) {
        self.restart_periodic();
        // What moved before it does not count: the next entry says what is left.
        (self.reservoir, self.moved) = (None, false);
        (self.low_since, self.low_told) = (None, false);
    }

    pub fn bolus_ended(&mut self, t: i64) {
        // A periodic bolus waits for another one to end.
        if let Some(by) = &mut self.periodic.by {
            *by = (*by).max(t);
        }
    }

    pub fn trial_over(&mut self, t: i64) {
        self.trial_over = Some(t);
    }

    pub fn clock_changed(&mut self) {
        // End of service is counted in days of the pump's calendar.
        self.eri_at = None;
    }

    pub fn reservoir(&mut self, nl: i64) {
        let before = self.reservoir.replace(nl);
        self.moved |= before.is_some_and(|before| nl < before);
    }

    /// What the reservoir holds is looked at anew.
    pub fn refilled(&mut self) {
        (self.reservoir, self.moved) = (None, false);
        (self.low_since, self.low_told) = (None, false);
        // An alarm of the fill before says nothing of this one.
        for id in ["reservoir-low", "reservoir-empty"] {
            self.raised.remove(id);
        }
    }

    pub fn fault_armed(&mut self, fault: FaultName) {
        if fault.effects().deadlines == Deadlines::MayPass {
            self.excusing = self.excusing.saturating_add(1);
        }
    }

    pub fn fault_cleared(&mut self, fault: FaultName, recovered: i64) {
        if fault.effects().deadlines == Deadlines::MayPass {
            // A journal may clear what it never armed.
            self.excusing = self.excusing.saturating_sub(1);
            self.excuse_until = recovered;
        }
    }

    fn was_raised_since(&self, id: &str, t: i64) -> bool {
        self.raised.get(id).is_some_and(|&at| at >= t) || self.active.get(id) == Some(&true)
    }
}

impl Dues {
    /// What came before its time, and what should have come by now.
    pub fn check(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        if now.blind {
            return self.fresh.clear();
        }
        self.check_fresh_alarms(now, out);
        self.check_stopped(now, out);
        self.check_low(now, out);
        self.check_service(now, out);
        self.check_trial(now, out);
        self.check_start(now, out);
    }

    /// A start that was granted, of which neither the line nor the log tells: it did not come about.
    fn check_start(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let Some((t, true)) = self.start else { return };
        if self.excusing > 0 {
            self.start = None;
        } else if now.is_past(t, now.settings.clock) {
            self.start = None;
            now.finding(out, Allowed::TherapyStarts, Did::ToldNoStart);
        }
    }

    /// Alarms that came before their time.
    fn check_fresh_alarms(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        for (id, t) in std::mem::take(&mut self.fresh) {
            match id.as_str() {
                "stopped-48h" => {
                    let early = self.stopped_since.map(|since| t.saturating_sub(since));
                    if let Some(after) = early.filter(|&after| after < STOPPED_MS.saturating_sub(now.settings.clock.0))
                        // A pump that came stopped may have been so for long before the begin: then nobody knows when the 48 h began.
                        && therapy_ran(now)
                    {
                        let came = Did::RaisedAfter(Span(after));
                        now.finding(out, Allowed::Alarm(DueAlarm::Stopped), came);
                    }
                }
                "eri" => {
                    // The first one counts: an indicator that is raised again does not move the date.
                    self.eri_at.get_or_insert(t);
                }
                "end-of-service" => {
                    let after = self.eri_at.map(|since| t.saturating_sub(since));
                    if let Some(after) =
                        after.filter(|after| *after < SERVICE_MS.saturating_sub(now.settings.service.0))
                    {
                        let came = Did::RaisedAfter(Span(after));
                        now.finding(out, Allowed::Alarm(DueAlarm::EndOfService), came);
                    }
                    self.eri_at = None;
                }
                "reservoir-low" => {
                    let left = self.reservoir;
                    let low = low(now);
                    // Since the last entry at most an hour of therapy and a bolus can have gone.
                    let rate = now.rate_at(now.t).0;
                    // 1,000,000 nL is the largest bolus that a clinician can give (PROTOCOL.md, `dose`).
                    let gone = (rate / 24).saturating_add(rate / 100).saturating_add(1_000_000);
                    if let Some(left) = left.filter(|left| *left > low.saturating_add(gone)) {
                        let due = DueAlarm::ReservoirLow(Volume(low));
                        now.finding(out, Allowed::Alarm(due), Did::RaisedWith(Volume(left)));
                    }
                }
                _ => {}
            }
        }
    }

    fn check_stopped(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let Some(since) = self.stopped_since.filter(|_| !self.stopped_told) else {
            return;
        };
        // A pump at its end stays stopped for good, and its own alarm says so.
        let over = ["end-of-service", "end-of-life"]
            .iter()
            .any(|id| self.active.get(*id) == Some(&true));
        if over || self.excusing > 0 || !now.is_past(since.saturating_add(STOPPED_MS), now.settings.alarm) {
            return;
        }
        self.stopped_told = true;
        if !self.was_raised_since("stopped-48h", since) {
            let came = Did::NoneWithoutTherapy(Span(now.t.saturating_sub(since)));
            now.finding(out, Allowed::Alarm(DueAlarm::Stopped), came);
        }
    }

    fn check_low(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let Some(left) = self.reservoir else { return };
        let low = low(now);
        if left > low {
            (self.low_since, self.low_told) = (None, false);
            return;
        }
        // Between the two the pump may be right either way, by the strokes under way.
        // And the pump looks when drug moves: one that lies still and holds little takes nothing from anybody.
        if left > low.saturating_sub(now.slack()) || now.rx.is_none() || !self.moved {
            return;
        }
        let since = *self.low_since.get_or_insert(now.t);
        if self.low_told || !now.is_past(since, now.settings.alarm) {
            return;
        }
        self.low_told = true;
        let alarmed = |id: &str| self.raised.contains_key(id) || self.active.get(id) == Some(&true);
        // An empty reservoir may be found by its pressure before the computed volume reaches the threshold.
        if !alarmed("reservoir-low") && !alarmed("reservoir-empty") {
            let due = DueAlarm::ReservoirLow(Volume(low));
            now.finding(out, Allowed::Alarm(due), Did::NoneWith(Volume(left)));
        }
    }

    fn check_service(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        if let Some(eri) = self.eri_at
            && now.is_past(eri.saturating_add(SERVICE_MS), now.settings.service)
        {
            self.eri_at = None;
            // 84 months after first power service ends in any case, and no second end is due then.
            let hard_end = self.raised.contains_key("end-of-life");
            if !hard_end && !self.was_raised_since("end-of-service", eri) {
                let came = Did::NoneAfter(Span(now.t.saturating_sub(eri)));
                now.finding(out, Allowed::Alarm(DueAlarm::EndOfService), came);
            }
        }
    }

    fn check_trial(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let Some(over) = self.trial_over else { return };
        if self.was_raised_since("trial-ended", over.saturating_sub(now.settings.alarm.0)) {
            self.trial_over = None;
        } else if self.excusing > 0 || now.t <= self.excuse_until {
            // A pump without its supply tells of it once it has one again.
            self.trial_over = Some(now.t);
        } else if now.is_past(over, now.settings.alarm) {
            self.trial_over = None;
            let came = Did::NoneAfter(Span(now.t.saturating_sub(over)));
            now.finding(out, Allowed::Alarm(DueAlarm::TrialEnded), came);
        }
    }

    /// A periodic bolus that nobody sees within its interval. Looked at before an event is taken: it may be the bolus that comes too late.
    pub fn check_periodic(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let Some((_, _, interval)) = now.periodic().filter(|_| now.state == State::Running && now.wanted) else {
            return;
        };
        // One that was not seen to begin may have begun before the case did.
        let due = self.periodic.last.map_or(now.t.saturating_add(interval), |last| {
            last.saturating_add(interval).max(now.t)
        });
        let by = *self.periodic.by.get_or_insert(due);
        // Another bolus holds it up, to its very end: nothing may have been told between.
        let busy_until = now.ledger.active.iter().filter(|b| b.class != 2).map(|b| b.end()).max();
        let excused = self.excusing > 0 || now.t <= self.excuse_until;
        let by = busy_until.map_or(by, |end| by.max(end));
        self.periodic.by = Some(by);
        if excused {
            // Once the excuse is over the pump has its whole grace again.
            self.periodic.by = Some(by.max(now.t.saturating_add(now.settings.bolus.0)));
        } else if now.is_past(by, now.settings.bolus) {
            let last = self.periodic.last;
            let came = Did::NonePeriodic(last.map(|last| Span(now.t.saturating_sub(last))));
            // From here on, so that one that is missing is told once an interval, and not at every event.
            self.periodic.by = Some(now.t.saturating_add(interval));
            now.finding(out, Allowed::PeriodicEvery(Span(interval)), came);
        }
    }

    /// The pump begins a periodic bolus. True if it may.
    pub fn periodic_begins(&mut self, now: &Nominal, dose: i64, over: i64, out: &mut Vec<Finding>) -> bool {
        let Some((right_dose, right_over, interval)) = now.periodic() else {
            now.finding(out, Allowed::NoPeriodic, Did::OneOf(Volume(dose)));
            return false;
        };
        if (dose, over) != (right_dose, right_over) {
            now.finding(
                out,
                Allowed::Periodic {
                    dose: Volume(right_dose),
                    over: Span(right_over),
                },
                Did::Periodic {
                    dose: Volume(dose),
                    over: Span(over),
                },
            );
        }
        let last = self.periodic.last.replace(now.t);
        self.periodic.by = Some(now.t.saturating_add(interval));
        let early = last
            .map(|last| now.t.saturating_sub(last))
            // Start to start (PROTOCOL.md, `interval`). The one before may have been late by the grace, and this one not.
            .filter(|&gap| gap < interval.saturating_sub(now.settings.bolus.0));
        if let Some(gap) = early {
            now.finding(out, Allowed::PeriodicApart(Span(interval)), Did::OneAfter(Span(gap)));
        }
        early.is_none()
    }
}

/// Whether the begin of the stop is known: therapy ran since the begin.
fn therapy_ran(now: &Nominal) -> bool {
    now.ledger.nominal().iter().any(|nl| *nl > 0)
}

fn low(now: &Nominal) -> i64 {
    let low = now.rx.as_ref().and_then(|rx| rx.low_reservoir);
    low.map_or(LOW_DEFAULT, |low| low.0)
}
