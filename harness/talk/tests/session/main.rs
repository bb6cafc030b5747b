//! The session joined to a scripted pump in virtual time, over a line that loses, repeats and spoils.

mod programming;
mod records;
mod requests;
mod world;
