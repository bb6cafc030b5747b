//! pump-hil
fn main() {}
