//! What happened while a fault of the scenario's own kept the pump's words from coming: none of it counts as seen until the pump's log was read.

use super::field::has_fields;
use super::findings::Findings;
use super::said::{fields_of, kind_of};
use pump_hil_model::case::{Check, Measure, ToldBy};
use pump_hil_model::event::{Body, Event, Said, StepId};
use pump_hil_model::fault::Talk;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Came, Expected, ReasonKind, Seen};
use std::collections::BTreeMap;

/// Records of a gap that are kept for the checks in it.
const RECORDS_MAX: usize = 4_096;
/// Checks that wait for the log at most.
const PUT_OFF_MAX: usize = 1_024;
/// How far the pump's time of a record may be from the instant that it belongs to.
const CLOCK: i64 = 2_000;

/// A check that waits until the log is known.
#[derive(Debug, Clone)]
pub(super) struct Put {
    /// Where it stands.
    pub here: Option<(StepId, u32)>,
    /// When it had to hold.
    pub t: Span,
    /// What it is.
    pub check: Check,
    /// Whether it held then, by what was heard.
    pub held: bool,
}

/// The time in which the pump was not heard.
#[derive(Debug, Clone, Default)]
pub(super) struct Unheard {
    /// Logs of such journals are read when the line is back.
    told: bool,
    since: Option<Span>,
    cut: u32,
    events_read: bool,
    doses_read: bool,
    records: Vec<(i64, Said)>,
    put_off: Vec<Put>,
    /// What could never be known.
    lost: Option<(Span, String)>,
}

impl Unheard {
    /// Takes the next event, before its steps are judged; `said_at`: when it was that the pump said what it tells.
    pub fn on_event(&mut self, event: &Event, said_at: Span, out: &mut Findings) {
        match &event.body {
            Body::Timing { .. } => self.told = true,
            Body::FaultArmed { fault, .. } if fault.effects().talk == Talk::Broken && self.told => {
                self.since.get_or_insert(event.t);
                self.cut = self.cut.saturating_add(1);
                (self.events_read, self.doses_read) = (false, false);
            }
            Body::FaultCleared { fault } if fault.effects().talk == Talk::Broken => {
                self.cut = self.cut.saturating_sub(1)
            }
            Body::Pump { said, .. } if self.since.is_some() && self.records.len() < RECORDS_MAX => {
                self.records.push((said_at.0, said.clone()));
            }
            Body::LogRead { of, .. } if self.since.is_some() && self.cut == 0 => {
                self.events_read |= of == "event";
                self.doses_read |= of == "dose";
                if self.events_read && self.doses_read {
                    self.know(out);
                }
            }
            _ => {}
        }
    }

    /// Since when the pump is not heard.
    pub fn since(&self) -> Option<Span> {
        self.since
    }

    /// Whether a check can only be judged when the log is known; `answered`: the pump answered in its step.
    pub fn puts_off(&self, check: &Check, answered: bool) -> bool {
        if self.since.is_none() {
            return false;
        }
        match check {
            Check::Alarm { .. }
            | Check::NoAlarm { .. }
            | Check::AlarmCleared { .. }
            | Check::Event { .. }
            | Check::NoEvent { .. } => true,
            Check::State(_) | Check::Mode(_) | Check::Bolus(_) => !answered,
            Check::Measure { what, .. } => !answered && is_told_by_the_pump(*what),
            Check::Reply { .. } | Check::Silence | Check::Memory { .. } => false,
        }
    }

    /// Keeps a check until the log is known.
    pub fn put_off(&mut self, put: Put) {
        if self.put_off.len() < PUT_OFF_MAX {
            self.put_off.push(put);
        }
    }

    /// The log is read: judges what waited for it.
    fn know(&mut self, out: &mut Findings) {
        let since = self.since.take().unwrap_or_default();
        self.records.sort_by_key(|(t, _)| *t);
        for put in std::mem::take(&mut self.put_off) {
            match self.judged(&put, since) {
                Judged::Holds => {}
                Judged::Broken(came) => {
                    let expected = Expected::Check(put.check);
                    let here = put.here.as_ref().map(|(id, line)| (id, *line));
                    out.reason(here, ReasonKind::Expectation, put.t, expected, Came::Seen(came));
                }
                Judged::Unknown => {
                    self.lost.get_or_insert((put.t, Expected::Check(put.check).to_string()));
                }
            }
        }
        self.records.clear();
    }

    fn judged(&self, put: &Put, since: Span) -> Judged {
        // What came in the gap up to the check, by the pump's own time.
        let until = put.t.0.saturating_add(CLOCK);
        let came = || {
            self.records
                .iter()
                .filter(move |(t, _)| (since.0.saturating_sub(CLOCK)..=until).contains(t))
                .map(|(_, said)| said)
        };
        let holds_if = |holds: bool, instead: Seen| if holds { Judged::Holds } else { Judged::Broken(instead) };
        match &put.check {
            Check::Alarm { id, priority } => {
                let found = came().any(|said| {
                    matches!(said, Said::Alarm { id: other, priority: as_told }
                        if other == id && priority.as_ref().is_none_or(|priority| priority == as_told))
                });
                holds_if(found || put.held, Seen::NeverRaised)
            }
            Check::NoAlarm { id } => {
                let mut active: BTreeMap<&str, bool> = BTreeMap::new();
                for said in came() {
                    match said {
                        Said::Alarm { id, .. } => active.insert(id, true),
                        Said::AlarmClear { id } => active.insert(id, false),
                        _ => None,
                    };
                }
                let on: Vec<String> = active
                    .iter()
                    .filter(|(other, on)| **on && id.as_ref().is_none_or(|id| id == *other))
                    .map(|(other, _)| (*other).to_owned())
                    .collect();
                holds_if(on.is_empty() && put.held, Seen::Active(on))
            }
            Check::AlarmCleared { id } => {
                let found = came().any(|said| matches!(said, Said::AlarmClear { id: other } if other == id));
                holds_if(found || put.held, Seen::StillActive)
            }
            Check::State(state) => {
                let mut told = came().filter_map(|said| match said {
                    Said::State { to, .. } => Some(to),
                    _ => None,
                });
                match told.next_back() {
                    Some(last) => {
                        let is = Some(last.clone());
                        holds_if(last == state, Seen::Level { name: "state", is })
                    }
                    // It did not change in the gap: what was known before holds.
                    None if put.held => Judged::Holds,
                    None => Judged::Unknown,
                }
            }
            Check::Event { kind, fields } => {
                let found =
                    came().any(|said| kind_of(said) == kind && has_fields(&fields_of(said), fields, &BTreeMap::new()));
                holds_if(found || put.held, Seen::NoEvent { kind: kind.clone() })
            }
            Check::NoEvent { kind } => {
                let found = came().any(|said| kind_of(said) == kind);
                holds_if(!found && put.held, Seen::Told { kind: kind.clone() })
            }
            _ => Judged::Unknown,
        }
    }

    /// What is not known at the end.
    pub fn finish(&mut self, t: Span, out: &mut Findings) {
        if let Some(since) = self.since.take() {
            out.trouble_behind(Trouble::NotHeard {
                what: format!("what the pump said from {} to {}", since.clock(), t.clock()),
                why: "the line was disturbed by a fault of the scenario, and the pump's logs were not read after it"
                    .to_owned(),
            });
        }
        if let Some((t, check)) = self.lost.take() {
            out.trouble_behind(Trouble::NotHeard {
                what: format!("whether at {} the pump had {check}", t.clock()),
                why: "the line was disturbed by a fault of the scenario, and the pump's logs do not tell".to_owned(),
            });
        }
    }
}

enum Judged {
    Holds,
    Broken(Seen),
    Unknown,
}

/// What truly happened the test block tells, and what the harness did it knows itself.
fn is_told_by_the_pump(what: Measure) -> bool {
    !matches!(what.told_by(), ToldBy::TestBlock | ToldBy::Harness)
}
