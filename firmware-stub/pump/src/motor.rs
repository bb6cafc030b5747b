//! The motor: one stroke at a time, and what the encoder says of it.
//!
//! A stroke counts when the encoder has moved its edges; those of a stroke that was broken off or failed count with the next, for they moved drug as well.
//! One that has not by its end gets the same time again; then it has failed, the motor rests, and it
//! is tried again, for ever: a stall never stops the pump for good.

use crate::io::{EDGES_PER_STROKE, STROKE_MS};
use crate::settings::Settings;
use crate::vocabulary::BolusKind;

/// What a stroke is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charge {
    Basal,
    Bolus(BolusKind),
}

/// A stroke under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(crate) charge: Charge,
    pub(crate) until: u64,
    /// The bolus that it belongs to has ended: it counts for the kind, not for a bolus.
    pub(crate) orphan: bool,
    extended: bool,
}

/// How a stroke stands at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The encoder is short of edges; it goes on for a while.
    Extended,
    /// So many strokes' worth of edges moved.
    Done {
        strokes: u64,
    },
    Failed,
}

/// A stall: strokes that were due and did not come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stall {
    pub(crate) since: u64,
    pub(crate) failed: u32,
}

#[derive(Debug)]
pub(crate) struct Motor {
    /// Encoder count up to which strokes are booked.
    pub(crate) counted: u32,
    pub(crate) stroke: Option<Stroke>,
    /// No stroke begins before.
    pub(crate) rest_until: u64,
    pub(crate) stall: Option<Stall>,
    /// Starts of the latest stalls, as a ring.
    episodes: [Option<u64>; 8],
    next_episode: usize,
}

impl Motor {
    pub(crate) const fn new() -> Self {
        Self {
            counted: 0,
            stroke: None,
            rest_until: 0,
            stall: None,
            episodes: [None; 8],
            next_episode: 0,
        }
    }

    pub(crate) fn begin(&mut self, now: u64, charge: Charge) {
        self.stroke = Some(Stroke {
            charge,
            until: now + STROKE_MS,
            orphan: false,
            extended: false,
        });
    }

    /// Looks at the stroke whose time is up.
    pub(crate) fn end(&mut self, now: u64, edges: u32, settings: &Settings) -> Option<(Stroke, Ended)> {
        let stroke = self.stroke.as_mut()?;
        let moved = edges.wrapping_sub(self.counted);
        if moved > u32::MAX / 2 {
            // That is no movement but a counter that was reset.
            self.counted = edges;
        } else if moved >= EDGES_PER_STROKE {
            let strokes = moved / EDGES_PER_STROKE;
            self.counted = self.counted.wrapping_add(strokes * EDGES_PER_STROKE);
            let strokes = u64::from(strokes);
            self.rest_until = now + settings.stroke_rest_ms;
            return Some((self.stroke.take()?, Ended::Done { strokes }));
        }
        if !stroke.extended {
            stroke.extended = true;
            stroke.until = now + STROKE_MS;
            return Some((*stroke, Ended::Extended));
        }
        self.rest_until = now + settings.stall_retry_ms;
        Some((self.stroke.take()?, Ended::Failed))
    }

    /// Notes a stroke that did not come; says whether a stall begins with it.
    pub(crate) fn stalled(&mut self, now: u64, failed: u32) -> bool {
        if let Some(stall) = &mut self.stall {
            stall.failed = stall.failed.saturating_add(failed);
            return false;
        }
        self.stall = Some(Stall { since: now, failed });
        self.episodes[self.next_episode] = Some(now);
        self.next_episode = (self.next_episode + 1) % self.episodes.len();
        true
    }

    /// Stalls that began within the time.
    pub(crate) fn recent_stalls(&self, now: u64, within_ms: u64) -> usize {
        self.episodes
            .iter()
            .flatten()
            .filter(|&&at| at + within_ms > now)
            .count()
    }
}
