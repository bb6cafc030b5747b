//! The earliest and the latest time at which a step can begin, for times that go back and for waits that can never be over.

use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::tree::Place;

/// Where time stands before a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    /// Not before this.
    pub earliest: i64,
    /// Not after this, as far as the file says.
    pub latest: i64,
    /// The last step that made the two differ.
    pub open: Option<(Place, Span)>,
}

impl Clock {
    /// A span that passes for certain.
    pub fn pass(&mut self, span: Span) {
        self.earliest = self.earliest.saturating_add(span.0);
        self.latest = self.latest.saturating_add(span.0);
    }

    /// A span that may be cut short.
    pub fn up_to(&mut self, span: Span, place: Place) {
        self.latest = self.latest.saturating_add(span.0);
        self.open = Some((place, span));
    }

    /// A fixed time, which is not before [`Self::earliest`].
    pub fn stand_at(&mut self, at: Span) {
        self.earliest = at.0;
        self.latest = at.0;
        self.open = None;
    }
}
