//! What needs no step: alarms that nobody named, records that are missing or cannot be, silence, a broken rig, and how the pump was left.

use super::{CRASHES_MAX, Judge};
use crate::dose::Lag;
use pump_hil_model::case::{Action, Check, Request, Step};
use pump_hil_model::crash::{Crash, Why};
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::fault::Talk;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_model::verdict::ReasonKind;
use std::collections::BTreeSet;

/// How long after a serial fault was cleared a gap in the numbering may still show.
const SERIAL_AFTERMATH: Span = Span(24 * 3_600_000);
/// How far the pump's time may fall behind before nothing that it reports can be compared any more. Generous, because on a rig whose time runs
/// many times as fast as the host's a slow host looks like a slow pump.
const BEHIND: Span = Span(3_600_000);

/// The newest of what a pump counts, and its own time then.
#[derive(Debug, Default)]
pub(super) struct Newest {
    event: Option<(u64, Span)>,
    dose: Option<(u64, Span)>,
    lag: Lag,
    behind: bool,
}

impl Judge {
    /// The steps are over: how was the pump left? Firmware, or a rig, that fails over that has failed.
    pub(super) fn afterwards(&mut self, event: &Event) {
        match &event.body {
            Body::MadeSafe { failed, .. } => self.not_safe.clone_from(failed),
            Body::Hung { place, limit_ms } => self.hung(event.t, place, *limit_ms),
            Body::RigTrouble { code, what } => {
                let code = code.clone().unwrap_or(TroubleCode::RIG);
                self.trouble(Trouble::told(code, what));
            }
            Body::Ended => self.ended = true,
            _ => {}
        }
    }

    /// What needs no step: alarms, gaps, silence, trouble.
    pub(super) fn general(&mut self, event: &Event) {
        match &event.body {
            Body::FaultArmed { fault, .. } | Body::FaultCleared { fault } if fault.effects().talk == Talk::Broken => {
                self.serial_trouble = Some(event.t);
            }
            Body::Gap { of, from, count } if !self.line_is_excused(event.t) => {
                let came = format!("{count} missing from number {from} on");
                self.reason(ReasonKind::Gap, event.t, format!("every {of} record"), came);
            }
            Body::NoReply { verb, tries } if !self.silence_is_excused(event.t) => {
                let came = format!("none, after {tries} tries");
                self.reason(ReasonKind::NoReply, event.t, format!("a reply to `{verb}`"), came);
            }
            Body::FaultUnconfirmed { fault, why } => {
                let (fault, why) = (*fault, why.clone());
                self.trouble(Trouble::FaultUnconfirmed { fault, why });
            }
            Body::Interrupted { by } => self.trouble(Trouble::Interrupted { by: by.clone() }),
            Body::Played => {
                self.played = true;
                self.close_books();
            }
            Body::Nonsense { why } if !self.line_is_excused(event.t) => {
                let expected = "records in their order that say what can be".to_owned();
                self.reason(ReasonKind::Record, event.t, expected, why.clone());
            }
            Body::Pump { n, pump_t, said } => {
                self.in_order(event.t, *n, *pump_t, said);
                self.named(event.t, said);
            }
            _ => self.afterwards(event),
        }
    }

    /// A crash record is for people, but for one thing: firmware that faults is wrong wherever the scenario does not allow it.
    pub(super) fn crashed(&mut self, t: Span, crash: &Crash) {
        if self.crashes.len() < CRASHES_MAX {
            self.crashes.push((t, crash.clone()));
        }
        self.starts.crashed(crash);
        if crash.why == Why::Fault && !self.case.firmware_may_fault {
            let came = format!("the firmware faulted: {}", crash.place());
            // It is told to stop more than once, and may fault each time.
            if self.played && self.reasons.iter().any(|(_, reason)| reason.came == came) {
                return;
            }
            let expected = "firmware that does not fault (`firmware-faults: allowed` where it may)".to_owned();
            self.reason(ReasonKind::FirmwareFault, t, expected, came);
            self.frozen = true;
        }
    }

    /// A pump that starts again in the middle of therapy has lost something, if only time.
    pub(super) fn started_again(&mut self, t: Span) {
        if self.starts.unexplained && !self.case.may_start_again {
            let expected =
                "no start that nobody asked for (a scenario that expects some of `resets` judges them itself)"
                    .to_owned();
            self.reason(
                ReasonKind::UnaskedStart,
                t,
                expected,
                "the pump started again".to_owned(),
            );
        }
    }

    /// Firmware that hangs ends the case: what comes after it says nothing more.
    fn hung(&mut self, t: Span, place: &str, limit_ms: u64) {
        let came = format!("the firmware hangs in {place}: no answer within {limit_ms} ms of host time");
        let expected = "firmware that does what it is asked".to_owned();
        let place = place.to_owned();
        self.troubles
            .push((self.seq + 1, Trouble::FirmwareHangs { place, limit_ms }));
        self.reason(ReasonKind::Hang, t, expected, came);
    }

    /// Numbers that cannot be, of a pump or of the probe: nothing is computed with them.
    pub(super) fn beyond_reckoning(&mut self, event: &Event) {
        if matches!(event.body, Body::Pump { .. }) {
            let expected = "numbers that a pump can have".to_owned();
            let came = pump_hil_model::event_text::event_line(event);
            self.reason(ReasonKind::Record, self.observed.now, expected, came.trim().to_owned());
        } else {
            self.trouble(Trouble::ImpossibleNumber);
        }
    }

    /// An alarm that no step names is a failure, once.
    fn named(&mut self, t: Span, said: &Said) {
        if let Said::Alarm { id, priority } = said
            && !self.announced.contains(id)
            && self.unexpected.insert(id.clone())
        {
            let expected = "no alarm that the scenario does not name".to_owned();
            self.reason(
                ReasonKind::UnexpectedAlarm,
                t,
                expected,
                format!("alarm `{id}`, {priority}"),
            );
        }
    }

    /// A newer record has a later time. And where the pump's time falls far behind without a cut line, its entries belong to no sample and to no
    /// nominal dose: oracle and reconciliation would be silent, and silence must not pass.
    fn in_order(&mut self, t: Span, n: Option<u64>, pump_t: Option<Span>, said: &Said) {
        let Some((n, pump_t)) = n.zip(pump_t) else { return };
        let of_dose = matches!(said, Said::Dose(_));
        let newest = if of_dose {
            &mut self.newest.dose
        } else {
            &mut self.newest.event
        };
        let before = newest.filter(|(newest, _)| n > *newest);
        if newest.is_none() || before.is_some() {
            *newest = Some((n, pump_t));
        }
        if let Some((number, time)) = before
            && pump_t < time
        {
            let expected = format!("record {n} no earlier than record {number}, {time}");
            self.reason(ReasonKind::Record, t, expected, format!("record {n} is of {pump_t}"));
        }
        if of_dose {
            let lag = self.newest.lag.of(t, Some(pump_t));
            if lag > BEHIND && !self.newest.behind && !self.line_is_excused(t) {
                self.newest.behind = true;
                self.trouble(Trouble::ClockBehind { lag });
            }
        }
    }

    fn line_is_excused(&self, t: Span) -> bool {
        self.observed.faults.iter().any(|f| f.effects().talk == Talk::Broken)
            || self
                .serial_trouble
                .is_some_and(|last| t.0 - last.0 <= SERIAL_AFTERMATH.0)
    }

    fn silence_is_excused(&self, t: Span) -> bool {
        let cut = self
            .open
            .last()
            .and_then(|open| open.step(&self.case))
            .is_some_and(|step| {
                matches!(
                    &step.action,
                    Action::Do {
                        request: Request::Program { cut_after: Some(_), .. },
                        ..
                    }
                )
            });
        // Before the begin nothing was tested yet: a set-up that gets no answer is the rig's trouble, and is noted as such.
        !self.observed.begun
            || cut
            || self.observed.faults.iter().any(|f| f.effects().talk != Talk::Clear)
            || self.serial_trouble.is_some_and(|last| t.0 - last.0 <= 60_000)
    }
}

/// Names of alarms that some step names.
pub(super) fn announce(steps: &[Step], names: &mut BTreeSet<String>) {
    for step in steps {
        match &step.action {
            Action::Expect { checks, .. } => {
                for check in checks {
                    match check {
                        Check::Alarm { id, .. } | Check::AlarmCleared { id } => {
                            names.insert(id.clone());
                        }
                        Check::Event { kind, fields } if kind == "alarm" => names.extend(fields.get("id").cloned()),
                        _ => {}
                    }
                }
            }
            Action::Repeat { steps, .. } => announce(steps, names),
            _ => {}
        }
    }
}
