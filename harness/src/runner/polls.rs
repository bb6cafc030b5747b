//! What the pump is asked for every so often because it does not tell it by itself: what is due, and what is in flight.

use pump_hil_model::case::Request;
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::Span;
use pump_hil_talk::device::request_of;
use pump_hil_talk::session::RequestId;

/// Nothing is asked until it begins.
#[derive(Debug, Default)]
pub(super) struct Polls {
    asks: Vec<Ask>,
    in_flight: Option<RequestId>,
}

/// Something that is asked for.
#[derive(Debug)]
struct Ask {
    request: Request,
    every: Span,
    due: Span,
}

impl Polls {
    /// From now on the pump is asked.
    pub fn begin(&mut self, now: Span, observing: &Observing) {
        let asks = observing.asks().into_iter().map(|(verb, every)| Ask {
            request: request_of(verb),
            every,
            due: now,
        });
        self.asks = asks.collect();
    }

    /// When something is asked next; `None` while an answer is awaited, or where nothing is asked.
    pub fn due(&self) -> Option<Span> {
        let dues = self.asks.iter().map(|ask| ask.due);
        dues.min().filter(|_| self.in_flight.is_none())
    }

    /// What is to be asked now, where no request waits for its reply. What was due while nothing could be asked is asked once.
    pub fn next(&mut self, now: Span, idle: bool) -> Option<Request> {
        let ask = self.asks.iter_mut().min_by_key(|ask| ask.due)?;
        if !idle || self.in_flight.is_some() || ask.due > now {
            return None;
        }
        let next = ask.due.0.saturating_add(ask.every.0);
        // In step with its begin, where it is asked in time.
        ask.due = Span(if next > now.0 {
            next
        } else {
            now.0.saturating_add(ask.every.0)
        });
        Some(ask.request.clone())
    }

    /// It is asked.
    pub fn asked(&mut self, id: RequestId) {
        self.in_flight = Some(id);
    }

    /// A request is over: whether it was one of these.
    pub fn is_over(&mut self, id: RequestId) -> bool {
        self.in_flight.take_if(|asked| *asked == id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::observing::Asked;
    use pump_hil_model::quantity::Volume;

    #[test]
    fn what_is_due_late_is_asked_once_and_then_in_its_time() {
        let mut polls = Polls::default();
        assert_eq!(
            (polls.due(), polls.next(Span(9), true)),
            (None, None),
            "it has not begun"
        );
        let reported = Some(Asked {
            ask: "status".to_owned(),
            every: Span(500),
            resolution: Volume(0),
        });
        let observing = Observing {
            reported,
            ..Observing::default()
        };
        polls.begin(Span(0), &observing);
        let mut asked = |now: i64| polls.next(Span(now), true).is_some();
        let all = [0, 1, 499, 510, 999, 1_000, 7_200, 7_201, 7_700].map(|now| (now, asked(now)));
        let due: Vec<i64> = all
            .into_iter()
            .filter(|(_, asked)| *asked)
            .map(|(now, _)| now)
            .collect();
        assert_eq!(due, [0, 510, 1_000, 7_200, 7_700]);
        assert_eq!(polls.due(), Some(Span(8_200)));
    }
}
