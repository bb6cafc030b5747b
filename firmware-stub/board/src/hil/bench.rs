//! What outlives a reset of the processor: the plant, the pump's time, and what the harness switched. The simulator's machine, step for step.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use stub_plant::{BROWN_OUT_MV, Drive, Plant, PlantSettings, STROKE_MS, Sensors};
use stub_pump::Pump;
use stub_pump::crc::Crc32;
use stub_pump::io::{Input, ResetReason, Tone};
use stub_pump::line::{LineServer, reset_reason};
use stub_pump::nv::Slot;
use stub_pump::record::Cause;
use stub_pump::units::{Millis, Seconds};
use stub_store::Store;

use super::block::{self, COUNT, EFFECT};
use super::faults::{self, Faults, SHELL};
use super::marks;
use super::memory::Memory;
use crate::flash::Pages;
use crate::{BUILD, LINE_TX, WATCHDOG_S, log, uart};

const WATCHDOG_MS: u64 = WATCHDOG_S as u64 * 1000;

/// Says that a bench is in its place, made by this very build.
#[unsafe(link_section = ".uninit.BENCH_TOKEN")]
static TOKEN: AtomicU32 = AtomicU32::new(0);

/// What a reset stops and starts.
pub struct Firmware {
    pub pump: &'static mut Pump<Memory>,
    pub line: &'static mut LineServer<LINE_TX>,
    /// It was started; else the processor is held in reset.
    pub up: bool,
}

/// Why time came to a stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Fence,
    Output,
}

pub struct Bench {
    plant: Plant,
    faults: Faults,
    pub now_ms: u64,
    /// Time goes by the harness's grants, and no more by TIMER0.
    pub fenced: bool,
    /// Why the processor starts next; None once it did.
    pending: Option<ResetReason>,
    /// Bytes left since the grant began.
    sent: bool,
    heartbeat: u32,
    heartbeat_limit_ms: u32,
    /// The last beat; None once the pump was made safe for want of one.
    last_beat_ms: Option<u64>,
    strokes: u64,
    tone: Tone,
    last_kick_ms: u64,
    /// The motor driver's one-shot: the main loop hangs, and the coil is still powered until then.
    coil_off_ms: Option<u64>,
    coil_on_ms: u64,
    motor: bool,
    hung: bool,
    /// A sensor interrupt: the firmware must step at this instant.
    interrupt: bool,
    overruns: u32,
}

impl Bench {
    // Not inlined: each of these takes room on a stack that has little.

    /// The bench that was there before this reset, or a new one at its first power; the store is mounted.
    #[inline(never)]
    pub fn take_up(place: &'static mut MaybeUninit<Self>, store: &mut Store<Pages>) -> &'static mut Self {
        let token = Crc32::of(BUILD.as_bytes());
        if block::is_there() && TOKEN.load(Relaxed) == token {
            // SAFETY: the token is written behind a bench of this build, and taken away with nothing but the power.
            let bench = unsafe { place.assume_init_mut() };
            store.mount();
            if block::get(block::FIRST) == block::POWER {
                block::make();
                block::put(block::FIRST, 0);
                bench.fall(ResetReason::PowerOn);
            } else if bench.pending.is_none() {
                // Nobody here asked for it: a probe did.
                bench.fall(ResetReason::Debug);
            }
            return bench;
        }
        block::make();
        let first = block::get(block::FIRST);
        let prepared = first == block::PREPARED || first == block::PREPARED_NEW;
        if first == block::PREPARED_NEW && store.wipe().is_err() {
            log!("flash: a page was not erased");
        }
        store.mount();
        // Only now: a reset in between begins anew.
        block::put(block::FIRST, 0);
        let mut settings = PlantSettings::default();
        let mut seed = 1;
        if prepared {
            seed = block::get64(block::FIRST_SEED);
            settings.start_rtc_s = u64::from(block::get(block::FIRST_RTC));
        }
        let bench = place.write(Self {
            plant: Plant::new(seed, settings),
            faults: Faults::new(seed),
            now_ms: 0,
            fenced: prepared,
            // RAM that is lost is power that was.
            pending: Some(ResetReason::PowerOn),
            sent: false,
            heartbeat: 0,
            heartbeat_limit_ms: 0,
            last_beat_ms: Some(0),
            strokes: 0,
            tone: Tone::Silent,
            last_kick_ms: 0,
            coil_off_ms: None,
            coil_on_ms: 0,
            motor: false,
            hung: false,
            interrupt: false,
            overruns: 0,
        });
        TOKEN.store(token, Relaxed);
        bench
    }

    /// Runs up to `until_ms`, or to the end of the first instant in which bytes are sent. A time that is past runs what is due now.
    #[inline(never)]
    pub fn run_until(&mut self, firmware: &mut Firmware, until_ms: u64) -> Stop {
        loop {
            // A probe that held the core takes back what it granted.
            let until_ms = if self.fenced {
                until_ms.min(block::get64(block::FENCE))
            } else {
                until_ms
            };
            let next_ms = self.next_ms(firmware);
            if next_ms > until_ms.max(self.now_ms) || (next_ms > self.now_ms && self.sent) {
                if core::mem::take(&mut self.sent) {
                    return Stop::Output;
                }
                self.pass(until_ms);
                return Stop::Fence;
            }
            self.pass(next_ms);
            self.act(firmware);
        }
    }

    fn pass(&mut self, to_ms: u64) {
        if to_ms > self.now_ms {
            self.now_ms = to_ms;
            block::put64(block::NOW, to_ms);
            self.plant.advance(to_ms);
        }
    }

    pub fn next_ms(&self, firmware: &Firmware) -> u64 {
        let own_ms = if !firmware.up {
            if self.plant.browned_out() {
                u64::MAX
            } else {
                self.now_ms
            }
        } else if self.hung {
            self.coil_off_ms.unwrap_or(u64::MAX)
        } else if self.interrupt {
            self.now_ms
        } else {
            firmware.pump.next_deadline().0
        };
        let watchdog_ms = if firmware.up {
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
    fn act(&mut self, firmware: &mut Firmware) {
        if !firmware.up {
            self.boot(firmware);
            return;
        }
        if self.now_ms >= self.last_kick_ms + WATCHDOG_MS {
            self.restart(ResetReason::Watchdog);
        }
        if self.now_ms >= self.beat_due_ms() {
            self.last_beat_ms = None;
            self.make_safe(firmware, Cause::Heartbeat);
        }
        if self.hung {
            if self.coil_off_ms.is_some_and(|at_ms| self.now_ms >= at_ms) {
                self.coil_off_ms = None;
                self.drive(false);
            }
            return;
        }
        self.step(firmware);
    }

    /// One step of the firmware on what the sensors show now.
    fn step(&mut self, firmware: &mut Firmware) {
        let sensors = self.plant.sense();
        if sensors.battery_mv < BROWN_OUT_MV {
            self.restart(ResetReason::BrownOut);
        }
        self.interrupt = false;
        let output = marks::pump_step(firmware.pump, Millis(self.now_ms), &input(&sensors));
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
            marks::motor_stroke();
            self.strokes += 1;
            self.coil_on_ms = self.now_ms;
            if self.plant.browned_out() {
                self.speak(firmware);
                self.restart(ResetReason::BrownOut);
            }
        }
        self.speak(firmware);
        if output.reset {
            self.restart(ResetReason::Software);
        }
    }

    fn drive(&mut self, motor: bool) {
        self.motor = motor;
        self.plant.drive(Drive { motor });
    }

    /// Starts the firmware if there is supply.
    pub fn boot(&mut self, firmware: &mut Firmware) {
        if self.plant.browned_out() {
            return;
        }
        let Some(reason) = self.pending.take() else { return };
        // The codes of the block are the places in the enum.
        block::put(block::RESET_REASON, reason as u32);
        self.last_kick_ms = self.now_ms;
        let memory = firmware.pump.nv_mut();
        memory.refusing = self.faults.is_on(faults::FLASH_WRITE_FAILURE);
        memory.refused = block::get(block::slot(faults::FLASH_WRITE_FAILURE, COUNT));
        firmware.pump.wake(Millis(self.now_ms), reason);
        firmware.up = true;
        // At power after the RAM was lost too: the pump knows from its records how late it is.
        self.pass(firmware.pump.status().now.0);
        self.speak(firmware);
    }

    /// What a reset does to everything but the processor.
    fn fall(&mut self, reason: ResetReason) {
        self.drive(false);
        self.tone = Tone::Silent;
        self.hung = false;
        block::put(block::slot(faults::MAIN_LOOP_HANG, EFFECT), 0);
        self.coil_off_ms = None;
        self.interrupt = false;
        block::put(block::RESETS, block::get(block::RESETS).wrapping_add(1));
        self.pending = Some(reason);
    }

    /// Resets the processor; it starts again at this instant, or when the supply is back.
    fn restart(&mut self, reason: ResetReason) -> ! {
        self.fall(reason);
        while !uart::is_sent() {}
        log!("reset: {}", reset_reason(reason));
        cortex_m::peripheral::SCB::sys_reset()
    }

    /// Takes what arrived, at the present instant. A processor that hangs or has no supply loses it.
    #[inline(never)]
    pub fn receive(&mut self, firmware: &mut Firmware) {
        let mut buffer = [0; 32];
        loop {
            let overruns = uart::overruns();
            if overruns != self.overruns {
                log!("uart: {} overruns", overruns);
                self.overruns = overruns;
                block::put(block::OVERRUNS, overruns);
                firmware.line.overrun();
            }
            let count = uart::take(&mut buffer);
            if count == 0 {
                return;
            }
            block::put(block::RX_COUNT, block::get(block::RX_COUNT).wrapping_add(count as u32));
            for byte in &mut buffer[..count] {
                *byte = self.faults.receive(*byte);
            }
            let mut bytes = &buffer[..count];
            while !bytes.is_empty() && firmware.up && !self.hung {
                let taken = firmware.line.receive(Millis(self.now_ms), bytes, firmware.pump);
                bytes = &bytes[taken..];
                if let Some(added) = firmware.line.take_refill() {
                    self.plant.refill(added.0);
                }
                self.speak(firmware);
            }
        }
    }

    /// Lets the line say what there is to say, and sends it. The pump's time stands still until it is on the wire.
    fn speak(&mut self, firmware: &mut Firmware) {
        if firmware.up && !firmware.line.is_idle(firmware.pump) {
            self.say(firmware);
        }
    }

    #[inline(never)] // Mostly there is nothing to say.
    fn say(&mut self, firmware: &mut Firmware) {
        loop {
            firmware.line.poll(firmware.pump, marks::on_event);
            let bytes = firmware.line.front();
            let count = bytes.len();
            if count == 0 {
                return;
            }
            for &byte in bytes {
                let Some(byte) = self.faults.transmit(byte) else {
                    continue;
                };
                // Counted before it can be read.
                block::put(block::TX_COUNT, block::get(block::TX_COUNT).wrapping_add(1));
                self.sent = true;
                while uart::send(&[byte]) == 0 {}
            }
            firmware.line.sent(count);
        }
    }

    fn make_safe(&mut self, firmware: &mut Firmware, cause: Cause) {
        if firmware.up {
            firmware.pump.go_safe(Millis(self.now_ms), cause);
        }
        self.speak(firmware);
    }

    /// Does what the harness wrote into the block.
    #[inline(never)]
    pub fn look(&mut self, firmware: &mut Firmware) {
        let limit_ms = block::get(block::HEARTBEAT_LIMIT);
        if limit_ms != self.heartbeat_limit_ms {
            self.heartbeat_limit_ms = limit_ms;
            self.last_beat_ms = Some(self.now_ms);
        }
        let heartbeat = block::get(block::HEARTBEAT);
        if heartbeat != self.heartbeat {
            self.heartbeat = heartbeat;
            self.last_beat_ms = Some(self.now_ms);
        }
        if block::get(block::GO_SAFE) != 0 {
            self.make_safe(firmware, Cause::Command);
            block::put(block::GO_SAFE, 0);
        }
        let mut changed = false;
        while let Some((slot, switch, param, was_on)) = self.faults.changed() {
            if switch != 0 || was_on {
                self.switch(firmware, slot, switch != 0, param);
                changed = true;
            }
        }
        if changed {
            if firmware.up && self.plant.browned_out() {
                self.restart(ResetReason::BrownOut);
            }
            self.publish(firmware);
        }
    }

    /// Switches a fault on or off at this instant.
    fn switch(&mut self, firmware: &mut Firmware, slot: usize, on: bool, param: i32) {
        if SHELL.contains(&slot) {
            block::put(block::slot(slot, EFFECT), u32::from(on));
            match slot {
                faults::MEMORY_BIT_FLIP if on => flip(firmware, param),
                faults::MAIN_LOOP_HANG => {
                    self.hung = on;
                    if on {
                        Faults::acted(slot);
                        self.coil_off_ms = self.motor.then_some(self.coil_on_ms + STROKE_MS);
                    }
                }
                faults::FLASH_WRITE_FAILURE => firmware.pump.nv_mut().refusing = on,
                _ => {}
            }
        } else if on {
            self.plant.set_fault(slot, param);
        } else {
            self.plant.clear_fault(slot);
        }
        // Hall sensor, telemetry coil and supply monitor interrupt the processor.
        self.interrupt = true;
    }

    /// Brings the block up to this instant.
    #[inline(never)]
    pub fn publish(&self, firmware: &Firmware) {
        let truth = self.plant.truth();
        block::put64(block::NOW, self.now_ms);
        block::put64(block::STROKES, self.strokes);
        block::put64(block::EDGES, truth.edges);
        block::put64(block::DELIVERED, truth.delivered_nl);
        block::put64(block::DISPLACED, truth.displaced_nl);
        block::put64(block::RESERVOIR, truth.reservoir_nl);
        block::put(block::CATHETER_PA, truth.catheter_pa.cast_unsigned());
        block::put(block::RESERVOIR_PA, truth.reservoir_pa.cast_unsigned());
        block::put(block::BATTERY, u32::from(truth.battery_mv));
        block::put(block::BATTERY_LOADED, u32::from(truth.battery_loaded_mv));
        block::put(block::TONE, self.tone as u32);
        block::put(block::LOST, truth.lost_nl as u32);
        for slot in (0..block::SLOTS).filter(|slot| !SHELL.contains(slot)) {
            block::put(block::slot(slot, EFFECT), self.plant.effect(slot));
            block::put(block::slot(slot, COUNT), self.plant.count(slot));
        }
        block::put(
            block::slot(faults::FLASH_WRITE_FAILURE, COUNT),
            firmware.pump.nv().refused,
        );
    }
}

/// Flips a bit of the stored prescription: of copy A, or of B behind it, or of both.
fn flip(firmware: &mut Firmware, param: i32) {
    const BOTH: usize = 100_000;
    let bit = param.max(0).cast_unsigned() as usize;
    let store = firmware.pump.nv_mut().store();
    let flipped = if bit >= BOTH {
        let (a, b) = (
            store.flip(Slot::PrescriptionA, bit - BOTH),
            store.flip(Slot::PrescriptionB, bit - BOTH),
        );
        a.is_ok() && b.is_ok()
    } else {
        store
            .flip(Slot::PrescriptionA, bit)
            .or_else(|bits| store.flip(Slot::PrescriptionB, bit - bits))
            .is_ok()
    };
    block::put(block::slot(faults::MEMORY_BIT_FLIP, EFFECT), u32::from(flipped));
    if flipped {
        Faults::acted(faults::MEMORY_BIT_FLIP);
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
