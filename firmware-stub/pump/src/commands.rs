//! Requests: what a programmer or a patient asks, carried out or refused with a reason that is logged.

use crate::check::in_range;
use crate::command::{Command, Done, Refusal, Reply};
use crate::io::STROKE_NL;
use crate::nv::Nv;
use crate::pump::Pump;
use crate::record::What;
use crate::settings::Range;
use crate::units::{Millis, Nl, Seconds};
use crate::vocabulary::{AlarmId, Cause, Code, DoseCause, Life, RefusedVerb, State};

impl<N: Nv> Pump<N> {
    /// Carries out one request. Ask [`Pump::next_deadline`] afterwards: it may be `now`.
    ///
    /// # Errors
    /// A [`Refusal`] with its reason; then nothing of the request was done.
    pub fn command(&mut self, now: Millis, command: Command) -> Reply {
        self.requested(now);
        let reply = self.carry_out(command);
        if let Some(verb) = logged_verb(command) {
            self.log_refusal(verb, &reply);
        }
        self.save_if_needed();
        reply
    }

    /// Somebody talks to the pump: every request counts as interrogation.
    pub(crate) fn requested(&mut self, now: Millis) {
        self.now = self.now.max(now.0);
        self.last_request = Some(self.now);
        if core::mem::take(&mut self.wake_hold) {
            self.wake_up();
        }
    }

    pub(crate) fn log_refusal(&mut self, verb: RefusedVerb, reply: &Reply) {
        if let Err(refusal) = reply {
            self.event(What::Refused {
                verb,
                code: refusal.code,
            });
        }
    }

    fn carry_out(&mut self, command: Command) -> Reply {
        match command {
            Command::SessionBegin => self.session_begin(),
            Command::Stage(field) => self.stage(field),
            Command::Commit { crc32 } => self.commit(crc32),
            Command::Abort => self.abort(),
            Command::Start => self.start(),
            Command::Stop => self.stop(),
            Command::MinimumRate => self.minimum_rate(),
            Command::PatientBolus => self.patient_bolus(),
            Command::Bolus { dose, over } => self.clinician_bolus(dose, over),
            Command::Prime => self.prime(),
            Command::Bridge { volume, rate } => self.bridge(volume, rate),
            Command::Refill { removed, added } => self.refill(removed, added),
            Command::ClearAlarm(id) => self.clear_alarm(id),
            Command::Mute if self.mute() => Ok(Done::Ok),
            Command::Mute => Err(Refusal::new(Code::NoSuchAlarm)),
            Command::TestAlarm(tone) => {
                self.test_tone(tone);
                Ok(Done::Ok)
            }
            Command::ClockSet(rtc) => self.set_clock(rtc),
            Command::LogEvery(every) => self.log_every(every),
            Command::ReportTones(on) => {
                self.sounder.report = on;
                Ok(Done::Ok)
            }
            Command::SelfTest if self.self_test() => Ok(Done::Ok),
            Command::SelfTest => Err(Refusal::new(Code::SelfTest)),
            Command::Interrogate => Ok(Done::Ok),
        }
    }

    /// Books a refill: what was drawn out is what was left, so the reservoir now holds what was put in.
    fn refill(&mut self, removed: Nl, added: Nl) -> Reply {
        let capacity = self.settings.reservoir_capacity_nl.min(u64::from(u32::MAX)) as u32;
        in_range("removed", removed.0, Range::new(0, capacity.saturating_mul(2)), "nl")?;
        in_range("added", added.0, Range::new(0, capacity), "nl")?;
        let (expected, residual) = (Nl(self.state.reservoir), removed);
        let apart = expected.0.abs_diff(residual.0);
        let percent = u64::from(self.settings.refill_apart_percent);
        let by_share = u128::from(apart) * 100 > u128::from(expected.0.max(residual.0)) * u128::from(percent);
        self.state.reservoir = added.0;
        self.event(What::Refill {
            expected,
            residual,
            added,
        });
        // The first fill of a new pump has nothing to be compared with.
        if by_share && apart > self.settings.refill_apart_nl && self.state.strokes > 0 {
            self.raise(AlarmId::RefillDiscrepancy);
        }
        self.pressure.forgive();
        if !self.reservoir_is_low() {
            self.drop_alarm(AlarmId::ReservoirLow);
        }
        self.entry(DoseCause::Refill);
        Ok(Done::Refill { expected, residual })
    }

    fn set_clock(&mut self, rtc: Seconds) -> Reply {
        in_range("rtc", rtc.0, Range::new(0, u32::MAX), "s")?;
        let before = self.clock.now(self.now).0;
        self.clock.set(self.now, rtc);
        self.input.rtc = rtc;
        self.set_rtc = Some(rtc);
        let by_s = i64::from(rtc.0 as u32) - i64::try_from(before).unwrap_or(i64::MAX);
        self.event(What::Clock {
            by_ms: by_s.saturating_mul(1000),
        });
        if self.delivers() && self.state.state == State::Running {
            self.step_schedule();
        }
        self.wake_up();
        Ok(Done::Ok)
    }

    fn log_every(&mut self, every: Seconds) -> Reply {
        self.state.log_every_s = in_range("dose", every.0, self.settings.log_every_range, "s")?;
        self.timers.entry = self.now + every.0 * 1000;
        self.unsaved = true;
        self.wake_up();
        Ok(Done::Ok)
    }

    fn clear_alarm(&mut self, id: AlarmId) -> Reply {
        if !self.has_alarm(id) {
            return Err(Refusal::new(Code::NoSuchAlarm));
        }
        if self.still_present(id) {
            return Err(Refusal {
                alarm: Some(id),
                ..Refusal::new(Code::StillPresent)
            });
        }
        match id {
            AlarmId::PressureCreep => self.pressure.forget_average(),
            AlarmId::Occlusion | AlarmId::CatheterDisconnection => self.pressure.forgive(),
            _ => {}
        }
        self.drop_alarm(id);
        Ok(Done::Ok)
    }

    /// Whether what the alarm stands for still lasts.
    fn still_present(&self, id: AlarmId) -> bool {
        let settings = &self.settings;
        let pa = self.input.catheter_pa;
        match id {
            // A reservoir without pressure is found again within three minutes.
            AlarmId::ReservoirEmpty => self.state.reservoir < STROKE_NL,
            AlarmId::ReservoirLow => self.reservoir_is_low(),
            AlarmId::EndOfService => matches!(self.state.life, Life::Eos | Life::Eol),
            AlarmId::EndOfLife => self.state.life == Life::Eol,
            AlarmId::Eri => self.state.life != Life::Ok,
            AlarmId::MotorStall => self.motor.stall.is_some(),
            AlarmId::Occlusion => pa >= settings.occlusion_pa / 2,
            AlarmId::CatheterDisconnection => pa.unsigned_abs() <= settings.ambient_pa.unsigned_abs(),
            AlarmId::PressureCreep => pa >= settings.creep_pa,
            AlarmId::Stopped48h => self.state.state == State::Stopped,
            AlarmId::MemoryError => self.in_force.is_none(),
            AlarmId::OverTemperature => self.input.temperature_mc > settings.over_temperature_mc,
            AlarmId::TrialEnded => self.state.trial_spent,
            AlarmId::SelfTest => self.self_test_failed,
            AlarmId::Magnet => self.input.magnet,
            AlarmId::DoseLimit => self.state.minimum_cause == Some(Cause::DoseLimit),
            AlarmId::LogWriteFailed => self.logs.lost > 0 || self.degraded,
            AlarmId::BatteryReset
            | AlarmId::RepeatedStall
            | AlarmId::WatchdogReset
            | AlarmId::MemoryRepaired
            | AlarmId::SessionIdle
            | AlarmId::RefillDiscrepancy
            | AlarmId::ClockJump => false,
        }
    }
}

/// The verbs whose refusals are logged.
const fn logged_verb(command: Command) -> Option<RefusedVerb> {
    Some(match command {
        Command::Start => RefusedVerb::Start,
        Command::PatientBolus => RefusedVerb::PatientBolus,
        Command::Bolus { .. } => RefusedVerb::Bolus,
        Command::Prime => RefusedVerb::Prime,
        Command::Bridge { .. } => RefusedVerb::Bridge,
        Command::Commit { .. } => RefusedVerb::Commit,
        Command::Stage(_) => RefusedVerb::Stage,
        Command::Refill { .. } => RefusedVerb::Refill,
        Command::ClearAlarm(_) => RefusedVerb::ClearAlarm,
        _ => return None,
    })
}
