//! Accounts that are told at different times: what a pump reports when it is asked, what a balance shows at rest, what its memory counts.
//!
//! Invariant: nothing is guessed between two samples. What left the pump by a reading lies between what was reported before it (and before the balance could
//! show it) and what was reported after it; by how much each may be off comes on top.

use super::worst::Worst;
use crate::leading::leading_number;
use crate::weighed::Seen;
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::verdict::{Account, Finding};
use std::collections::VecDeque;

/// Samples of what is reported that are kept: those before the last reading are not needed.
const KEPT: usize = 4_096;
/// Counts that may be under way at each end.
const COUNTS: i64 = 2;

/// Compares them along a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Sampled {
    observing: Observing,
    seen: Seen,
    begun: bool,
    base: Option<i64>,
    /// When, and how much since the begin, nL.
    reported: VecDeque<(Span, i64)>,
    /// Readings that wait for what is reported after them.
    waiting: Vec<Reading>,
    over: Worst,
    under: Worst,
    actuated: Worst,
}

/// What an account said.
#[derive(Debug, Clone, Copy)]
struct Reading {
    of: Account,
    seq: u64,
    /// It holds from then on at the latest, and was known then.
    from: Span,
    until: Span,
    volume: i64,
}

impl Sampled {
    /// Takes the next event, which has this place in the journal.
    pub fn on_event(&mut self, seq: u64, event: &Event, share: Option<Percent>) {
        match &event.body {
            Body::Observing { how } => self.observing = how.clone(),
            Body::Begun => self.begun = true,
            _ => {}
        }
        self.read(seq, event);
        if let Some(total) = total_of(&event.body) {
            self.reports(event.t, total, share);
        }
        if matches!(event.body, Body::Played) {
            let last = self.reported.back().map_or(0, |(_, volume)| *volume);
            self.compare(event.t, last, share);
        }
    }

    /// What is beyond tolerance: each kind once.
    pub fn finish(&self) -> impl Iterator<Item = (u64, Finding)> {
        let delivered = [&self.over, &self.under].map(|worst| worst.finding(Account::Delivered, Account::Reported));
        let actuated = self.actuated.finding(Account::Actuated, Account::Reported);
        delivered.into_iter().chain([actuated]).flatten()
    }

    fn read(&mut self, seq: u64, event: &Event) {
        let before = (self.seen.weighed_at(), self.seen.actuated());
        self.seen.on_event(event, &self.observing);
        if !self.begun {
            return;
        }
        let settle = self.observing.delivered.as_ref().map_or(0, |weighs| weighs.settle.0);
        let mut waits = |of, from: i64, volume| {
            self.waiting.push(Reading {
                of,
                seq,
                from: Span(from),
                until: event.t,
                volume,
            });
        };
        if let (Body::Weighed(weighed), Some(volume)) = (&event.body, self.seen.delivered())
            && before.0 != self.seen.weighed_at()
        {
            waits(Account::Delivered, weighed.asked.0.saturating_sub(settle), volume);
        }
        if let (Body::Watched { .. } | Body::MemoryRead { .. }, Some(volume)) = (&event.body, self.seen.actuated())
            && before.1 != Some(volume)
        {
            waits(Account::Actuated, event.t.0, volume);
        }
    }

    fn reports(&mut self, t: Span, total: i64, share: Option<Percent>) {
        if !self.begun {
            self.base = Some(total);
            return;
        }
        let volume = total.saturating_sub(*self.base.get_or_insert(total));
        self.compare(t, volume, share);
        if self.reported.len() == KEPT {
            self.reported.pop_front();
        }
        self.reported.push_back((t, volume));
    }

    /// Compares what was read before now with what was reported before and is reported now.
    fn compare(&mut self, t: Span, now: i64, share: Option<Percent>) {
        for reading in std::mem::take(&mut self.waiting) {
            if reading.until > t {
                self.waiting.push(reading);
                continue;
            }
            let before = self.reported.iter().rev().find(|(at, _)| *at <= reading.from);
            let least = before.map_or(0, |(_, volume)| *volume);
            let off = self.observing.reported_off().0;
            match reading.of {
                Account::Actuated => {
                    let each = self.observing.actuated.as_ref().map_or(0, |counts| counts.each.0);
                    let tolerance = off.saturating_add(each.saturating_mul(COUNTS));
                    let nearest = reading.volume.clamp(least.min(now), least.max(now));
                    self.actuated
                        .note(reading.seq, reading.until, nearest, reading.volume, tolerance);
                }
                _ => {
                    let Some(share) = share else { continue };
                    let weighed = self.observing.delivered.as_ref().map_or(0, |weighs| weighs.off().0);
                    let tolerance = share.of(now).saturating_add(off).saturating_add(weighed);
                    let side = if reading.volume > now {
                        &mut self.over
                    } else {
                        &mut self.under
                    };
                    let nearest = reading.volume.clamp(least.min(now), least.max(now));
                    side.note(reading.seq, reading.until, nearest, reading.volume, tolerance);
                }
            }
        }
    }
}

/// The total that the pump reports, where it is told by this.
fn total_of(body: &Body) -> Option<i64> {
    let fields = match body {
        Body::Pump {
            said: Said::Other { fields, .. },
            ..
        } => fields,
        body => body.answer()?.1,
    };
    leading_number(fields.get("reported")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::event::{Polled, Weighed};
    use pump_hil_model::observing::{Asked, Counts, Weighs};
    use pump_hil_model::quantity::{Concentration, Mass, Volume};
    use pump_hil_model::value::MemoryValue;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn observing() -> Observing {
        Observing {
            reported: Some(Asked {
                ask: "status".to_owned(),
                every: Span(500),
                resolution: Volume(1_000),
            }),
            delivered: Some(Weighs {
                instrument: "balance".to_owned(),
                density: Concentration(1_000_000_000),
                settle: Span(2_000),
                every: Span(500),
                resolution: Some(Mass(100_000)),
            }),
            actuated: Some(Counts {
                memory: "strokes".to_owned(),
                each: Volume(500),
            }),
            ..Observing::default()
        }
    }

    fn told(nl: i64) -> Body {
        let fields = BTreeMap::from([("reported".to_owned(), format!("{nl}nl"))]);
        Body::Polled(Polled {
            verb: "status".to_owned(),
            refused: None,
            fields: Arc::new(fields),
            request: None,
        })
    }

    /// At rest, of a drug of which a nanolitre is a microgram.
    fn weighed(asked: i64, nl: i64, stable: bool) -> Body {
        Body::Weighed(Weighed {
            instrument: "balance".to_owned(),
            asked: Span(asked),
            said: String::new(),
            mass: Some(Mass(nl * 1_000)),
            stable,
            fault: None,
        })
    }

    fn counted(strokes: u64) -> Body {
        Body::MemoryRead {
            at: "strokes".to_owned(),
            value: MemoryValue::Unsigned(strokes),
        }
    }

    fn found(events: Vec<(i64, Body)>) -> Vec<String> {
        let mut sampled = Sampled::default();
        let how = observing();
        let begin = [
            (0, Body::Observing { how }),
            (0, told(7_000)),
            (0, weighed(0, 500_000, true)),
            (0, counted(14)),
            (0, Body::Begun),
        ];
        for (seq, (t, body)) in (1..).zip(begin.into_iter().chain(events)) {
            let (t, host_us) = (Span(t), 0);
            sampled.on_event(seq, &Event { t, host_us, body }, Some(Percent(5_000)));
        }
        sampled.finish().map(|(_, finding)| finding.came.to_string()).collect()
    }

    #[test]
    fn what_is_weighed_lies_between_what_was_reported_before_and_after() {
        // It gives 100 uL from 1 s to 5 s; the balance shows it two seconds late.
        let run = |shown: i64| {
            vec![
                (1_000, told(7_000)),
                (3_000, told(57_000)),
                (3_100, weighed(3_050, 510_000, true)),
                (5_000, told(107_000)),
                (8_000, weighed(7_950, 500_000 + shown, true)),
                (8_100, told(107_000)),
                (9_000, Body::Played),
            ]
        };
        // 5 % of 100 uL, 1 uL of what is reported, and 0.1 uL of what is weighed.
        assert_eq!(found(run(100_000)), [""; 0]);
        assert_eq!(found(run(93_900)), [""; 0]);
        assert_eq!(found(run(106_100)), [""; 0]);
        let under = found(run(93_899));
        assert!(
            under.len() == 1 && under[0].contains("below reported 100 uL"),
            "{under:?}"
        );
        let over = found(run(106_101));
        assert!(over.len() == 1 && over[0].contains("above reported 100 uL"), "{over:?}");
    }

    #[test]
    fn a_reading_that_is_not_at_rest_says_nothing_and_the_last_one_waits_for_no_report() {
        let events = |stable: bool| {
            vec![
                (1_000, told(107_000)),
                (8_000, weighed(7_950, 500_000, stable)),
                (9_000, Body::Played),
            ]
        };
        assert_eq!(found(events(false)), [""; 0]);
        assert_eq!(found(events(true)).len(), 1);
    }

    #[test]
    fn what_memory_counts_is_what_is_reported() {
        let events = |strokes: u64| {
            vec![
                (1_000, counted(14 + strokes)),
                (1_200, told(107_000)),
                (2_000, Body::Played),
            ]
        };
        assert_eq!(found(events(204)), [""; 0], "two counts and 1 uL");
        let apart = found(events(205));
        assert!(apart.len() == 1 && apart[0].contains("actuated 102.5 uL"), "{apart:?}");
        assert_eq!(found(events(100)), [""; 0], "it was on its way when it was read");
    }
}
