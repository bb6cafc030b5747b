//! Boot: what the lasting memory holds is brought back, and what happened since it was written is made up for, never in the patient's disfavour.

use crate::calendar::add_months;
use crate::defects::Defect;
use crate::io::{EDGES_PER_STROKE, ResetReason, STROKE_NL};
use crate::nv::{Nv, Slot};
use crate::prescription::InForce;
use crate::pump::Pump;
use crate::record::What;
use crate::state::Durable;
use crate::units::{DAY_MS, Seconds};
use crate::vocabulary::{AlarmId, BolusEnd, BolusKind, Cause, DoseCause, State};

/// What is found in a slot: a record that is good has a sequence number.
#[derive(Clone, Copy)]
enum Found {
    Nothing,
    Damaged,
    Good(u32),
}

impl Found {
    /// Reads a slot through `decode`, which gives the sequence number of a good record.
    fn by<N: Nv>(nv: &N, slot: Slot, decode: impl FnOnce(&[u8]) -> Option<u32>) -> Self {
        nv.read(slot)
            .map_or(Self::Nothing, |record| decode(record).map_or(Self::Damaged, Self::Good))
    }
}

/// Which of two copies to go by.
struct Choice {
    copy_b: bool,
    /// One of them is good.
    known: bool,
    /// Copies that fail their CRC: A, B.
    damaged: [bool; 2],
    /// Copies that must be written anew: A, B.
    stale: [bool; 2],
}

fn choose(a: Found, b: Found) -> Choice {
    let damaged = [matches!(a, Found::Damaged), matches!(b, Found::Damaged)];
    let (known, copy_b, stale) = match (a, b) {
        (Found::Good(seq_a), Found::Good(seq_b)) => {
            // Numbers come round after 2^32: the newer one lies less than half of that ahead.
            let a_is_newer = seq_a.wrapping_sub(seq_b) < u32::MAX / 2;
            (true, !a_is_newer, [!a_is_newer, a_is_newer && seq_a != seq_b])
        }
        (Found::Good(_), _) => (true, false, [false, true]),
        (_, Found::Good(_)) => (true, true, [true, false]),
        _ => (false, false, [false; 2]),
    };
    Choice {
        copy_b,
        known,
        damaged,
        stale,
    }
}

impl<N: Nv> Pump<N> {
    /// Brings back what the lasting memory holds.
    pub(crate) fn restore(&mut self, reason: ResetReason) {
        let state_lost = self.restore_state();
        let fresh = !state_lost && self.state_seq == 0;
        self.event(What::Boot { reason });
        let rx_lost = self.restore_prescription();
        if state_lost {
            self.rescue_from_dose_log();
        }
        if rx_lost || state_lost {
            self.raise(AlarmId::MemoryError);
        }
        self.stop_after_reset(reason, fresh, rx_lost || state_lost);
        self.timers.entry = self.now + u64::from(self.state.log_every_s) * 1000;
    }

    /// Says whether a stored state was there and is lost.
    fn restore_state(&mut self) -> bool {
        let slots = [Slot::StateA, Slot::StateB];
        let [a, b] = slots.map(|slot| Found::by(&self.nv, slot, |record| self.state.decode(record)));
        let choice = choose(a, b);
        // Both were decoded into the one place that there is: the copy to go by must stand there last.
        let seq = self
            .nv
            .read(slots[usize::from(choice.copy_b)])
            .and_then(|record| self.state.decode(record));
        match seq.filter(|_| choice.known) {
            Some(seq) => self.state_seq = seq,
            None => self.forget_state(),
        }
        self.tell_damage(choice.damaged, choice.known);
        // The next save writes both copies anew.
        self.unsaved = true;
        !choice.known && choice.damaged != [false; 2]
    }

    #[inline(never)] // As `make_room`.
    fn forget_state(&mut self) {
        self.state = Durable::new(self.settings.log_every_s);
    }

    fn tell_damage(&mut self, damaged: [bool; 2], known: bool) {
        for (copy_b, &damaged) in [(false, &damaged[0]), (true, &damaged[1])] {
            if damaged {
                self.event(What::Memory { copy_b, lost: !known });
                if known {
                    self.raise(AlarmId::MemoryRepaired);
                }
            }
        }
    }

    /// Says whether a prescription was there and is lost.
    fn restore_prescription(&mut self) -> bool {
        let slots = [Slot::PrescriptionA, Slot::PrescriptionB];
        self.make_room();
        let [a, b] = slots.map(|slot| self.decode_in_force(slot));
        let choice = choose(a, b);
        if choice.known
            && let Found::Good(seq) = self.decode_in_force(slots[usize::from(choice.copy_b)])
        {
            let window_s = self.in_force.as_ref().map_or(0, |in_force| in_force.rx.window_s());
            self.programmed.begin(window_s, self.now);
            self.come_into_force(seq);
            for (slot, stale) in slots.into_iter().zip(choice.stale) {
                if stale {
                    self.write_copy(slot);
                }
            }
        } else {
            self.in_force = None;
        }
        self.tell_damage(choice.damaged, choice.known);
        !choice.known && choice.damaged != [false; 2]
    }

    /// Room for a prescription to come into force.
    #[inline(never)] // What is made on the stack on the way must not stay there.
    pub(crate) fn make_room(&mut self) {
        if self.in_force.is_none() {
            self.in_force = Some(InForce::default());
        }
    }

    fn decode_in_force(&mut self, slot: Slot) -> Found {
        Found::by(&self.nv, slot, |record| self.in_force.as_mut()?.rx.decode(record))
    }

    /// Totals and reservoir from the last dose entry, where the state itself is lost.
    fn rescue_from_dose_log(&mut self) {
        let (_, last) = self.dose_log_bounds();
        let Some(entry) = self.dose_log(last).next() else {
            return;
        };
        let volumes = &mut self.state.volumes;
        volumes.basal = entry.basal.0;
        volumes.bolus = [
            entry.patient.0,
            entry.periodic.0,
            entry.clinician.0,
            entry.prime.0,
            entry.bridge.0,
        ];
        self.state.strokes = entry.strokes;
        self.state.reservoir = entry.reservoir.0;
        self.state.state = if entry.rate.0 > 0 {
            State::Running
        } else {
            State::Stopped
        };
        self.state.rate = entry.rate.0.min(u64::from(u32::MAX)) as u32;
        self.state.saved_at = entry.t.0;
        self.edges_lost = true;
        // The bolus history is gone: the window counts as full until it has passed.
        self.state.demand.push(crate::demand::Given {
            start: self.now,
            end: self.now,
            nl: u32::MAX,
            patient: u8::MAX,
        });
    }

    /// The state after a reset: as before after one that was asked for, else the safe one.
    fn stop_after_reset(&mut self, reason: ResetReason, fresh: bool, lost: bool) {
        if let Some(in_force) = &self.in_force {
            // What was given in the window before the reset is not stored: take the most.
            let most = if fresh { 0 } else { in_force.most_programmed_nl };
            self.programmed.assume(self.now, most);
            self.window_unsure = true;
        }
        let safe = match reason {
            ResetReason::Watchdog => Some((AlarmId::WatchdogReset, Cause::Watchdog)),
            ResetReason::BrownOut => Some((AlarmId::BatteryReset, Cause::BatteryReset)),
            // The supply of an implanted pump is its battery: power that was gone is a low battery as well.
            ResetReason::PowerOn if !fresh => Some((AlarmId::BatteryReset, Cause::BatteryReset)),
            ResetReason::PowerOn | ResetReason::Software | ResetReason::Debug => None,
        };
        if let Some((alarm, _)) = safe {
            self.raise(alarm);
        }
        let before = core::mem::take(&mut self.state.state);
        let minimum_cause = self.state.minimum_cause;
        let safe = safe.filter(|_| !(reason == ResetReason::BrownOut && self.defect(Defect::BrownOutResumesFullRate)));
        match (before, safe) {
            (State::Stopped, _) => {}
            (_, _) if lost => self.restart(State::MinimumRate, Cause::MemoryError),
            (_, Some((_, cause))) => self.restart(State::MinimumRate, cause),
            (State::Running, None) => self.restart(State::Running, Cause::Boot),
            (State::MinimumRate, None) => {
                self.restart(State::MinimumRate, Cause::Boot);
                self.state.minimum_cause = minimum_cause;
            }
        }
    }

    /// Goes on after a reset; rate and entries follow with the first step, which knows the time of day.
    fn restart(&mut self, to: State, cause: Cause) {
        self.state.state = to;
        self.state.minimum_cause = (to == State::MinimumRate).then_some(cause);
        self.event(What::State {
            from: State::Stopped,
            to,
            cause,
        });
    }

    /// The first step after boot: finds what was delivered since the state was stored, ends what the reset cut off, and goes on.
    pub(crate) fn recover_from_reset(&mut self) {
        self.recover = false;
        // A clinician may have set the clock before this step; the chip shows the old time yet.
        let rtc = self.set_rtc.unwrap_or(self.input.rtc);
        self.clock.set(self.now, rtc);
        let first_rtc = *self
            .state
            .first_rtc
            .get_or_insert(rtc.0.saturating_sub(self.now / 1000));
        let life_s = add_months(Seconds(first_rtc), self.settings.end_of_life_months)
            .0
            .saturating_sub(first_rtc);
        // By the pump's own count and not by the calendar of its clock: a clock that is set back gives no year more.
        self.timers.end_of_life = life_s.saturating_mul(1000);
        self.count_missed_strokes();
        if self.state.bolus.is_some() {
            self.end_bolus(BolusEnd::Reset);
        }
        if self.input.magnet {
            self.event(What::Magnet { on: true });
            self.raise(AlarmId::Magnet);
        } else {
            self.drop_alarm(AlarmId::Magnet);
        }
        self.drop_alarm(AlarmId::SessionIdle);
        if self.state.state == State::Running {
            self.go_by_prescription(Cause::Boot);
        }
        self.apply_rate();
        self.self_test();
        self.entry(DoseCause::Reset);
        self.wake_up();
    }

    /// Strokes between the last save and the reset, by the encoder; where its count is not believable (more than the motor can make, or nothing to
    /// compare it with), the most that there can have been.
    fn count_missed_strokes(&mut self) {
        self.motor.counted = self.input.encoder_edges;
        if self.state_seq == 0 && !self.edges_lost {
            return;
        }
        let elapsed = self.now.saturating_sub(self.state.saved_at);
        let edges = self.input.encoder_edges.wrapping_sub(self.state.saved_edges);
        let moved = u64::from(edges / EDGES_PER_STROKE);
        let believable = !self.edges_lost && self.settings.shortest_ms(moved) <= elapsed.saturating_add(1_000);
        let strokes = if believable {
            self.motor.counted = self.motor.counted.wrapping_sub(edges % EDGES_PER_STROKE);
            moved
        } else {
            self.most_strokes(elapsed)
        };
        let mut of_bolus = 0;
        if let Some(bolus) = &mut self.state.bolus {
            let paced = self.now.saturating_sub(bolus.start).saturating_mul(bolus.strokes) / bolus.over_ms.max(1);
            of_bolus = paced.min(bolus.strokes).saturating_sub(bolus.given).min(strokes);
            bolus.given += of_bolus;
            self.state.volumes.bolus[bolus.kind as usize] += of_bolus * STROKE_NL;
        }
        let prime = self.state.bolus.is_some_and(|bolus| bolus.kind == BolusKind::Prime);
        self.state.volumes.basal += (strokes - of_bolus) * STROKE_NL;
        if self.state.trial_start.is_some() {
            self.state.trial_nl += (strokes - if prime { of_bolus } else { 0 }) * STROKE_NL;
        }
        self.state.strokes += strokes;
        self.state.reservoir = self.state.reservoir.saturating_sub(strokes * STROKE_NL);
    }

    /// The most strokes that therapy can have made in that time, as far as the stored state knows.
    fn most_strokes(&self, elapsed_ms: u64) -> u64 {
        let bolus_left = self
            .state
            .bolus
            .map_or(0, |bolus| bolus.strokes.saturating_sub(bolus.given));
        let basal = u128::from(self.state.rate) * u128::from(elapsed_ms) / u128::from(STROKE_NL * DAY_MS)
            // What was owed already is less than two strokes (`Basal::settle`).
            + 2;
        let most = u64::try_from(basal).unwrap_or(u64::MAX).saturating_add(bolus_left);
        most.min(self.state.reservoir / STROKE_NL)
    }
}
