//! Performs the steps of a case, each when it is due.

use super::armed::Armed;
use super::at_rest;
use super::exchange::Exchange;
use super::standstill::Standstill;
use crate::safety::Stopped;
use pump_hil_language::plan::Cursor;
use pump_hil_model::case::needs::{
    counts_delivered_from, counts_reported_from, needs_alarms, needs_memory, needs_sample, needs_status, needs_totals,
    seen_late_by,
};
use pump_hil_model::case::{Action, Case, Check, Poll, ProbeAction, Request, field, filled};
use pump_hil_model::event::Body;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::trouble::TroubleCode;
use pump_hil_model::value::shown;
use pump_hil_talk::device::request_of;
use pump_hil_talk::session::RequestEnd;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A waiting `expect` on something that the pump does not tell by itself looks this often, as a share of its span.
const POLLS_A_WAIT: i64 = 60;

/// Whether a pump that carries it out says so in an event as well.
fn tells(request: &Request) -> bool {
    use Request::{
        BridgeBolus, ClearAlarm, Commit, MinimumRate, PatientBolus, PrimeBolus, Program, SingleBolus, Start, Stop,
    };
    matches!(
        request,
        BridgeBolus { .. }
            | ClearAlarm { .. }
            | Commit
            | MinimumRate
            | PatientBolus
            | PrimeBolus
            | Program { .. }
            | SingleBolus { .. }
            | Start
            | Stop
    )
}

/// A case's steps, and the pump that they are performed on.
pub(super) struct Steps<'r, 'a> {
    /// The case.
    pub case: &'a Case,
    /// The pump.
    pub pump: &'r mut Exchange<'a>,
    /// The faults that were switched on so far.
    pub armed: &'r mut Armed,
    /// What was kept of answers so far.
    pub kept: BTreeMap<String, String>,
}

impl Steps<'_, '_> {
    /// Performs every step, each at its time.
    pub async fn play(mut self) -> Result<(), Stopped> {
        let mut cursor = Cursor::new(self.case);
        // When the last step was over: where a late line told it, at the pump's own time.
        let mut over = self.pump.now();
        while let Some(due) = cursor.next(over) {
            self.pump.pass_time(due.at).await?;
            let (now, told) = (self.pump.now(), self.pump.listening().told_count());
            self.pump.note(Body::StepStarted {
                step: due.id.clone(),
                line: due.step.line,
            })?;
            self.perform(&due.step.action).await?;
            let since = match due.step.action {
                Action::Expect { within: Some(_), .. } => self.pump.judge().holds_since(),
                // The answer may come later than what was asked for is done.
                Action::Do { .. } if self.pump.listening().told_count() > told => self.pump.listening().told(),
                _ => None,
            };
            over = match since {
                // What held at its begin already did so when it was due.
                Some(since) if since > now => since.min(self.pump.now()),
                Some(_) => over.max(due.at),
                None if self.pump.now() > now => self.pump.now(),
                // What takes no time is over when it was due, however late it was begun.
                None => over.max(due.at),
            };
            self.pump.note(Body::StepEnded { step: due.id })?;
        }
        Ok(())
    }

    async fn perform(&mut self, action: &Action) -> Result<(), Stopped> {
        if !matches!(action, Action::Do { .. } | Action::Expect { .. }) {
            self.pump.at().write_out()?;
        }
        match action {
            Action::Do { request, keep, .. } => self.ask(request, keep).await,
            Action::Inject { fault, param } => self.armed.inject(self.pump, *fault, *param).await,
            Action::Clear { fault } => self.armed.clear(self.pump, *fault).await,
            Action::Expect {
                checks,
                within,
                throughout,
                poll,
            } => self.expect(checks, *within, *throughout, poll.as_ref()).await,
            Action::Send { bytes, pace: None } => self.pump.send_raw(bytes).await,
            Action::Send {
                bytes,
                pace: Some(pace),
            } => self.send_paced(bytes, *pace).await,
            Action::Probe(action) => self.probe(action).await,
            Action::Wait(span) => self.pump.pass_time(self.pump.after(*span)).await,
            Action::Mark(name) => {
                // Only where a later check counts from it: a pump that is down would cost the time that asking takes.
                if self.case.steps.iter().any(|step| counts_reported_from(name, step)) {
                    self.pump.request(&Request::Totals).await?;
                }
                if self.case.steps.iter().any(|step| counts_delivered_from(name, step)) {
                    at_rest::weigh(self.pump).await?;
                }
                self.pump.at().sample()
            }
            // The cursor unrolls repeats.
            Action::Repeat { .. } => Ok(()),
        }
    }

    /// Asks, after filling in what only the rig knows. The reply is in the journal; the judge says whether it was right.
    async fn ask(&mut self, request: &Request, keep: &BTreeMap<String, String>) -> Result<(), Stopped> {
        let Some(request) = self.filled(request)? else {
            return Ok(());
        };
        let request = match &*request {
            Request::Refill { removed: None, added } => {
                // A clinician draws off what is truly left, which the plant knows and the pump only counts (TEST-BLOCK.md, `reservoir`).
                let left = self.pump.rig().sample()?.map_or(0, |sample| sample.reservoir_nl);
                &Request::Refill {
                    removed: Some(Volume(left)),
                    added: *added,
                }
            }
            other => other,
        };
        let events = self.pump.listening().events();
        let end = self.pump.request(request).await?;
        if let RequestEnd::Ok { fields } = &end {
            let found = keep.iter().filter_map(|(name, of)| Some((name, field(fields, of)?)));
            self.kept
                .extend(found.map(|(name, value)| (name.clone(), value.clone())));
        }
        if tells(request) && matches!(end, RequestEnd::Ok { .. }) && self.pump.listening().events() == events {
            // What the pump says of it was lost on the line, and what comes next is judged by it.
            self.pump.catch_up().await?;
        }
        if let (Request::LogEvery { interval }, RequestEnd::Ok { .. }) = (request, &end) {
            let now = self.pump.now();
            self.pump.listening().every(now, *interval);
        }
        if let RequestEnd::CutOff { .. } = end {
            // Nobody waits for an answer to what was sent: the pump makes of it what it does before anything else happens.
            self.pump.settle().await?;
        }
        self.pump.at().sample()
    }

    /// A request with the values that answers gave. Where one is not known, that is noted, and nothing is asked.
    fn filled<'q>(&mut self, request: &'q Request) -> Result<Option<Cow<'q, Request>>, Stopped> {
        match filled(request, &self.kept) {
            Ok(request) => Ok(Some(request)),
            Err(name) => {
                let what = format!("`{}` was not asked: no answer gave `${name}`", request.name());
                self.pump.note(Body::RigTrouble {
                    code: Some(TroubleCode::of("not-sent")),
                    what,
                })?;
                Ok(None)
            }
        }
    }

    /// Sends byte by byte.
    async fn send_paced(&mut self, bytes: &[u8], pace: Span) -> Result<(), Stopped> {
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 {
                self.pump.pass_time(self.pump.after(pace)).await?;
            }
            self.pump.send_raw(std::slice::from_ref(byte)).await?;
        }
        Ok(())
    }

    /// Waits until the checks hold, where they may take time; else only brings in what they look at.
    async fn expect(
        &mut self,
        checks: &[Check],
        within: Option<Span>,
        throughout: Option<Span>,
        poll: Option<&Poll>,
    ) -> Result<(), Stopped> {
        let asked = poll.map(|poll| self.filled(&poll.request)).transpose()?;
        let asked = asked.flatten();
        self.ask_again(asked.as_deref()).await?;
        self.look(checks).await?;
        let span = match (within, throughout) {
            (None, None) => return self.make_sure(checks).await,
            (Some(span), _) | (None, Some(span)) => span,
        };
        let observing = &self.pump.rig().profile().observing;
        // What is asked for every so often is seen that much later than it came.
        let seen_late = within.map_or(Span(0), |_| seen_late_by(checks, observing));
        let end = self.pump.after(Span(span.0.saturating_add(seen_late.0)));
        // Where no entry tells of the dose, totals must be asked for again.
        let by_totals = needs_totals(checks) && !self.pump.lacks().tells_entries();
        let polls = poll.is_some() || needs_status(checks) || needs_sample(checks) || needs_memory(checks) || by_totals;
        let every = poll.and_then(|poll| poll.every);
        // At least 1 ms: with 0 the time of a short span would never get on.
        let every = every.unwrap_or(Span((span.0 / POLLS_A_WAIT).max(1)));
        // What must hold throughout is watched to the end: that it holds now says nothing.
        let waits = throughout.is_none();
        let come_true = |pump: &Exchange<'_>| waits && pump.judge().checks_hold(checks).is_ok();
        let mut standstill = Standstill::of(self.pump.rig().limits.standing());
        // By the host's clock nothing tells that a line was lost, until the next one comes.
        let lossy = waits && self.pump.rig().timing.0.is_some();
        loop {
            if come_true(self.pump) {
                return Ok(());
            }
            if self.pump.now() >= end {
                return self.make_sure(checks).await;
            }
            // Each look is a request: without this a core that stands would be asked for ever.
            if standstill.is_over(self.pump.now()) {
                return Err(self.pump.stands().into());
            }
            let next = if polls || lossy {
                end.min(self.pump.after(every))
            } else {
                end
            };
            self.pump.pass_time_unless(next, come_true).await?;
            self.ask_again(asked.as_deref()).await?;
            self.look(checks).await?;
            if lossy && !come_true(self.pump) {
                self.pump.make_sure().await?;
            }
        }
    }

    /// What a waiting `expect` asks before it is looked.
    async fn ask_again(&mut self, request: Option<&Request>) -> Result<(), Stopped> {
        if let Some(request) = request {
            self.pump.request(request).await?;
        }
        Ok(())
    }

    /// Where checks do not hold: what the pump said of it may have been lost.
    async fn make_sure(&mut self, checks: &[Check]) -> Result<(), Stopped> {
        if self.pump.judge().checks_hold(checks).is_err() {
            self.pump.make_sure().await?;
        }
        Ok(())
    }

    /// Brings in what the checks look at and the pump does not tell by itself.
    async fn look(&mut self, checks: &[Check]) -> Result<(), Stopped> {
        if needs_status(checks) && !self.pump.lacks().has(Lack::STATUS) {
            self.pump.request(&Request::Status).await?;
        }
        if needs_totals(checks) {
            self.pump.request(&Request::Totals).await?;
        }
        let alarms = self.pump.rig().profile().observing.alarms.as_ref();
        if let Some(request) = alarms
            .filter(|_| needs_alarms(checks))
            .map(|asked| request_of(&asked.ask))
        {
            self.pump.request(&request).await?;
        }
        if needs_sample(checks) {
            at_rest::weigh(self.pump).await?;
            self.pump.at().sample()?;
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
                self.pump.rig().write_value(at, value)?;
                format!("wrote {} to {at}", shown(at, value))
            }
            ProbeAction::Flip { at, bit } => {
                let (address, before, after) = self.pump.rig().flip(at, *bit)?;
                format!("flipped bit {bit} of {at}: {before:#04x} became {after:#04x} at {address:#010x}")
            }
            ProbeAction::Halt { time } => {
                self.pump.rig().halt()?;
                self.pump.note(Body::Probe {
                    did: "halted the core".into(),
                })?;
                // Where time is granted it stands with the core, and this returns at once (TEST-BLOCK.md, "Halt").
                self.pump.pass_time(self.pump.after(*time)).await?;
                self.pump.rig().resume()?;
                "let the core run again".into()
            }
            ProbeAction::Reset => {
                self.pump.rig().reset()?;
                "reset the core".into()
            }
            ProbeAction::BreakAt { at, within } => return self.break_at(at, *within).await,
        };
        self.pump.note(Body::Probe { did })?;
        self.pump.settle().await
    }

    /// Reads a place into the journal.
    fn read(&mut self, at: &str) -> Result<(), Stopped> {
        let value = self.pump.rig().read_value(at)?;
        self.pump.note(Body::MemoryRead {
            at: at.to_owned(),
            value,
        })?;
        Ok(())
    }

    async fn break_at(&mut self, at: &str, within: Span) -> Result<(), Stopped> {
        let end = self.pump.after(within);
        self.pump.rig().break_at(at)?;
        self.pump.note(Body::Probe {
            did: format!("set a breakpoint at {at}"),
        })?;
        // Ends early where granted time stands because the core reached it.
        self.pump.pass_time(end).await?;
        let hit = self.pump.rig().stands_at(at)?;
        // Reached or not: one that is left would halt the core later, when nobody waits for it.
        self.pump.rig().clear_break(at)?;
        self.pump.note(Body::Breakpoint {
            at: at.to_owned(),
            reached: hit,
        })?;
        if hit {
            self.pump.rig().resume()?;
        }
        self.pump.settle().await
    }
}
