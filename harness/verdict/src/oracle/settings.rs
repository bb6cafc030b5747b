//! How exactly a pump is held to what the oracle works out.

use pump_hil_model::quantity::{Percent, Span};

/// How far the pump may be from nominal, and how late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OracleSettings {
    /// Strokes that a volume may be apart.
    pub strokes: i64,
    /// Volume of a stroke, nL.
    pub stroke_nl: i64,
    /// Share of a volume, besides.
    pub share: Percent,
    /// How exactly the times of harness and pump agree.
    pub clock: Span,
    /// How late a periodic bolus may begin, or one that was granted.
    pub bolus: Span,
    /// How late an alarm may come: the pump checks some conditions once an hour.
    pub alarm: Span,
    /// How far end of service may be from 90 days after the replacement indicator.
    pub service: Span,
    /// How long after a fault is cleared the pump may need to deliver again.
    pub recovery: Span,
}

impl Default for OracleSettings {
    fn default() -> Self {
        Self {
            strokes: 2,
            stroke_nl: 500,
            share: Percent(500),
            clock: Span(2_000),
            bolus: Span(60_000),
            alarm: Span(3_660_000),
            service: Span(2 * 3_600_000),
            recovery: Span(3_600_000),
        }
    }
}
