//! The stub pump's own image in QEMU: what runs on the simulated rig runs there, to the byte, and a cut of its power loses nothing.
//!
//! Needs `qemu-system-arm` and the image (`firmware-stub/board/build`); where one is missing a test says SKIPPED.

mod agree;
mod crash;
mod each_way_out;
mod flash;
mod hang;
mod intrinsics;
mod lockup;
mod names;
mod start;
mod stop;
mod suite;
mod variant;
mod wall_clock;
mod ways_out;

use pump_hil_testing::repository;
use std::path::PathBuf;

const RIG: &str = "fixtures/rigs/qemu-microbit.yaml";

/// The folder of the repository; `None`, visibly, where QEMU or the image is missing.
fn bench() -> Option<PathBuf> {
    repository::with_qemu(true)
}
