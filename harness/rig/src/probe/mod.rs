//! The debug probe: memory, run control and breakpoints of a pump, through `probe_rs::Core` alone.
//!
//! This is the one module that names probe-rs. One path serves the simulator, an emulator and a board: the virtual probe speaks port registers, behind
//! it stands an emulated Cortex-M system control space, and behind that a small [`CoreBackend`].

mod backend;
mod chip;
mod dap;
mod debug;
mod error;
pub mod flash;
#[cfg(any(test, feature = "for-tests"))]
pub(super) mod idle;
mod kinds;
mod rtt;
mod scs;
mod selector;
mod target;
mod usb;
#[cfg(test)]
mod usb_tests;
#[cfg(any(test, feature = "for-tests"))]
pub mod virtual_usb;

pub use backend::{BusFault, CoreBackend, CoreRegister};
pub use chip::{is_chip, is_not, misplaced};
pub use debug::Debug;
pub use error::{FlashError, ProbeError, UsbError};
pub use kinds::{Behind, Keys, ProbeAt, ProbeKind};
pub use rtt::{UpChannels, UpError};
pub use selector::{Selector, UsbAt};
pub use usb::Probes;
