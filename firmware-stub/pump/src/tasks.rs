//! The slower tasks: everything that is not a motor stroke. A step runs them when the earliest of them is due, and the watchdog is kicked only when all ran.

use crate::battery::Charge;
use crate::calendar::add_months;
use crate::defects::Defect;
use crate::nv::Nv;
use crate::prescription::IMAGE_MAX;
use crate::pump::Pump;
use crate::record::What;
use crate::units::{NEVER, Seconds};
use crate::vocabulary::{AlarmId, Cause, DoseCause, Life, Mode, State};

impl<N: Nv> Pump<N> {
    /// Runs whatever is due and finds out when to come back.
    pub(crate) fn slow_tasks(&mut self) {
        let now = self.now;
        let ticked = now >= self.timers.tick;
        if ticked {
            self.tick();
        }
        if now >= self.timers.flex {
            self.step_schedule();
        }
        if now >= self.periodic_due() {
            self.periodic_bolus();
        }
        if now >= self.stall_due() {
            self.check_stall();
        }
        if now >= self.trial_end() {
            self.check_trial();
        }
        if now >= self.session_due() {
            self.check_session();
        }
        self.check_life();
        if now >= self.stopped_due() {
            self.raise(AlarmId::Stopped48h);
        }
        if now >= self.timers.self_test {
            self.timers.self_test = now + self.settings.self_test_ms;
            self.self_test();
            if self.defect(Defect::RemainderRoundedAway) {
                self.basal.forgive(now);
            }
        }
        if now >= self.timers.entry {
            // In step with the entry before, so that they do not drift; entries that a reset or a stop of the core missed are not written afterwards.
            self.timers.entry += u64::from(self.state.log_every_s) * 1000;
            if self.timers.entry <= now {
                self.timers.entry = now + u64::from(self.state.log_every_s) * 1000;
            }
            self.entry(DoseCause::Periodic);
        }
        if now >= self.sounder.due() {
            self.sound_alarms();
        }
        if now >= self.timers.save {
            self.unsaved = true;
        }
        self.save_if_needed();
        // Every task has run: only now may the watchdog know.
        self.kick |= ticked;
        self.set_slow_due(self.next_task());
    }

    fn next_task(&self) -> u64 {
        let timers = &self.timers;
        timers
            .tick
            .min(timers.flex)
            .min(timers.entry)
            .min(timers.save)
            .min(timers.self_test)
            .min(self.periodic_due())
            .min(self.trial_end())
            .min(self.session_due())
            .min(self.life_due())
            .min(self.stopped_due())
            .min(self.sounder.due())
            .min(self.stall_due())
    }

    /// Each minute: clock, battery, pressures, temperature, and what lasts.
    fn tick(&mut self) {
        if self.driven {
            // Under the motor's load battery and pressures say little: look again as soon as it is off, or a stroke a minute could hide them for ever.
            self.timers.tick = self.motor.stroke.map_or(self.now, |stroke| stroke.until) + 1;
            return;
        }
        self.timers.tick = self.now + self.settings.tick_ms;
        // While the chip waits to be set it shows the old time.
        let jumped = match self.set_rtc {
            Some(_) => None,
            None => self.clock.check(self.now, self.input.rtc, self.settings.clock_jump_s),
        };
        if let Some(jump) = jumped {
            // A chip that does not take the time is told each minute, and tells of it once.
            if !jump.told {
                self.event(What::Clock { by_ms: jump.by_ms });
                self.raise(AlarmId::ClockJump);
            }
            self.set_rtc = Some(self.clock.now(self.now));
        }
        let charge = self.battery.sample(self.input.battery_mv, &self.settings);
        self.battery_says(charge);
        // Behind an occlusion pressure stands high without anything growing: it neither creeps nor teaches the average.
        if !self.has_alarm(AlarmId::Occlusion)
            && let Some(finding) = self.pressure.tick(&self.input, &self.settings)
        {
            self.found(finding);
        }
        let draws = self.state.state != State::Stopped || self.state.bolus.is_some();
        if draws && let Some(finding) = self.pressure.reservoir(&self.input, &self.settings) {
            self.found(finding);
        }
        if self.input.temperature_mc > self.settings.over_temperature_mc && !self.has_alarm(AlarmId::OverTemperature) {
            self.raise(AlarmId::OverTemperature);
            self.fault_stop(Cause::OverTemperature);
        }
        self.check_dose_limit();
        if self.degraded {
            self.prescription_is_intact();
        }
    }

    fn battery_says(&mut self, charge: Charge) {
        match charge {
            Charge::Good => {}
            Charge::Low if self.state.eri_at.is_some() => {}
            Charge::Low => {
                self.state.eri_at = Some(self.now);
                self.state.life = if self.state.life == Life::Ok {
                    Life::Eri
                } else {
                    self.state.life
                };
                let eos = self.civil(self.eos_at());
                self.event(What::Eri { eos });
                self.raise(AlarmId::Eri);
            }
            Charge::Depleted => self.end_of_service(),
        }
    }

    /// The civil time that the pump's count will show as `at`.
    pub(crate) fn civil(&self, at: u64) -> Seconds {
        let now = self.clock.now(self.now).0;
        if at >= self.now {
            Seconds(now + (at - self.now) / 1000)
        } else {
            Seconds(now.saturating_sub((self.now - at).div_ceil(1000)))
        }
    }

    /// End of service by the pump's own count: 90 days of 24 hours after the elective replacement indicator, whatever the calendar does.
    pub(crate) fn eos_at(&self) -> u64 {
        let Some(eri_at) = self.state.eri_at else { return NEVER };
        if self.defect(Defect::EosThreeMonths) {
            let eri = self.civil(eri_at);
            return eri_at.saturating_add((add_months(eri, 3).0 - eri.0) * 1000);
        }
        eri_at.saturating_add(self.settings.eri_to_eos_ms)
    }

    fn life_due(&self) -> u64 {
        match self.state.life {
            Life::Eol => NEVER,
            Life::Eos => self.timers.end_of_life,
            Life::Ok | Life::Eri => self.timers.end_of_life.min(self.eos_at()),
        }
    }

    fn check_life(&mut self) {
        if self.state.life != Life::Eol && self.now >= self.timers.end_of_life {
            self.state.life = Life::Eol;
            self.raise(AlarmId::EndOfLife);
            self.fault_stop(Cause::EndOfLife);
        }
        if matches!(self.state.life, Life::Ok | Life::Eri) && self.now >= self.eos_at() {
            self.end_of_service();
        }
    }

    fn end_of_service(&mut self) {
        if matches!(self.state.life, Life::Eos | Life::Eol) {
            return;
        }
        self.state.life = Life::Eos;
        self.raise(AlarmId::EndOfService);
        self.fault_stop(Cause::EndOfService);
    }

    fn stopped_due(&self) -> u64 {
        match self.state.stopped_since {
            Some(since) if !self.has_alarm(AlarmId::Stopped48h) && !self.defect(Defect::No48hAlarm) => {
                // Longer than 48 h, not 48 h.
                since.saturating_add(self.settings.stopped_ms).saturating_add(1)
            }
            _ => NEVER,
        }
    }

    /// The periodic self-test: both copies of the prescription, the working copy, and whether the sensors say anything possible.
    pub(crate) fn self_test(&mut self) -> bool {
        let memory = self.prescription_is_intact() && self.working_copy_is_intact();
        let input = &self.input;
        // Beyond what the sensors can show, in patient or bench: a broken wire, not a reading.
        let sensors = input.battery_mv < 6_000
            && (-100_000..2_000_000).contains(&input.catheter_pa)
            && (-50_000..150_000).contains(&input.temperature_mc);
        let passed = memory && sensors && !self.settings.library.is_empty();
        if !passed && !self.self_test_failed {
            self.raise(AlarmId::SelfTest);
            self.fall_back(Cause::SelfTest);
        }
        self.self_test_failed = !passed;
        passed
    }

    /// Whether the decoded prescription still is what its bytes say. If not, only a restart can be trusted to set it right.
    fn working_copy_is_intact(&mut self) -> bool {
        let intact = self.in_force.as_ref().is_none_or(|in_force| {
            let mut image = [0; IMAGE_MAX];
            in_force.rx.encode(in_force.seq, &mut image) == Some(in_force.len)
                && image.get(..in_force.len) == Some(in_force.stored())
        });
        if !intact && !self.defect(Defect::StalePrescriptionAfterAbort) {
            self.reset_wanted = true;
        }
        intact || self.defect(Defect::StalePrescriptionAfterAbort)
    }

    /// Whether a mode is in force that delivers by itself.
    pub(crate) fn delivers(&self) -> bool {
        self.state.state != State::Stopped && self.mode() != Mode::None
    }
}
