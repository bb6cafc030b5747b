//! The two streams that commands print to.

use crate::reporter::ReportError;

/// Prints to standard output; a closed pipe (`pump-hil list | head`) is not an error, a full disk is.
pub(super) fn print(text: &str) -> Result<(), ReportError> {
    use std::io::{ErrorKind, Write};
    let mut out = std::io::stdout().lock();
    // Flushed here: what is left in a buffer when the process ends is lost without a word.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(ReportError::Output(e)),
        _ => Ok(()),
    }
}

/// Prints to standard error.
pub(super) fn eprint(text: &str) {
    use std::io::Write;
    // A terminal that was closed must not end a run (`eprint!` would panic), and nowhere is left to tell it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
