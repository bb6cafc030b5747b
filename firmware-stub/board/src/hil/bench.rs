//! The bench in RAM that a reset leaves alone, and what the harness writes into the block for it.

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use stub_bench::{Bench, Stop};
use stub_plant::PlantSettings;
use stub_pump::crc::Crc32;
use stub_pump::io::ResetReason;
use stub_store::Store;

use super::block::{self, COUNT, EFFECT, PARAM, SWITCH};
use super::firmware::Firmware;
use super::place::make_in;
use crate::flash::Pages;
use crate::identity::BUILD;
use crate::rtt::log;
use crate::uart;

/// Says that a bench is in its place, made by this very build.
#[unsafe(link_section = ".uninit.BENCH_TOKEN")]
static TOKEN: AtomicU32 = AtomicU32::new(0);

pub struct Seat {
    bench: Bench,
    /// Time goes by the harness's grants, and no more by TIMER0.
    pub fenced: bool,
    overruns: u32,
}

impl Seat {
    // Not inlined: each of these takes room on a stack that has little.

    /// The bench that was there before this reset, or a new one at its first power; the store is mounted.
    #[inline(never)]
    pub fn take_up(
        place: &'static mut MaybeUninit<Self>,
        reason: ResetReason,
        store: &mut Store<Pages>,
    ) -> &'static mut Self {
        let token = Crc32::of(BUILD.as_bytes());
        if block::is_there() && TOKEN.load(Relaxed) == token {
            // SAFETY: the token is written behind a bench of this build, and taken away with nothing but the power.
            let seat = unsafe { place.assume_init_mut() };
            store.mount();
            if block::get(block::FIRST) == block::POWER {
                block::make();
                block::put(block::FIRST, 0);
                seat.bench.fall(ResetReason::PowerOn);
            } else if seat.bench.is_up() {
                // Nobody here asked for it: the firmware faulted, or a probe did.
                seat.bench.fall(match reason {
                    ResetReason::Watchdog => reason,
                    _ => ResetReason::Debug,
                });
            }
            return seat;
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
        let seat = make_in(place, Self::new, &(seed, settings, prepared));
        TOKEN.store(token, Relaxed);
        seat
    }

    /// RAM that is lost is power that was.
    #[allow(
        improper_ctypes_definitions,
        reason = "only where the value goes matters, not how it lies"
    )]
    extern "C" fn new(first: &(u64, PlantSettings, bool)) -> Self {
        let &(seed, settings, fenced) = first;
        Self {
            bench: Bench::new(seed, settings),
            fenced,
            overruns: 0,
        }
    }

    pub fn now_ms(&self) -> u64 {
        self.bench.now_ms()
    }

    pub fn next_ms(&self, firmware: &Firmware) -> u64 {
        self.bench.next_ms(firmware)
    }

    #[inline(never)]
    pub fn boot(&mut self, firmware: &mut Firmware) {
        self.bench.boot(firmware);
    }

    /// Runs up to `until_ms`, or to the end of the first instant in which bytes are sent; whether it was that. A time that is past runs what is due now.
    #[inline(never)]
    pub fn run_until(&mut self, firmware: &mut Firmware, until_ms: u64) -> bool {
        firmware.fenced = self.fenced;
        let spoke = self.bench.run_until(firmware, until_ms) == Stop::Output;
        if spoke {
            firmware.sent = false;
        }
        spoke
    }

    /// Takes what arrived, at the present instant.
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
                *byte = self.bench.faults().receive(*byte);
            }
            self.bench.receive(firmware, &buffer[..count]);
        }
    }

    /// Does what the harness wrote into the block.
    #[inline(never)]
    pub fn look(&mut self, firmware: &mut Firmware) {
        let limit_ms = block::get(block::HEARTBEAT_LIMIT);
        if limit_ms != self.bench.heartbeat().1 {
            self.bench.set_heartbeat_limit(limit_ms);
        }
        self.bench.beat(block::get(block::HEARTBEAT));
        if block::get(block::GO_SAFE) != 0 {
            self.bench.go_safe(firmware);
            block::put(block::GO_SAFE, 0);
        }
        let mut changed = false;
        for slot in 0..block::SLOTS {
            let switch = block::get(block::slot(slot, SWITCH));
            let param = block::get(block::slot(slot, PARAM)).cast_signed();
            let before = self.bench.faults().slot(slot);
            if before.switch == switch && before.param == param {
                continue;
            }
            self.bench.set_param(slot, param);
            if before.switch != switch || switch != 0 {
                self.bench.switch(firmware, slot, switch);
                changed = true;
            }
        }
        if changed {
            self.bench.after_switches(firmware);
            self.publish(firmware);
        }
    }

    /// Brings the block up to this instant.
    #[inline(never)]
    pub fn publish(&self, firmware: &Firmware) {
        let bench = &self.bench;
        let truth = bench.truth();
        block::put64(block::NOW, bench.now_ms());
        block::put64(block::STROKES, bench.strokes());
        block::put64(block::EDGES, truth.edges);
        block::put64(block::DELIVERED, truth.delivered_nl);
        block::put64(block::DISPLACED, truth.displaced_nl);
        block::put64(block::RESERVOIR, truth.reservoir_nl);
        block::put(block::CATHETER_PA, truth.catheter_pa.cast_unsigned());
        block::put(block::RESERVOIR_PA, truth.reservoir_pa.cast_unsigned());
        block::put(block::BATTERY, u32::from(truth.battery_mv));
        block::put(block::BATTERY_LOADED, u32::from(truth.battery_loaded_mv));
        block::put(block::TONE, bench.tone_code());
        block::put(block::RESETS, bench.resets());
        block::put(block::RESET_REASON, bench.reset_reason_code());
        block::put(block::LOST, truth.lost_nl as u32);
        for slot in 0..block::SLOTS {
            let state = bench.slot(firmware, slot);
            block::put(block::slot(slot, EFFECT), state.effect);
            block::put(block::slot(slot, COUNT), state.count);
        }
    }
}
