//! What goes into the plant and what comes out: the drive, what the sensors show, and what is really so.

/// What the firmware drives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drive {
    /// The motor's coil is powered.
    pub motor: bool,
}

/// What the sensors show; the fields are those of the firmware's input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sensors {
    /// Civil time of the clock chip, in seconds since 2000-01-01.
    pub rtc_s: u64,
    /// Encoder edges since power-on, wrapping.
    pub encoder_edges: u32,
    /// Battery voltage at this instant, under the load of this instant, in millivolts.
    pub battery_mv: u16,
    /// Catheter pressure at the pump's outlet as the sensor shows it, in pascals against ambient.
    pub catheter_pa: i32,
    /// Reservoir pressure, in pascals against ambient.
    pub reservoir_pa: i32,
    /// Motor current in microamperes, 0 while it is off.
    pub motor_ua: u32,
    /// The Hall sensor sees a strong magnetic field.
    pub magnet: bool,
    /// The telemetry coil sees a wake-up pattern.
    pub telemetry_wake: bool,
    /// Case temperature in thousandths of a degree Celsius.
    pub temperature_mc: i32,
}

/// What is really so, whatever the sensors show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Encoder edges since power-on.
    pub edges: u64,
    /// Volume that left the catheter tip into the patient, in nanolitres.
    pub delivered_nl: u64,
    /// Volume that left the reservoir through the motor, in nanolitres.
    pub displaced_nl: u64,
    /// Volume that left through leak, disconnection or dislocation, in nanolitres.
    pub lost_nl: u64,
    /// Volume that stretches the catheter, in nanolitres.
    pub stored_nl: u64,
    /// Volume in the reservoir, in nanolitres.
    pub reservoir_nl: u64,
    /// Catheter pressure in pascals against ambient.
    pub catheter_pa: i32,
    /// Reservoir pressure in pascals against ambient.
    pub reservoir_pa: i32,
    /// Open-circuit battery voltage, in millivolts.
    pub battery_mv: u16,
    /// Lowest loaded battery voltage of this whole minute and the one before, in millivolts.
    pub battery_loaded_mv: u16,
}
