//! Performs the steps of a case, each when it is due.

use super::{Runner, Stopped};
use pump_hil_language::plan::Cursor;
use pump_hil_model::case::{Action, Check, Measure, ProbeAction, Request, Step};
use pump_hil_model::event::Body;
use pump_hil_model::fault::FaultName;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::value::shown;
use pump_hil_talk::session::Outcome;

/// How long a fault may take until it is read back in effect.
const CONFIRM_WITHIN: Span = Span(10_000);
/// How often it is read until then.
const CONFIRM_EVERY: Span = Span(100);
/// A waiting `expect` on something that the pump does not tell by itself looks this often, as a share of its span.
const POLLS_A_WAIT: i64 = 60;

impl Runner<'_> {
    /// Performs every step, each at its time.
    pub(super) async fn play_steps(&mut self) -> Result<(), Stopped> {
        let case = self.case;
        let mut cursor = Cursor::new(case);
        while let Some(due) = cursor.next(self.now()) {
            self.pass_time(due.at, |_| false).await?;
            self.note(Body::StepStarted {
                step: due.id.clone(),
                line: due.step.line,
            })?;
            self.perform(&due.step.action).await?;
            self.note(Body::StepEnded { step: due.id })?;
        }
        Ok(())
    }

    async fn perform(&mut self, action: &Action) -> Result<(), Stopped> {
        match action {
            Action::Do { request, .. } => self.ask(request).await,
            Action::Inject { fault, param } => self.inject(*fault, *param).await,
            Action::Clear { fault } => self.clear(*fault).await,
            Action::Expect {
                checks,
                within,
                throughout,
            } => self.expect(checks, *within, *throughout).await,
            Action::Send { bytes } => {
                self.session.send_raw(bytes);
                self.pass_time(self.now(), |_| false).await?;
                // The pump takes them, and says what it says to them, at this very instant.
                self.settle().await
            }
            Action::Probe(action) => self.probe(action).await,
            Action::Wait(span) => {
                let until = self.after(*span);
                self.pass_time(until, |_| false).await
            }
            Action::Mark(name) => {
                // Only where a later check counts from it: a pump that is down would cost the time that asking takes.
                if self.case.steps.iter().any(|step| counts_reported_from(name, step)) {
                    self.request(&Request::Totals).await?;
                }
                self.sample()
            }
            // The cursor unrolls repeats.
            Action::Repeat { .. } => Ok(()),
        }
    }

    /// Asks, after filling in what only the rig knows. The reply is in the journal; the judge says whether it was right.
    async fn ask(&mut self, request: &Request) -> Result<(), Stopped> {
        let request = match request {
            Request::Refill { removed: None, added } => {
                let left = self.rig.sample()?.map_or(0, |sample| sample.reservoir_nl);
                &Request::Refill {
                    removed: Some(Volume(left)),
                    added: *added,
                }
            }
            other => other,
        };
        if let Outcome::CutOff { .. } = self.request(request).await? {
            // Nobody waits for an answer to what was sent: the pump makes of it what it does before anything else happens.
            self.settle().await?;
        }
        self.sample()
    }

    async fn inject(&mut self, fault: FaultName, param: i64) -> Result<(), Stopped> {
        self.armed.insert(fault);
        self.rig.arm_fault(fault, param)?;
        self.note(Body::FaultArmed { fault, param })?;
        let give_up = self.after(CONFIRM_WITHIN);
        loop {
            self.settle().await?;
            if self.rig.fault_effect(fault)?.in_effect {
                self.note(Body::FaultConfirmed { fault })?;
                return self.sample();
            }
            if self.now() >= give_up {
                let why = format!("not in effect {CONFIRM_WITHIN} after it was armed");
                self.note(Body::FaultUnconfirmed { fault, why })?;
                return Ok(());
            }
            let next = self.after(CONFIRM_EVERY);
            self.pass_time(next, |_| false).await?;
        }
    }

    async fn clear(&mut self, fault: FaultName) -> Result<(), Stopped> {
        self.rig.clear_fault(fault)?;
        self.settle().await?;
        if self.rig.fault_effect(fault)?.in_effect {
            let why = "still in effect after it was cleared".to_owned();
            self.note(Body::FaultUnconfirmed { fault, why })?;
            return Ok(());
        }
        self.armed.remove(&fault);
        self.note(Body::FaultCleared { fault })?;
        self.sample()
    }

    /// Waits until the checks hold, where they may take time; else only brings in what they look at.
    async fn expect(
        &mut self,
        checks: &[Check],
        within: Option<Span>,
        throughout: Option<Span>,
    ) -> Result<(), Stopped> {
        self.look(checks).await?;
        let span = match (within, throughout) {
            (None, None) => return Ok(()),
            (Some(span), _) | (None, Some(span)) => span,
        };
        let end = self.after(span);
        let polls = needs_status(checks) || needs_sample(checks) || needs_memory(checks);
        let waits = throughout.is_none();
        loop {
            if (waits && self.judge.checks_hold(checks).is_ok()) || self.now() >= end {
                return Ok(());
            }
            let next = if polls {
                end.min(self.after(Span((span.0 / POLLS_A_WAIT).max(1))))
            } else {
                end
            };
            self.pass_time(next, |runner| waits && runner.judge.checks_hold(checks).is_ok())
                .await?;
            self.look(checks).await?;
        }
    }

    /// Brings in what the checks look at and the pump does not tell by itself.
    async fn look(&mut self, checks: &[Check]) -> Result<(), Stopped> {
        if needs_status(checks) {
            self.request(&Request::Status).await?;
        }
        if needs_totals(checks) {
            self.request(&Request::Totals).await?;
        }
        if needs_sample(checks) {
            self.sample()?;
        }
        for check in checks {
            if let Check::Memory { at, .. } = check {
                self.read(at)?;
            }
        }
        Ok(())
    }

    async fn probe(&mut self, action: &ProbeAction) -> Result<(), Stopped> {
        let did = match action {
            ProbeAction::Read { at } => return self.read(at),
            ProbeAction::Write { at, value } => {
                self.rig.write_value(at, value)?;
                format!("wrote {} to {at}", shown(at, value))
            }
            ProbeAction::Flip { at, bit } => {
                let (address, before, after) = self.rig.flip(at, *bit)?;
                format!("flipped bit {bit} of {at}: {before:#04x} became {after:#04x} at {address:#010x}")
            }
            ProbeAction::Halt { time } => {
                self.rig.halt()?;
                self.note(Body::Probe {
                    did: "halted the core".into(),
                })?;
                let until = self.after(*time);
                self.pass_time(until, |_| false).await?;
                self.rig.resume()?;
                "let the core run again".into()
            }
            ProbeAction::Reset => {
                self.rig.reset()?;
                "reset the core".into()
            }
            ProbeAction::BreakAt { at, within } => return self.break_at(at, *within).await,
        };
        self.note(Body::Probe { did })?;
        self.settle().await
    }

    /// Reads a place into the journal.
    fn read(&mut self, at: &str) -> Result<(), Stopped> {
        let value = self.rig.read_value(at)?;
        self.note(Body::MemoryRead {
            at: at.to_owned(),
            value,
        })?;
        Ok(())
    }

    async fn break_at(&mut self, at: &str, within: Span) -> Result<(), Stopped> {
        let end = self.after(within);
        self.rig.break_at(at)?;
        self.note(Body::Probe {
            did: format!("set a breakpoint at {at}"),
        })?;
        self.pass_time(end, |_| false).await?;
        let hit = self.rig.stands_at(at)?;
        self.rig.clear_break(at)?;
        self.note(Body::Breakpoint {
            at: at.to_owned(),
            reached: hit,
        })?;
        if hit {
            self.rig.resume()?;
        }
        self.settle().await
    }

    /// Takes in what the pump says at this very instant.
    pub(super) async fn settle(&mut self) -> Result<(), Stopped> {
        let now = self.rig.now();
        let received = tokio::select! {
            biased;
            received = self.rig.receive(now) => received?,
            by = self.interrupt.wait() => return Err(Stopped::Interrupted(by)),
        };
        self.note_log()?;
        self.note_watched()?;
        self.session.handle_bytes(&received.bytes, received.now);
        self.note_session_events()
    }

    fn after(&self, span: Span) -> Span {
        Span(self.now().0.saturating_add(span.0))
    }
}

/// Whether a step, or one in it, counts a reported volume from this mark.
fn counts_reported_from(mark: &str, step: &Step) -> bool {
    match &step.action {
        Action::Expect { checks, .. } => checks.iter().any(|check| {
            matches!(check, Check::Measure { since: Some(since), .. } if since == mark)
                && needs_totals(std::slice::from_ref(check))
        }),
        Action::Repeat { steps, .. } => steps.iter().any(|step| counts_reported_from(mark, step)),
        _ => false,
    }
}

fn measures(checks: &[Check]) -> impl Iterator<Item = Measure> + '_ {
    checks.iter().filter_map(|check| match check {
        Check::Measure { what, .. } => Some(*what),
        _ => None,
    })
}

/// Whether a check looks at what only `status` tells.
fn needs_status(checks: &[Check]) -> bool {
    use Measure::{Battery, Lockout, Rate, Reservoir, Stalls};
    checks
        .iter()
        .any(|check| matches!(check, Check::Mode(_) | Check::Bolus(_) | Check::State(_)))
        || measures(checks).any(|what| matches!(what, Battery | Lockout | Rate | Reservoir | Stalls))
}

/// Whether a check looks at what only `totals` tells between two dose entries.
fn needs_totals(checks: &[Check]) -> bool {
    use Measure::{Basal, Bridge, ClinicianBoluses, PatientBoluses, PeriodicBoluses, Prime, Reported};
    measures(checks).any(|what| {
        matches!(
            what,
            Basal | Bridge | ClinicianBoluses | PatientBoluses | PeriodicBoluses | Prime | Reported
        )
    })
}

/// Whether a check looks at what only the probe reads.
fn needs_memory(checks: &[Check]) -> bool {
    checks.iter().any(|check| matches!(check, Check::Memory { .. }))
}

/// Whether a check looks at the test block.
fn needs_sample(checks: &[Check]) -> bool {
    use Measure::{Actuated, Delivered, PostOcclusionBolus, Pressure, Resets, TrueReservoir};
    measures(checks).any(|what| {
        matches!(
            what,
            Actuated | Delivered | PostOcclusionBolus | Pressure | Resets | TrueReservoir
        )
    })
}
