//! The commands of a person who adapts the program to a pump: `doctor`, `decode`, `new` with a link and a device.

mod bench;
mod decode;
#[cfg(feature = "sim")]
mod doctor;
mod new;
