//! What tests of several crates share. It is no part of the program: only `[dev-dependencies]` name it.
