//! The devices; each says in its first lines how it speaks, and which traps it shows.

pub mod balance;
pub mod binary;
pub mod console;
pub mod drip;
pub mod json_lines;
pub mod modbus_rtu;
pub mod slip_registers;
pub mod syringe;
pub mod syringe_line;
