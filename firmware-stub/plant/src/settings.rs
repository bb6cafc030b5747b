//! The numbers of the plant that a bench would measure on a real device.

/// Properties of the simulated device and its patient. The defaults are a 20 ml pump whose battery lasts seven years at 0.5 ml/day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlantSettings {
    /// Civil time of the clock chip at first power, in seconds since 2000-01-01.
    pub start_rtc_s: u64,
    /// Volume that the reservoir holds, in nanolitres.
    pub reservoir_capacity_nl: u64,
    /// Volume in it at first power, in nanolitres.
    pub reservoir_nl: u64,
    /// Propellant pressure over an almost empty reservoir at 37 degrees, in pascals; a full one has as much again.
    pub propellant_pa: i32,
    /// Static pressure at a healthy outlet, in pascals.
    pub outlet_pa: i32,
    /// Time in which a healthy catheter passes on half of what stretches it, in milliseconds.
    pub relax_half_ms: u64,
    /// Pressure against which the motor stalls, in pascals.
    pub stall_pa: i32,
    /// Motor current against a healthy outlet, in microamperes.
    pub motor_ua: u32,
    /// Motor current when the rotor is held, in microamperes.
    pub stall_ua: u32,
    /// Battery capacity, in millicoulombs.
    pub battery_mc: u64,
    /// Current that the electronics draw at all times, in nanoamperes.
    pub quiescent_na: u64,
    /// Internal resistance of a fresh battery, in ohms.
    pub battery_ohm: u32,
    /// Case temperature, in thousandths of a degree Celsius.
    pub temperature_mc: i32,
}

impl Default for PlantSettings {
    fn default() -> Self {
        Self {
            // 2026-01-01T00:00:00
            start_rtc_s: 820_454_400,
            reservoir_capacity_nl: 20_000_000,
            reservoir_nl: 20_000_000,
            propellant_pa: 20_000,
            outlet_pa: 1_000,
            relax_half_ms: 700,
            stall_pa: 150_000,
            motor_ua: 5_000,
            stall_ua: 20_000,
            battery_mc: 3_600_000,
            quiescent_na: 4_700,
            battery_ohm: 10,
            temperature_mc: 37_000,
        }
    }
}
