//! Boluses: one at a time, each kind counted apart, what is left of the last stroke carried to the next bolus of its kind.

use crate::check::{fits_motor, in_range};
use crate::command::{Done, Refusal, Reply};
use crate::defects::Defect;
use crate::demand::{Given, RUNNING};
use crate::io::STROKE_NL;
use crate::motor::Charge;
use crate::nv::Nv;
use crate::prescription::Key;
use crate::pump::Pump;
use crate::record::What;
use crate::settings::Range;
use crate::state::Running;
use crate::units::{DAY_MS, NEVER, Nl, NlPerDay, Seconds};
use crate::vocabulary::{AlarmId, BolusEnd, BolusKind, Cause, Code, DoseCause, Life, Mode, State};

const ON_DEMAND: [BolusKind; 3] = [BolusKind::Patient, BolusKind::Clinician, BolusKind::Bridge];

impl<N: Nv> Pump<N> {
    /// Begins a bolus that nothing forbids.
    pub(crate) fn begin_bolus(&mut self, kind: BolusKind, dose_nl: u64, over_ms: u64) -> Done {
        let carried = dose_nl + self.state.carry.get(kind as usize).map_or(0, |&carry| u64::from(carry));
        let mut strokes = carried / STROKE_NL;
        if let Some(carry) = self.state.carry.get_mut(kind as usize) {
            *carry = (carried % STROKE_NL) as u16;
        }
        if kind == BolusKind::Clinician && self.defect(Defect::BolusRetriedTwice) {
            strokes *= 2;
        }
        self.state.bolus = Some(Running {
            kind,
            start: self.now,
            over_ms,
            strokes,
            given: 0,
        });
        if ON_DEMAND.contains(&kind) {
            // What an earlier bolus left over may make it a stroke more than was asked for.
            let nl = dose_nl.max(strokes * STROKE_NL).min(u64::from(u32::MAX)) as u32;
            self.state.demand.push(Given {
                start: self.now,
                end: RUNNING,
                nl,
                patient: u8::from(kind == BolusKind::Patient),
            });
        }
        let (dose, over) = (Nl(dose_nl), Seconds(over_ms.div_ceil(1000)));
        self.event(What::BolusStart { kind, dose, over });
        self.entry(DoseCause::BolusStart);
        if kind == BolusKind::Bridge {
            self.apply_rate();
        }
        Done::Bolus { dose, over }
    }

    /// Ends the bolus that runs, if any. A stroke of it that is under way is finished and counts for its kind and for the window.
    pub(crate) fn end_bolus(&mut self, cause: BolusEnd) {
        let Some(bolus) = self.state.bolus else { return };
        let mut committed_nl = bolus.given * STROKE_NL;
        if let Some(stroke) = &mut self.motor.stroke
            && stroke.charge == Charge::Bolus(bolus.kind)
        {
            // Its drug moves whatever is said now: a stroke that was begun is never called back.
            stroke.orphan = true;
            committed_nl += STROKE_NL;
        }
        self.state.bolus = None;
        let given_nl = bolus.given * STROKE_NL;
        if ON_DEMAND.contains(&bolus.kind) {
            let forgotten = cause != BolusEnd::Complete && self.defect(Defect::RollingWindowForgetsBolusInProgress);
            let nl = if forgotten { 0 } else { committed_nl };
            self.state.demand.end(self.now, nl.min(u64::from(u32::MAX)) as u32);
        }
        if cause != BolusEnd::Complete
            && let Some(carry) = self.state.carry.get_mut(bolus.kind as usize)
        {
            // Nothing of a bolus that was cut short is owed to the next.
            *carry = 0;
        }
        if bolus.kind == BolusKind::Bridge {
            self.apply_rate();
        }
        self.event(What::BolusEnd {
            kind: bolus.kind,
            given: Nl(given_nl),
            cause,
        });
        self.entry(DoseCause::BolusEnd);
    }

    /// What forbids any bolus at the moment.
    fn bolus_allowed(&self) -> Result<(), Refusal> {
        let refuse = |code| Err(Refusal::new(code));
        if matches!(self.state.life, Life::Eos | Life::Eol) {
            return refuse(Code::EndOfService);
        }
        if self.mode() == Mode::None {
            return refuse(Code::NoPrescription);
        }
        if self.now < self.post_until || self.self_test_failed {
            return refuse(Code::SelfTest);
        }
        if let Some(id) = self.bolus_alarm() {
            return Err(Refusal {
                alarm: Some(id),
                ..Refusal::new(Code::AlarmActive)
            });
        }
        if self.state.bolus.is_some() {
            return refuse(Code::BolusActive);
        }
        Ok(())
    }

    /// The patient asks for a bolus.
    pub(crate) fn patient_bolus(&mut self) -> Reply {
        let refuse = |code| Err(Refusal::new(code));
        let Some(rx) = self.rx().filter(|rx| rx.has_ptm()) else {
            return refuse(Code::NotAllowed);
        };
        let (dose, over_s) = (rx.or(Key::PtmDose, 0), rx.or(Key::PtmOver, 0));
        let (count, window_ms) = (rx.or(Key::PtmCount, 0), rx.or(Key::PtmWindow, 0) * 1000);
        if self.state.state == State::Stopped {
            return refuse(Code::Stopped);
        }
        self.bolus_allowed()?;
        if self.state.state != State::Running {
            let limited = self.state.minimum_cause == Some(Cause::DoseLimit);
            return refuse(if limited { Code::MaxDose } else { Code::NotAllowed });
        }
        let wait_ms = self.lockout_left_ms();
        if wait_ms > 0 {
            return Err(Refusal {
                wait: Some(Seconds(wait_ms.div_ceil(1000))),
                ..Refusal::new(Code::Lockout)
            });
        }
        if self.state.demand.count(self.now, window_ms) as u64 >= count {
            return refuse(Code::Count);
        }
        self.fits_window(Nl(dose))?;
        Ok(self.begin_bolus(BolusKind::Patient, dose, over_s * 1000))
    }

    /// What the rolling window holds before the requested bolus: the programmed dose over the *whole* window, at its most, so that the basal that is still
    /// to come cannot pass the maximum either; and all boluses on demand, one that still runs with its whole dose.
    ///
    /// With this, no window of that length anywhere can hold more than the maximum: its programmed part is at most the schedule's most, and its boluses were
    /// all counted when the last of them was asked for.
    pub(crate) fn committed_nl(&mut self, window_ms: u64) -> u64 {
        let mut most = self.in_force.as_ref().map_or(0, |in_force| in_force.most_programmed_nl);
        if self.window_unsure {
            // How those before spread over the window is not known any more: all of it counts as long as it may be inside.
            most += u64::from(self.state.earlier_nl(self.now));
        }
        // Strokes of a steady rate may be one ahead of the programme by their phase; that stroke is not a dose of its own.
        let given = self.programmed.sum_nl(self.now).saturating_sub(STROKE_NL);
        let programmed = if self.defect(Defect::RollingWindowForgetsBasal) {
            0
        } else {
            given.max(most)
        };
        programmed + self.state.demand.sum_nl(self.now, window_ms)
    }

    /// Time until the patient may ask again.
    pub(crate) fn lockout_left_ms(&self) -> u64 {
        let lockout_ms = match self.rx() {
            Some(rx) if rx.has_ptm() => rx.or(Key::PtmLockout, 0) * 1000,
            _ => return 0,
        };
        let lockout_ms = if self.defect(Defect::LockoutOffByOne) {
            lockout_ms.saturating_sub(60_000)
        } else {
            lockout_ms
        };
        self.state
            .demand
            .last_patient()
            .map_or(0, |last| last.saturating_add(lockout_ms).saturating_sub(self.now))
    }

    /// The clinician's single bolus; therapy goes on beside it as before, or stays stopped.
    pub(crate) fn clinician_bolus(&mut self, dose: Nl, over: Seconds) -> Reply {
        let limits = self.settings.limits;
        in_range("dose", dose.0, limits.dose, "nl")?;
        in_range("over", over.0, limits.over, "s")?;
        fits_motor("over", dose.0, over.0, &self.settings)?;
        self.bolus_allowed()?;
        self.within_drug("dose", dose, NlPerDay(0))?;
        self.fits_reservoir(dose)?;
        self.fits_window(dose)?;
        Ok(self.begin_bolus(BolusKind::Clinician, dose.0, over.0 * 1000))
    }

    /// Whether a bolus on demand stays within the rolling maximum, where one is prescribed. The basal that a bridge takes the place of stays counted.
    fn fits_window(&mut self, dose: Nl) -> Result<(), Refusal> {
        let Some(rx) = self.rx().filter(|rx| rx.has_ptm()) else {
            return Ok(());
        };
        let (window_ms, max) = (rx.or(Key::PtmWindow, 0) * 1000, rx.or(Key::PtmMax, 0));
        if self.committed_nl(window_ms) + dose.0 > max {
            self.raise(AlarmId::DoseLimit);
            return Err(Refusal::new(Code::MaxDose));
        }
        Ok(())
    }

    fn within_drug(&self, field: &'static str, dose: Nl, rate: NlPerDay) -> Result<(), Refusal> {
        let Some(drug) = self.rx().and_then(|rx| crate::check::drug_of(rx, &self.settings)) else {
            return Ok(());
        };
        if dose > drug.hard_bolus {
            return Err(Refusal::limit(Code::HardLimit, field, drug.hard_bolus.0, "nl"));
        }
        if rate > drug.hard_rate {
            return Err(Refusal::limit(Code::HardLimit, "rate", drug.hard_rate.0, "nl/d"));
        }
        Ok(())
    }

    fn fits_reservoir(&self, dose: Nl) -> Result<(), Refusal> {
        if self.state.reservoir < dose.0.max(STROKE_NL) {
            Err(Refusal::new(Code::ReservoirEmpty))
        } else {
            Ok(())
        }
    }

    /// Fills tubing and catheter; the pump is stopped before and after.
    pub(crate) fn prime(&mut self) -> Reply {
        if self.state.state != State::Stopped {
            return Err(Refusal::new(Code::NotStopped));
        }
        self.bolus_allowed()?;
        let Some(strokes) = self.rx().map(|rx| rx.prime_strokes()).filter(|&strokes| strokes > 0) else {
            return Err(Refusal::of(Code::Missing, "catheter"));
        };
        let dose = Nl(strokes * STROKE_NL);
        self.fits_reservoir(dose)?;
        Ok(self.begin_bolus(BolusKind::Prime, dose.0, strokes * self.settings.prime_stroke_ms))
    }

    /// Delivers the old concentration at its own rate; the prescription's basal waits until it is through.
    pub(crate) fn bridge(&mut self, volume: Nl, rate: NlPerDay) -> Reply {
        in_range("volume", volume.0, self.settings.limits.bridge_volume, "nl")?;
        let rates = Range::new(self.settings.minimum_rate_nl_d, self.settings.limits.rate.max);
        in_range("rate", rate.0, rates, "nl/d")?;
        if self.state.state == State::Stopped {
            return Err(Refusal::new(Code::Stopped));
        }
        self.bolus_allowed()?;
        if self.state.state != State::Running {
            return Err(Refusal::new(Code::NotAllowed));
        }
        self.within_drug("volume", Nl(0), rate)?;
        self.fits_reservoir(volume)?;
        self.fits_window(volume)?;
        let over_ms = (volume.0 * DAY_MS).div_ceil(rate.0.max(1));
        Ok(self.begin_bolus(BolusKind::Bridge, volume.0, over_ms))
    }

    /// A periodic bolus is due; it waits for another one to end, and what a stop or a reset missed is not made up.
    pub(crate) fn periodic_bolus(&mut self) {
        if self.state.state != State::Running || self.mode() != Mode::Periodic {
            self.periodic_due = NEVER;
            return;
        }
        if self.periodic_due() > self.now {
            return;
        }
        let due = core::mem::replace(&mut self.periodic_due, NEVER);
        // Start to start is exact; only a bolus that had to wait moves those after it, so that two never come too close.
        let start = if self.now.saturating_sub(due) <= 1_000 {
            due
        } else {
            self.now
        };
        self.state.periodic_last = Some(start);
        self.periodic_due = start.saturating_add(self.periodic_interval_ms());
        let (dose, over_ms) = (self.rx_or(Key::Dose, 0), self.rx_or(Key::Over, 0) * 1000);
        self.begin_bolus(BolusKind::Periodic, dose, over_ms);
    }

    /// When the next periodic bolus can begin: not beside another one, not while the motor is stalled.
    pub(crate) fn periodic_due(&self) -> u64 {
        let stalled = self.has_alarm(AlarmId::MotorStall) && self.motor.stall.is_some();
        if self.state.bolus.is_some() || stalled {
            NEVER
        } else {
            self.periodic_due.max(self.post_until)
        }
    }
}
