//! The terminal that a person sits at: key by key, and left as it was found, however the program ends.

use crate::interrupt::{self, Interrupt};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, isatty, tcflush, tcgetattr,
    tcgetwinsize, tcsetattr,
};
use std::collections::VecDeque;
use std::io::{Result, Write as _};
use std::sync::{Mutex, PoisonError};

/// How often a signal and the size are looked at while nobody presses a key.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
/// What an escape begins comes within this time, or the key was the one named so.
const ESCAPE_ENDS: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};
/// Where the terminal does not know its size.
const SIZE: (usize, usize) = (80, 24);

/// A key, or what else ends the wait for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// A character.
    Char(char),
    Enter,
    Backspace,
    Escape,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    /// One that is nothing here.
    Other,
    /// The terminal has another size.
    Resized,
    /// Ctrl-C, a signal, or a terminal that was closed.
    Stop,
}

/// What brings a terminal back to how it was found.
struct Found {
    modes: Termios,
    /// It shows its other screen.
    other_screen: bool,
}

/// One at a time. Here, and not in [`Terminal`]: a panic is told before a value is dropped.
static FOUND: Mutex<Option<Found>> = Mutex::new(None);

/// Leaves the terminal as it was found, if it is not left yet.
pub(in crate::cli) fn leave() {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Found { modes, other_screen }) = found {
        if other_screen {
            let _ = write(OTHER_SCREEN.1);
        }
        // A terminal that is closed needs nothing.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &modes);
    }
}

/// Sequences of xterm: its other screen without a cursor, and back.
const OTHER_SCREEN: (&str, &str) = ("\u{1b}[?1049h\u{1b}[?25l", "\u{1b}[?25h\u{1b}[?1049l");

fn write(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// The terminal, whose keys come without Enter.
pub(super) struct Terminal {
    interrupt: Interrupt,
    /// Bytes of keys that were not taken yet.
    bytes: VecDeque<u8>,
    size: (usize, usize),
}

impl Terminal {
    /// The terminal that is standard input and output; `None` where they are none, or one that cannot place its cursor.
    ///
    /// # Errors
    /// It does not take another mode, or no signals can be heard.
    pub fn open() -> Result<Option<Self>> {
        let is_plain = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if is_plain || !isatty(stdin()) || !isatty(stdout()) {
            return Ok(None);
        }
        let (interrupter, interrupt) = interrupt::pair();
        interrupt::on_signals(interrupter)?;
        let before = tcgetattr(stdin())?;
        let mut modes = before.clone();
        // By keys, which it does not show by itself, and of which none is a signal or stops the output.
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        modes.input_modes -= InputModes::IXON | InputModes::ICRNL;
        modes.special_codes[SpecialCodeIndex::VMIN] = 1;
        modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        let found = Found {
            modes: before,
            other_screen: false,
        };
        *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        let terminal = Self {
            interrupt,
            bytes: VecDeque::new(),
            size: size(),
        };
        tcsetattr(stdin(), OptionalActions::Now, &modes)?;
        Ok(Some(terminal))
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Writes what is harmless already.
    pub fn write(&self, text: &str) -> Result<()> {
        write(text)
    }

    /// Shows the other screen, which is empty and has no cursor, or the one of before.
    pub fn other_screen(&self, other: bool) -> Result<()> {
        if let Some(found) = &mut *FOUND.lock().unwrap_or_else(PoisonError::into_inner) {
            found.other_screen = other;
        }
        write(if other { OTHER_SCREEN.0 } else { OTHER_SCREEN.1 })
    }

    /// Forgets the keys that were pressed so far: who pressed them had not seen what comes.
    pub fn forget_keys(&mut self) {
        self.bytes.clear();
        let _ = tcflush(stdin(), QueueSelector::IFlush);
    }

    /// Waits for a key.
    pub fn key(&mut self) -> Key {
        loop {
            if self.interrupt.by().is_some() {
                return Key::Stop;
            }
            let now = size();
            if now != self.size {
                self.size = now;
                return Key::Resized;
            }
            if let Some(first) = self.bytes.pop_front() {
                return self.begun(first);
            }
            if !self.read(&LOOK_EVERY) {
                return Key::Stop;
            }
        }
    }

    /// The key that begins with this byte.
    fn begun(&mut self, first: u8) -> Key {
        match first {
            0x03 => Key::Stop,
            b'\r' | b'\n' => Key::Enter,
            0x08 | 0x7f => Key::Backspace,
            0x1b => match self.next() {
                None => Key::Escape,
                Some(b'[') => self.sequence(),
                Some(b'O') => self.next().map_or(Key::Other, |last| named(last, "")),
                Some(_) => Key::Other,
            },
            0..0x20 => Key::Other,
            0x20..0x7f => Key::Char(char::from(first)),
            _ => self.long(first),
        }
    }

    /// The key of a control sequence, behind its begin (ECMA-48).
    fn sequence(&mut self) -> Key {
        let mut parameters = String::new();
        while let Some(byte) = self.next() {
            match byte {
                0x40..=0x7e => return named(byte, &parameters),
                _ if parameters.len() < 16 => parameters.push(char::from(byte)),
                _ => break,
            }
        }
        Key::Other
    }

    /// A character of several bytes (UTF-8).
    fn long(&mut self, first: u8) -> Key {
        let mut bytes = vec![first];
        let length = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return Key::Other,
        };
        while bytes.len() < length {
            let Some(byte) = self.next() else {
                return Key::Other;
            };
            bytes.push(byte);
        }
        let text = std::str::from_utf8(&bytes).ok();
        text.and_then(|text| text.chars().next()).map_or(Key::Other, Key::Char)
    }

    /// The next byte of a key that came with others.
    fn next(&mut self) -> Option<u8> {
        if self.bytes.is_empty() {
            self.read(&ESCAPE_ENDS);
        }
        self.bytes.pop_front()
    }

    /// Takes what was typed, and waits so long for it; `false`: the terminal is closed.
    fn read(&mut self, wait: &Timespec) -> bool {
        let mut readable = [PollFd::from_borrowed_fd(stdin(), PollFlags::IN)];
        if !matches!(poll(&mut readable, Some(wait)), Ok(1..)) {
            return true;
        }
        let mut bytes = [0; 256];
        match rustix::io::read(stdin(), &mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.bytes.extend(&bytes[..count]);
                true
            }
            Err(error) => matches!(error, rustix::io::Errno::INTR | rustix::io::Errno::AGAIN),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
    }
}

/// The key that a sequence ends with (xterm's control sequences, and those of a VT220).
fn named(last: u8, parameters: &str) -> Key {
    match (last, parameters) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'H', _) | (b'~', "1" | "7") => Key::Home,
        (b'F', _) | (b'~', "4" | "8") => Key::End,
        (b'~', "5") => Key::PageUp,
        (b'~', "6") => Key::PageDown,
        _ => Key::Other,
    }
}

fn size() -> (usize, usize) {
    match tcgetwinsize(stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col.into(), size.ws_row.into()),
        _ => SIZE,
    }
}

#[cfg(test)]
mod tests {
    use super::Terminal;
    use pump_hil_testing::screen::Screen;
    use std::process::Command;

    /// Runs this program at a terminal, for one test that is not for all.
    fn alone(test: &str) -> Screen {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture"]);
        command.env("RUST_BACKTRACE", "0");
        command.arg(format!("cli::review::terminal::tests::{test}"));
        let mut screen = Screen::run(&command, 100, 40);
        // It is held to the modes of before.
        let status = screen.end();
        assert!(!status.success(), "{}", screen.text());
        screen
    }

    #[test]
    fn a_panic_leaves_the_terminal_as_it_was_and_is_told_there() {
        alone("panics");
        let screen = alone("panics_and_drops_nothing");
        assert!(screen.text().contains("on purpose"), "{}", screen.text());
    }

    #[test]
    #[ignore = "it panics, at a terminal of its own"]
    fn panics() {
        let terminal = Terminal::open().unwrap().unwrap();
        terminal.other_screen(true).unwrap();
        panic!("on purpose, {:?}", terminal.size());
    }

    #[test]
    #[ignore = "it panics, at a terminal of its own"]
    fn panics_and_drops_nothing() {
        crate::cli::tell_panics();
        let terminal = Terminal::open().unwrap().unwrap();
        terminal.other_screen(true).unwrap();
        std::mem::forget(terminal);
        panic!("on purpose");
    }
}
