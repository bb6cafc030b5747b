//! The machine around the stub pump, wherever it runs: fenced time, boot and resets, watchdog, supply, heartbeat, and the fault switches of the test block.
//!
//! [`Bench`] is what a reset of the processor leaves as it is; [`Shell`] is what differs between the simulator and a chip: how the firmware is started and
//! stopped, and where bytes go. Time stands still between calls; [`Bench::run_until`] jumps from one deadline to the next, so that the same calls give the
//! same bytes everywhere.
//!
//! Nothing here ever decides what the pump does, or looks at a timer: it moves time, readings and drives between firmware and plant.
#![no_std]

mod faults;
mod shell;

pub use faults::{FLASH_WRITE_FAILURE, Faults, Slot};
pub use shell::Shell;

use stub_plant::{BROWN_OUT_MV, Drive, Plant, PlantSettings, STROKE_MS, Sensors, Truth};
use stub_pump::io::{Input, ResetReason, Tone};
use stub_pump::nv;
use stub_pump::units::{Millis, Seconds};
use stub_pump::vocabulary::Cause;

/// Time without a kick after which the hardware watchdog resets the processor, in milliseconds.
pub const WATCHDOG_MS: u64 = 90_000;

/// Why [`Bench::run_until`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Time is where it was to run to.
    Fence,
    /// Bytes were sent at this instant, and everything that is due at it was done.
    Output,
    /// The core is halted.
    Halted,
}

/// What outlives a reset of the processor.
#[derive(Clone, Debug)]
pub struct Bench {
    plant: Plant,
    faults: Faults,
    now_ms: u64,
    /// Why the firmware starts next; None while it is up.
    pending: Option<ResetReason>,
    heartbeat: u32,
    heartbeat_limit_ms: u32,
    /// The last beat; None once the pump was made safe for want of one.
    last_beat_ms: Option<u64>,
    strokes: u64,
    tone: Tone,
    resets: u32,
    reset_reason: ResetReason,
    last_kick_ms: u64,
    /// The motor driver's one-shot: the main loop hangs, and the coil is still powered until then.
    coil_off_ms: Option<u64>,
    coil_on_ms: u64,
    motor: bool,
    hung: bool,
    /// A sensor interrupt: the firmware must step at this instant.
    interrupt: bool,
}

impl Bench {
    /// A bench before the pump's first power, at 0 ms: [`Bench::boot`] it.
    #[must_use]
    pub fn new(seed: u64, plant: PlantSettings) -> Self {
        Self {
            plant: Plant::new(seed, plant),
            faults: Faults::new(seed),
            now_ms: 0,
            pending: Some(ResetReason::PowerOn),
            heartbeat: 0,
            heartbeat_limit_ms: 0,
            last_beat_ms: Some(0),
            strokes: 0,
            tone: Tone::Silent,
            resets: 0,
            reset_reason: ResetReason::PowerOn,
            last_kick_ms: 0,
            coil_off_ms: None,
            coil_on_ms: 0,
            motor: false,
            hung: false,
            interrupt: false,
        }
    }

    /// Where the pump's time is, in milliseconds since first power.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Whether the firmware is up; else it is held in reset.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.pending.is_none()
    }

    /// Runs up to `until_ms`, or to the end of the first instant in which bytes are sent. A time that is past runs what is due now.
    pub fn run_until(&mut self, shell: &mut impl Shell, until_ms: u64) -> Stop {
        loop {
            if let Some(stop) = self.run_a_while(shell, until_ms, u32::MAX) {
                return stop;
            }
        }
    }

    /// As [`Bench::run_until`], but at most so many steps: `None` where that is not the end. Firmware may be busy for ever, with time standing or nearly so.
    pub fn run_a_while(&mut self, shell: &mut impl Shell, until_ms: u64, steps: u32) -> Option<Stop> {
        for _ in 0..steps {
            if shell.is_halted() {
                return Some(Stop::Halted);
            }
            let until_ms = shell.granted_ms(until_ms);
            let next_ms = self.next_ms(shell);
            if next_ms > until_ms.max(self.now_ms) || (next_ms > self.now_ms && shell.has_output()) {
                if shell.has_output() {
                    return Some(Stop::Output);
                }
                self.pass(shell, until_ms);
                return Some(Stop::Fence);
            }
            self.pass(shell, next_ms);
            self.act(shell);
        }
        None
    }

    fn pass(&mut self, shell: &mut impl Shell, to_ms: u64) {
        if to_ms > self.now_ms {
            self.now_ms = to_ms;
            shell.time_passed(Millis(to_ms));
            self.plant.advance(to_ms);
        }
    }

    /// When something is due next by itself; `u64::MAX` without supply for good.
    #[inline]
    pub fn next_ms(&self, shell: &impl Shell) -> u64 {
        let plant_ms = self.plant.next_deadline_ms().unwrap_or(u64::MAX);
        let own_ms = if !self.is_up() {
            if self.plant.browned_out() {
                u64::MAX
            } else {
                self.now_ms
            }
        } else {
            let own_ms = if self.hung {
                self.coil_off_ms.unwrap_or(u64::MAX)
            } else if self.interrupt {
                self.now_ms
            } else {
                shell.next_deadline().0
            };
            own_ms.min(self.last_kick_ms + WATCHDOG_MS)
        };
        own_ms.min(plant_ms).min(self.beat_due_ms()).max(self.now_ms)
    }

    fn beat_due_ms(&self) -> u64 {
        match self.last_beat_ms {
            Some(at_ms) if self.heartbeat_limit_ms > 0 => at_ms + u64::from(self.heartbeat_limit_ms),
            _ => u64::MAX,
        }
    }

    /// Does what is due at this instant.
    fn act(&mut self, shell: &mut impl Shell) {
        if !self.is_up() {
            self.boot(shell);
            return;
        }
        if self.now_ms >= self.last_kick_ms + WATCHDOG_MS {
            self.restart(shell, ResetReason::Watchdog);
            return;
        }
        if self.now_ms >= self.beat_due_ms() {
            self.last_beat_ms = None;
            self.make_safe(shell, Cause::Heartbeat);
        }
        if self.hung {
            if self.coil_off_ms.is_some_and(|at_ms| self.now_ms >= at_ms) {
                self.coil_off_ms = None;
                self.drive(false);
            }
            return;
        }
        if shell.may_step() {
            self.step(shell);
        }
    }

    /// One step of the firmware on what the sensors show now.
    fn step(&mut self, shell: &mut impl Shell) {
        let sensors = self.plant.sense();
        if sensors.battery_mv < BROWN_OUT_MV {
            self.restart(shell, ResetReason::BrownOut);
            return;
        }
        self.interrupt = false;
        let output = shell.step(Millis(self.now_ms), &input(&sensors));
        if output.watchdog_kick {
            self.last_kick_ms = self.now_ms;
        }
        if let Some(Seconds(rtc_s)) = output.set_rtc {
            self.plant.set_rtc(rtc_s);
        }
        self.tone = output.tone;
        let begins = output.motor && !self.motor;
        self.drive(output.motor);
        if begins {
            self.strokes += 1;
            self.coil_on_ms = self.now_ms;
        }
        let collapsed = begins && self.plant.browned_out();
        // Bytes of this step were on their way before the coil pulled the supply down.
        shell.speak(&mut self.faults);
        if collapsed {
            self.restart(shell, ResetReason::BrownOut);
        } else if output.reset {
            self.restart(shell, ResetReason::Software);
        } else if begins {
            shell.stroke_began();
        }
    }

    fn drive(&mut self, motor: bool) {
        self.motor = motor;
        self.plant.drive(Drive { motor });
    }

    /// Starts the firmware if it is not up and there is supply.
    pub fn boot(&mut self, shell: &mut impl Shell) {
        if self.plant.browned_out() {
            return;
        }
        let Some(reason) = self.pending.take() else { return };
        self.reset_reason = reason;
        self.last_kick_ms = self.now_ms;
        let refusing = self.faults.is_on(FLASH_WRITE_FAILURE);
        let at = shell.boot(Millis(self.now_ms), reason, refusing);
        self.pass(shell, at.0);
        shell.speak(&mut self.faults);
    }

    /// Stops the firmware; it starts again at this instant, or when the supply is back.
    pub fn restart(&mut self, shell: &mut impl Shell, reason: ResetReason) {
        self.fall(reason);
        shell.stop(reason);
    }

    /// What a reset does to everything but the processor.
    pub fn fall(&mut self, reason: ResetReason) {
        self.drive(false);
        self.tone = Tone::Silent;
        self.hung = false;
        self.faults.slots[faults::MAIN_LOOP_HANG].effect = 0;
        self.coil_off_ms = None;
        self.interrupt = false;
        // The count lies in RAM that only the loss of power clears.
        if reason == ResetReason::PowerOn {
            self.resets = 0;
        }
        self.resets = self.resets.wrapping_add(1);
        self.pending = Some(reason);
    }

    /// Bytes arrived, behind [`Faults::receive`], and are answered at this instant. A processor that is halted, hung or without supply loses them.
    pub fn receive(&mut self, shell: &mut impl Shell, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.is_up() && !self.hung && !shell.is_halted() {
            let (taken, added) = shell.receive(Millis(self.now_ms), bytes);
            bytes = &bytes[taken..];
            if let Some(added) = added {
                self.plant.refill(added.0);
            }
            shell.speak(&mut self.faults);
        }
    }

    fn make_safe(&mut self, shell: &mut impl Shell, cause: Cause) {
        if self.is_up() {
            shell.go_safe(Millis(self.now_ms), cause);
            shell.speak(&mut self.faults);
        }
    }

    /// The harness wants the pump safe.
    pub fn go_safe(&mut self, shell: &mut impl Shell) {
        self.make_safe(shell, Cause::Command);
    }

    /// The harness wrote the heartbeat: any change is a beat.
    pub fn beat(&mut self, value: u32) {
        if value != self.heartbeat {
            self.heartbeat = value;
            self.last_beat_ms = Some(self.now_ms);
        }
    }

    /// The harness wrote the heartbeat's limit.
    pub fn set_heartbeat_limit(&mut self, limit_ms: u32) {
        self.heartbeat_limit_ms = limit_ms;
        self.last_beat_ms = Some(self.now_ms);
    }

    /// The heartbeat and its limit in milliseconds, as they were written last.
    #[must_use]
    pub fn heartbeat(&self) -> (u32, u32) {
        (self.heartbeat, self.heartbeat_limit_ms)
    }

    /// The faults of the line, and the switches.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// The harness wrote a parameter.
    pub fn set_param(&mut self, slot: usize, param: i32) {
        self.faults.slots[slot].param = param;
    }

    /// The harness switched a fault on or off; it acts at this instant. Call [`Bench::after_switches`] behind the last.
    pub fn switch(&mut self, shell: &mut impl Shell, slot: usize, switch: u32) {
        let was_on = self.faults.is_on(slot);
        self.faults.slots[slot].switch = switch;
        let on = switch != 0;
        if !on && !was_on {
            return;
        }
        if faults::is_shells(slot) {
            self.faults.slots[slot].effect = u32::from(on);
            self.switch_shells(shell, slot, on);
        } else if on {
            let param = self.faults.slots[slot].param;
            self.plant.set_fault(slot, param);
        } else {
            self.plant.clear_fault(slot);
        }
        // Hall sensor, telemetry coil and supply monitor interrupt the processor.
        self.interrupt = true;
    }

    fn switch_shells(&mut self, shell: &mut impl Shell, slot: usize, on: bool) {
        match slot {
            faults::MEMORY_BIT_FLIP if on => self.flip(shell),
            faults::MAIN_LOOP_HANG if on => {
                self.hung = true;
                self.faults.acted(slot);
                self.coil_off_ms = self.motor.then_some(self.coil_on_ms + STROKE_MS);
            }
            faults::MAIN_LOOP_HANG => self.hung = false,
            FLASH_WRITE_FAILURE => shell.refuse_writes(on),
            _ => self.faults.refresh(),
        }
    }

    /// Flips a bit of the stored prescription: of copy A, or of B behind it, or of both.
    fn flip(&mut self, shell: &mut impl Shell) {
        const BOTH: usize = 100_000;
        let state = &mut self.faults.slots[faults::MEMORY_BIT_FLIP];
        let bit = state.param.max(0).cast_unsigned() as usize;
        let (a, b) = (nv::Slot::PrescriptionA, nv::Slot::PrescriptionB);
        let flipped = if bit >= BOTH {
            let flipped = (shell.flip(a, bit - BOTH), shell.flip(b, bit - BOTH));
            flipped.0.is_ok() && flipped.1.is_ok()
        } else {
            shell.flip(a, bit).or_else(|bits| shell.flip(b, bit - bits)).is_ok()
        };
        state.effect = u32::from(flipped);
        state.count = state.count.wrapping_add(u32::from(flipped));
    }

    /// A supply that went away with a fault takes the processor down at once.
    pub fn after_switches(&mut self, shell: &mut impl Shell) {
        if self.is_up() && self.plant.browned_out() {
            self.restart(shell, ResetReason::BrownOut);
        }
    }

    /// A slot as the block shows it.
    #[must_use]
    pub fn slot(&self, shell: &impl Shell, slot: usize) -> Slot {
        let mut state = self.faults.slots[slot];
        if !faults::is_shells(slot) {
            state.effect = self.plant.effect(slot);
            state.count = self.plant.count(slot);
        } else if slot == FLASH_WRITE_FAILURE {
            state.count = shell.refused_writes();
        }
        state
    }

    /// What is really so in the plant.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.plant.truth()
    }

    /// Motor strokes that the pump commanded.
    #[must_use]
    pub fn strokes(&self) -> u64 {
        self.strokes
    }

    /// What sounds, as the block's code.
    #[must_use]
    pub fn tone_code(&self) -> u32 {
        match self.tone {
            Tone::Silent => 0,
            Tone::Critical => 1,
            Tone::NonCritical => 2,
            Tone::Test => 3,
        }
    }

    /// Resets since power-on.
    #[must_use]
    pub fn resets(&self) -> u32 {
        self.resets
    }

    /// Why the firmware started last, as the block's code.
    #[must_use]
    pub fn reset_reason_code(&self) -> u32 {
        match self.reset_reason {
            ResetReason::PowerOn => 0,
            ResetReason::Watchdog => 1,
            ResetReason::BrownOut => 2,
            ResetReason::Software => 3,
            ResetReason::Debug => 4,
        }
    }
}

fn input(sensors: &Sensors) -> Input {
    Input {
        rtc: Seconds(sensors.rtc_s),
        encoder_edges: sensors.encoder_edges,
        battery_mv: sensors.battery_mv,
        catheter_pa: sensors.catheter_pa,
        reservoir_pa: sensors.reservoir_pa,
        motor_ua: sensors.motor_ua,
        magnet: sensors.magnet,
        telemetry_wake: sensors.telemetry_wake,
        temperature_mc: sensors.temperature_mc,
    }
}
