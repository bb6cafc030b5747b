//! Strokes: which is due, whether it may begin, and what one that was delivered or that failed means.

use crate::defects::Defect;
use crate::io::STROKE_NL;
use crate::motor::{Charge, Ended, Stroke};
use crate::nv::Nv;
use crate::prescription::Key;
use crate::pressure::Finding;
use crate::pump::Pump;
use crate::record::What;
use crate::units::{DAY_MS, Millis, NEVER};
use crate::vocabulary::{AlarmId, BolusEnd, BolusKind, Cause, DoseCause, PressureIs, State};

/// What the window check may be out by: a stroke of basal phase and a stroke of rounding.
const WINDOW_SLACK_NL: u64 = 2 * STROKE_NL;

impl<N: Nv> Pump<N> {
    /// When the next stroke begins; never while one runs or the motor is held.
    #[inline]
    pub(crate) fn stroke_due(&self) -> u64 {
        if self.motor.stroke.is_some() || self.wake_hold {
            return NEVER;
        }
        let due = self.basal.due().min(self.bolus_due());
        if due == NEVER {
            return NEVER;
        }
        due.max(self.motor.rest_until).max(self.post_until)
    }

    #[inline]
    fn bolus_due(&self) -> u64 {
        match &self.state.bolus {
            Some(bolus) => bolus.due(),
            None => NEVER,
        }
    }

    /// Begins the stroke that is due, if all is well.
    pub(crate) fn begin_stroke(&mut self) {
        if self.input.magnet {
            self.hold_for_magnet();
            return;
        }
        if !self.prescription_is_intact() {
            return;
        }
        let charge = match self.state.bolus {
            // Where both are due the basal goes first: its accumulator holds little more than a stroke, while a bolus that is a little
            // late catches up.
            _ if self.basal.due() <= self.now => Charge::Basal,
            Some(bolus) if self.bolus_due() <= self.now => Charge::Bolus(bolus.kind),
            _ => return,
        };
        if self.state.reservoir < STROKE_NL {
            self.reservoir_is_empty();
            return;
        }
        if self.state.state == State::Running && self.window_is_full(charge) {
            self.raise(AlarmId::DoseLimit);
            if charge != Charge::Basal {
                self.end_bolus(BolusEnd::Alarm);
            }
            self.basal.forgive(self.now);
            self.set_state(State::MinimumRate, Cause::DoseLimit);
            return;
        }
        if charge != Charge::Basal {
            self.pace_bolus();
        }
        self.motor.begin(self.now, charge);
    }

    /// The field holds the rotor: trying would only drain the battery. Each stroke that falls due meanwhile is missed; one of them stays owed.
    fn hold_for_magnet(&mut self) {
        self.stroke_missed();
        let pace_ms = match (&self.state.bolus, self.basal.rate()) {
            (Some(bolus), _) if self.basal.due() > self.now => bolus.pace_ms(),
            (_, rate) => (STROKE_NL * DAY_MS).checked_div(rate).unwrap_or(self.settings.tick_ms),
        };
        self.motor.rest_until = self.now.saturating_add(pace_ms.max(1));
    }

    /// A bolus that was held goes on at its pace: the time that it lost is not made up.
    fn pace_bolus(&mut self) {
        if let Some(bolus) = &mut self.state.bolus {
            let late = self.now.saturating_sub(bolus.due());
            if late > bolus.pace_ms() {
                bolus.start = bolus.start.saturating_add(late);
            }
        }
    }

    /// Whether one more programmed stroke would pass the rolling maximum.
    fn window_is_full(&mut self, charge: Charge) -> bool {
        let programmed = matches!(charge, Charge::Basal | Charge::Bolus(BolusKind::Periodic));
        let max = match self.rx() {
            Some(rx) if programmed && rx.has_ptm() => rx.or(Key::PtmMax, 0),
            _ => return false,
        };
        // The stroke that is to begin is not in the sum yet.
        let max = max + WINDOW_SLACK_NL - STROKE_NL;
        let window_ms = self.rx_or(Key::PtmWindow, 0) * 1000;
        let demand = self.state.demand.sum_nl(self.now, window_ms);
        // The bound costs no division, and nearly always it is enough.
        self.programmed.at_most_nl(self.now) + demand > max && self.window_nl() > max
    }

    /// Programmed dose given in the rolling window and boluses on demand given or committed in it.
    pub(crate) fn window_nl(&mut self) -> u64 {
        let window_ms = self.rx_or(Key::PtmWindow, 0) * 1000;
        self.programmed.sum_nl(self.now) + self.state.demand.sum_nl(self.now, window_ms)
    }

    /// A stroke was due that the motor could not or may not make.
    fn stroke_missed(&mut self) {
        if self.defect(Defect::SilentStall) {
            return;
        }
        self.state.stalls = self.state.stalls.saturating_add(1);
        if self.motor.stalled(self.now, 1) {
            self.unsaved = true;
            self.event(What::Stall { strokes: 1 });
            let within_ms = self.settings.repeated_stall_ms;
            if self.motor.recent_stalls(self.now, within_ms) >= usize::from(self.settings.repeated_stalls) {
                self.raise(AlarmId::RepeatedStall);
            }
            self.wake_up();
        }
        self.check_stall();
    }

    /// When a stall has lasted long enough for an alarm; never while nothing is due, because then nothing is lost.
    pub(crate) fn stall_due(&self) -> u64 {
        match self.motor.stall {
            Some(stall) if !self.has_alarm(AlarmId::MotorStall) && self.basal.due().min(self.bolus_due()) != NEVER => {
                stall.since.saturating_add(self.settings.stall_ms)
            }
            _ => NEVER,
        }
    }

    /// Raises the alarm once a stall lasts; the pump goes on trying.
    pub(crate) fn check_stall(&mut self) {
        let failed = self.motor.stall.map_or(0, |stall| stall.failed);
        let due = self.stall_due();
        if due != NEVER && (self.now >= due || failed >= self.settings.stall_strokes) {
            self.end_bolus(BolusEnd::Alarm);
            self.raise(AlarmId::MotorStall);
        }
    }

    /// The stroke's time is up.
    pub(crate) fn end_stroke(&mut self) {
        let Some((stroke, ended)) = self.motor.end(self.now, self.input.encoder_edges, &self.settings) else {
            return;
        };
        match ended {
            Ended::Extended => return,
            Ended::Done { strokes } => self.delivered(stroke, strokes),
            Ended::Failed if self.defect(Defect::StallCountedAsDelivered) => self.delivered(stroke, 1),
            // Nobody waits for a stroke whose bolus was cancelled or whose therapy was stopped.
            Ended::Failed if self.basal.due().min(self.bolus_due()) == NEVER => {}
            Ended::Failed => self.stroke_missed(),
        }
        if core::mem::take(&mut self.stop_entry) {
            self.entry(DoseCause::Stop);
        }
    }

    /// Books strokes that the encoder confirmed.
    fn delivered(&mut self, stroke: Stroke, strokes: u64) {
        let charge = stroke.charge;
        let nl = strokes * STROKE_NL;
        self.state.strokes += strokes;
        if !(charge != Charge::Basal && self.defect(Defect::ReservoirNotDecrementedByBolus)) {
            self.state.reservoir = self.state.reservoir.saturating_sub(nl);
        }
        match charge {
            Charge::Bolus(BolusKind::Prime) if self.defect(Defect::PrimeCountedAsTherapy) => {
                self.state.volumes.basal += nl
            }
            Charge::Basal => self.state.volumes.basal += nl,
            Charge::Bolus(kind) => self.state.volumes.bolus[kind as usize] += nl,
        }
        if charge != Charge::Bolus(BolusKind::Prime) && self.state.trial_start.is_some() {
            self.state.trial_nl += nl;
        }
        if matches!(charge, Charge::Basal | Charge::Bolus(BolusKind::Periodic))
            && !self.defect(Defect::RollingWindowForgetsBasal)
        {
            self.programmed.add(self.now, nl as u32);
        }
        if let Some(stall) = self.motor.stall.take() {
            self.unsaved = true;
            self.event(What::StallEnd {
                lost: Millis(self.now - stall.since),
            });
            self.wake_up();
        }
        match charge {
            Charge::Basal => self.basal.delivered(self.now, strokes),
            Charge::Bolus(_) if stroke.orphan => {}
            Charge::Bolus(_) => {
                if let Some(bolus) = &mut self.state.bolus {
                    bolus.given += strokes;
                    if bolus.given >= bolus.strokes {
                        self.end_bolus(BolusEnd::Complete);
                    }
                }
            }
        }
        self.after_stroke();
    }

    /// What the sensors say once a stroke was delivered.
    fn after_stroke(&mut self) {
        self.check_low();
        if self.state.reservoir < STROKE_NL {
            self.reservoir_is_empty();
        }
        self.check_trial();
        let was_ambient = self.pressure.at_ambient();
        let finding = self.pressure.after_stroke(&self.input, &self.settings);
        if self.pressure.at_ambient() != was_ambient {
            let is = if was_ambient {
                PressureIs::Normal
            } else {
                PressureIs::Ambient
            };
            self.event(What::Pressure { is });
        }
        if let Some(finding) = finding {
            self.found(finding);
        }
        if self.pressure.is_high(self.input.catheter_pa, self.occlusion_pa()) {
            self.found(Finding::Occluded);
        }
    }

    pub(crate) fn occlusion_pa(&self) -> i32 {
        let factor = if self.defect(Defect::OcclusionAlarmLate) { 6 } else { 1 };
        self.settings.occlusion_pa.saturating_mul(factor)
    }

    /// A reading at the limit, at any time: also in the middle of a stroke.
    pub(crate) fn check_occlusion(&mut self) {
        if self.pressure.is_high(self.input.catheter_pa, self.occlusion_pa()) {
            self.found(Finding::Occluded);
        }
    }

    /// Acts on what the pressures say.
    pub(crate) fn found(&mut self, finding: Finding) {
        match finding {
            Finding::Occluded if !self.has_alarm(AlarmId::Occlusion) => {
                self.event(What::Pressure { is: PressureIs::High });
                self.raise(AlarmId::Occlusion);
                self.fault_stop(Cause::Occlusion);
            }
            Finding::Creeping if !self.has_alarm(AlarmId::PressureCreep) => {
                self.event(What::Pressure {
                    is: PressureIs::Creeping,
                });
                self.raise(AlarmId::PressureCreep);
            }
            Finding::Disconnected if !self.has_alarm(AlarmId::CatheterDisconnection) => {
                self.raise(AlarmId::CatheterDisconnection);
                if self.settings.disconnection_stops {
                    self.fault_stop(Cause::CatheterDisconnection);
                }
            }
            Finding::ReservoirEmpty => self.reservoir_is_empty(),
            _ => {}
        }
    }

    pub(crate) fn reservoir_is_empty(&mut self) {
        self.raise(AlarmId::ReservoirEmpty);
        self.fault_stop(Cause::ReservoirEmpty);
    }

    /// Low threshold in force, in nl.
    pub(crate) fn low_nl(&self) -> u64 {
        self.rx_or(Key::Low, self.settings.low_default_nl)
    }

    /// Whether the computed volume is at the threshold.
    pub(crate) fn reservoir_is_low(&self) -> bool {
        let low = self.low_nl();
        let low = if self.defect(Defect::LowReservoirLate) {
            low / 2
        } else {
            low
        };
        self.state.reservoir <= low
    }

    fn check_low(&mut self) {
        if self.reservoir_is_low() {
            self.raise(AlarmId::ReservoirLow);
        }
    }

    /// The field and the telemetry coil changed.
    pub(crate) fn sense_fields(&mut self, before: &crate::io::Input) {
        if self.input.magnet != before.magnet {
            self.event(What::Magnet { on: self.input.magnet });
            if self.input.magnet {
                // The rotor is held: break the stroke off, its edges will not come.
                self.break_stroke();
                self.raise(AlarmId::Magnet);
            } else {
                self.drop_alarm(AlarmId::Magnet);
                self.motor.rest_until = self.now;
            }
        }
        if self.input.telemetry_wake && !before.telemetry_wake {
            // A programmer that talks wakes the coil as well: that is no interference.
            let talking = self.last_request.is_some_and(|at| self.now.saturating_sub(at) < 5_000);
            if !talking {
                self.event(What::Wake);
            }
            if self.defect(Defect::StoppedAfterEmiWake) && self.state.alarms != 0 {
                self.wake_hold = true;
            }
        }
        self.wake_up();
    }
}
