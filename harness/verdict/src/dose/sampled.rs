//! A dose log out of the total that a pump reports, for one that writes none: a row each time that so much more was given, as far as the samples show it.

use crate::leading::leading_number;
use pump_hil_model::event::{Body, Said};
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::{Span, Volume};

/// Rows of one sample at most: a number that cannot be must not fill the memory.
const AT_ONCE: i64 = 1_000;

/// What a sampled log is made of, and so how exact it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampled {
    /// How far apart two samples are.
    pub every: Span,
    /// By how much a volume may be off.
    pub resolution: Volume,
    /// The volume for which there is a row.
    pub entry_per: Volume,
}

impl Sampled {
    /// As it is observed; `None`: no log is made of samples.
    #[must_use]
    pub fn of(observing: &Observing) -> Option<Self> {
        let asked = observing.reported.as_ref()?;
        Some(Self {
            every: asked.every,
            resolution: asked.resolution,
            entry_per: observing.entry_per?,
        })
    }
}

/// Makes rows of samples.
#[derive(Debug, Clone, Default)]
pub(super) struct Sampler {
    pub of: Option<Sampled>,
    /// The total at the begin, or where it was told first.
    base: Option<i64>,
    /// What was added to it since.
    pub given: Option<i64>,
    reached: i64,
}

impl Sampler {
    /// Takes the next event: the volumes that were reached by it, nL since the begin.
    pub fn on_event(&mut self, body: &Body, begun: bool) -> Vec<i64> {
        if let Body::Observing { how } = body {
            self.of = Sampled::of(how);
        }
        let (Some(of), Some(total)) = (self.of, total_of(body)) else {
            return Vec::new();
        };
        if !begun {
            self.base = Some(total);
            return Vec::new();
        }
        let given = total.saturating_sub(*self.base.get_or_insert(total));
        self.given = Some(given);
        let most = given.saturating_add(of.resolution.0);
        let mut rows = Vec::new();
        for _ in 0..AT_ONCE {
            let next = self.reached.saturating_add(of.entry_per.0);
            if next > most || of.entry_per.0 <= 0 {
                break;
            }
            self.reached = next;
            rows.push(next);
        }
        rows
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
    use pump_hil_model::event::Polled;
    use pump_hil_model::observing::Asked;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn sampler() -> Sampler {
        let observing = Observing {
            reported: Some(Asked {
                ask: "status".to_owned(),
                every: Span(500),
                resolution: Volume(1_000),
            }),
            entry_per: Some(Volume(10_000)),
            ..Observing::default()
        };
        let mut sampler = Sampler::default();
        sampler.on_event(&Body::Observing { how: observing }, false);
        sampler
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

    #[test]
    fn each_volume_is_a_row_once_it_may_be_reached() {
        let mut sampler = sampler();
        assert!(
            sampler.on_event(&told(500_000), false).is_empty(),
            "of before the begin"
        );
        let mut rows = |nl: i64| sampler.on_event(&told(500_000 + nl), true);
        assert_eq!(rows(8_999), Vec::<i64>::new());
        assert_eq!(rows(9_000), [10_000], "it may be off by 1 uL");
        assert_eq!(rows(42_000), [20_000, 30_000, 40_000], "as many rows in each run");
        assert_eq!(rows(42_000), Vec::<i64>::new());
        assert_eq!(sampler.given, Some(42_000));
    }

    #[test]
    fn a_number_that_cannot_be_fills_no_memory() {
        let mut sampler = sampler();
        sampler.on_event(&told(0), false);
        assert_eq!(sampler.on_event(&told(1 << 52), true).len(), 1_000);
    }
}
