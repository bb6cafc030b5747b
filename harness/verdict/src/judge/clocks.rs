//! The pump's clock against the host's.
//!
//! What a pump says bears its own time, and comes later than it was said by an unknown time: the line may be slow, and the host busy. So nothing is taken from
//! how late something came. Each record gives two bounds of how far the host's clock is ahead of the pump's: it was not said later than it came, and not
//! before the request was sent whose reply came before it. A reply with the pump's civil time gives both as well. The clock drifts where the bounds of two
//! instants cannot both hold without it.

use crate::leading::leading_number;
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Event, Said};
use pump_hil_model::fault::{FaultName, Talk};
use pump_hil_model::quantity::{Percent, Span, scaled};
use std::collections::BTreeMap;

/// Host time that a simulated or a busy pump may be behind itself, ms.
const HOST_SLACK_MS: i64 = 100;
/// The same on the pump's side, ms: its civil time comes in whole seconds.
const PUMP_SLACK_MS: i64 = 2_000;
/// Ratios beyond these are no drift, but a clock that counts in other units.
const FAR_OFF: [i64; 2] = [667, 1_500];

/// A drift that is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drift {
    /// What was allowed.
    pub limit: Percent,
    /// What went by for the host, by the rig's scale.
    pub host: Span,
    /// What went by for the pump.
    pub pump: Span,
    /// A scale that would fit, and the rig's own.
    pub scale: Option<(u32, u32)>,
}

/// Compares the two clocks.
#[derive(Debug, Clone, Default)]
pub(super) struct Clocks {
    /// Pump seconds in a host second, and the limit; `None` where time is granted, or the journal tells nothing of it.
    held_to: Option<(u32, Percent)>,
    /// Civil time at the begin, seconds since 2000.
    start_s: i64,
    begun: bool,
    /// Time of the last event.
    last: i64,
    /// When the request that waits for its reply was sent first.
    sent: Option<i64>,
    /// When the request was sent whose reply came last.
    answered: Option<i64>,
    count: Bounds,
    civil: Bounds,
    /// The count of a record that came out of its order would prove what is not: the next must prove it too.
    suspected: bool,
    told: bool,
}

/// One instant on both clocks, ms: the host's is between `from` and `to`.
#[derive(Debug, Clone, Copy)]
struct Reading {
    from: Option<i64>,
    to: i64,
    /// The pump's clock stands between these.
    pump: (i64, i64),
}

/// The bounds that say most, of all readings since the clock was set anew.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    /// For a clock that is slow: the reading that puts the host's clock least ahead.
    least: Option<(i64, Reading)>,
    /// For a clock that is fast: the one that puts it most ahead.
    most: Option<(i64, Reading)>,
}

impl Clocks {
    pub fn new(case: &Case) -> Self {
        Self {
            start_s: case.start_s,
            ..Self::default()
        }
    }

    /// Takes the next event. A drift is told once.
    pub fn on_event(&mut self, event: &Event) -> Option<Drift> {
        let t = event.t.0;
        if !matches!(event.body, Body::Begun) {
            self.last = t;
        }
        let proven = match &event.body {
            Body::Timing { scale, drift } => {
                self.held_to = scale.map(|scale| (scale, *drift));
                None
            }
            Body::Begun => {
                // The scenario's time begins anew, at the earliest when the last event was.
                self.count.shift(self.last);
                self.civil.shift(self.last);
                (self.sent, self.answered) = (None, None);
                self.begun = true;
                None
            }
            Body::Sent { .. } => {
                self.sent.get_or_insert(t);
                None
            }
            Body::Reply {
                verb, refused, fields, ..
            } => {
                let is_set = verb == "set-clock" && refused.is_none();
                self.answer(t, is_set, fields)
            }
            Body::NoReply { .. } | Body::Polled(_) | Body::PollLost { .. } => {
                self.sent = None;
                None
            }
            Body::Pump {
                said: Said::Other { kind, .. },
                ..
            } if kind == "clock" && self.begun => {
                // The pump's civil time was set, or it set it itself. In the set-up the harness did, and the reply to that counts.
                self.civil = Bounds::default();
                None
            }
            Body::Pump {
                said: Said::Boot { .. },
                ..
            }
            | Body::Probe { .. }
            | Body::Hung { .. }
            | Body::Breakpoint { .. } => {
                self.anew();
                None
            }
            Body::FaultArmed { fault, .. } | Body::FaultCleared { fault } if moves_the_clock(*fault) => {
                self.anew();
                None
            }
            Body::Pump {
                pump_t: Some(pump),
                read_back: false,
                ..
            } => self.read(
                Which::Count,
                Reading {
                    from: self.answered,
                    to: t,
                    pump: (pump.0, pump.0),
                },
            ),
            _ => None,
        };
        proven.filter(|_| !std::mem::replace(&mut self.told, true))
    }

    /// An answer, which may tell the pump's civil time; `is_set`: it was set.
    fn answer(&mut self, t: i64, is_set: bool, fields: &BTreeMap<String, String>) -> Option<Drift> {
        let sent = self.sent.take();
        self.answered = sent.or(self.answered);
        let mut civil = fields.get("rtc").and_then(|text| leading_number(text));
        if is_set {
            self.civil = Bounds::default();
            // In the set-up it is set to where the case begins.
            civil = (!self.begun).then_some(self.start_s);
        }
        let civil = civil?.checked_mul(1_000)?;
        self.read(
            Which::Civil,
            Reading {
                from: sent,
                to: t,
                pump: (civil, civil.checked_add(1_000)?),
            },
        )
    }

    /// What the scenario itself does to a clock is no drift.
    fn anew(&mut self) {
        self.count = Bounds::default();
        self.civil = Bounds::default();
        self.suspected = false;
    }

    fn read(&mut self, which: Which, reading: Reading) -> Option<Drift> {
        let (scale, limit) = self.held_to?;
        if self.told {
            return None;
        }
        let slack = HOST_SLACK_MS.saturating_mul(scale.into()).saturating_add(PUMP_SLACK_MS);
        let bounds = match which {
            Which::Civil => &mut self.civil,
            Which::Count => &mut self.count,
        };
        let before = *bounds;
        let Some((host, pump)) = bounds.read(reading, limit, slack) else {
            if which == Which::Count {
                self.suspected = false;
            }
            return None;
        };
        if which == Which::Count && !std::mem::replace(&mut self.suspected, true) {
            // It may have come out of its order: nothing is measured from it.
            self.count = before;
            return None;
        }
        Some(Drift {
            limit,
            host: Span(host),
            pump: Span(pump),
            scale: fitting(scale, host, pump),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Civil,
    Count,
}

impl Bounds {
    /// The host's clock begins anew at `zero` or later: only that a reading came no later than it says holds still.
    fn shift(&mut self, zero: i64) {
        self.most = None;
        if let Some((key, reading)) = &mut self.least {
            let to = reading.to.saturating_sub(zero);
            // The share of the drift is of the time since the begin, which is not long ago: it is left out.
            *key = to.saturating_sub(reading.pump.0);
            *reading = Reading {
                from: None,
                to,
                pump: reading.pump,
            };
        }
    }

    /// Takes a reading. What went by on both clocks since an earlier one, where no drift within `limit` explains it.
    fn read(&mut self, now: Reading, limit: Percent, slack: i64) -> Option<(i64, i64)> {
        // How far the host's clock is ahead of the pump's, at most and at least.
        let most = now.to.checked_sub(now.pump.0)?;
        let least = now.from.and_then(|from| from.checked_sub(now.pump.1));
        let mut proven = None;
        if let Some(least) = least {
            // A slow clock: it is surely farther ahead now than it can have been.
            let key = least.checked_sub(limit.of(now.from.unwrap_or(now.to)))?;
            if let Some((then, before)) = self.least
                && key.saturating_sub(then) > slack
            {
                proven = Some(between(&before, &now));
            }
            // A fast one is found by the reading that put it surely farthest ahead.
            let key = least.checked_add(limit.of(now.from.unwrap_or(now.to)))?;
            if self.most.is_none_or(|(then, _)| key > then) {
                self.most = Some((key, now));
            }
        }
        let key = most.checked_add(limit.of(now.to))?;
        if let Some((then, before)) = self.most
            && then.saturating_sub(key) > slack
        {
            proven = proven.or(Some(between(&before, &now)));
        }
        let key = most.checked_sub(limit.of(now.to))?;
        if self.least.is_none_or(|(then, _)| key < then) {
            self.least = Some((key, now));
        }
        proven
    }
}

/// What went by on the host's clock and on the pump's.
fn between(before: &Reading, now: &Reading) -> (i64, i64) {
    let (host, pump) = (
        now.to.saturating_sub(before.to),
        now.pump.0.saturating_sub(before.pump.0),
    );
    (host, pump)
}

fn moves_the_clock(fault: FaultName) -> bool {
    fault.effects().talk == Talk::Silent || fault.as_str() == "clock-jump"
}

/// A scale that fits better, where the pump's time is a multiple of what it should be, or a part.
fn fitting(scale: u32, host: i64, pump: i64) -> Option<(u32, u32)> {
    if host <= 0 || pump <= 0 {
        return None;
    }
    if (FAR_OFF[0]..=FAR_OFF[1]).contains(&scaled(pump, 1_000, host)) {
        return None;
    }
    // Twice, and half of one more: to the nearest.
    let twice = scaled(pump, i64::from(scale).saturating_mul(2), host);
    u32::try_from(twice.saturating_add(1).div_euclid(2))
        .ok()
        .filter(|fits| *fits >= 1)
        .map(|fits| (fits, scale))
}
