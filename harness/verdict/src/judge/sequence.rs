//! What the pump counts: numbers that were jumped over, and what became of them.
//!
//! A record that was lost on the line and read back from the pump's log is no failure. One that the pump's log does not have is; and what could not be read
//! leaves the case without a verdict. A journal of before the harness told what became of them fails at the jump, as it always did.

use super::findings::Findings;
use pump_hil_model::event::{Body, Event, Said, Unread};
use pump_hil_model::event_text::unread;
use pump_hil_model::fault::Log;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Came, Expected, Finding, ReasonKind, Records};

/// Ranges that are followed at most; what a pump jumps over beyond them counts as not read back.
const RANGES_MAX: usize = 1_024;

/// Records that are missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Sequence {
    /// The journal tells what became of what was missing.
    told: bool,
    missing: Vec<Range>,
    beyond: u64,
    /// A fault was armed under which the pump's log may lack records.
    log_may_miss: bool,
}

#[derive(Debug, Clone)]
struct Range {
    of_dose: bool,
    from: u64,
    to: u64,
    /// Place in the journal, and time, at which it was found missing.
    seq: u64,
    t: Span,
    why: Option<Unread>,
}

impl Sequence {
    /// Takes the next event; `here` is not kept: a gap belongs to no step. Gives whether the event is a gap that must be judged at once, as in old journals.
    pub fn on_event(&mut self, event: &Event, seq: u64) -> bool {
        match &event.body {
            Body::Timing { .. } => self.told = true,
            Body::FaultArmed { fault, .. } => self.log_may_miss |= fault.effects().log == Log::MayMiss,
            Body::Gap { .. } if !self.told => return true,
            Body::Gap { of, from, count } => {
                if let Some(to) = last(*from, *count) {
                    self.add(of == "dose", *from, to, event.t, seq);
                }
            }
            Body::Pump { n: Some(n), said, .. } if !self.missing.is_empty() => {
                self.came(matches!(said, Said::Dose(_)), *n);
            }
            Body::StayMissing { of, from, count, why } => {
                if let Some(to) = last(*from, *count) {
                    self.stays(of == "dose", *from, to, *why, event.t, seq);
                }
            }
            _ => {}
        }
        false
    }

    fn add(&mut self, of_dose: bool, from: u64, to: u64, t: Span, seq: u64) {
        if self.missing.len() >= RANGES_MAX {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        self.missing.push(Range {
            of_dose,
            from,
            to,
            seq,
            t,
            why: None,
        });
    }

    fn came(&mut self, of_dose: bool, n: u64) {
        let at = |range: &Range| range.of_dose == of_dose && (range.from..=range.to).contains(&n);
        let Some(place) = self.missing.iter().position(at) else {
            return;
        };
        let range = self.missing.swap_remove(place);
        if let Some(to) = n.checked_sub(1).filter(|to| range.from <= *to) {
            self.missing.push(Range { to, ..range.clone() });
        }
        if let Some(from) = n.checked_add(1).filter(|from| *from <= range.to) {
            self.missing.push(Range { from, ..range });
        }
    }

    fn stays(&mut self, of_dose: bool, from: u64, to: u64, why: Unread, t: Span, seq: u64) {
        let mut known = false;
        for range in &mut self.missing {
            if range.of_dose == of_dose && range.from <= to && from <= range.to {
                range.why = Some(why);
                known = true;
            }
        }
        if !known {
            self.add(of_dose, from, to, t, seq);
            if let Some(range) = self.missing.last_mut() {
                range.why = Some(why);
            }
        }
    }

    /// What is missing at the end.
    pub fn finish(&mut self, out: &mut Findings) {
        for range in std::mem::take(&mut self.missing) {
            let of = if range.of_dose { "dose" } else { "event" };
            let (from, count) = (range.from, range.to.saturating_sub(range.from).saturating_add(1));
            if range.why == Some(Unread::Lacking) && !self.log_may_miss {
                let finding = Finding {
                    kind: ReasonKind::Gap,
                    t: range.t,
                    expected: Expected::Records(Records::All { of: of.to_owned() }),
                    came: Came::Missing { from, count },
                };
                out.found_at(range.seq, finding);
                continue;
            }
            let why = range.why.map_or("the run ended before its log was read", unread);
            let trouble = Trouble::NotHeard {
                what: match count {
                    1 => format!("{of} record {from}"),
                    _ => format!("each of the {of} records {from} to {}", range.to),
                },
                why: why.to_owned(),
            };
            if range.why == Some(Unread::Lacking) {
                // What is lost for good may be what a step waited for, or what explains all that came since.
                out.trouble_at(range.seq, trouble);
            } else {
                out.trouble_behind(trouble);
            }
        }
        if self.beyond > 0 {
            out.trouble_behind(Trouble::NotHeard {
                what: format!("what the pump counted in {} more jumps of its numbers", self.beyond),
                why: unread(Unread::TooMany).to_owned(),
            });
        }
    }
}

fn last(from: u64, count: u64) -> Option<u64> {
    from.checked_add(count.checked_sub(1)?)
}
