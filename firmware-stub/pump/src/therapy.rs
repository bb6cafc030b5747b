//! States of therapy and the changes between them.

use crate::bytes::Coded;
use crate::calendar::DAY_S;
use crate::command::{Done, Refusal, Reply};
use crate::defects::Defect;
use crate::io::STROKE_NL;
use crate::nv::Nv;
use crate::prescription::Key;
use crate::pump::Pump;
use crate::record::What;
use crate::schedule::{self, Segment};
use crate::units::{Millis, NEVER, NlPerDay, Seconds};
use crate::vocabulary::{AlarmId, BolusEnd, BolusKind, Cause, Code, DoseCause, Life, Mode, State};

/// Alarms that must be cleared before therapy starts again.
const BLOCKING: [AlarmId; 9] = [
    AlarmId::Occlusion,
    AlarmId::CatheterDisconnection,
    AlarmId::ReservoirEmpty,
    AlarmId::MemoryError,
    AlarmId::OverTemperature,
    AlarmId::SelfTest,
    AlarmId::TrialEnded,
    AlarmId::BatteryReset,
    AlarmId::WatchdogReset,
];

impl<N: Nv> Pump<N> {
    /// Changes the state, the rate with it, and writes both down.
    pub(crate) fn set_state(&mut self, to: State, cause: Cause) {
        if self.state.state != to && core::mem::take(&mut self.stop_entry) {
            // Its stroke still runs, but what follows must not stand before it.
            self.entry(DoseCause::Stop);
        }
        let from = core::mem::replace(&mut self.state.state, to);
        self.state.minimum_cause = (to == State::MinimumRate).then_some(cause);
        // Before all else: minimum rate that is asked for where it runs already has another cause, which a reset must not forget.
        self.unsaved = true;
        if from == to {
            return;
        }
        if to == State::Stopped {
            self.state.stopped_since = Some(self.now);
        } else {
            self.state.stopped_since = None;
            self.drop_alarm(AlarmId::Stopped48h);
        }
        self.apply_rate();
        self.event(What::State { from, to, cause });
        let entry = match (from, to) {
            (State::Stopped, State::Running) => DoseCause::Start,
            (_, State::Stopped) if cause == Cause::Command => DoseCause::Stop,
            _ => DoseCause::State,
        };
        if entry == DoseCause::Stop && self.motor.stroke.is_some() {
            self.stop_entry = true;
        } else {
            self.entry(entry);
        }
        self.wake_up();
    }

    /// The basal rate that state, prescription and schedule ask for.
    pub(crate) fn apply_rate(&mut self) {
        self.timers.flex = NEVER;
        let minimum = u64::from(self.settings.minimum_rate_nl_d);
        let bridging = self.state.bolus.is_some_and(|bolus| bolus.kind == BolusKind::Bridge);
        let rate = match (self.state.state, self.mode()) {
            (State::Stopped, _) | (State::Running, Mode::None) => 0,
            (State::MinimumRate, _) | (State::Running, Mode::Minimum) => minimum,
            (State::Running, Mode::Continuous | Mode::Periodic) => self.rx_or(Key::Rate, 0),
            (State::Running, Mode::Flex) => {
                let Segment { rate_nl_d, until } = self.flex_segment();
                self.timers.flex = self.clock.when(until, self.now);
                u64::from(rate_nl_d)
            }
        };
        let rate = if bridging && self.state.state == State::Running {
            0
        } else {
            rate
        };
        self.basal.set_rate(self.now, rate);
    }

    fn flex_segment(&self) -> Segment {
        let rtc = self.clock.now(self.now);
        let Some(rx) = self.rx() else {
            return Segment {
                rate_nl_d: 0,
                until: Seconds(rtc.0 + DAY_S),
            };
        };
        let mut segment = schedule::flex(rx, rtc);
        if self.defect(Defect::FlexMidnightSkipped) && segment.until.0.is_multiple_of(DAY_S) {
            segment.until = schedule::flex(rx, segment.until).until;
        }
        segment
    }

    /// A schedule step is due.
    pub(crate) fn step_schedule(&mut self) {
        let before = self.basal.rate();
        self.apply_rate();
        let rate = self.basal.rate();
        if rate != before {
            self.event(What::Rate { rate: NlPerDay(rate) });
            self.entry(DoseCause::Rate);
        }
    }

    /// Breaks the stroke that runs off: it does not count.
    pub(crate) fn break_stroke(&mut self) {
        if self.motor.stroke.take().is_some() && core::mem::take(&mut self.stop_entry) {
            self.entry(DoseCause::Stop);
        }
    }

    /// A fault stops at once, in the middle of a stroke, and nothing is made up afterwards.
    pub(crate) fn fault_stop(&mut self, cause: Cause) {
        self.break_stroke();
        self.end_bolus(BolusEnd::Alarm);
        self.basal.forgive(self.now);
        self.set_state(State::Stopped, cause);
    }

    /// The safe state: no bolus, minimum rate; a stopped pump stays stopped.
    pub fn go_safe(&mut self, now: Millis, cause: Cause) {
        self.now = self.now.max(now.0);
        self.fall_back(cause);
        self.save_if_needed();
    }

    /// The same, from inside.
    pub(crate) fn fall_back(&mut self, cause: Cause) {
        self.end_bolus(BolusEnd::Alarm);
        if self.state.state == State::Running {
            self.basal.forgive(self.now);
            self.set_state(State::MinimumRate, cause);
        }
    }

    /// The alarm that keeps therapy from starting.
    pub(crate) fn blocking_alarm(&self) -> Option<AlarmId> {
        BLOCKING.into_iter().find(|&id| self.has_alarm(id))
    }

    /// The critical alarm that keeps a bolus from starting; one that only tells of the past does not.
    pub(crate) fn bolus_alarm(&self) -> Option<AlarmId> {
        AlarmId::LIST
            .iter()
            .copied()
            .filter(|&id| self.has_alarm(id))
            .find(|&id| match id {
                AlarmId::MotorStall | AlarmId::RepeatedStall => self.motor.stall.is_some(),
                AlarmId::Stopped48h => false,
                _ => id <= AlarmId::SelfTest,
            })
    }

    pub(crate) fn start(&mut self) -> Reply {
        let refuse = |code| Err(Refusal::new(code));
        if matches!(self.state.life, Life::Eos | Life::Eol) {
            return refuse(Code::EndOfService);
        }
        let mode = self.mode();
        if mode == Mode::None {
            return refuse(Code::NoPrescription);
        }
        let trickling = self.state.state == State::MinimumRate && mode == Mode::Minimum;
        if self.state.state == State::Running || trickling {
            return refuse(Code::NotStopped);
        }
        if self.state.bolus.is_some() {
            return refuse(Code::BolusActive);
        }
        if let Some(id) = self.blocking_alarm() {
            let code = if id == AlarmId::ReservoirEmpty {
                Code::ReservoirEmpty
            } else {
                Code::AlarmActive
            };
            return Err(Refusal {
                alarm: Some(id),
                ..Refusal::new(code)
            });
        }
        if self.state.reservoir < STROKE_NL {
            return refuse(Code::ReservoirEmpty);
        }
        if self.state.trial_start.is_none() {
            self.state.trial_start = Some(self.now);
        }
        self.drop_alarm(AlarmId::DoseLimit);
        self.pressure.forgive();
        self.go_by_prescription(Cause::Command);
        Ok(Done::Ok)
    }

    /// Therapy as the prescription says it.
    pub(crate) fn go_by_prescription(&mut self, cause: Cause) {
        let to = if self.mode() == Mode::Minimum {
            State::MinimumRate
        } else {
            State::Running
        };
        self.set_state(to, cause);
        if to == State::MinimumRate {
            self.state.minimum_cause = Some(Cause::Prescription);
        }
        if self.mode() == Mode::Periodic {
            // Starting again is no way around the interval.
            let next = self
                .state
                .periodic_last
                .map_or(self.now, |last| last.saturating_add(self.periodic_interval_ms()));
            self.periodic_due = next.max(self.now);
        } else {
            self.periodic_due = NEVER;
        }
    }

    pub(crate) fn periodic_interval_ms(&self) -> u64 {
        let interval_ms = self.rx_or(Key::Interval, 0) * 1000;
        if self.defect(Defect::PeriodicIntervalInMinutes) {
            interval_ms / 60
        } else {
            interval_ms
        }
    }

    pub(crate) fn stop(&mut self) -> Reply {
        self.end_bolus(BolusEnd::Stopped);
        self.set_state(State::Stopped, Cause::Command);
        Ok(Done::Ok)
    }

    pub(crate) fn minimum_rate(&mut self) -> Reply {
        if matches!(self.state.life, Life::Eos | Life::Eol) {
            return Err(Refusal::new(Code::EndOfService));
        }
        if self.state.reservoir < STROKE_NL {
            return Err(Refusal::new(Code::ReservoirEmpty));
        }
        // What the pump falls back to minimum rate for itself does not stand in its way.
        const STOPPING: [AlarmId; 5] = [
            AlarmId::Occlusion,
            AlarmId::CatheterDisconnection,
            AlarmId::ReservoirEmpty,
            AlarmId::OverTemperature,
            AlarmId::TrialEnded,
        ];
        if let Some(id) = STOPPING.into_iter().find(|&id| self.has_alarm(id)) {
            return Err(Refusal {
                alarm: Some(id),
                ..Refusal::new(Code::AlarmActive)
            });
        }
        self.end_bolus(BolusEnd::Stopped);
        self.set_state(State::MinimumRate, Cause::Command);
        Ok(Done::Ok)
    }

    /// Ends a trial whose time or dose is used up.
    pub(crate) fn check_trial(&mut self) {
        if self.state.trial_start.is_none() {
            return;
        }
        let dose = self.rx_or(Key::TrialDose, 0);
        let spent = dose > 0 && self.state.trial_nl + STROKE_NL > dose || self.now >= self.trial_end();
        if !spent || self.state.trial_spent {
            return;
        }
        self.state.trial_spent = true;
        self.raise(AlarmId::TrialEnded);
        self.end_bolus(BolusEnd::Alarm);
        self.set_state(State::Stopped, Cause::Trial);
    }

    pub(crate) fn trial_end(&self) -> u64 {
        match (self.state.trial_start, self.rx_or(Key::TrialTime, 0)) {
            (Some(start), time) if time > 0 && !self.state.trial_spent => start.saturating_add(time * 1000),
            _ => NEVER,
        }
    }

    /// Returns from the dose limit once there is room again: a twentieth of the maximum, so that it does not flutter.
    pub(crate) fn check_dose_limit(&mut self) {
        if !self.has_alarm(AlarmId::DoseLimit) {
            return;
        }
        let max = self.rx_or(Key::PtmMax, 0);
        if self.state.minimum_cause != Some(Cause::DoseLimit) {
            // A request was refused: the alarm stays until there is room for a bolus again.
            let window_ms = self.rx_or(Key::PtmWindow, 0) * 1000;
            if self.committed_nl(window_ms) + self.rx_or(Key::PtmDose, 0) <= max {
                self.drop_alarm(AlarmId::DoseLimit);
            }
            return;
        }
        if self.window_nl() <= max - max / 20 {
            self.drop_alarm(AlarmId::DoseLimit);
            self.go_by_prescription(Cause::DoseLimitOver);
        }
    }
}
