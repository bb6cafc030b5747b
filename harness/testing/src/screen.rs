//! A command at a terminal of a chosen size: what stands on its screen, and keys that are pressed.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use std::num::NonZero;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A screen on which nothing came for so long, 80 ms, is painted.
const SILENCE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 80_000_000,
};
/// Silences, a minute of them, for which a text or the end of the command is waited for: the host may be busy.
const PATIENCE: usize = 750;
/// Lines that are kept of what scrolled off the screen.
const SCROLLED: usize = 10_000;

/// A running command and its terminal, which is its controlling terminal. The command ends with this.
pub struct Screen {
    ours: Option<OwnedFd>,
    far: OwnedFd,
    before: Termios,
    parser: vt100::Parser,
    child: Child,
}

impl Screen {
    /// Runs `command` at a terminal of `columns` x `rows`: its program, arguments, folder and variables are taken. It knows `TERM=xterm-256color`, and
    /// neither `NO_COLOR`, `CI` nor a log.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn run(command: &Command, columns: u16, rows: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a PTY");
        grantpt(&ours).expect("a PTY that is ours");
        unlockpt(&ours).expect("a PTY that opens");
        let path = ptsname(&ours, Vec::new()).expect("a PTY with a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let far = rustix::fs::open(&path, flags, Mode::empty()).expect("the PTY's other end");
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&far, size).expect("a PTY has a size");
        let before = tcgetattr(&far).expect("a PTY has modes");
        let child = at(command, &far).spawn().expect("the command starts");
        Self {
            ours: Some(ours),
            far,
            before,
            parser: vt100::Parser::new(cells(rows), cells(columns), SCROLLED),
            child,
        }
    }

    /// Presses these keys, one after the other.
    ///
    /// # Panics
    /// The terminal is closed.
    pub fn press(&self, keys: &str) {
        let ours = self.ours.as_ref().expect("the terminal is open");
        rustix::io::write(ours, keys.as_bytes()).expect("keys are taken");
    }

    /// Waits until this text stands on the screen, and nothing more comes.
    ///
    /// # Panics
    /// It does not come.
    pub fn wait_for(&mut self, text: &str) {
        let mut silent = 0;
        while !self.text().contains(text) {
            let ended = self.child.try_wait().expect("the command can be waited for");
            let more = self.look();
            silent += usize::from(!more);
            assert!(
                more || (ended.is_none() && silent < PATIENCE),
                "`{text}` does not come ({ended:?}):\n{}",
                self.text()
            );
        }
        self.settle();
    }

    /// Waits until nothing more comes.
    pub fn settle(&mut self) {
        while self.look() {}
    }

    /// What stands on the screen, a line for each of its own; without spaces at their ends, nor empty lines at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let screen = self.parser.screen();
        let (_, columns) = screen.size();
        // By rows: `contents` puts together what the terminal wrapped.
        let rows: Vec<String> = screen.rows(0, columns.get()).collect();
        rows.iter()
            .map(|row| row.trim_end())
            .collect::<Vec<_>>()
            .join("\n")
            .trim_end()
            .to_owned()
    }

    /// The rows that the terminal broke because a line was longer than they are.
    #[must_use]
    pub fn broken(&self) -> Vec<String> {
        let screen = self.parser.screen();
        let (_, columns) = screen.size();
        let rows = screen.rows(0, columns.get()).enumerate();
        let is_broken = |at: &usize| u16::try_from(*at).is_ok_and(|at| screen.row_wrapped(at));
        rows.filter(|(at, _)| is_broken(at)).map(|(_, row)| row).collect()
    }

    /// Whether the cell in this row and column, from 0, is coloured.
    #[must_use]
    pub fn is_coloured(&self, row: u16, column: u16) -> bool {
        let cell = self.parser.screen().cell(row, column);
        cell.is_some_and(|cell| cell.fgcolor() != vt100::Color::Default)
    }

    /// Sends the command a signal, such as `TERM`.
    ///
    /// # Panics
    /// There is no such command any more.
    pub fn signal(&self, signal: &str) {
        let kill = Command::new("kill")
            .args(["-s", signal, &self.child.id().to_string()])
            .status();
        assert!(kill.is_ok_and(|status| status.success()), "no signal {signal}");
    }

    /// The window is closed, or the connection to it is lost.
    pub fn close(&mut self) {
        self.ours = None;
    }

    /// Waits for the end of the command, and takes all that it showed.
    ///
    /// # Panics
    /// It does not end, or left the terminal otherwise than it was: raw, without a cursor, or on its other screen.
    pub fn end(&mut self) -> ExitStatus {
        let mut silent = 0;
        let status = loop {
            let more = self.look();
            silent += usize::from(!more);
            if let (Some(status), false) = (self.child.try_wait().expect("the command can be waited for"), more) {
                break status;
            }
            assert!(silent < PATIENCE, "it does not end:\n{}", self.text());
        };
        if self.ours.is_some() {
            let after = tcgetattr(&self.far).expect("a PTY has modes");
            assert_eq!(format!("{after:?}"), format!("{:?}", self.before), "{}", self.text());
            let screen = self.parser.screen();
            assert!(!screen.hide_cursor() && !screen.alternate_screen(), "{}", self.text());
        }
        status
    }

    /// Takes what is shown; whether something was.
    fn look(&mut self) -> bool {
        let mut readable: Vec<PollFd<'_>> = self.ours.iter().map(|ours| PollFd::new(ours, PollFlags::IN)).collect();
        let (Ok(1..), Some(ours)) = (poll(&mut readable, Some(&SILENCE)), &self.ours) else {
            return false;
        };
        let mut bytes = [0; 4096];
        let count = rustix::io::read(ours, &mut bytes).unwrap_or(0);
        self.parser.process(&bytes[..count]);
        count > 0
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command at this end of a terminal.
fn at(command: &Command, far: &OwnedFd) -> Command {
    let far = || Stdio::from(far.try_clone().expect("one more descriptor"));
    // Only a new session can take a terminal as its controlling one. Who runs these tests may ignore signals, and what he starts inherits that.
    let mut at = Command::new("setsid");
    at.args(["-c", "env", "--default-signal=HUP,INT,QUIT,TERM"]);
    at.arg(command.get_program()).args(command.get_args());
    at.env("TERM", "xterm-256color");
    for name in [
        "NO_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "CI",
        "RUST_LOG",
        "COLUMNS",
        "LINES",
    ] {
        at.env_remove(name);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => at.env(name, value),
            None => at.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        at.current_dir(folder);
    }
    at.stdin(far()).stdout(far()).stderr(far());
    at
}

fn cells(number: u16) -> NonZero<u16> {
    NonZero::new(number).expect("a terminal has a cell")
}
