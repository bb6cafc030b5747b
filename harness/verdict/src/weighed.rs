//! What left the pump, and what its motor moved, where a balance or the pump's memory tells it in place of a test block.

use pump_hil_model::event::{Body, Event};
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::Span;
use pump_hil_model::value::MemoryValue;

/// Volumes since the begin, nL.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    begun: bool,
    mass_base: Option<i64>,
    count_base: Option<i64>,
    /// What the balance showed at rest, and when it was asked for that.
    delivered: Option<(i64, Span)>,
    actuated: Option<i64>,
    /// It told no mass so often in a row, and why.
    pub faults: (u32, String),
}

impl Seen {
    /// Takes the next event.
    pub fn on_event(&mut self, event: &Event, observing: &Observing) {
        match (&event.body, &observing.delivered, &observing.actuated) {
            (Body::Begun, ..) => {
                self.begun = true;
                // The scenario's time begins anew.
                self.delivered = self.delivered.map(|_| (0, Span(-1)));
                self.actuated = self.actuated.map(|_| 0);
            }
            (Body::Weighed(weighed), Some(weighs), _) => {
                let Some(mass) = weighed.mass else {
                    let why = weighed.fault.clone().unwrap_or_default();
                    self.faults = (self.faults.0.saturating_add(1), why);
                    return;
                };
                self.faults.0 = 0;
                if weighed.stable {
                    let volume = weighs.volume_of(mass).0;
                    let base = base(&mut self.mass_base, volume, self.begun);
                    self.delivered = Some((volume.saturating_sub(base), weighed.asked));
                }
            }
            (Body::Watched { at, value, .. } | Body::MemoryRead { at, value }, _, Some(counts))
                if *at == counts.memory =>
            {
                let Some(count) = number(value) else { return };
                let base = base(&mut self.count_base, count, self.begun);
                self.actuated = Some(count.saturating_sub(base).saturating_mul(counts.each.0));
            }
            _ => {}
        }
    }

    /// What left the pump.
    pub fn delivered(&self) -> Option<i64> {
        self.delivered.map(|(volume, _)| volume)
    }

    /// When the balance was asked for what it showed last at rest.
    pub fn weighed_at(&self) -> Option<Span> {
        self.delivered.map(|(_, asked)| asked)
    }

    /// What the motor moved.
    pub fn actuated(&self) -> Option<i64> {
        self.actuated
    }
}

/// What is counted from: the last value before the begin, or the first one.
fn base(base: &mut Option<i64>, now: i64, begun: bool) -> i64 {
    if !begun {
        *base = Some(now);
    }
    *base.get_or_insert(now)
}

fn number(value: &MemoryValue) -> Option<i64> {
    match value {
        MemoryValue::Unsigned(number) => i64::try_from(*number).ok(),
        MemoryValue::Signed(number) => Some(*number),
        _ => None,
    }
}
