//! One simulated pump: firmware, plant, line, memory and watchdog in one deterministic value.
//!
//! Time stands still between calls; [`Machine::run_until`] jumps from one deadline to the next. While the core is halted by a probe the pump's time stands
//! still as well, and with it plant and watchdog: a halt can never change a dose.

mod line;
mod power;
mod probe;

use stub_plant::{BROWN_OUT_MV, Drive, Plant, PlantSettings, Sensors};
use stub_pump::io::{Input, ResetReason, Tone};
use stub_pump::line::LineServer;
use stub_pump::record::Cause;
use stub_pump::settings::Settings;
use stub_pump::units::{Millis, Seconds};

use self::line::{IDENTITY, TX_BYTES};
use self::power::Core;
use crate::block::SCRATCH_BYTES;
use crate::cpu::{Cpu, symbol};
use crate::faults::Slots;
use crate::nv::MemoryNv;

/// Time without a kick after which the hardware watchdog resets the processor, in milliseconds.
pub const WATCHDOG_MS: u64 = 90_000;

/// What a machine is made of.
#[derive(Clone, Debug)]
pub struct MachineSettings {
    /// Seed of everything random: intermittent faults and serial noise.
    pub seed: u64,
    /// The firmware's limits and defaults.
    pub pump: Settings,
    /// The plant; its `start_rtc_s` is the civil time at first power.
    pub plant: PlantSettings,
}

impl Default for MachineSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            pump: Settings::default(),
            plant: PlantSettings::default(),
        }
    }
}

/// Why [`Machine::run_until`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Time is where it was to run to.
    Fence,
    /// Bytes were sent at this instant, and everything that is due at it was done.
    Output,
    /// The core is halted; time stands where it was halted.
    Halted {
        /// Program counter.
        pc: u32,
    },
}

/// One simulated pump.
pub struct Machine {
    settings: MachineSettings,
    core: Core,
    pub(crate) plant: Plant,
    line: LineServer<TX_BYTES>,
    pub(crate) cpu: Cpu,
    slots: Slots,
    /// Bytes that left the pump and were not taken yet.
    out: Vec<u8>,
    pub(crate) now_ms: u64,
    pub(crate) fence_ms: u64,
    pub(crate) tx_count: u32,
    pub(crate) rx_count: u32,
    pub(crate) heartbeat: u32,
    pub(crate) heartbeat_limit_ms: u32,
    /// The last beat; None once the pump was made safe for want of one.
    last_beat_ms: Option<u64>,
    pub(crate) strokes: u64,
    pub(crate) tone: Tone,
    pub(crate) resets: u32,
    reset_reason: ResetReason,
    last_kick_ms: u64,
    /// The motor driver's one-shot: the main loop hangs, and the coil is still powered until then.
    coil_off_ms: Option<u64>,
    coil_on_ms: u64,
    motor: bool,
    hung: bool,
    /// A sensor interrupt: the firmware must step at this instant.
    interrupt: bool,
    pub(crate) scratch: [u8; SCRATCH_BYTES as usize],
}

impl Machine {
    /// A pump at its first power, at 0 ms.
    #[must_use]
    pub fn new(settings: MachineSettings) -> Self {
        let mut machine = Self {
            core: Core::Down {
                nv: MemoryNv::default(),
                reason: ResetReason::PowerOn,
            },
            plant: Plant::new(settings.seed, settings.plant),
            line: LineServer::new(IDENTITY),
            cpu: Cpu::new(),
            slots: Slots::new(settings.seed),
            out: Vec::new(),
            now_ms: 0,
            fence_ms: 0,
            tx_count: 0,
            rx_count: 0,
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
            scratch: [0; SCRATCH_BYTES as usize],
            settings,
        };
        machine.boot();
        machine
    }

    /// Where the pump's time is, in milliseconds since first power.
    #[must_use]
    pub fn now(&self) -> Millis {
        Millis(self.now_ms)
    }

    /// When the machine next does something by itself; None while it is halted or without supply for good.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Millis> {
        let next_ms = self.next_ms();
        (!self.cpu.halted && next_ms < u64::MAX).then_some(Millis(next_ms))
    }

    /// Runs up to `until`, or to the end of the first instant in which bytes are sent, or to a breakpoint. A time that is past runs what is due now.
    pub fn run_until(&mut self, until: Millis) -> Stop {
        self.fence_ms = until.0;
        loop {
            if self.cpu.halted {
                return Stop::Halted { pc: self.cpu.pc() };
            }
            let next_ms = self.next_ms();
            if next_ms > until.0.max(self.now_ms) || (next_ms > self.now_ms && !self.out.is_empty()) {
                if !self.out.is_empty() {
                    return Stop::Output;
                }
                self.pass(until.0);
                return Stop::Fence;
            }
            self.pass(next_ms);
            self.act();
        }
    }

    fn pass(&mut self, to_ms: u64) {
        if to_ms > self.now_ms {
            self.now_ms = to_ms;
            self.plant.advance(to_ms);
        }
    }

    #[inline]
    fn next_ms(&self) -> u64 {
        let own_ms = match &self.core {
            Core::Up(_) if self.hung => self.coil_off_ms.unwrap_or(u64::MAX),
            Core::Up(_) if self.interrupt => self.now_ms,
            Core::Up(pump) => pump.next_deadline().0,
            Core::Down { .. } if self.plant.browned_out() => u64::MAX,
            Core::Down { .. } => self.now_ms,
        };
        let watchdog_ms = if matches!(self.core, Core::Up(_)) {
            self.last_kick_ms + WATCHDOG_MS
        } else {
            u64::MAX
        };
        let plant_ms = self.plant.next_deadline_ms().unwrap_or(u64::MAX);
        own_ms
            .min(watchdog_ms)
            .min(plant_ms)
            .min(self.beat_due_ms())
            .max(self.now_ms)
    }

    fn beat_due_ms(&self) -> u64 {
        match self.last_beat_ms {
            Some(at_ms) if self.heartbeat_limit_ms > 0 => at_ms + u64::from(self.heartbeat_limit_ms),
            _ => u64::MAX,
        }
    }

    /// Does what is due at this instant.
    fn act(&mut self) {
        if matches!(self.core, Core::Down { .. }) {
            self.boot();
            return;
        }
        if self.now_ms >= self.last_kick_ms + WATCHDOG_MS {
            self.restart(ResetReason::Watchdog);
            return;
        }
        if self.now_ms >= self.beat_due_ms() {
            self.last_beat_ms = None;
            self.make_safe(Cause::Heartbeat);
        }
        if self.hung {
            if self.coil_off_ms.is_some_and(|at_ms| self.now_ms >= at_ms) {
                self.coil_off_ms = None;
                self.drive(false);
            }
            return;
        }
        if self.cpu.has_breakpoints() && self.break_here(symbol::PUMP_STEP) {
            return;
        }
        self.cpu.passed = false;
        self.step();
    }

    /// One step of the firmware on what the sensors show now.
    fn step(&mut self) {
        let sensors = self.plant.sense();
        if sensors.battery_mv < BROWN_OUT_MV {
            self.restart(ResetReason::BrownOut);
            return;
        }
        self.interrupt = false;
        let Core::Up(pump) = &mut self.core else { return };
        let output = pump.step(Millis(self.now_ms), &input(&sensors));
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
            if self.plant.browned_out() {
                self.speak();
                self.restart(ResetReason::BrownOut);
                return;
            }
        }
        self.speak();
        if output.reset {
            self.restart(ResetReason::Software);
        } else if begins && self.cpu.has_breakpoints() {
            self.break_here(symbol::MOTOR_STROKE);
        }
    }

    fn drive(&mut self, motor: bool) {
        self.motor = motor;
        self.plant.drive(Drive { motor });
    }

    /// Halts at `addr` if a breakpoint stands there that was not passed.
    fn break_here(&mut self, addr: u32) -> bool {
        let breaks = self.cpu.breaks_at(addr) && !self.cpu.passed;
        if breaks {
            self.cpu.halt_at(addr);
        }
        breaks
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
