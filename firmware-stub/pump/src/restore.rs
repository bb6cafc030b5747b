//! Boot, the lasting state, and the two copies of the prescription.

use crate::bytes::Coded;
use crate::calendar::add_months;
use crate::defects::Defect;
use crate::demand::Programmed;
use crate::io::{EDGES_PER_STROKE, ResetReason, STROKE_NL};
use crate::nv::{Nv, Slot};
use crate::prescription::Key;
use crate::pump::{InForce, NEVER, Pump};
use crate::record::{AlarmId, BolusEnd, BolusKind, Cause, DoseCause, State, What};
use crate::session::window_s;
use crate::state::{Durable, STATE_MAX};
use crate::units::{DAY_MS, Seconds};

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
            let window_s = self.in_force.as_ref().map_or(0, |in_force| window_s(&in_force.rx));
            self.programmed = Programmed::new(window_s * 1000, self.now);
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
        self.state.trial_nl += (strokes - if prime { of_bolus } else { 0 }) * STROKE_NL;
        self.state.strokes += strokes;
        self.state.reservoir = self.state.reservoir.saturating_sub(strokes * STROKE_NL);
    }

    /// The most strokes that therapy can have made in that time, as far as the stored state knows.
    fn most_strokes(&self, elapsed_ms: u64) -> u64 {
        let bolus_left = self
            .state
            .bolus
            .map_or(0, |bolus| bolus.strokes.saturating_sub(bolus.given));
        let basal = u128::from(self.state.rate) * u128::from(elapsed_ms) / u128::from(STROKE_NL * DAY_MS) + 2;
        let most = u64::try_from(basal).unwrap_or(u64::MAX).saturating_add(bolus_left);
        most.min(self.state.reservoir / STROKE_NL)
    }

    /// Stores the state in both copies, if something of it changed.
    pub(crate) fn save_if_needed(&mut self) {
        if !core::mem::take(&mut self.unsaved) || self.recover {
            return;
        }
        self.state.saved_at = self.now;
        self.state.saved_edges = self.motor.counted;
        self.state.rate = self.basal.rate().min(u64::from(u32::MAX)) as u32;
        self.state_seq = self.state_seq.wrapping_add(1).max(1);
        let mut buf = [0; STATE_MAX];
        let written = self
            .state
            .encode(self.state_seq, &mut buf)
            .and_then(|len| buf.get(..len))
            .is_some_and(|record| {
                let a = self.nv.write(Slot::StateA, record);
                let b = self.nv.write(Slot::StateB, record);
                a.is_ok() && b.is_ok()
            });
        self.timers.save = self.now
            + if written {
                self.settings.save_ms
            } else {
                self.settings.tick_ms
            };
        if !written {
            self.raise(AlarmId::LogWriteFailed);
            self.unsaved = false;
        }
    }

    /// Whether both stored copies are what the pump works by; one that is not is repaired from the other. With neither left the pump knows no dose: it
    /// falls back to the safe state.
    pub(crate) fn prescription_is_intact(&mut self) -> bool {
        if self.defect(Defect::MemoryFlipUnnoticed) {
            return true;
        }
        let (a, b) = (
            self.copy_matches(Slot::PrescriptionA),
            self.copy_matches(Slot::PrescriptionB),
        );
        match (a, b) {
            (true, true) => {
                self.degraded = false;
                true
            }
            (false, false) => {
                self.prescription_is_lost();
                false
            }
            (a_is_good, _) => {
                self.repair_copy(a_is_good);
                true
            }
        }
    }

    fn copy_matches(&self, slot: Slot) -> bool {
        self.in_force
            .as_ref()
            .is_none_or(|in_force| self.nv.read(slot).is_some_and(|record| record == in_force.stored()))
    }

    fn repair_copy(&mut self, copy_b: bool) {
        let known = core::mem::replace(&mut self.degraded, true);
        if self.write_copy(if copy_b {
            Slot::PrescriptionB
        } else {
            Slot::PrescriptionA
        }) {
            self.degraded = false;
            self.event(What::Memory { copy_b, lost: false });
            self.raise(AlarmId::MemoryRepaired);
        } else if !known {
            self.raise(AlarmId::LogWriteFailed);
        }
    }

    /// Writes the image of the prescription in force.
    fn write_copy(&mut self, slot: Slot) -> bool {
        let Some(in_force) = &self.in_force else { return true };
        self.nv.write(slot, in_force.stored()).is_ok()
    }

    fn prescription_is_lost(&mut self) {
        self.end_bolus(BolusEnd::Alarm);
        self.in_force = None;
        self.periodic_due = NEVER;
        self.event(What::Memory {
            copy_b: false,
            lost: true,
        });
        self.event(What::Memory {
            copy_b: true,
            lost: true,
        });
        self.raise(AlarmId::MemoryError);
        if self.state.state == State::MinimumRate {
            self.state.minimum_cause = Some(Cause::MemoryError);
        }
        self.fall_back(Cause::MemoryError);
    }

    /// Low threshold in force, in nl.
    pub(crate) fn low_nl(&self) -> u64 {
        self.rx_or(Key::Low, self.settings.low_default_nl)
    }
}

// The codes of stored enums are places in lists; a list that lost a variant would misread old records.
const _: () = assert!(AlarmId::LIST.len() == crate::state::ALARMS);
