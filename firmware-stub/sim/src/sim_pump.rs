//! A thread that puts a [`Machine`](crate::Machine) behind a PTY.
//!
//! The thread waits in one place, a poll of the PTY and of a wake-up descriptor, and never blocks anywhere else: a reader that does not read holds up its
//! own bytes and nothing more. Between two advances the machine's time stands still, so that it makes no difference how long the thread or its peer
//! takes; bytes that arrive are answered at the present instant.

mod control;
mod serve;
mod server;
mod shared;
mod thread;

pub use control::{Gone, SimControl};
pub use serve::serve;
pub use shared::{Advance, Pace};
pub use thread::SimPump;
