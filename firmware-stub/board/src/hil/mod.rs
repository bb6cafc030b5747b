//! The pump on a bench: firmware, plant and test block on one chip.
//!
//! **Time.** The pump's time is a count of milliseconds that jumps from one deadline to the next, as in the simulator, and never a timer's reading. What
//! differs is only how far it may go: up to TIMER0's reading as long as nobody asked for anything else, or, once the harness has written a fence, up to the
//! fence and no further (`TEST-BLOCK.md`, "On a chip"). So the same requests at the same fences give the same bytes on every machine, and a day takes as long
//! as its steps take to compute.
//!
//! **Resets** are real ones. What is not the processor's (plant, line counts, time, fault switches) lies in RAM that the start-up code leaves alone, and a
//! grant that a reset interrupts goes on after it.

mod bench;
mod block;
mod firmware;
mod marks;
mod memory;
mod place;

use core::mem::MaybeUninit;

use stub_pump::Pump;
use stub_pump::io::ResetReason;
use stub_pump::line::LineServer;
use stub_pump::settings::Settings;

use crate::chip::{self, pac};
use crate::identity::IDENTITY;
use crate::time::Clock;
use crate::uart::LINE_TX;
use bench::Seat;
use firmware::Firmware;
use memory::Memory;
use pac::interrupt;
use place::make_in;

/// How often the block is looked at where nobody rings, in microseconds.
const POLL_US: u32 = 1_000;

/// Serves the pump for ever.
pub fn run(reason: ResetReason, clock: &mut Clock) -> ! {
    static mut PUMP: MaybeUninit<Pump<Memory>> = MaybeUninit::uninit();
    static mut LINE: MaybeUninit<LineServer<LINE_TX>> = MaybeUninit::uninit();
    #[unsafe(link_section = ".uninit.BENCH")]
    static mut BENCH: MaybeUninit<Seat> = MaybeUninit::uninit();
    // SAFETY: this function is entered once and never left, so each of the three is borrowed once; `Seat::take_up` finds out whether there is one.
    let (pump, line, bench) = unsafe { (&mut *(&raw mut PUMP), &mut *(&raw mut LINE), &mut *(&raw mut BENCH)) };
    let (pump, line) = (make_in(pump, asleep, &()), make_line(line));
    let mut firmware = Firmware {
        pump,
        line,
        sent: false,
        fenced: false,
    };
    // Who reads it after the next reset the compiler cannot know: past this it takes every write for one that counts.
    let bench = Seat::take_up(core::hint::black_box(bench), reason, firmware.pump.nv_mut().store());
    bench.boot(&mut firmware);
    bench.publish(&firmware);
    block::show();
    start_timers();
    let began_ms = bench.now_ms().saturating_sub(clock.now_ms());
    loop {
        chip::kick_watchdog();
        bench.receive(&mut firmware);
        bench.look(&mut firmware);
        let asked = block::get(block::ASK);
        let mut until_ms = clock.now_ms() + 60_000;
        if asked != block::get(block::DONE) {
            if block::get(block::ASK_RX) != block::get(block::RX_COUNT) {
                // Its bytes are still on the wire.
                clock.sleep_until(until_ms, crate::uart::has_input);
                continue;
            }
            if block::get(block::ASK_RUN) != 0 {
                bench.fenced = true;
                // An emulator pays dear for a timer that fires a thousand times a second, and nobody looks before this is done.
                chip::timer1().tasks_stop.write(|w| unsafe { w.bits(1) });
                let spoke = bench.run_until(&mut firmware, block::get64(block::FENCE));
                chip::timer1().tasks_start.write(|w| unsafe { w.bits(1) });
                block::put(block::STOP, u32::from(spoke));
            }
            bench.publish(&firmware);
            block::put(block::DONE, asked);
        } else if !bench.fenced {
            bench.run_until(&mut firmware, began_ms + clock.now_ms());
            bench.publish(&firmware);
            until_ms = until_ms.min(bench.next_ms(&firmware).saturating_sub(began_ms));
        }
        clock.sleep_until(until_ms, |cs| {
            crate::uart::has_input(cs) || block::get(block::ASK) != block::get(block::DONE)
        });
    }
}

/// The pump, nearly all zeros, which need not be in the image.
#[allow(
    improper_ctypes_definitions,
    reason = "only where the value goes matters, not how it lies"
)]
extern "C" fn asleep((): &()) -> Pump<Memory> {
    Pump::asleep(Settings::new(), Memory::new())
}

/// The line server in its place: it is nearly all zeros, which need not be in the image.
#[inline(never)] // What is made on the stack on the way must not stay there.
fn make_line(place: &'static mut MaybeUninit<LineServer<LINE_TX>>) -> &'static mut LineServer<LINE_TX> {
    place.write(LineServer::new(IDENTITY))
}

/// TIMER1 wakes the core to look at the block; TIMER2 is a bell that a probe rings by starting it, for whom a millisecond is too long.
fn start_timers() {
    const COMPARE0: u32 = 1 << 16;
    const CLEAR_ON_COMPARE0: u32 = 1;
    const STOP_ON_COMPARE0: u32 = 1 << 8;
    const DIVIDE_BY_16: u32 = 4;
    let poll = chip::timer1();
    poll.prescaler.write(|w| unsafe { w.bits(DIVIDE_BY_16) });
    poll.cc[0].write(|w| unsafe { w.bits(POLL_US) });
    poll.shorts.write(|w| unsafe { w.bits(CLEAR_ON_COMPARE0) });
    poll.intenset.write(|w| unsafe { w.bits(COMPARE0) });
    poll.tasks_start.write(|w| unsafe { w.bits(1) });
    let bell = chip::timer2();
    bell.prescaler.write(|w| unsafe { w.bits(0) });
    bell.cc[0].write(|w| unsafe { w.bits(16) });
    bell.shorts
        .write(|w| unsafe { w.bits(CLEAR_ON_COMPARE0 | STOP_ON_COMPARE0) });
    bell.intenset.write(|w| unsafe { w.bits(COMPARE0) });
}

#[interrupt]
fn TIMER1() {
    chip::timer1().events_compare[0].write(|w| unsafe { w.bits(0) });
}

#[interrupt]
fn TIMER2() {
    chip::timer2().events_compare[0].write(|w| unsafe { w.bits(0) });
}
