//! The pump on real pins: no plant, no test block. `README.md` has the table of pins.
//!
//! A stroke is a pulse of the motor pin for as long as the pump drives it; the encoder's edges are counted by an interrupt. What has a voltage is read by the
//! ADC. Nothing here makes a reading up: without a pump on its pins there are no edges and no pressure, and the firmware alarms.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use stub_pump::Pump;
use stub_pump::io::{Input, Output, ResetReason, Tone};
use stub_pump::line::LineServer;
use stub_pump::settings::Settings;
use stub_pump::units::{Millis, Seconds};
use stub_store::Store;

use crate::flash::Pages;
use crate::identity::{IDENTITY, log_boot};
use crate::rtt::log;
use crate::time::Clock;
use crate::uart::{self, LINE_TX};
use crate::{analog, chip, encoder, reset};

const MOTOR: u32 = 18;
const ENCODER: u32 = 16;
const BUZZER: u32 = 20;
/// Low while the Hall sensor sees a strong field: the micro:bit's button A.
const HALL: u32 = 17;

/// Clock chip: there is none. Civil time is the pump's own count and what was last set, in seconds; it outlives a reset.
#[unsafe(link_section = ".uninit.CIVIL")]
static CIVIL: AtomicU32 = AtomicU32::new(0);
/// The pump's time at the last look, in milliseconds, low and high.
#[unsafe(link_section = ".uninit.TIME")]
static TIME: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];
#[unsafe(link_section = ".uninit.THERE")]
static THERE: AtomicU32 = AtomicU32::new(0);

/// Serves the pump for ever.
pub fn run(reason: ResetReason, clock: &mut Clock) -> ! {
    static mut PUMP: Pump<Store<Pages>> = Pump::asleep(Settings::new(), Pages::store());
    static mut LINE: LineServer<LINE_TX> = LineServer::new(IDENTITY);
    // SAFETY: this function is entered once and never left, so each of the two is borrowed once.
    let (pump, line) = unsafe { (&mut *(&raw mut PUMP), &mut *(&raw mut LINE)) };
    start();
    pump.nv_mut().mount();
    let began_ms = u64::from(TIME[0].load(Relaxed)) | u64::from(TIME[1].load(Relaxed)) << 32;
    log_boot(reason);
    pump.wake(Millis(began_ms), reason);
    // After power that was gone the pump knows from its records how late it is.
    let began_ms = pump.status().now.0;
    let (mut hall, mut overruns) = (false, 0);
    loop {
        let now_ms = began_ms + clock.now_ms();
        TIME[0].store(now_ms as u32, Relaxed);
        TIME[1].store((now_ms >> 32) as u32, Relaxed);
        let magnet = chip::gpio().in_.read().bits() & (1 << HALL) == 0;
        if now_ms >= pump.next_deadline().0 || magnet != hall {
            hall = magnet;
            let output = pump.step(Millis(now_ms), &sense(now_ms, magnet));
            drive(now_ms, &output);
        }
        if uart::overruns() != overruns {
            overruns = uart::overruns();
            log!("uart: {} overruns", overruns);
            line.overrun();
        }
        let busy = serve(line, pump, now_ms);
        if !busy {
            clock.sleep_until(pump.next_deadline().0.saturating_sub(began_ms), uart::has_input);
        }
    }
}

/// Takes what arrived and sends what there is room for; whether there is more to do.
fn serve(line: &mut LineServer<LINE_TX>, pump: &mut Pump<Store<Pages>>, now_ms: u64) -> bool {
    line.poll(pump, |_| ());
    let sent = uart::send(line.front());
    line.sent(sent);
    // A byte at a time: what the line does not take stays in the receiver.
    let mut byte = [0];
    let mut took = false;
    while line.front().is_empty() && uart::take(&mut byte) > 0 {
        let _ = line.receive(Millis(now_ms), &byte, pump);
        line.poll(pump, |_| ());
        took = true;
    }
    took || !line.front().is_empty() || pump.next_deadline().0 <= now_ms
}

fn start() {
    const THERE_MARK: u32 = 0x5448_4552;
    if THERE.load(Relaxed) != THERE_MARK {
        for word in [&encoder::EDGES, &CIVIL, &TIME[0], &TIME[1]] {
            word.store(0, Relaxed);
        }
        THERE.store(THERE_MARK, Relaxed);
    }
    let gpio = chip::gpio();
    const OFF: u32 = 1 << MOTOR | 1 << BUZZER;
    gpio.outclr.write(|w| unsafe { w.bits(OFF) });
    gpio.dirset.write(|w| unsafe { w.bits(OFF) });
    const INPUT_PULL_UP: u32 = 3 << 2;
    for pin in [ENCODER, HALL] {
        gpio.pin_cnf[pin as usize].write(|w| unsafe { w.bits(INPUT_PULL_UP) });
    }
    encoder::start(ENCODER);
}

fn sense(now_ms: u64, magnet: bool) -> Input {
    Input {
        rtc: Seconds(u64::from(CIVIL.load(Relaxed)) + now_ms / 1000),
        encoder_edges: encoder::EDGES.load(Relaxed),
        battery_mv: analog::measure_mv(analog::SUPPLY),
        // 0.5 V at ambient and 10 uV a pascal: 0..250 kPa.
        catheter_pa: pascals(analog::measure_mv(analog::CATHETER)),
        reservoir_pa: pascals(analog::measure_mv(analog::RESERVOIR)),
        // 10 mV a milliampere.
        motor_ua: u32::from(analog::measure_mv(analog::SHUNT)) * 100,
        magnet,
        telemetry_wake: false,
        temperature_mc: analog::temperature_mc(),
    }
}

fn pascals(mv: u16) -> i32 {
    (i32::from(mv) - 500) * 100
}

fn drive(now_ms: u64, output: &Output) {
    let gpio = chip::gpio();
    let put = |pin: u32, on: bool| {
        if on {
            gpio.outset.write(|w| unsafe { w.bits(1 << pin) });
        } else {
            gpio.outclr.write(|w| unsafe { w.bits(1 << pin) });
        }
    };
    put(MOTOR, output.motor);
    put(BUZZER, output.tone != Tone::Silent);
    if output.watchdog_kick {
        chip::kick_watchdog();
    }
    if let Some(Seconds(rtc_s)) = output.set_rtc {
        CIVIL.store(rtc_s.saturating_sub(now_ms / 1000) as u32, Relaxed);
    }
    if output.reset {
        put(MOTOR, false);
        reset::by_own_request();
    }
}
