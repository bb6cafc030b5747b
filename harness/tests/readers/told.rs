//! What holds of each mistake that is told about a file.

use pump_hil_model::diagnostic::{Diagnostic, render_all};

/// Each has its place in the file that it names, and what reaches a terminal is bounded and harmless. `text` gives a file's bytes.
pub fn holds<'a>(diagnostics: &[Diagnostic], text: impl Fn(&str) -> Option<&'a [u8]>) {
    assert!(!diagnostics.is_empty(), "an error that says nothing");
    for diagnostic in diagnostics {
        let bytes = text(&diagnostic.file).unwrap_or_else(|| panic!("a file that is none: {diagnostic:?}"));
        let line = diagnostic.line.checked_sub(1).map(|line| line as usize);
        // A file that ends in a line end has a last line without a character.
        let line = line.and_then(|line| bytes.split(|b| *b == b'\n').nth(line));
        let line = line.unwrap_or_else(|| panic!("a line that is none: {diagnostic:?}"));
        let columns = String::from_utf8_lossy(line).chars().count() + 1;
        assert!((1..=columns).contains(&(diagnostic.column as usize)), "{diagnostic:?}");
    }
    let told = render_all(diagnostics, false);
    assert!(told.len() < 400_000, "{} bytes of diagnostics", told.len());
    assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "{told:?}");
}
