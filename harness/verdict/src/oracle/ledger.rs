//! The nominal volumes, class by class: basal by rate and time, boluses evenly over their time.
//!
//! Invariant: exact. Basal is kept in nanolitres times milliseconds a day, so nothing is lost over years.

use pump_hil_model::quantity::scaled;
use std::collections::VecDeque;

const DAY_MS: i128 = 86_400_000;

/// Names of the bolus kinds, at their place among the volume classes.
pub(super) const KINDS: [&str; 6] = ["basal", "patient", "periodic", "clinician", "prime", "bridge"];

/// Place of a bolus kind among the volume classes.
pub(super) fn class(kind: &str) -> Option<usize> {
    KINDS.iter().position(|k| *k == kind).filter(|class| *class > 0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bolus {
    pub class: usize,
    pub start: i64,
    pub over_ms: i64,
    pub dose: i64,
}

impl Bolus {
    /// What it has given at `t`.
    pub fn given(&self, t: i64) -> i64 {
        let elapsed = t.saturating_sub(self.start).clamp(0, self.over_ms);
        // The pump may announce a bolus that takes no time.
        if self.over_ms == 0 {
            return self.dose;
        }
        scaled(self.dose, elapsed, self.over_ms)
    }

    pub fn end(&self) -> i64 {
        self.start.saturating_add(self.over_ms)
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    pub now: i64,
    basal: i128,
    done: [i64; 6],
    pub active: Vec<Bolus>,
    /// Boluses of doses that are no whole strokes: each may leave part of a stroke to another class.
    pub uneven: [i64; 6],
    /// Boluses of the last day, for the rolling window: start, end, volume.
    recent: VecDeque<Bolus>,
    /// Basal at instants where its rate changed, for the rolling window.
    turns: VecDeque<(i64, i128)>,
}

impl Ledger {
    /// Goes on to `t` at `rate`.
    pub fn basal(&mut self, rate: i64, t: i64) {
        debug_assert!(rate >= 0, "no prescription takes drug back");
        // A product of rate and time is kept and divided only when it is read: rounded at each change of rate, years would lose volume.
        let span = t.saturating_sub(self.now).max(0);
        self.basal = self.basal.saturating_add(i128::from(rate).saturating_mul(span.into()));
        self.now = self.now.max(t);
    }

    /// Remembers that the rate changes now. `window` is how far back anything asks.
    pub fn turn(&mut self, window: i64) {
        self.turns.push_back((self.now, self.basal));
        // The turn before the window stays: basal inside the window is interpolated from it.
        let from = self.now.saturating_sub(window);
        while self.turns.len() > 2 && self.turns[1].0 < from {
            self.turns.pop_front();
        }
        while self.recent.front().is_some_and(|b| b.end() < from) {
            self.recent.pop_front();
        }
    }

    pub fn begin(&mut self, bolus: Bolus, stroke: i64) {
        debug_assert!(
            bolus.dose >= 0 && bolus.over_ms >= 0,
            "a bolus gives, and takes time: {bolus:?}"
        );
        if bolus.dose.checked_rem(stroke) != Some(0) {
            for class in [0, bolus.class] {
                self.uneven[class] = self.uneven[class].saturating_add(stroke);
            }
        }
        self.active.push(bolus);
    }

    /// Ends the active bolus of a class at what was really given, but never above what was due.
    pub fn end(&mut self, class: usize, given: i64) -> Option<Bolus> {
        let at = self.active.iter().position(|b| b.class == class)?;
        let bolus = self.active.remove(at);
        let nominal = bolus.given(self.now);
        debug_assert!(
            (0..=bolus.dose).contains(&nominal),
            "a bolus never gives more than its dose"
        );
        // What the pump gave beyond it must not become nominal, or the surplus would excuse itself.
        let booked = given.clamp(0, nominal);
        self.done[class] = self.done[class].saturating_add(booked);
        self.recent.push_back(Bolus {
            dose: booked,
            // What it took in truth, so that its part inside a window is counted over that time.
            over_ms: self.now.saturating_sub(bolus.start).max(0),
            ..bolus
        });
        Some(bolus)
    }

    /// Ends those whose time is over, where nobody tells of their ends; gives when the next one's is.
    pub fn retire(&mut self) -> Option<i64> {
        let over = self.active.iter().filter(|bolus| bolus.end() <= self.now);
        for class in over.map(|bolus| bolus.class).collect::<Vec<_>>() {
            self.end(class, i64::MAX);
        }
        self.active.iter().map(Bolus::end).min()
    }

    /// The same, by what the pump says it gave: within `slack` of what it owed only strokes are under way, and what was owed is booked, or too little in each
    /// bolus would excuse itself.
    pub fn settle(&mut self, class: usize, given: i64, slack: i64) -> Option<Bolus> {
        let owed = self.active.iter().find(|b| b.class == class)?.given(self.now);
        let under_way = owed.abs_diff(given) <= slack.unsigned_abs();
        self.end(class, if under_way { owed } else { given })
    }

    /// Nominal volumes by class at this instant, rounded down.
    pub fn nominal(&self) -> [i64; 6] {
        let mut all = self.done;
        all[0] = i64::try_from(self.basal / DAY_MS).unwrap_or(i64::MAX);
        for bolus in &self.active {
            all[bolus.class] = all[bolus.class].saturating_add(bolus.given(self.now));
        }
        all
    }

    /// Basal delivered since `from`, at least, nL.
    pub fn basal_since(&self, from: i64) -> i64 {
        let mut before: Option<(i64, i128)> = None;
        let mut at_from = None;
        for &(t, basal) in self.turns.iter().chain(std::iter::once(&(self.now, self.basal))) {
            if t >= from {
                at_from = Some(match before {
                    Some((t0, basal0)) if t > t0 => basal0.saturating_add(part(
                        basal.saturating_sub(basal0),
                        from.saturating_sub(t0),
                        t.saturating_sub(t0),
                    )),
                    _ => basal,
                });
                break;
            }
            before = Some((t, basal));
        }
        let nl = self.basal.saturating_sub(at_from.unwrap_or(self.basal)) / DAY_MS;
        debug_assert!(nl >= 0, "basal only grows");
        i64::try_from(nl).unwrap_or(i64::MAX)
    }

    /// What counts in the window that ends now, at least and at most: basal that was delivered in it, every bolus by its part inside or as a
    /// whole, and all of a bolus in progress. At most counts what the mode can still give by itself, `programmed`, and priming, which stays in
    /// the catheter.
    pub fn in_window(&self, window: i64, programmed: i64) -> (i64, i64) {
        let from = self.now.saturating_sub(window);
        let basal = self.basal_since(from);
        let (mut least, mut by_mode, mut most) = (basal, basal, 0_i64);
        let recent = self.recent.iter();
        let recent = recent.filter(|bolus| bolus.end().saturating_add(window / 48) >= from);
        for bolus in recent.chain(&self.active) {
            if KINDS[bolus.class] != "prime" {
                let inside = bolus.dose.saturating_sub(bolus.given(from));
                least = least.saturating_add(inside);
            }
            let counted = if bolus.class == 2 { &mut by_mode } else { &mut most };
            *counted = counted.saturating_add(bolus.dose);
        }
        // The pump counts the most that the mode can give in any such window, not only what it gave in this one (PROTOCOL.md, rolling maximum).
        let most = most.saturating_add(by_mode.max(programmed));
        debug_assert!(
            least <= most,
            "what certainly counts is part of what may count: {least}, {most}"
        );
        (least, most)
    }
}

/// The part of `basal` that falls into the first `ms` of `over`.
fn part(basal: i128, ms: i64, over: i64) -> i128 {
    let product = basal.saturating_mul(ms.into());
    product.checked_div(over.into()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_window_counts_basal_and_the_rest_of_a_bolus_in_progress() {
        let mut ledger = Ledger::default();
        ledger.turn(24 * HOUR);
        ledger.basal(240_000, 10 * HOUR);
        ledger.begin(
            Bolus {
                class: 1,
                start: 10 * HOUR,
                over_ms: HOUR,
                dose: 20_000,
            },
            500,
        );
        assert_eq!(ledger.in_window(24 * HOUR, 240_000).0, 100_000 + 20_000);
        // Two hours of window: of the basal only those two hours.
        assert_eq!(ledger.in_window(2 * HOUR, 240_000).0, 20_000 + 20_000);
    }

    #[test]
    fn a_bolus_that_left_the_window_counts_no_more() {
        let mut ledger = Ledger::default();
        ledger.turn(24 * HOUR);
        ledger.begin(
            Bolus {
                class: 1,
                start: 0,
                over_ms: HOUR,
                dose: 20_000,
            },
            500,
        );
        ledger.basal(0, HOUR);
        assert_eq!(ledger.end(1, 20_000).map(|b| b.dose), Some(20_000));
        ledger.basal(0, 26 * HOUR);
        assert_eq!(ledger.in_window(24 * HOUR, 0), (0, 0));
    }

    #[test]
    fn a_bolus_cut_short_counts_what_it_gave() {
        let mut ledger = Ledger::default();
        ledger.begin(
            Bolus {
                class: 3,
                start: 0,
                over_ms: HOUR,
                dose: 20_000,
            },
            500,
        );
        ledger.basal(0, HOUR / 2);
        ledger.end(3, 9_500);
        assert_eq!(ledger.nominal()[3], 9_500);
        ledger.begin(
            Bolus {
                class: 3,
                start: HOUR,
                over_ms: HOUR,
                dose: 20_000,
            },
            500,
        );
        ledger.basal(0, 3 * HOUR / 2);
        ledger.end(3, 20_000);
        assert_eq!(ledger.nominal()[3], 9_500 + 10_000, "never more than was due");
    }
}
