//! What pump and probe tell as volumes, and how late they tell it.

use super::log::CLASSES;
use pump_hil_model::event::{BEYOND, Sample};
use pump_hil_model::quantity::{Percent, Span};
use std::collections::BTreeMap;

/// Volume of a motor stroke, nL. The counted volume of the pump and the probe's stroke counter are both multiples of it.
pub const STROKE_NL: i64 = 500;

/// The volumes by class in a `totals` reply, as they stand in it; `None` if it is another reply.
pub(crate) fn totals(fields: &BTreeMap<String, String>) -> Option<[i64; 6]> {
    let mut all = [0; CLASSES.len()];
    for (to, class) in all.iter_mut().zip(CLASSES) {
        let number: i64 = fields.get(class)?.strip_suffix("nl")?.parse().ok()?;
        // A text of the pump may hold any number; below this limit sums and differences do not overflow.
        *to = (-BEYOND..BEYOND).contains(&number).then_some(number)?;
    }
    Some(all)
}

/// Volumes by class since `base`.
pub(crate) fn since(now: [i64; 6], base: [i64; 6]) -> [i64; 6] {
    std::array::from_fn(|class| now[class].saturating_sub(base[class]))
}

/// What they are together.
pub(crate) fn together(volumes: [i64; 6]) -> i64 {
    volumes.into_iter().fold(0, i64::saturating_add)
}

/// Actuated and delivered volume.
pub(crate) fn actuated_delivered(sample: &Sample) -> (i64, i64) {
    let strokes = i64::try_from(sample.strokes).unwrap_or(i64::MAX);
    (strokes.saturating_mul(STROKE_NL), sample.delivered_nl)
}

/// How late the pump's entries come, by its own time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lag {
    /// Least that the harness's time was ahead of the pump's, and when, ms.
    least: Option<(i64, i64)>,
    /// Share of a span that the pump's clock may be off.
    drift: Percent,
}

impl Lag {
    /// On this rig the pump's clock may be off by so much: what is told by a clock that drifts within that is not late.
    pub fn allow(&mut self, drift: Percent) {
        self.drift = drift;
    }

    /// How much later than the promptest one this comes; zero where the pump gives no time.
    pub fn of(&mut self, t: Span, pump_t: Option<Span>) -> Span {
        // The two clocks have different zeros, so only the difference to the promptest entry says how late one is.
        let ahead = pump_t.map_or(0, |pump_t| t.0.saturating_sub(pump_t.0));
        let prompt = self.least.map_or(ahead, |(least, at)| {
            least.saturating_add(self.drift.of(t.0.saturating_sub(at).max(0)))
        });
        if ahead <= prompt {
            self.least = Some((ahead, t.0));
        }
        Span(ahead.saturating_sub(prompt).max(0))
    }
}
