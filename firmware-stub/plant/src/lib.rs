//! The stub pump's physics: what the firmware senses and moves, and where the faults act.
//!
//! **Invariant**: what leaves the reservoir is delivered, lost or still stretches the catheter, to the last 1/1024 nl; and every quantity is a function of
//! the seed, the drive and the faults with their times alone. How often anybody looks ([`Plant::advance`], [`Plant::sense`], [`Plant::truth`]) changes nothing.
//!
//! Nothing here ever knows the firmware: the shell converts [`Sensors`] to the firmware's input and the firmware's output to a [`Drive`]. Times are milliseconds
//! since first power. No floating point, no allocation; an idle step costs a few comparisons, because the catheter relaxes in closed form.
#![no_std]

mod battery;
mod catheter;
mod fault;
mod motor;
mod plant;
mod quotient;
mod readings;
mod reservoir;
mod rng;
mod rtc;
mod settings;
mod stroke;
mod switch;

pub use fault::{Fault, SLOTS};
pub use plant::Plant;
pub use readings::{Drive, Sensors, Truth};
pub use rng::Rng;
pub use settings::PlantSettings;
pub use stroke::{BROWN_OUT_MV, EDGES_PER_STROKE, STROKE_MS, STROKE_NL};
