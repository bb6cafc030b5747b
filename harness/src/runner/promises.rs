//! Messages that must come by themselves, as the device profile promises: when the harness looks for one that did not come.

use pump_hil_model::event::{Body, Said};
use pump_hil_model::observing::Promised;
use pump_hil_model::quantity::Span;
use pump_hil_talk::session::RequestId;

/// Nothing is awaited until it begins.
#[derive(Debug, Default)]
pub(super) struct Promises {
    all: Vec<Awaited>,
}

/// One of them.
#[derive(Debug)]
struct Awaited {
    promised: Promised,
    due: Span,
    /// Whether the pump is in the state in which it must come is asked first.
    asks: Option<RequestId>,
}

/// What is to be done about a message that is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// It is noted.
    Note(String),
    /// The state is asked first.
    Ask(usize),
}

impl Promises {
    /// From now on they must come.
    pub fn begin(&mut self, now: Span, promised: &[Promised]) {
        let all = promised.iter().map(|promised| Awaited {
            due: Self::after(now, promised),
            promised: promised.clone(),
            asks: None,
        });
        self.all = all.collect();
    }

    /// Behind its time, so that one which comes just in time is not missed.
    fn after(now: Span, promised: &Promised) -> Span {
        Span(now.0.saturating_add(promised.after.0).saturating_add(1))
    }

    /// When one is to be looked for; `idle`: the pump can be asked something.
    pub fn due(&self, idle: bool) -> Option<Span> {
        let awaited = self.all.iter().filter(|one| one.asks.is_none());
        let awaited = awaited.filter(|one| idle || one.promised.state.is_none());
        awaited.map(|one| one.due).min()
    }

    /// What is to be done now, where something is; `state`: the one that the pump told last.
    pub fn next(&mut self, now: Span, idle: bool, state: Option<&str>) -> Option<Look> {
        for (place, one) in self.all.iter_mut().enumerate() {
            if one.due > now || one.asks.is_some() {
                continue;
            }
            match &one.promised.state {
                None => {
                    one.due = Self::after(now, &one.promised);
                    return Some(Look::Note(one.promised.message.clone()));
                }
                Some(of) if state == Some(of) && idle => return Some(Look::Ask(place)),
                // Nobody holds it to that now.
                Some(of) if state != Some(of) => one.due = Self::after(now, &one.promised),
                Some(_) => {}
            }
        }
        None
    }

    /// The state is asked for one; `None`: it could not be.
    pub fn asked(&mut self, now: Span, place: usize, id: Option<RequestId>) {
        if let Some(one) = self.all.get_mut(place) {
            one.asks = id;
            one.due = Self::after(now, &one.promised);
        }
    }

    /// A request is over: the message that its answer was asked for, and which did not come meanwhile.
    pub fn is_over(&mut self, id: RequestId) -> Option<String> {
        let one = self.all.iter_mut().find(|one| one.asks == Some(id))?;
        one.asks = None;
        Some(one.promised.message.clone())
    }

    /// Takes note of what came.
    pub fn heard(&mut self, now: Span, body: &Body) {
        let Body::Pump {
            said: Said::Other { kind, .. },
            ..
        } = body
        else {
            return;
        };
        for one in self.all.iter_mut().filter(|one| one.promised.message == *kind) {
            one.due = Self::after(now, &one.promised);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promises(state: Option<&str>) -> Promises {
        let promised = Promised {
            message: "beat".to_owned(),
            state: state.map(str::to_owned),
            after: Span(3_000),
        };
        let mut promises = Promises::default();
        promises.begin(Span(0), &[promised]);
        promises
    }

    fn beat() -> Body {
        let (kind, fields) = ("beat".to_owned(), std::collections::BTreeMap::new());
        Body::Pump {
            n: None,
            pump_t: None,
            read_back: false,
            said: Said::Other { kind, fields },
        }
    }

    #[test]
    fn what_does_not_come_is_noted_each_time_that_it_is_due() {
        let mut promises = promises(None);
        promises.heard(Span(1_000), &beat());
        assert_eq!(promises.next(Span(4_000), true, None), None, "it may come just now");
        assert_eq!(promises.due(false), Some(Span(4_001)));
        assert_eq!(
            promises.next(Span(4_001), false, None),
            Some(Look::Note("beat".to_owned()))
        );
        assert_eq!(promises.due(true), Some(Span(7_002)));
    }

    #[test]
    fn only_in_its_state_and_when_it_can_be_asked_for_that() {
        let mut promises = promises(Some("running"));
        assert_eq!(promises.next(Span(3_001), true, Some("stopped")), None);
        assert_eq!(
            promises.next(Span(6_002), false, Some("running")),
            None,
            "the pump is busy"
        );
        assert_eq!(promises.due(false), None);
        assert_eq!(promises.next(Span(6_100), true, Some("running")), Some(Look::Ask(0)));
        promises.asked(Span(6_100), 0, None);
        assert_eq!(promises.next(Span(6_101), true, Some("running")), None);
    }
}
