//! A record that was read back from the pump's log is judged at its own time: as if its line had not been lost.
//!
//! The judge as it stood a while ago is kept, and what it heard since. The record is put at its place among that, by the pump's own time, and what came
//! after it is judged anew. Where a fault of the scenario's own disturbs the line, this is left alone: [`super::unheard`] judges what came meanwhile.

use super::in_order::InOrder;
use crate::dose::tells_of;
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::fault::Talk;
use pump_hil_model::quantity::Span;
use std::collections::VecDeque;
use std::sync::Arc;

/// The judge is kept as it stood before every so many events, so often at most: a record that is put further back than that has no place.
const MARK_EVERY: usize = 512;
const MARKS_MAX: usize = 8;
/// Records that were heard in time, of which the promptest says how the two clocks stand: more of them, and a clock that drifts would tell of hours ago.
const PROMPT_OF: usize = 8;

/// The longest that a line is late, ms: longer than a request is waited for in all its tries.
const LATE_MAX: i64 = 10_000;

/// The last events, and the judge as it stood before them.
#[derive(Debug, Clone, Default)]
pub(super) struct Past {
    /// The judge as it stood before the events of these places; the first is 0, and none stands there before the begin.
    marks: VecDeque<(usize, Box<InOrder>)>,
    events: Vec<Arc<Event>>,
    /// By how much the harness's time was ahead of the pump's, ms.
    ahead: VecDeque<i64>,
    /// The harness grants time: the two clocks are one, and any record that comes later than it was said is late.
    is_granted: bool,
    /// The least that the harness's time was ahead at all, ms.
    least: Option<i64>,
    /// When something was sent last.
    sent: Span,
    /// Up to which number the logs of events and of doses went, and when they were asked for.
    logs: [Option<(u64, Span)>; 2],
    /// How long the set-up took, before the scenario's time began.
    set_up: Span,
    /// A fault of the scenario's own disturbed the line.
    disturbed: bool,
}

impl Past {
    /// Takes the next event into a judge: at its end, or where it belongs.
    pub fn take(&mut self, judge: &mut InOrder, event: Arc<Event>) {
        self.note(&event);
        match self.place(&event) {
            None => {
                judge.take(&event);
                self.events.push(Arc::clone(&event));
            }
            Some((at, own)) => self.put(judge, at, own, &event),
        }
        self.go_on(judge, &event);
    }

    /// What an event says of line and clocks.
    fn note(&mut self, event: &Event) {
        match &event.body {
            // Time starts anew there.
            Body::Begun => {
                let set_up = self.set_up.0;
                let all = self.ahead.iter_mut().chain(&mut self.least);
                all.for_each(|ahead| *ahead = ahead.saturating_sub(set_up));
            }
            _ if self.marks.is_empty() => self.set_up = self.set_up.max(event.t),
            _ => {}
        }
        match &event.body {
            Body::Timing { scale, .. } => self.is_granted = scale.is_none(),
            Body::Sent { .. } => self.sent = event.t,
            Body::LogRead { of, last } => self.logs[usize::from(of == "dose")] = Some((*last, self.sent)),
            Body::FaultArmed { fault, .. } => self.disturbed |= fault.effects().talk == Talk::Broken,
            Body::Pump {
                pump_t: Some(pump_t),
                read_back: false,
                said,
                ..
            } => {
                // The pump's clock may have stood, or been set back, while it was down.
                if matches!(said, Said::Boot { .. }) {
                    self.ahead.clear();
                    self.least = None;
                }
                let ahead = event.t.0.saturating_sub(pump_t.0);
                if self.ahead.len() == PROMPT_OF {
                    self.ahead.pop_front();
                }
                self.ahead.push_back(ahead);
                self.least = Some(self.least.map_or(ahead, |least| least.min(ahead)));
            }
            _ => {}
        }
    }

    /// Where a record belongs, and its own time, if that is not here and now.
    fn place(&self, event: &Event) -> Option<(usize, Span)> {
        let Body::Pump {
            n,
            pump_t: Some(pump_t),
            read_back,
            ref said,
        } = event.body
        else {
            return None;
        };
        // By the host's clock a record that comes by itself is as late as line and host are.
        let ahead = match (self.is_granted, read_back) {
            (true, _) => self.least?,
            (false, true) => *self.ahead.iter().min()?,
            (false, false) => return None,
        };
        let own = Span(pump_t.0.saturating_add(ahead));
        // What is from before all that is kept has no place.
        let lag = event.t.0.saturating_sub(own.0);
        // A line that is late by more is none: what the pump's clock does is judged elsewhere.
        let in_time = if read_back { lag < 0 } else { lag <= 0 || lag > LATE_MAX };
        if self.disturbed || in_time || self.is_denied(n, own, said) || self.events.first()?.t > own {
            return None;
        }
        let end = self.events.partition_point(|event| event.t <= own);
        // What came on the line before it was said before it; a log tells nothing of that.
        let is_before =
            |event: &Arc<Event>| event.t < own || (!read_back && matches!(event.body, Body::Received { .. }));
        let same = self.events[..end].iter().rposition(is_before).map_or(0, behind);
        // Beside what else the pump said of that moment; else in front of what the probe read then, which belongs to it.
        let of_it = |event: &Event| matches!(event.body, Body::Pump { pump_t: Some(other), .. } if other == pump_t);
        let moment = || self.events.iter().enumerate().take(end).skip(same).rev();
        let beside = moment().find(|(_, event)| of_it(event)).map(|(at, _)| behind(at));
        let sample = moment().find(|(_, event)| matches!(event.body, Body::Sample(_)));
        let sample = sample.map(|(at, _)| at);
        // By the pump's own counting; and an event stands in front of the entry that tells of it.
        let newer = || moment().rfind(|(_, event)| is_newer(event, n, said));
        let entry = || moment().find(|(_, event)| of_it(event) && is_entry_of(event, said));
        let behind_it = || newer().or_else(entry).map(|(at, _)| at);
        if let Some(at) = behind_it().filter(|_| read_back) {
            return Some((at, own));
        }
        if lag <= 0 {
            return None;
        }
        // What is late was said behind all that came, and the probe read then.
        let at = if read_back {
            beside.or(sample)
        } else {
            sample.or(beside)
        };
        let at = at.unwrap_or(end);
        Some((at, own))
    }

    /// Whether the pump's log, asked for later than that, did not have it: a pump that tells late gives no other time for that.
    fn is_denied(&self, n: Option<u64>, own: Span, said: &Said) -> bool {
        let log = self.logs[usize::from(matches!(said, Said::Dose(_)))];
        log.zip(n).is_some_and(|((last, asked), n)| n > last && own < asked)
    }

    /// Puts a record at its place, and judges anew what came after it.
    fn put(&mut self, judge: &mut InOrder, at: usize, own: Span, event: &Arc<Event>) {
        if self.marks.is_empty() {
            return judge.take(event);
        }
        let (first, mut at) = (at, at);
        // That it was missing was found out behind it; it is told in front of it now.
        let mut later = self.events.iter().enumerate().skip(at);
        if let Some((gap, _)) = later.find(|(_, gap)| is_gap_of(gap, event)) {
            let gap = self.events.remove(gap);
            self.events.insert(at, put_at(own, &gap));
            at = behind(at);
        }
        self.events.insert(at, put_at(own, event));
        self.marks.retain(|(place, _)| *place <= first);
        let Some((place, before)) = self.marks.back() else {
            return;
        };
        *judge = (**before).clone();
        for event in self.events.iter().skip(*place) {
            judge.take(event);
        }
    }

    /// Keeps the judge for what is to come.
    fn go_on(&mut self, judge: &InOrder, event: &Event) {
        if matches!(event.body, Body::Begun) {
            self.marks = VecDeque::from([(0, Box::new(judge.clone()))]);
            self.events.clear();
            return;
        }
        let Some((last, _)) = self.marks.back() else {
            self.events.clear();
            return;
        };
        if self.events.len().saturating_sub(*last) < MARK_EVERY {
            return;
        }
        self.marks.push_back((self.events.len(), Box::new(judge.clone())));
        if self.marks.len() > MARKS_MAX {
            self.marks.pop_front();
            let gone = self.marks.front().map_or(0, |(place, _)| *place);
            self.events.drain(..gone);
            for (place, _) in &mut self.marks {
                *place = place.saturating_sub(gone);
            }
        }
    }
}

/// The same, at another time.
fn put_at(t: Span, event: &Event) -> Arc<Event> {
    Arc::new(Event { t, ..event.clone() })
}

/// The place behind that one.
fn behind(at: usize) -> usize {
    at.saturating_add(1)
}

/// Whether the pump told a dose entry.
fn tells_of_dose(event: &Event) -> bool {
    matches!(
        event.body,
        Body::Pump {
            said: Said::Dose(_),
            ..
        }
    )
}

/// Whether the pump told the entry of such an event.
fn is_entry_of(event: &Event, said: &Said) -> bool {
    let Body::Pump {
        said: Said::Dose(entry),
        ..
    } = &event.body
    else {
        return false;
    };
    let event = match said {
        Said::State { .. } => "state",
        Said::BolusStart { .. } => "bolus-start",
        Said::BolusEnd { .. } => "bolus-end",
        Said::Other { kind, .. } if ["rx", "rate"].contains(&kind.as_str()) => "rate",
        _ => return false,
    };
    tells_of(&entry.cause, event)
}

/// Whether the pump told this behind the record of that number.
fn is_newer(event: &Event, n: Option<u64>, said: &Said) -> bool {
    let Body::Pump { n: Some(other), .. } = event.body else {
        return false;
    };
    tells_of_dose(event) == matches!(said, Said::Dose(_)) && n.is_some_and(|n| n < other)
}

/// Whether an event tells that this record is missing.
fn is_gap_of(gap: &Event, record: &Event) -> bool {
    let (Body::Gap { of, from, count }, Body::Pump { n: Some(n), said, .. }) = (&gap.body, &record.body) else {
        return false;
    };
    let of_dose = matches!(said, Said::Dose(_));
    of_dose == (of == "dose") && *from <= *n && n.saturating_sub(*from) < *count
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::case::Request;
    use pump_hil_model::quantity::Percent;
    use pump_hil_testing::situation::{Run, SECOND, ask, case};

    #[test]
    fn a_pump_whose_every_line_is_late_fills_no_memory() {
        let case = case(vec![ask(Request::Start)]);
        let (mut past, mut judge) = (Past::default(), InOrder::new(&case));
        let mut run = Run::begun();
        run.push(Body::Timing {
            scale: None,
            drift: Percent(1_000),
        });
        for n in 1..6_000 {
            let said = Said::Other {
                kind: "tick".to_owned(),
                fields: Default::default(),
            };
            let n_ms = n * SECOND;
            run.at(if n == 1 { n_ms } else { n_ms + 900 }).push(Body::Pump {
                n: u64::try_from(n).ok(),
                pump_t: Some(Span(n_ms)),
                read_back: false,
                said,
            });
        }
        for event in run.events {
            past.take(&mut judge, Arc::new(event));
            assert!(
                past.events.len() <= MARK_EVERY * (MARKS_MAX + 1),
                "{}",
                past.events.len()
            );
        }
    }
}
