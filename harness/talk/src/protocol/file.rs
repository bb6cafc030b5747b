//! The protocols that are part of the program.

use super::resolve::Protocol;
use std::sync::{Arc, LazyLock};

/// The protocol that a version 1 profile names `text-lines-1`.
const TEXT_LINES_1: &str = include_str!("../../../../fixtures/codecs/text-lines-1.yaml");

/// The protocol that a version 1 profile names `text-lines-1`.
///
/// # Panics
/// Never: a test reads the file.
#[must_use]
pub fn text_lines_1() -> Arc<Protocol> {
    static READ: LazyLock<Arc<Protocol>> = LazyLock::new(|| {
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        Arc::new(Protocol::parse(TEXT_LINES_1, "text-lines-1.yaml").expect("the built-in protocol is right"))
    });
    Arc::clone(&READ)
}
