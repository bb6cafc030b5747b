//! The protocols that are part of the program.

use super::{Protocol, RawProtocol};
use pump_hil_model::diagnostic::WrongFile;
use pump_hil_model::mistake::Subject;
use pump_hil_model::yaml::document::Document;
use std::sync::{Arc, LazyLock};

/// The protocol that a version 1 profile names `text-lines-1`.
const TEXT_LINES_1: &str = include_str!("../../../../fixtures/devices/codecs/text-lines-1.yaml");

impl Protocol {
    /// Reads a protocol that stands in a file of its own; `file` names it in errors.
    ///
    /// # Errors
    /// Everything that is wrong with its shape, else the first name that leads nowhere.
    pub fn parse(text: &str, file: &str) -> Result<Self, WrongFile> {
        let (document, raw) = Document::read::<RawProtocol>(Subject::Device, file, text)?;
        Self::new(&raw, &[]).map_err(|wrong| {
            let path: Vec<&str> = wrong.path.iter().map(String::as_str).collect();
            document.wrong(wrong.mistake, &path, wrong.what)
        })
    }
}

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
