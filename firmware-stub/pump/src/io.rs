//! What the pump senses and what it drives.

use crate::units::Seconds;

/// Edges that the encoder gives for one whole motor stroke.
pub const EDGES_PER_STROKE: u32 = 4;
/// Time that a healthy stroke takes, in milliseconds: the motor is driven this long, and the encoder is read then.
pub const STROKE_MS: u64 = 200;
/// Volume of one stroke, in nanolitres.
pub const STROKE_NL: u64 = 500;

/// Sensor readings at the instant of a step. All of them are true to the plant only within what the sensor can see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Civil time from the real-time clock chip.
    pub rtc: Seconds,
    /// Encoder edges since power-on, wrapping.
    pub encoder_edges: u32,
    /// Battery voltage at this instant, in millivolts: lower while the motor draws current.
    pub battery_mv: u16,
    /// Catheter pressure at the pump outlet against ambient, in pascals; healthy 500..3000.
    pub catheter_pa: i32,
    /// Reservoir (propellant) pressure against ambient, in pascals; healthy 20000..40000 down to the last drop.
    pub reservoir_pa: i32,
    /// Motor current, in microamperes, 0 while it is off; healthy about 5000, higher with load.
    pub motor_ua: u32,
    /// The Hall sensor sees a strong magnetic field.
    pub magnet: bool,
    /// The telemetry coil saw a wake-up pattern (a programmer, or interference).
    pub telemetry_wake: bool,
    /// Case temperature in thousandths of a degree Celsius; 37000 in a patient.
    pub temperature_mc: i32,
}

impl Input {
    /// Before any reading.
    pub(crate) const NONE: Self = Self {
        rtc: Seconds(0),
        encoder_edges: 0,
        battery_mv: 0,
        catheter_pa: 0,
        reservoir_pa: 0,
        motor_ua: 0,
        magnet: false,
        telemetry_wake: false,
        temperature_mc: 0,
    };
}

/// What the pump drives until the next step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The motor is driven: it stays driven until a step says otherwise.
    pub motor: bool,
    /// What sounds.
    pub tone: Tone,
    /// This step reached its end with every task alive: kick the hardware watchdog (90 s).
    pub watchdog_kick: bool,
    /// Set the real-time clock chip.
    pub set_rtc: Option<Seconds>,
    /// Restart the processor (a self-check asks for it).
    pub reset: bool,
}

/// What the sounder plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    #[default]
    Silent,
    /// Two tones for 3 s.
    Critical,
    /// One tone for 1 s.
    NonCritical,
    /// The programmer's test alarm.
    Test,
}

/// Why the processor started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetReason {
    /// First power, or power after the supply was gone.
    #[default]
    PowerOn,
    /// The hardware watchdog ran out.
    Watchdog,
    /// The supply fell below the brown-out threshold (1900 mV).
    BrownOut,
    /// The firmware asked for it.
    Software,
    /// The debug probe did it.
    Debug,
}
