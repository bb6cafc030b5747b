//! A pump's firmware in QEMU: the process, and its processor as a probe sees it.
//!
//! QEMU has no debug port. What a probe needs is put together from three sockets: GDB's stub for run control and registers, qtest for memory
//! while the machine runs, QMP for reset.

mod core;
mod error;
mod gdb;
mod lockup;
mod look;
mod process;
mod qmp;
mod qtest;
mod socket;

pub use self::core::Machine;
pub use error::QemuError;
pub(super) use look::{look, version};
pub use process::Process;
pub use process::QemuAt;
pub(super) use process::{LEAVE, QEMU};

#[cfg(test)]
mod tests;
