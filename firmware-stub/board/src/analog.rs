//! Voltages and temperature, as each chip measures them. A measurement that does not come (QEMU has no converter) reads 0.

use crate::chip::pac;

/// Looks at a register until a measurement is given up: some milliseconds.
const PATIENCE: u32 = 10_000;

fn wait(mut done: impl FnMut() -> bool) {
    for _ in 0..PATIENCE {
        if done() {
            return;
        }
    }
}

/// What 10 bits over 3.6 V say, in millivolts.
fn millivolts(reading: u32) -> u16 {
    ((reading & 0x3FF) * 3600 / 1023) as u16
}

#[cfg(feature = "microbit")]
mod channel {
    /// CONFIG: 10 bits, an input or the supply by a third, against the 1.2 V reference.
    const THIRD: u32 = 2 | 2 << 2;
    pub const CATHETER: u32 = THIRD | 1 << (8 + 4);
    pub const RESERVOIR: u32 = THIRD | 1 << (8 + 3);
    pub const SHUNT: u32 = THIRD | 1 << (8 + 2);
    pub const SUPPLY: u32 = 2 | 6 << 2;
}

#[cfg(feature = "nrf52840-dk")]
mod channel {
    /// PSELP: AIN1, AIN0, AIN2 and VDD.
    pub const CATHETER: u32 = 2;
    pub const RESERVOIR: u32 = 1;
    pub const SHUNT: u32 = 3;
    pub const SUPPLY: u32 = 9;
}

pub use channel::{CATHETER, RESERVOIR, SHUNT, SUPPLY};

/// The voltage of a channel, in millivolts.
#[cfg(feature = "microbit")]
pub fn measure_mv(channel: u32) -> u16 {
    // SAFETY: registers; nobody else uses this converter.
    let adc = unsafe { &*pac::ADC::ptr() };
    adc.enable.write(|w| unsafe { w.bits(1) });
    adc.config.write(|w| unsafe { w.bits(channel) });
    adc.events_end.write(|w| unsafe { w.bits(0) });
    adc.tasks_start.write(|w| unsafe { w.bits(1) });
    wait(|| adc.events_end.read().bits() != 0);
    let reading = adc.result.read().bits();
    adc.tasks_stop.write(|w| unsafe { w.bits(1) });
    adc.enable.write(|w| unsafe { w.bits(0) });
    millivolts(reading)
}

/// The voltage of a channel, in millivolts.
#[cfg(feature = "nrf52840-dk")]
pub fn measure_mv(channel: u32) -> u16 {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static READING: AtomicU32 = AtomicU32::new(0);
    // SAFETY: registers; nobody else uses this converter.
    let adc = unsafe { &*pac::SAADC::ptr() };
    const BITS_10: u32 = 1;
    const A_SIXTH_IN_10_US: u32 = 2 << 16;
    READING.store(0, Relaxed);
    adc.enable.write(|w| unsafe { w.bits(1) });
    adc.resolution.write(|w| unsafe { w.bits(BITS_10) });
    adc.ch[0].config.write(|w| unsafe { w.bits(A_SIXTH_IN_10_US) });
    adc.ch[0].pselp.write(|w| unsafe { w.bits(channel) });
    adc.result.ptr.write(|w| unsafe { w.bits(READING.as_ptr() as u32) });
    adc.result.maxcnt.write(|w| unsafe { w.bits(1) });
    adc.events_started.write(|w| unsafe { w.bits(0) });
    adc.events_end.write(|w| unsafe { w.bits(0) });
    adc.tasks_start.write(|w| unsafe { w.bits(1) });
    wait(|| adc.events_started.read().bits() != 0);
    adc.tasks_sample.write(|w| unsafe { w.bits(1) });
    wait(|| adc.events_end.read().bits() != 0);
    adc.tasks_stop.write(|w| unsafe { w.bits(1) });
    adc.enable.write(|w| unsafe { w.bits(0) });
    // 16 bits, signed: below ground it is negative.
    match READING.load(Relaxed) & 0xFFFF {
        reading @ 0..0x8000 => millivolts(reading),
        _ => 0,
    }
}

/// The chip's own temperature, in thousandths of a degree.
pub fn temperature_mc() -> i32 {
    // SAFETY: registers; nobody else uses this sensor.
    let temp = unsafe { &*pac::TEMP::ptr() };
    temp.events_datardy.write(|w| unsafe { w.bits(0) });
    temp.tasks_start.write(|w| unsafe { w.bits(1) });
    wait(|| temp.events_datardy.read().bits() != 0);
    const QUARTER_MC: i32 = 250;
    temp.temp.read().bits().cast_signed().saturating_mul(QUARTER_MC)
}
