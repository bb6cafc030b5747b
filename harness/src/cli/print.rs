//! The two streams that commands print to: the one door to a person's terminal.
//!
//! Invariant: nothing goes through it that could steer a terminal. Names of files, arguments and a pump's words are made harmless where a text is made; what
//! was forgotten there, in a message of a library as well, is made so here.

use super::colour;
use super::os_words;
use super::width;
use crate::reporter::ReportError;
use pump_hil_model::safe_text::{safe_lines, safe_styled};
use std::io::{IsTerminal, Write as _};
use std::os::fd::AsFd;

/// Prints to standard output; a closed pipe (`pump-hil list | head`) is not an error, a full disk is.
pub(super) fn print(text: &str) -> Result<(), ReportError> {
    out(&safe_lines(text))
}

fn out(text: &str) -> Result<(), ReportError> {
    use std::io::ErrorKind;
    let mut out = std::io::stdout().lock();
    // Flushed here: what is left in a buffer when the process ends is lost without a word.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(ReportError::Output(e)),
        _ => Ok(()),
    }
}

/// Prints to standard output, coloured where that is wanted.
pub(super) fn print_painted(text: &str) -> Result<(), ReportError> {
    out(&painted(text, &std::io::stdout()))
}

/// Prints to standard output, at a terminal in lines that fit.
pub(super) fn print_fitted(text: &str) -> Result<(), ReportError> {
    print_hung(text, 0)
}

/// The same of a table, whose rows go on in this column.
pub(super) fn print_hung(text: &str, hang: usize) -> Result<(), ReportError> {
    let text = safe_lines(text);
    out(&match width::columns(std::io::stdout()) {
        Some(columns) => width::hang(&text, columns, hang),
        None => text,
    })
}

/// A text as this stream takes it: in lines that fit, and in colours where they are wanted.
fn painted(text: &str, stream: &(impl IsTerminal + AsFd)) -> String {
    let mut text = safe_lines(text);
    if let Some(columns) = width::columns(stream) {
        text = width::fit(&text, columns);
    }
    match colour::wanted(stream.is_terminal()) {
        true => colour::paint(&text),
        false => text,
    }
}

/// Prints to standard error, at a terminal in lines that fit.
pub(super) fn eprint(text: &str) {
    let text = os_words::told(&safe_lines(text)).into_owned();
    to_error(&match width::columns(std::io::stderr()) {
        Some(columns) => width::fit(&text, columns),
        None => text,
    });
}

/// Prints to standard error, coloured where that is wanted.
pub(super) fn eprint_painted(text: &str) {
    to_error(&painted(text, &std::io::stderr()));
}

/// Prints diagnostics to standard error, which may be coloured.
pub(super) fn eprint_styled(text: &str) {
    to_error(&os_words::told(&safe_styled(text)));
}

fn to_error(text: &str) {
    // A terminal that was closed must not end a run (`eprint!` would panic), and nowhere is left to tell it.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Standard error for the log, which holds what pumps and probes say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log;

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        to_error(&safe_lines(&String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
