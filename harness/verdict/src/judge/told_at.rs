//! When something was said, on the scenario's clock.

use pump_hil_model::quantity::Span;

/// By how much the harness's clock was ahead of the pump's when it spoke last, ms.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ToldAt(Option<i64>);

impl ToldAt {
    /// The instant of what came at `t`: what is read back from a log belongs to the pump's own time of it.
    pub fn at(&mut self, t: Span, pump_t: Option<Span>, read_back: bool) -> Span {
        if !read_back {
            self.0 = pump_t.map(|pump| t.0.saturating_sub(pump.0));
            return t;
        }
        let own = pump_t.zip(self.0).map(|(pump, ahead)| pump.0.saturating_add(ahead));
        Span(own.unwrap_or(t.0).min(t.0))
    }
}
