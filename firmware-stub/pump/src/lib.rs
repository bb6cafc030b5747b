//! The stub pump's firmware logic: what an implantable intrathecal pump does, without a word about the hardware that it runs on.
//!
//! The shell around it (the simulator, or a Cortex-M board) owns the clock, the sensors, the motor and the memory. It calls [`Pump::step`](pump::Pump::step) at every
//! deadline and sensor interrupt, passes it the readings in an [`Input`](io::Input) and does what the [`Output`](io::Output) says.
//!
//! Nothing here ever allocates, panics on input, uses floating point or looks at a clock of its own; and no fault, reset or lost memory ever
//! leads to more dose.
#![no_std]

#[cfg(test)]
extern crate std;

pub mod alarms;
mod basal;
mod battery;
mod bolus;
mod bytes;
pub mod calendar;
mod check;
mod clock;
pub mod command;
mod commands;
mod copies;
pub mod crc;
pub mod defects;
mod delivery;
mod demand;
pub mod field_text;
pub mod forecast;
pub mod io;
pub mod library;
pub mod line;
mod logs;
mod motor;
pub mod nv;
mod prescription;
mod pressure;
pub mod pump;
pub mod record;
mod restore;
mod schedule;
mod session;
pub mod settings;
mod sounder;
mod state;
mod tasks;
mod therapy;
pub mod units;
pub mod vocabulary;

pub use defects::Defect;
pub use forecast::Forecast;
pub use library::Drug;
pub use logs::{DOSE_RING, EVENT_RING};
pub use pump::Pump;
pub use settings::Settings;
