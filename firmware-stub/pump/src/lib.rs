//! The stub pump's firmware logic: what an implantable intrathecal pump does, without a word about the hardware that it runs on.
//!
//! The shell around it (the simulator, or a Cortex-M board) owns the clock, the sensors, the motor and the memory. It calls [`Pump::step`] at every
//! deadline and sensor interrupt, passes it the readings in an [`Input`] and does what the [`Output`] says. Nothing here allocates, panics on input,
//! uses floating point or looks at a clock of its own.
#![no_std]

pub mod command;
pub mod io;
pub mod nv;
pub mod record;
pub mod units;
