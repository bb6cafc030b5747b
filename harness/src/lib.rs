//! pump-hil
