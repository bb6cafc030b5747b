//! RFC 2217, a serial port over Telnet, as a client speaks it: bytes in, bytes out, and no IO.
//!
//! Beside the pump's bytes a server sends commands, which begin with the byte 255 (`IAC`); a 255 of the pump's is doubled (RFC 854). Both ways are binary
//! (RFC 856): no byte stands for another.

use super::settings::{Flow, Level, Parity, Settings};
use std::borrow::Cow;

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

const BINARY: u8 = 0;
const SUPPRESS_GO_AHEAD: u8 = 3;
const COM_PORT: u8 = 44;
/// What is asked for, both ways.
const WANTED: [u8; 3] = [BINARY, SUPPRESS_GO_AHEAD, COM_PORT];

const SET_BAUD: u8 = 1;
const SET_DATA_BITS: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOP_BITS: u8 = 4;
const SET_CONTROL: u8 = 5;
const SUSPEND: u8 = 8;
const RESUME: u8 = 9;
const SET_LINE_MASK: u8 = 10;
const SET_MODEM_MASK: u8 = 11;
/// A server's commands are a client's and so much more.
const OF_THE_SERVER: u8 = 100;

const BREAK_ON: u32 = 5;
const BREAK_OFF: u32 = 6;

/// Most bytes of a command that are kept: the longest that means something here has six.
const COMMAND_MAX: usize = 64;

/// Most bytes that wait for a server that takes none: what it asks for beyond them has no answer.
const OUT_MAX: usize = 4 * 1024;

/// Where in the server's bytes we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Data,
    Iac,
    /// Behind `WILL`, `WONT`, `DO` or `DONT`: the option comes.
    Option(u8),
    Command,
    CommandIac,
}

/// What a server makes of something that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    command: u8,
    value: u32,
    /// What it answered.
    came: Option<u32>,
}

/// A client's end.
#[derive(Debug)]
pub struct Telnet {
    at: At,
    command: Vec<u8>,
    /// What is to be sent to the server.
    out: Vec<u8>,
    /// Whether it has a serial port for us; `None`: it did not say yet.
    has_port: Option<bool>,
    asked: Vec<Asked>,
    suspended: bool,
}

impl Telnet {
    /// Begins a conversation: what is wanted waits to be sent.
    pub fn begin() -> Self {
        let mut telnet = Self::amid();
        for option in WANTED {
            telnet.out.extend([IAC, WILL, option, IAC, DO, option]);
        }
        telnet
    }

    /// In the middle of a conversation that somebody else began.
    pub fn amid() -> Self {
        Self {
            at: At::Data,
            command: Vec::new(),
            out: Vec::new(),
            has_port: None,
            asked: Vec::new(),
            suspended: false,
        }
    }

    /// Whether the server has a serial port for us; `None`: it did not say yet.
    pub fn has_port(&self) -> Option<bool> {
        self.has_port
    }

    /// Whether the server asked to be sent nothing for now.
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// What is to be sent to the server, once.
    pub fn take_out(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Puts back what could not be sent.
    pub fn put_back(&mut self, unsent: &[u8]) {
        self.out.splice(..0, unsent.iter().copied());
    }

    /// The pump's bytes as they are sent.
    pub fn escaped(bytes: &[u8]) -> Cow<'_, [u8]> {
        if !bytes.contains(&IAC) {
            return Cow::Borrowed(bytes);
        }
        let doubled = bytes
            .iter()
            .flat_map(|byte| std::iter::repeat_n(*byte, if *byte == IAC { 2 } else { 1 }));
        Cow::Owned(doubled.collect())
    }

    /// Takes what the server sent. The pump's bytes of it are moved to its front; gives how many.
    pub fn take(&mut self, bytes: &mut [u8]) -> usize {
        let mut kept = 0;
        for at in 0..bytes.len() {
            let byte = bytes[at];
            if self.is_data(byte) {
                bytes[kept] = byte;
                kept += 1;
            }
        }
        kept
    }

    /// Takes one byte; whether it is the pump's.
    fn is_data(&mut self, byte: u8) -> bool {
        let (next, is_data) = match (self.at, byte) {
            (At::Data, IAC) => (At::Iac, false),
            (At::Data, _) => (At::Data, true),
            (At::Iac, IAC) => (At::Data, true),
            (At::Iac, WILL | WONT | DO | DONT) => (At::Option(byte), false),
            (At::Iac, SB) => {
                self.command.clear();
                (At::Command, false)
            }
            // One that stands alone, such as `NOP` or `AYT`.
            (At::Iac, _) => (At::Data, false),
            (At::Option(verb), option) => {
                self.on_option(verb, option);
                (At::Data, false)
            }
            (At::Command, IAC) => (At::CommandIac, false),
            (At::Command, _) => (self.more(byte), false),
            (At::CommandIac, IAC) => (self.more(IAC), false),
            // `SE`; and a command that another one cuts off is over as well.
            (At::CommandIac, _) => {
                self.on_command();
                (At::Data, false)
            }
        };
        self.at = next;
        is_data
    }

    fn more(&mut self, byte: u8) -> At {
        if self.command.len() < COMMAND_MAX {
            self.command.push(byte);
        }
        At::Command
    }

    fn on_option(&mut self, verb: u8, option: u8) {
        if option == COM_PORT {
            match verb {
                DO => self.has_port = Some(true),
                DONT => self.has_port = Some(false),
                // Whether the server is a client as well is its own matter.
                _ => {}
            }
        }
        // What was asked for is not answered once more: two ends that answer answers never come to an end (RFC 854).
        if WANTED.contains(&option) || self.out.len() > OUT_MAX {
            return;
        }
        match verb {
            WILL => self.out.extend([IAC, DONT, option]),
            DO => self.out.extend([IAC, WONT, option]),
            _ => {}
        }
    }

    fn on_command(&mut self) {
        let [COM_PORT, command, value @ ..] = self.command.as_slice() else {
            return;
        };
        let Some(command) = command.checked_sub(OF_THE_SERVER) else {
            return;
        };
        match command {
            SUSPEND => self.suspended = true,
            RESUME => self.suspended = false,
            _ => {
                let mut number = [0; 4];
                let of_it = value.len().min(number.len());
                number[4 - of_it..].copy_from_slice(&value[value.len() - of_it..]);
                let value = u32::from_be_bytes(number);
                // The first that waits: answers come in order.
                let waits = |asked: &&mut Asked| asked.command == command && asked.came.is_none();
                if let Some(asked) = self.asked.iter_mut().find(waits) {
                    asked.came = Some(value);
                }
            }
        }
    }

    fn ask(&mut self, command: u8, value: u32, bytes: usize) {
        self.say(command, value, bytes);
        self.asked.push(Asked {
            command,
            value,
            came: None,
        });
    }

    fn say(&mut self, command: u8, value: u32, bytes: usize) {
        self.out.extend([IAC, SB, COM_PORT, command]);
        let value = value.to_be_bytes();
        self.out.extend_from_slice(&Self::escaped(&value[4 - bytes..]));
        self.out.extend([IAC, SE]);
    }

    /// Asks for all that is said of the port. That the server shall tell of its line is not asked for.
    pub fn set(&mut self, settings: &Settings) {
        // These are not waited for: some servers do not answer them.
        self.say(SET_LINE_MASK, 0, 1);
        self.say(SET_MODEM_MASK, 0, 1);
        if let Some(baud) = settings.baud {
            self.ask(SET_BAUD, baud, 4);
        }
        if let Some(bits) = settings.data_bits {
            self.ask(SET_DATA_BITS, bits.into(), 1);
        }
        if let Some(parity) = settings.parity {
            let parity = match parity {
                Parity::None => 1,
                Parity::Odd => 2,
                Parity::Even => 3,
            };
            self.ask(SET_PARITY, parity, 1);
        }
        if let Some(bits) = settings.stop_bits {
            self.ask(SET_STOP_BITS, bits.into(), 1);
        }
        if let Some(flow) = settings.flow {
            let flow = match flow {
                Flow::None => 1,
                Flow::Software => 2,
                Flow::Hardware => 3,
            };
            self.ask(SET_CONTROL, flow, 1);
        }
        for (level, on) in [(settings.dtr, 8), (settings.rts, 11)] {
            if let Some(level) = level {
                self.ask(SET_CONTROL, if level == Level::On { on } else { on + 1 }, 1);
            }
        }
    }

    /// Begins a break, or ends it.
    pub fn break_line(&mut self, begins: bool) {
        self.ask(SET_CONTROL, if begins { BREAK_ON } else { BREAK_OFF }, 1);
    }

    /// Whether all that was asked for was answered.
    pub fn is_answered(&self) -> bool {
        self.asked.iter().all(|asked| asked.came.is_some())
    }

    /// What is not as it was asked for, or has no answer, in words.
    pub fn is_not_so(&self) -> Option<String> {
        let asked = self.asked.iter().find(|asked| asked.came != Some(asked.value))?;
        let what = match asked.command {
            SET_BAUD => "baud",
            SET_DATA_BITS => "data-bits",
            SET_PARITY => "parity",
            SET_STOP_BITS => "stop-bits",
            _ => "flow, DTR, RTS or break",
        };
        Some(match (asked.came, asked.command) {
            (None, _) => format!("the server does not answer what is asked of the port ({what})"),
            (Some(came), SET_BAUD | SET_DATA_BITS | SET_STOP_BITS) => {
                format!("the server set {what} to {came}, not to {}", asked.value)
            }
            (Some(_), _) => format!("the server did not set {what} as asked"),
        })
    }
}

/// Test only: the pump's bytes of what a server sent in these pieces, and what it is answered.
#[cfg(feature = "for-tests")]
#[must_use]
pub fn telnet_told(pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
    let mut telnet = Telnet::begin();
    telnet.set(&Settings {
        baud: Some(115_200),
        ..Settings::default()
    });
    telnet.take_out();
    let (mut said, mut answers) = (Vec::new(), Vec::new());
    for piece in pieces {
        let mut piece = piece.to_vec();
        let kept = telnet.take(&mut piece);
        said.extend_from_slice(&piece[..kept]);
        answers.append(&mut telnet.take_out());
    }
    (said, answers)
}

#[cfg(test)]
mod tests;
