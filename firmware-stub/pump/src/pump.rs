//! The pump: one owner of all its parts, stepped by the shell.
//!
//! Between two steps nothing happens. A step takes the sensors' readings, ends or begins a motor stroke, and, when something slower is due (a look at
//! battery and memory, a schedule step, a bolus, a tone, a log entry), does that. **Invariant**: no stroke begins unless both stored copies of the
//! prescription are byte for byte what the pump works by.

use crate::basal::Basal;
use crate::battery::Battery;
use crate::clock::Clock;
use crate::command::{Field, Status, Totals};
use crate::defects::Defect;
use crate::demand::Programmed;
use crate::field_text;
use crate::forecast::{self, Forecast};
use crate::io::{Input, Output, ResetReason, STROKE_NL};
use crate::library::Drug;
use crate::logs::{self, DOSE_RING, EVENT_RING, Logs};
use crate::motor::Motor;
use crate::nv::Nv;
use crate::prescription::{InForce, Key, Prescription, Session};
use crate::pressure::Pressure;
use crate::record::{DoseEntry, Event, What};
use crate::settings::Settings;
use crate::sounder::Sounder;
use crate::state::Durable;
use crate::units::{DAY_MS, Millis, NEVER, Nl, NlPerDay, Seconds};
use crate::vocabulary::{AlarmId, BolusKind, DoseCause, Mode, State};

/// When the slower tasks are due, in ms of the pump's count.
#[derive(Debug)]
pub(crate) struct Timers {
    pub(crate) tick: u64,
    pub(crate) flex: u64,
    pub(crate) entry: u64,
    pub(crate) save: u64,
    pub(crate) self_test: u64,
    pub(crate) end_of_life: u64,
}

/// The firmware of one pump.
pub struct Pump<N: Nv> {
    pub(crate) settings: Settings,
    pub(crate) nv: N,
    pub(crate) now: u64,
    pub(crate) input: Input,
    pub(crate) state: Durable,
    pub(crate) state_seq: u32,
    pub(crate) in_force: Option<InForce>,
    pub(crate) session: Option<Session>,
    pub(crate) basal: Basal,
    pub(crate) motor: Motor,
    pub(crate) pressure: Pressure,
    pub(crate) battery: Battery,
    pub(crate) clock: Clock,
    pub(crate) sounder: Sounder,
    pub(crate) logs: Logs,
    pub(crate) programmed: Programmed,
    /// How its dose is spread over it is not known: it was made anew.
    pub(crate) window_unsure: bool,
    pub(crate) timers: Timers,
    /// The motor was driven up to this step: the readings are under its load.
    pub(crate) driven: bool,
    /// The first step after a reset finds out what was delivered since the state was stored.
    pub(crate) recover: bool,
    /// It has no stored encoder count to compare with.
    pub(crate) edges_lost: bool,
    /// A `stop` entry waits for the stroke that runs.
    pub(crate) stop_entry: bool,
    pub(crate) periodic_due: u64,
    pub(crate) post_until: u64,
    pub(crate) last_request: Option<u64>,
    /// Infusion is held until somebody interrogates: only a seeded defect does that.
    pub(crate) wake_hold: bool,
    /// A copy of the prescription could not be repaired.
    pub(crate) degraded: bool,
    pub(crate) self_test_failed: bool,
    pub(crate) unsaved: bool,
    pub(crate) reset_wanted: bool,
    pub(crate) set_rtc: Option<Seconds>,
    pub(crate) kick: bool,
    slow_due: u64,
    deadline: u64,
}

impl<N: Nv> Pump<N> {
    /// Starts the firmware in one go: [`Pump::asleep`], then [`Pump::wake`].
    pub fn boot(settings: Settings, nv: N, now: Millis, reason: ResetReason) -> Self {
        let mut pump = Self::asleep(settings, nv);
        pump.wake(now, reason);
        pump
    }

    /// A pump that was not started. Constant, and a function of its own that writes it where it is to stand: a small processor's stack could not hold it.
    #[inline(never)]
    pub const fn asleep(settings: Settings, nv: N) -> Self {
        Self {
            state: Durable::new(settings.log_every_s),
            state_seq: 0,
            now: 0,
            input: Input::NONE,
            in_force: None,
            session: None,
            basal: Basal::new(0),
            motor: Motor::new(),
            pressure: Pressure::new(),
            battery: Battery::new(),
            clock: Clock::new(),
            sounder: Sounder::new(0),
            logs: Logs::new(),
            programmed: Programmed::new(DAY_MS, 0),
            window_unsure: false,
            timers: Timers {
                tick: 0,
                flex: NEVER,
                entry: NEVER,
                save: NEVER,
                self_test: NEVER,
                end_of_life: NEVER,
            },
            driven: false,
            recover: true,
            edges_lost: false,
            stop_entry: false,
            periodic_due: NEVER,
            post_until: NEVER,
            last_request: None,
            wake_hold: false,
            degraded: false,
            self_test_failed: false,
            unsaved: true,
            reset_wanted: false,
            set_rtc: None,
            kick: false,
            slow_due: NEVER,
            deadline: NEVER,
            settings,
            nv,
        }
    }

    /// Starts the firmware: power-on self-test, then prescription, state and logs from the lasting memory. What is lost leaves the pump in its safe
    /// state, with an alarm. Call it once, and [`Pump::step`] at once afterwards. The pump's time never goes back: a shell that lost count of it says 0,
    /// and goes on from the time of the latest record, which `status` tells.
    pub fn wake(&mut self, now: Millis, reason: ResetReason) {
        self.now = now.0.max(self.logs.restore(&self.nv));
        self.basal = Basal::new(self.now);
        self.sounder = Sounder::new(self.now);
        self.programmed.begin(DAY_MS / 1000, self.now);
        self.timers.tick = self.now;
        self.timers.self_test = self.now + self.settings.self_test_ms;
        self.post_until = self.now + self.settings.post_ms;
        self.wake_up();
        self.restore(reason);
    }

    /// Takes the readings at `now` and says what to drive until the next step. Call it at [`Pump::next_deadline`] and whenever a sensor interrupts; a
    /// step too many does no harm.
    pub fn step(&mut self, now: Millis, input: &Input) -> Output {
        self.now = self.now.max(now.0);
        let before = core::mem::replace(&mut self.input, *input);
        if self.recover {
            self.recover_from_reset();
        }
        // A stroke that is whole counts, whatever else this instant brings.
        if self.motor.stroke.is_some_and(|stroke| self.now >= stroke.until) {
            self.end_stroke();
        }
        if before.magnet != input.magnet || before.telemetry_wake != input.telemetry_wake {
            self.sense_fields(&before);
        }
        if input.catheter_pa >= self.settings.occlusion_pa {
            self.check_occlusion();
        }
        if self.now >= self.slow_due {
            self.slow_tasks();
        }
        if self.now >= self.stroke_due() {
            self.begin_stroke();
        }
        self.deadline = self.slow_due.min(
            self.motor
                .stroke
                .map_or_else(|| self.stroke_due(), |stroke| stroke.until),
        );
        self.driven = self.motor.stroke.is_some();
        Output {
            motor: self.driven,
            tone: self.sounder.tone,
            watchdog_kick: core::mem::take(&mut self.kick),
            set_rtc: self.set_rtc.take(),
            reset: core::mem::take(&mut self.reset_wanted),
        }
    }

    /// When [`Pump::step`] must be called next; never more than a minute away. It may be `now` after a command.
    pub const fn next_deadline(&self) -> Millis {
        Millis(self.deadline)
    }

    /// Makes the next step look at everything, and asks for it at once.
    pub(crate) const fn wake_up(&mut self) {
        self.slow_due = self.now;
        self.deadline = self.now;
    }

    pub(crate) const fn set_slow_due(&mut self, at: u64) {
        self.slow_due = at;
    }

    /// Whether the pump was built with that defect; a constant false without the feature.
    #[inline]
    pub(crate) fn defect(&self, defect: Defect) -> bool {
        self.settings.has(defect)
    }

    pub(crate) fn rx(&self) -> Option<&Prescription> {
        self.in_force.as_ref().map(|in_force| &in_force.rx)
    }

    pub(crate) fn rx_or(&self, key: Key, default: u32) -> u64 {
        self.rx().map_or(u64::from(default), |rx| rx.or(key, default))
    }

    pub(crate) fn mode(&self) -> Mode {
        self.rx().map_or(Mode::None, Prescription::mode)
    }

    /// Logs and sends an event.
    pub(crate) fn event(&mut self, what: What) {
        if self.logs.event(&mut self.nv, self.now, what) {
            self.after_write();
        } else {
            self.raise(AlarmId::LogWriteFailed);
        }
    }

    /// Logs and sends a dose entry.
    pub(crate) fn entry(&mut self, cause: DoseCause) {
        let volumes = &self.state.volumes;
        // Every stroke is of one class, whatever happened to it and to the pump.
        debug_assert_eq!(volumes.sum(), self.state.strokes.saturating_mul(STROKE_NL));
        let entry = DoseEntry {
            n: 0,
            t: Millis(self.now),
            cause,
            mode: if self.state.state == State::MinimumRate {
                Mode::Minimum
            } else {
                self.mode()
            },
            rate: NlPerDay(self.basal.rate()),
            basal: Nl(volumes.basal),
            patient: Nl(volumes.of(BolusKind::Patient)),
            periodic: Nl(volumes.of(BolusKind::Periodic)),
            clinician: Nl(volumes.of(BolusKind::Clinician)),
            prime: Nl(volumes.of(BolusKind::Prime)),
            bridge: Nl(volumes.of(BolusKind::Bridge)),
            strokes: self.state.strokes,
            reservoir: Nl(self.state.reservoir),
        };
        if self.logs.dose(&mut self.nv, entry) {
            self.after_write();
        } else {
            self.raise(AlarmId::LogWriteFailed);
        }
        self.unsaved = true;
        self.wake_up();
    }

    /// A write worked: whatever was lost before it is a gap that the log should show.
    fn after_write(&mut self) {
        if self.logs.lost > 0 {
            let lost = core::mem::take(&mut self.logs.lost);
            if !self.logs.event(&mut self.nv, self.now, What::LogGap { lost }) {
                self.logs.lost += lost;
            }
        }
    }

    /// Whether there is an event or a dose entry for the line.
    pub fn has_news(&self) -> bool {
        !(self.logs.events.is_empty() && self.logs.doses.is_empty())
    }

    /// The next event for the line.
    pub fn next_event(&mut self) -> Option<Event> {
        self.logs.events.pop()
    }

    /// The next dose entry for the line.
    pub fn next_dose_entry(&mut self) -> Option<DoseEntry> {
        self.logs.doses.pop()
    }

    /// Stored dose entries from number `from` on; gaps are entries that could not be written or were overwritten.
    pub fn dose_log(&self, from: u32) -> impl Iterator<Item = DoseEntry> + '_ {
        let (first, last) = self.dose_log_bounds();
        (from.max(first)..=last).filter_map(|n| logs::read_dose(&self.nv, n))
    }

    /// First and last number of the dose ring; none: the last is before the first.
    pub const fn dose_log_bounds(&self) -> (u32, u32) {
        logs::bounds(self.logs.next_dose, DOSE_RING)
    }

    /// Stored events from number `from` on.
    pub fn event_log(&self, from: u32) -> impl Iterator<Item = Event> + '_ {
        let (first, last) = self.event_log_bounds();
        (from.max(first)..=last).filter_map(|n| logs::read_event(&self.nv, n))
    }

    /// First and last number of the event ring; none: the last is before the first.
    pub const fn event_log_bounds(&self) -> (u32, u32) {
        logs::bounds(self.logs.next_event, EVENT_RING)
    }

    /// What the pump is doing.
    pub fn status(&self) -> Status {
        Status {
            state: self.state.state,
            mode: self.mode(),
            rate: NlPerDay(self.basal.rate()),
            bolus: self.state.bolus.map(|bolus| bolus.kind),
            battery_mv: self.battery.filtered_mv(),
            life: self.state.life,
            reservoir: Nl(self.state.reservoir),
            session_open: self.session.is_some(),
            tone: self.sounder.tone,
            muted: self.sounder.muted_until.is_some(),
            lockout: Seconds(self.lockout_left_ms().div_ceil(1000)),
            stalls: self.state.stalls,
            rtc: self.clock.now(self.now),
            now: Millis(self.now),
        }
    }

    /// What was delivered since first power.
    pub fn totals(&self) -> Totals {
        let volumes = &self.state.volumes;
        Totals {
            basal: Nl(volumes.basal),
            patient: Nl(volumes.of(BolusKind::Patient)),
            periodic: Nl(volumes.of(BolusKind::Periodic)),
            clinician: Nl(volumes.of(BolusKind::Clinician)),
            prime: Nl(volumes.of(BolusKind::Prime)),
            bridge: Nl(volumes.of(BolusKind::Bridge)),
            total: Nl(self.state.strokes.saturating_mul(STROKE_NL)),
            strokes: self.state.strokes,
            reservoir: Nl(self.state.reservoir),
        }
    }

    /// When the pump needs somebody, as far as it knows.
    pub fn forecast(&self) -> Forecast {
        let weekly_nl = match (self.state.state, self.rx()) {
            (State::Running, Some(rx)) => forecast::weekly_nl(rx),
            (State::MinimumRate, _) => u64::from(self.settings.minimum_rate_nl_d) * 7,
            _ => 0,
        };
        let left_nl = self.state.reservoir.saturating_sub(self.low_nl());
        let eri_at = self.state.eri_at;
        Forecast {
            refill: forecast::refill_at(self.clock.now(self.now), left_nl, weekly_nl),
            eri: eri_at.map(|at| self.civil(at)),
            eos: eri_at.map(|_| self.civil(self.eos_at())),
        }
    }

    /// The staged fields in the order of the read-back; none without a session.
    pub fn staged_fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.session.iter().flat_map(|session| session.draft.fields())
    }

    /// The committed fields in the order of the read-back; none without a prescription.
    pub fn prescription_fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.in_force.iter().flat_map(|in_force| in_force.rx.fields())
    }

    /// CRC-32 over the read-back text of the staged fields.
    pub fn staged_crc32(&self) -> u32 {
        field_text::crc32(self.staged_fields(), self.settings.library)
    }

    /// CRC-32 over the read-back text of the prescription in force, if there is one.
    pub fn prescription_crc32(&self) -> Option<u32> {
        self.in_force.as_ref().map(|in_force| in_force.crc32)
    }

    /// The drugs that can be prescribed; a [`crate::command::DrugId`] is a place in it.
    pub const fn library(&self) -> &'static [Drug] {
        self.settings.library
    }

    /// Limits and defaults of this pump.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The lasting memory.
    pub const fn nv(&self) -> &N {
        &self.nv
    }

    /// The lasting memory, for a test that damages it.
    pub const fn nv_mut(&mut self) -> &mut N {
        &mut self.nv
    }

    /// Gives the lasting memory back: what a reset does to the pump.
    pub fn into_nv(self) -> N {
        self.nv
    }
}
