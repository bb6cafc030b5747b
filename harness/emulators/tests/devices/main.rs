//! The devices, by bytes: those of public manuals and specifications where there are any, and of the texts in `devices` else.

mod balance;
mod bench;
mod binary;
mod console;
mod json_lines;
mod misbehaved;
mod modbus;
mod nonsense;
mod slip;
mod syringe;
