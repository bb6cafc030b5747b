//! Time that does not get on though something happens: a pump that talks on and on at one instant, or a core that somebody else halted.

use pump_hil_model::quantity::Span;
use pump_hil_rig::host_time::Waited;
use std::time::Duration;

/// How long the rig's time has stood, of the host's time.
#[derive(Debug)]
pub(super) struct Standstill {
    limit: Duration,
    since: Option<(Span, Waited)>,
}

impl Standstill {
    /// A wait that begins now; time may stand for `limit`.
    pub fn of(limit: Duration) -> Self {
        Self { limit, since: None }
    }

    /// Begins anew: whoever does something at one instant may take his time for it.
    pub fn begin(&mut self) {
        self.since = None;
    }

    /// Whether time has stood at `now` for longer than it may.
    pub fn is_over(&mut self, now: Span) -> bool {
        match &mut self.since {
            Some((at, waited)) if *at == now => waited.so_far() > self.limit,
            since => {
                *since = Some((now, Waited::of(self.limit)));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_that_stands_is_over() {
        let mut none = Standstill::of(Duration::from_micros(100));
        assert!(!none.is_over(Span(1)), "a wait begins");
        assert!(!none.is_over(Span(2)), "time gets on");
        while !none.is_over(Span(2)) {}
        none.begin();
        assert!(!none.is_over(Span(2)), "it is begun anew");
    }
}
