//! Places for breakpoints: functions that keep their names and are called when the firmware comes by, whatever the optimiser makes of the pump.

use core::arch::asm;

use stub_pump::Pump;
use stub_pump::io::{Input, Output};
use stub_pump::record::{Event, What};
use stub_pump::units::Millis;

use super::memory::Memory;

/// A step of the firmware.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn pump_step(pump: &mut Pump<Memory>, now: Millis, input: &Input) -> Output {
    pump.step(now, input)
}

macro_rules! marks {
    ($($name:ident)*) => {
        $(
            #[unsafe(no_mangle)]
            #[inline(never)]
            pub extern "C" fn $name() {
                // SAFETY: a comment. It makes the call one that has an effect, and the functions unlike one another.
                unsafe { asm!(concat!("// ", stringify!($name)), options(nomem, nostack, preserves_flags)) }
            }
        )*
    };
}
marks!(motor_stroke alarm_raise prescription_commit bolus_start);

/// Comes by where an event says that the firmware did.
pub fn on_event(event: &Event) {
    match event.what {
        What::Alarm { .. } => alarm_raise(),
        What::Rx { .. } => prescription_commit(),
        What::BolusStart { .. } => bolus_start(),
        _ => {}
    }
}
