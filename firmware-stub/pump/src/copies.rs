//! The lasting copies while the pump runs: the state is stored again when it changes, and both copies of the prescription are held against what the pump
//! works by before every stroke.

use crate::defects::Defect;
use crate::nv::{Nv, Slot};
use crate::pump::Pump;
use crate::record::What;
use crate::state::STATE_MAX;
use crate::units::NEVER;
use crate::vocabulary::{AlarmId, BolusEnd, Cause, State};

impl<N: Nv> Pump<N> {
    /// Stores the state in both copies, if something of it changed.
    pub(crate) fn save_if_needed(&mut self) {
        // Before the first step the strokes of the time before are not counted: what is stored knows where to count from, and must stay.
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
            // The alarm is a change as well; to store it at once would be tried at every step.
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
    pub(crate) fn write_copy(&mut self, slot: Slot) -> bool {
        let Some(in_force) = &self.in_force else { return true };
        self.nv.write(slot, in_force.stored()).is_ok()
    }

    fn prescription_is_lost(&mut self) {
        // Before the prescription is gone: the entry of its end tells the mode.
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
}
