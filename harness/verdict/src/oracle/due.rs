//! What is due: alarms that must come, and not too early; periodic boluses.

use super::{Oracle, State, periodic};
use pump_hil_model::fault::{Deadlines, FaultName};
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::Finding;
use std::collections::BTreeMap;

const STOPPED_MS: i64 = 48 * 3_600_000;
const SERVICE_MS: i64 = 90 * 86_400_000;
/// Low-reservoir threshold of a prescription that names none, nL.
const LOW_DEFAULT: i64 = 2_000_000;

#[derive(Debug, Default)]
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
    trial_over: Option<i64>,
    periodic: Periodic,
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
    }

    pub fn any_alarm(&self) -> bool {
        self.active.values().any(|on| *on)
    }

    pub fn state(&mut self, stopped: bool, t: i64) {
        self.stopped_since = stopped.then_some(t);
        self.stopped_told = false;
    }

    pub fn restart_periodic(&mut self, _running: bool, _t: i64) {
        self.periodic = Periodic::default();
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

    pub fn reservoir(&mut self, nl: i64, _t: i64) {
        self.reservoir = Some(nl);
    }

    pub fn fault_armed(&mut self, fault: FaultName) {
        if fault.effects().deadlines == Deadlines::MayPass {
            self.excusing += 1;
        }
    }

    pub fn fault_cleared(&mut self, fault: FaultName, recovered: i64) {
        if fault.effects().deadlines == Deadlines::MayPass {
            self.excusing = self.excusing.saturating_sub(1);
            self.excuse_until = recovered;
        }
    }

    fn was_raised_since(&self, id: &str, t: i64) -> bool {
        self.raised.get(id).is_some_and(|&at| at >= t) || self.active.get(id) == Some(&true)
    }
}

impl Oracle {
    pub(super) fn check_dues(&mut self, out: &mut Vec<Finding>) {
        self.check_asked(out);
        self.check_fresh_alarms(out);
        self.check_stopped(out);
        self.check_low(out);
        self.check_service(out);
        self.check_trial(out);
    }

    /// Alarms that came before their time.
    fn check_fresh_alarms(&mut self, out: &mut Vec<Finding>) {
        for (id, t) in std::mem::take(&mut self.dues.fresh) {
            match id.as_str() {
                "stopped-48h" => {
                    let early = self.dues.stopped_since.map(|since| t - since);
                    if let Some(after) = early.filter(|&after| after < STOPPED_MS - self.settings.clock.0)
                        && self.wanted_before()
                    {
                        let came = format!("raised after {}", Span(after));
                        self.finding(out, "alarm `stopped-48h` after 2 d without therapy".to_owned(), came);
                    }
                }
                "eri" => {
                    self.dues.eri_at.get_or_insert(t);
                }
                "end-of-service" => {
                    let after = self.dues.eri_at.map(|since| t - since);
                    if let Some(after) = after.filter(|after| *after < SERVICE_MS - self.settings.service.0) {
                        let came = format!("raised after {}", Span(after));
                        self.finding(
                            out,
                            "end of service 90 d after the replacement indicator".to_owned(),
                            came,
                        );
                    }
                    self.dues.eri_at = None;
                }
                "reservoir-low" => {
                    let left = self.dues.reservoir;
                    let low = self.low();
                    // Since the last entry at most an hour of therapy and a bolus can have gone.
                    let rate = self.rate_at(self.t).0;
                    let gone = rate / 24 + rate / 100 + 1_000_000;
                    if let Some(left) = left.filter(|left| *left > low.saturating_add(gone)) {
                        let came = format!("raised with {} left", Volume(left));
                        self.finding(out, format!("alarm `reservoir-low` at {}", Volume(low)), came);
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether the begin of the stop is known: therapy ran since the begin.
    fn wanted_before(&self) -> bool {
        self.ledger.nominal().iter().sum::<i64>() > 0
    }

    fn low(&self) -> i64 {
        self.rx
            .as_ref()
            .and_then(|rx| rx.low_reservoir)
            .map_or(LOW_DEFAULT, |low| low.0)
    }

    fn check_stopped(&mut self, out: &mut Vec<Finding>) {
        let Some(since) = self.dues.stopped_since.filter(|_| !self.dues.stopped_told) else {
            return;
        };
        let over = ["end-of-service", "end-of-life"]
            .iter()
            .any(|id| self.dues.active.get(*id) == Some(&true));
        if over || self.dues.excusing > 0 || self.t <= since + STOPPED_MS + self.settings.alarm.0 {
            return;
        }
        self.dues.stopped_told = true;
        if !self.dues.was_raised_since("stopped-48h", since) {
            let came = format!("none, after {} without therapy", Span(self.t - since));
            self.finding(out, "alarm `stopped-48h` after 2 d without therapy".to_owned(), came);
        }
    }

    fn check_low(&mut self, out: &mut Vec<Finding>) {
        let Some(left) = self.dues.reservoir else { return };
        let low = self.low();
        let slack = self.settings.strokes * self.settings.stroke_nl;
        if left > low {
            (self.dues.low_since, self.dues.low_told) = (None, false);
            return;
        }
        if left > low - slack || self.rx.is_none() {
            return;
        }
        let since = *self.dues.low_since.get_or_insert(self.t);
        if self.dues.low_told || self.t <= since + self.settings.alarm.0 {
            return;
        }
        self.dues.low_told = true;
        let alarmed = |id: &str| self.dues.raised.contains_key(id);
        if !alarmed("reservoir-low") && !alarmed("reservoir-empty") {
            let came = format!("none, with {} left by the pump's own count", Volume(left));
            self.finding(out, format!("alarm `reservoir-low` at {}", Volume(low)), came);
        }
    }

    fn check_service(&mut self, out: &mut Vec<Finding>) {
        if let Some(eri) = self.dues.eri_at
            && self.t > eri + SERVICE_MS + self.settings.service.0
        {
            self.dues.eri_at = None;
            let hard_end = self.dues.raised.contains_key("end-of-life");
            if !hard_end && !self.dues.was_raised_since("end-of-service", eri) {
                let came = format!("none, {} after it", Span(self.t - eri));
                self.finding(
                    out,
                    "end of service 90 d after the replacement indicator".to_owned(),
                    came,
                );
            }
        }
    }

    fn check_trial(&mut self, out: &mut Vec<Finding>) {
        if let Some(over) = self.dues.trial_over
            && self.t > over + self.settings.alarm.0
        {
            self.dues.trial_over = None;
            if !self.dues.was_raised_since("trial-ended", over - self.settings.alarm.0) {
                let came = format!("none, {} after it", Span(self.t - over));
                self.finding(out, "alarm `trial-ended` at the trial's limit".to_owned(), came);
            }
        }
    }

    /// A periodic bolus that nobody sees within its interval. Looked at before an event is taken: it may be the bolus that comes too late.
    pub(super) fn check_periodic(&mut self, out: &mut Vec<Finding>) {
        let Some((_, _, interval)) = periodic(self.rx.as_ref()).filter(|_| self.state == State::Running && self.wanted)
        else {
            return;
        };
        let by = *self.dues.periodic.by.get_or_insert(self.t + interval);
        // Another bolus holds it up, to its very end: nothing may have been told between.
        let busy_until = self
            .ledger
            .active
            .iter()
            .filter(|b| b.class != 2)
            .map(|b| b.end())
            .max();
        let excused = self.dues.excusing > 0 || self.t <= self.dues.excuse_until;
        let by = busy_until.map_or(by, |end| by.max(end));
        self.dues.periodic.by = Some(by);
        if excused {
            self.dues.periodic.by = Some(by.max(self.t + self.settings.bolus.0));
        } else if self.t > by + self.settings.bolus.0 {
            let came = self.dues.periodic.last.map_or_else(
                || "none since therapy started".to_owned(),
                |last| format!("none since {} ago", Span(self.t - last)),
            );
            self.dues.periodic.by = Some(self.t + interval);
            self.finding(out, format!("a periodic bolus every {}", Span(interval)), came);
        }
    }

    /// The pump begins a periodic bolus. True if it may.
    pub(super) fn periodic_begins(&mut self, dose: i64, over: i64, out: &mut Vec<Finding>) -> bool {
        let Some((right_dose, right_over, interval)) = periodic(self.rx.as_ref()) else {
            self.finding(out, "no periodic bolus".to_owned(), format!("one of {}", Volume(dose)));
            return false;
        };
        if (dose, over) != (right_dose, right_over) {
            self.finding(
                out,
                format!("periodic bolus of {} over {}", Volume(right_dose), Span(right_over)),
                format!("{} over {}", Volume(dose), Span(over)),
            );
        }
        let last = self.dues.periodic.last.replace(self.t);
        self.dues.periodic.by = Some(self.t + interval);
        let early = last
            .map(|last| self.t - last)
            .filter(|&gap| gap < interval - self.settings.bolus.0);
        if let Some(gap) = early {
            self.finding(
                out,
                format!("periodic boluses {} apart", Span(interval)),
                format!("one {} after the last", Span(gap)),
            );
        }
        early.is_none()
    }
}
