//! The stub pump on a desk: pump, plant and line in one [`Machine`], and shells that put it behind a serial port.
//!
//! [`Machine`] is pure: no thread, no clock, no file; the same calls give the same bytes. [`SimPump`] puts one behind a PTY, either in fenced time (it runs
//! when [`SimControl::advance`] says how far) or paced by the wall clock; [`serve`] is the latter as a foreground loop. Memory and run control, as a debug
//! probe has them, go to the machine directly and not by the line.
//!
//! Only `sim_pump` and `pty` may use threads, files or the wall clock, and no fault is played here: all of them are the bench's and the plant's.

mod block;
mod broken;
mod cpu;
mod machine;
mod memory;
mod nv;
mod panicked;
mod probe;
mod pty;
mod sim_pump;

pub use block::{BLOCK_ADDR, BLOCK_SIZE, FLASH_SIZE, RAM_ADDR, RAM_SIZE};
pub use broken::Broken;
pub use cpu::{Register, symbol};
pub use machine::{Machine, MachineSettings, Stop, WATCHDOG_MS};
pub use memory::BusError;
pub use nv::MemoryNv;
pub use panicked::{Panicked, catch};
pub use sim_pump::{Advance, Gone, Pace, SimControl, SimPump, serve};
#[cfg(feature = "seeded-defects")]
pub use stub_pump::defects::Defect;
pub use stub_pump::library::{Drug, LIBRARY};
pub use stub_pump::units::{Millis, NgPerMl, Nl, NlPerDay};
