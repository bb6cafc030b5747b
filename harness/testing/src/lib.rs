//! What the tests of several crates share: the repository, what an emulator needs, a simulated pump on a port, a bridge to one, a command at a
//! terminal, and event streams that read as situations.
//!
//! **This crate must never** be a dependency of anything but tests and benches, and never use more of ours than `model`: else a test of a small crate would compile
//! the large ones.

pub mod bridge;
pub mod desk;
pub mod repository;
pub mod screen;
pub mod sim_port;
pub mod situation;
pub mod stub_line;
