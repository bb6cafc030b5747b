//! The catheter: an elastic tube that a stroke stretches and that relaxes through its tip.
//!
//! What stretches it flows out exponentially, computed in closed form from the last change (the anchor), so that looking at it changes nothing. The narrower
//! the tip, the slower it relaxes and the shorter the piece that still gives way: pressure rises more for each nanolitre. There is no flow backwards.

use crate::quotient::Divisor;
use crate::settings::PlantSettings;
use crate::stroke::FX_PER_NL;

/// Pressure that one nanolitre adds in an open catheter, in thousandths of a pascal, a multiple of 1000: 500 Pa a stroke.
const OPEN_MPA_PER_NL: u64 = 1_000;
/// What full closure adds to that: 17.5 kPa a stroke in all.
const CLOSED_MPA_PER_NL: u64 = 34_000;
/// Static pressure that a growing mass at the tip adds for each percent that it closes, in pascals.
const CREEP_PA_PER_PERCENT: i32 = 150;
/// After so many half-lives nothing is left (2^-40 of a few microlitres).
const EMPTY_AFTER_HALVES: u64 = 40;
const HOUR_MS: u64 = 3_600_000;

/// Where the tip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tip {
    /// In the intrathecal space.
    InPlace,
    /// Out of it: pressure looks healthy, all flow is lost.
    Dislocated,
    /// The tube came off the pump: no pressure, all flow is lost.
    Disconnected,
}

/// Volumes at an instant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) delivered_fx: u64,
    pub(crate) lost_fx: u64,
    pub(crate) stored_fx: u64,
}

/// A half-life.
#[derive(Clone, Copy, Debug)]
struct Half {
    ms: u64,
    /// Two of it.
    twice: Divisor,
}

impl Half {
    fn new(ms: u64) -> Self {
        Self {
            ms,
            twice: Divisor::new(2 * ms),
        }
    }
}

#[derive(Clone, Debug)]
struct Creep {
    since_ms: u64,
    hours: u64,
    percent: u32,
}

impl Creep {
    /// When the next percent closes.
    fn next_ms(&self) -> Option<u64> {
        (self.percent < 100).then(|| {
            self.since_ms
                .saturating_add((u64::from(self.percent) + 1).saturating_mul(self.hours * HOUR_MS / 100))
        })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Catheter {
    outlet_pa: i32,
    open_half_ms: u64,
    /// The last change: all volumes are those of this instant.
    anchor_ms: u64,
    flow: Flow,
    /// None: closed.
    half: Option<Half>,
    /// When nothing is left of what stretches it, from the anchor on.
    empty_after_ms: u64,
    /// What its closure adds to [`OPEN_MPA_PER_NL`].
    stiffer_mpa_per_nl: u64,
    /// What a fault closes at once, in percent.
    closed_percent: u32,
    leak_percent: u32,
    tip: Tip,
    creep: Option<Creep>,
}

impl Catheter {
    pub(crate) fn new(settings: &PlantSettings) -> Self {
        let open_half_ms = settings.relax_half_ms.max(1);
        Self {
            outlet_pa: settings.outlet_pa,
            open_half_ms,
            anchor_ms: 0,
            flow: Flow {
                delivered_fx: 0,
                lost_fx: 0,
                stored_fx: 0,
            },
            half: Some(Half::new(open_half_ms)),
            empty_after_ms: open_half_ms.saturating_mul(EMPTY_AFTER_HALVES),
            stiffer_mpa_per_nl: 0,
            closed_percent: 0,
            leak_percent: 0,
            tip: Tip::InPlace,
            creep: None,
        }
    }

    /// The motor pushes `fx` in.
    pub(crate) fn take_in(&mut self, now_ms: u64, fx: u64) {
        self.settle(now_ms);
        self.flow.stored_fx += fx;
    }

    /// Volumes now.
    pub(crate) fn flow(&self, now_ms: u64) -> Flow {
        let stored_fx = self.stored_fx(now_ms);
        let out_fx = self.flow.stored_fx - stored_fx;
        let lost_fx = match self.tip {
            Tip::InPlace if self.leak_percent == 0 => 0,
            Tip::InPlace => (out_fx * u64::from(self.leak_percent) + 50) / 100,
            Tip::Dislocated | Tip::Disconnected => out_fx,
        };
        Flow {
            delivered_fx: self.flow.delivered_fx + (out_fx - lost_fx),
            lost_fx: self.flow.lost_fx + lost_fx,
            stored_fx,
        }
    }

    /// Pressure at the outlet against ambient.
    #[inline]
    pub(crate) fn pressure_pa(&self, now_ms: u64) -> i32 {
        if self.tip == Tip::Disconnected {
            return 0;
        }
        let stored_nl = self.stored_fx(now_ms) / FX_PER_NL;
        let stiffer_pa = if self.stiffer_mpa_per_nl == 0 {
            0
        } else {
            self.stiffer_pa(stored_nl)
        };
        let stretch_pa = (stored_nl * (OPEN_MPA_PER_NL / 1000) + stiffer_pa).min(10_000_000) as i32;
        let mass_pa = self
            .creep
            .as_ref()
            .map_or(0, |creep| creep.percent.cast_signed() * CREEP_PA_PER_PERCENT);
        let tight_pa = self.outlet_pa + mass_pa + stretch_pa;
        if self.leak_percent == 0 {
            tight_pa
        } else {
            tight_pa * (100 - self.leak_percent.cast_signed()) / 100
        }
    }

    #[inline(never)] // Else the division is done for an open catheter as well.
    fn stiffer_pa(&self, stored_nl: u64) -> u64 {
        stored_nl * self.stiffer_mpa_per_nl / 1000
    }

    pub(crate) fn set_tip(&mut self, now_ms: u64, tip: Tip) {
        self.settle(now_ms);
        self.tip = tip;
        self.reshape();
    }

    pub(crate) fn set_leak(&mut self, now_ms: u64, percent: u32) {
        self.settle(now_ms);
        self.leak_percent = percent.min(100);
    }

    pub(crate) fn set_closed(&mut self, now_ms: u64, percent: u32) {
        self.settle(now_ms);
        self.closed_percent = percent.min(100);
        self.reshape();
    }

    /// A mass begins to grow at the tip that closes it in `hours`, or it is gone.
    pub(crate) fn set_creep(&mut self, now_ms: u64, hours: Option<u64>) {
        self.settle(now_ms);
        self.creep = hours.map(|hours| Creep {
            since_ms: now_ms,
            hours: hours.min(1_000_000),
            percent: if hours == 0 { 100 } else { 0 },
        });
        self.reshape();
    }

    /// When the growing mass closes its next percent, if that is not after `now_ms`.
    #[inline]
    pub(crate) fn creep_due(&self, now_ms: u64) -> Option<u64> {
        self.creep.as_ref()?.next_ms().filter(|&at_ms| at_ms <= now_ms)
    }

    /// The mass closes its next percent.
    pub(crate) fn creep(&mut self, at_ms: u64) {
        self.settle(at_ms);
        if let Some(creep) = &mut self.creep {
            creep.percent += 1;
        }
        self.reshape();
    }

    pub(crate) fn creep_closed_percent(&self) -> u32 {
        self.creep.as_ref().map_or(0, |creep| creep.percent)
    }

    /// Makes this instant the anchor.
    fn settle(&mut self, now_ms: u64) {
        // Field by field, which takes no copy of the whole.
        let Flow {
            delivered_fx,
            lost_fx,
            stored_fx,
        } = self.flow(now_ms);
        self.flow.delivered_fx = delivered_fx;
        self.flow.lost_fx = lost_fx;
        self.flow.stored_fx = stored_fx;
        self.anchor_ms = now_ms;
    }

    /// What still stretches the catheter: half of it goes in each half-life, and linearly within one.
    #[inline]
    fn stored_fx(&self, now_ms: u64) -> u64 {
        let Some(half) = self.half else {
            return self.flow.stored_fx;
        };
        let past_ms = now_ms.saturating_sub(self.anchor_ms);
        if self.flow.stored_fx == 0 || past_ms >= self.empty_after_ms {
            return 0;
        }
        // Small processors have no divider: the few half-lives are counted off.
        let (mut at_half_fx, mut within_ms) = (self.flow.stored_fx, past_ms);
        while within_ms >= half.ms {
            at_half_fx >>= 1;
            within_ms -= half.ms;
        }
        if within_ms == 0 {
            return at_half_fx;
        }
        at_half_fx - half.twice.into(at_half_fx * within_ms)
    }

    /// Works out relaxation and stiffness anew.
    fn reshape(&mut self) {
        let closed = u64::from(self.closed_percent.max(self.creep_closed_percent()));
        let open = 100 - closed;
        let half_ms = if self.tip == Tip::Disconnected {
            Some(1)
        } else if open == 0 {
            None
        } else {
            // Resistance goes with the inverse square of the open area.
            Some(self.open_half_ms * 10_000 / (open * open))
        };
        self.half = half_ms.map(Half::new);
        self.empty_after_ms = half_ms.map_or(u64::MAX, |half_ms| half_ms.saturating_mul(EMPTY_AFTER_HALVES));
        self.stiffer_mpa_per_nl = CLOSED_MPA_PER_NL * closed * closed * closed * closed / 100_000_000;
    }
}
