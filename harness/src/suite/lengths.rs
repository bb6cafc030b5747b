//! How long cases are, before any is played.

use super::settings::{Batch, Settings};
use super::skipped::why_skipped;
use pump_hil_language::plan;
use pump_hil_model::case::Case;
use pump_hil_model::quantity::Span;

/// How long a case is, and how many of the pump's seconds there are in one of the host, where its pump keeps its own time. What is skipped takes no time.
pub(super) fn takes(case: &Case, settings: &Settings) -> (Span, Option<u32>) {
    if why_skipped(case, &settings.rig).is_some() {
        return (Span(0), None);
    }
    let scale = settings.rig.clock.scale().filter(|_| !settings.options(case).at_once);
    (plan::length(case), scale)
}

/// How long all cases are: the pump's time where it is granted, with how many these are, and the host's of the others.
pub(super) fn lengths(batches: &[Batch<'_>]) -> (Span, usize, Span) {
    let (mut granted, mut cases, mut by_the_clock) = (Span(0), 0, Span(0));
    for batch in batches {
        for case in batch.cases {
            match takes(case, &batch.settings) {
                (length, None) => {
                    granted.0 = granted.0.saturating_add(length.0);
                    cases += usize::from(length.0 > 0);
                }
                (length, Some(scale)) => {
                    let host = length.0 / i64::from(scale.max(1));
                    by_the_clock.0 = by_the_clock.0.saturating_add(host);
                }
            }
        }
    }
    (granted, cases, by_the_clock)
}
