//! What the pump announces: what the oracle follows, and what nobody asked for.

use super::{Oracle, State, ledger};
use pump_hil_model::case::{Action, Request, Step};
use pump_hil_model::event::Said;
use pump_hil_model::quantity::Volume;
use pump_hil_model::verdict::{Allowed, Did, Finding};

impl Oracle {
    pub(super) fn said(&mut self, said: &Said, step: Option<&Step>, out: &mut Vec<Finding>) {
        match said {
            Said::Boot { reason } => {
                self.bounds.excuse_until(self.t + self.settings.recovery.0);
                self.cut_boluses();
                if reason == "brown-out" && self.state == State::Running {
                    self.wanted = false;
                    self.set_state(State::Minimum);
                }
            }
            Said::State { to, cause, .. } => self.announced_state(to, cause, step, out),
            Said::Alarm { id, .. } => self.dues.alarm(id, self.t),
            Said::AlarmClear { id } => self.dues.alarm_clear(id),
            Said::BolusStart { kind, dose_nl, over_ms } => self.bolus_start(kind, *dose_nl, *over_ms, out),
            Said::BolusEnd { kind, given_nl, cause } => self.bolus_end(kind, *given_nl, cause, out),
            Said::Dose(entry) => {
                let now = entry.classes();
                if self.begun {
                    self.check_entry(entry, now, out);
                } else {
                    self.bounds.base = now;
                }
            }
            Said::Other { kind, .. } => match (kind.as_str(), step.map(|s| &s.action)) {
                ("rx", action) => self.announced_rx(action, out),
                // The pump tells that its clock was set or jumped; a jump it corrects, so civil time goes on.
                ("clock", _) => self.dues.clock_changed(),
                ("refill", _) => self.bounds.refilled(),
                _ => {}
            },
        }
    }

    /// A prescription came into force. The event may stand before the reply to the request that asked for it.
    fn announced_rx(&mut self, action: Option<&Action>, out: &mut Vec<Finding>) {
        let request = match action {
            Some(Action::Do { request, .. }) => Some(request),
            _ => None,
        };
        match request {
            Some(Request::Program { prescription, .. }) => {
                self.in_force((**prescription).clone());
                self.rx_told = true;
            }
            Some(Request::Commit) if self.staged.is_some() => {
                if let Some(rx) = self.staged.take() {
                    self.in_force(rx);
                }
            }
            _ if self.t <= self.raw_until => self.unknown = true,
            _ if self.begun && self.t > self.in_force_at + self.settings.bolus.0 => {
                self.finding(out, Allowed::PrescriptionStays, Did::OtherPrescription)
            }
            _ => {}
        }
    }

    fn announced_state(&mut self, to: &str, cause: &str, step: Option<&Step>, out: &mut Vec<Finding>) {
        // The event may stand before the reply to the request that asked for it.
        let asked = step.is_some_and(|s| {
            matches!(
                s.action,
                Action::Do {
                    request: Request::Start,
                    ..
                }
            )
        });
        match to {
            "stopped" => self.set_state(State::Stopped),
            "minimum-rate" => self.set_state(State::Minimum),
            "running" if self.wanted || asked || self.t <= self.raw_until || !self.begun => self.start(),
            "running" if self.state != State::Running => {
                let state = match self.state {
                    State::Stopped => "stopped",
                    _ => "minimum-rate",
                };
                self.finding(
                    out,
                    Allowed::StaysUntilStart { state },
                    Did::Ran {
                        cause: cause.to_owned(),
                    },
                );
            }
            _ => {}
        }
    }

    fn bolus_end(&mut self, kind: &str, given: i64, cause: &str, out: &mut Vec<Finding>) {
        let Some(class) = ledger::class(kind) else { return };
        self.dues.bolus_ended(self.t);
        let excused = self.bounds.excused_now(self.t);
        let Some(bolus) = self.ledger.end(class, given) else {
            return;
        };
        self.ledger.turn(self.window());
        let slack = self.settings.strokes * self.settings.stroke_nl;
        let due = if cause == "complete" {
            bolus.dose
        } else {
            bolus.given(self.t)
        };
        if given > due + slack || (cause == "complete" && given < due - slack && !excused) {
            self.finding(
                out,
                Allowed::Bolus {
                    kind: kind.to_owned(),
                    dose: Volume(due),
                },
                Did::Gave {
                    given: Volume(given),
                    cause: cause.to_owned(),
                },
            );
        }
    }
}
