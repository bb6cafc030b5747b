//! Where lines come from and texts go to: a terminal with a line editor, or a pipe.
//!
//! A thread of its own reads lines, so that what the pump says meanwhile is shown at once. It reads the next line when it is told that the one before is done.

use super::words::{Completer, Words};
use crate::cli::print::print;
use crate::cli::width;
use pump_hil_model::safe_text::safe_lines;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{Config, Editor, ExternalPrinter};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// What stands before each line at a terminal.
const PROMPT: &str = "pump> ";
/// Lines that are remembered.
const HISTORY_MAX: usize = 1_000;
/// Where a line goes on that is too long for a terminal.
const HANG: usize = 8;
/// Bytes of a line that is taken from a pipe.
const LINE_MAX: usize = 64 << 10;

/// What came of waiting for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// A line.
    Line(String),
    /// There are no more.
    End,
    /// Ctrl-C at the terminal.
    Interrupt,
}

/// Lines in, texts out.
pub(super) struct Screen {
    lines: Receiver<Input>,
    done: Sender<()>,
    /// Prints above the line that is being typed.
    above: Option<Box<dyn ExternalPrinter + Send>>,
    /// How the terminal was: a line may still be being typed when this ends.
    before: Option<Termios>,
}

impl Screen {
    /// Lines from standard input; at a terminal with completion of these words, and with a history in this file.
    ///
    /// # Errors
    /// The terminal takes no line editor.
    pub fn open(words: &Words, history: Option<PathBuf>) -> Result<Self, String> {
        let (to, lines) = channel();
        let (done, go_on) = channel();
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if !terminal {
            std::thread::spawn(move || piped(&to, &go_on));
            let (above, before) = (None, None);
            return Ok(Self {
                lines,
                done,
                above,
                before,
            });
        }
        let before = tcgetattr(std::io::stdin()).ok();
        let mut editor = editor(words).map_err(|error| format!("the terminal takes no lines: {error}"))?;
        let above = editor.create_external_printer().map_err(|error| error.to_string())?;
        std::thread::spawn(move || typed(editor, history, &to, &go_on));
        Ok(Self {
            lines,
            done,
            above: Some(Box::new(above)),
            before,
        })
    }

    /// The next line, if one is there.
    pub fn next(&self) -> Option<Input> {
        match self.lines.try_recv() {
            Ok(input) => Some(input),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Input::End),
        }
    }

    /// What was asked for by the last line is done.
    pub fn go_on(&self) {
        let _ = self.done.send(());
    }

    /// Shows a text of whole lines.
    pub fn say(&mut self, text: &str) {
        let text = safe_lines(text);
        match (&mut self.above, width::columns(std::io::stdout())) {
            // A terminal that was closed is told by its signal.
            (Some(above), Some(columns)) => drop(above.print(width::hang(&text, columns, HANG))),
            (Some(above), None) => drop(above.print(text)),
            (None, _) => drop(print(&text)),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

fn editor(words: &Words) -> rustyline::Result<Editor<Completer, DefaultHistory>> {
    let config = Config::builder()
        .max_history_size(HISTORY_MAX)?
        .history_ignore_dups(true)?
        .bracketed_paste(false)
        .completion_type(rustyline::CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Completer::of(words.clone())));
    Ok(editor)
}

/// Reads lines at a terminal.
fn typed(
    mut editor: Editor<Completer, DefaultHistory>,
    history: Option<PathBuf>,
    to: &Sender<Input>,
    go_on: &Receiver<()>,
) {
    if let Some(file) = &history {
        // The first time there is none.
        let _ = editor.load_history(file);
    }
    loop {
        let input = match editor.readline(PROMPT) {
            Ok(line) => {
                let _ = editor.add_history_entry(&line);
                if let Some(file) = &history {
                    let _ = editor.save_history(file);
                }
                Input::Line(line)
            }
            Err(ReadlineError::Interrupted) => Input::Interrupt,
            Err(_) => Input::End,
        };
        let more = matches!(input, Input::Line(_));
        if to.send(input).is_err() || !more || go_on.recv().is_err() {
            return;
        }
    }
}

/// Reads lines from a pipe or a file.
fn piped(to: &Sender<Input>, go_on: &Receiver<()>) {
    let mut lines = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = std::io::Read::take(&mut lines, LINE_MAX as u64).read_until(b'\n', &mut line);
        let input = match read {
            Ok(1..) => Input::Line(String::from_utf8_lossy(&line).into_owned()),
            _ => Input::End,
        };
        let more = input != Input::End;
        if to.send(input).is_err() || !more || go_on.recv().is_err() {
            return;
        }
    }
}
