//! How time passes on a rig: granted by the harness, or by the host's clock. A new kind of clock is a file here, a variant
//! of [`ClockKind`] with its word in `raw.rs`, and what each kind of pump says of it.

mod asked;
#[cfg(feature = "sim")]
mod granted;
mod grants;
mod host;
mod kind;
mod waits;

pub(super) use asked::Asked;
#[cfg(feature = "sim")]
pub(super) use granted::Granted;
pub(super) use host::Host;
pub use kind::ClockKind;
pub(super) use waits::Clock;
