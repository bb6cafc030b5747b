//! The crash record: what a pump was doing when it failed, so that it can be understood without the board.
//!
//! Invariant: plain data that stands in the journal as one event. Everything in it has a bound, and text of the firmware is harmless already.

use serde::{Deserialize, Serialize};

/// Most frames of a stack, inlined ones among them.
pub const FRAMES_MAX: usize = 64;
/// Most lines of the firmware's log, and of the serial line, in a record.
pub const LINES_MAX: usize = 16;
/// Most records of a run: a firmware that faults at every start would give no end of them.
pub const RECORDS_MAX: usize = 4;

/// What could be found out about a pump at one instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// Why it was looked at.
    pub why: Why,
    /// The exception in which the processor is, such as `HardFault`.
    pub exception: Option<String>,
    /// Why the processor last started, by the test block.
    pub reset_reason: Option<String>,
    /// Names and values of the registers.
    pub registers: Vec<(String, String)>,
    /// Who called whom, the innermost first.
    pub stack: Vec<Frame>,
    /// Why the stack is not known further.
    pub stack_end: String,
    /// What the test block says, in words.
    pub block: Vec<(String, String)>,
    /// The last lines of the firmware's log.
    pub log: Vec<String>,
    /// The last of what went over the serial line.
    pub line: Vec<String>,
    /// What could not be found out, and why.
    pub missing: Vec<String>,
}

/// Why a record is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The firmware faulted: the record is of the instant before its fault handler runs.
    Fault,
    /// The firmware faulted in its fault handler, and the processor stopped for good (a lockup): the record is of that instant.
    Lockup,
    /// The pump started again, and nobody had asked for it: the record is of the time after.
    Reset,
    /// The firmware hangs, or does not come up: the record is of when it was given up.
    Hang,
    /// The case failed, or did not come to its end, and nothing crashed: the record is of its end.
    Failed,
}

impl Crash {
    /// A record that says nothing yet.
    #[must_use]
    pub fn new(why: Why) -> Self {
        Self {
            why,
            exception: None,
            reset_reason: None,
            registers: Vec::new(),
            stack: Vec::new(),
            stack_end: String::new(),
            block: Vec::new(),
            log: Vec::new(),
            line: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Where the firmware was, in one line: `FUNCTION (FILE:LINE)`; where it faulted, `HardFault in FUNCTION (FILE:LINE)`, which is what the fault interrupted.
    #[must_use]
    pub fn place(&self) -> String {
        let exception = self.exception.as_deref();
        // Of Arm's faults only `MemManage` has another end of its name.
        let fault = exception.filter(|name| name.ends_with("Fault") || *name == "MemManage");
        let interrupted = |frame: &Frame| frame.interrupted_by.is_some();
        let from = self.stack.iter().position(interrupted).unwrap_or(0);
        // A loop is found in an interrupt now and then.
        let interrupt = match fault {
            None if from > 0 => format!(", interrupted by {}", self.stack[0].function),
            _ => String::new(),
        };
        let fault = fault.map_or(String::new(), |fault| format!("{fault} in "));
        let frames = &self.stack[from..];
        // Who waits for a register hangs, and not the word of a library that reads it.
        let of_a_library = |frame: &&Frame| {
            let file = frame.file.as_deref().unwrap_or_default();
            frame.inlined && (file.contains("/registry/src/") || file.contains("/rustc/"))
        };
        let mut own = frames.iter().filter(|frame| !of_a_library(frame));
        let Some(frame) = own.next() else {
            let pc = self.registers.iter().find(|(name, _)| name == "pc");
            return format!("{fault}{}", pc.map_or("an unknown place", |(_, pc)| pc));
        };
        // A function of the assembler has no line: who called it has one.
        let caller = own.find(|caller| frame.file.is_none() && caller.file.is_some());
        let caller = caller.map_or(String::new(), |caller| format!(", called by {}", caller.named()));
        format!("{fault}{}{caller}{interrupt}", frame.named())
    }
}

impl Frame {
    /// `FUNCTION (FILE:LINE)`, as far as it is known.
    fn named(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{} ({file}:{line})", self.function),
            (Some(file), None) => format!("{} ({file})", self.function),
            _ => self.function.clone(),
        }
    }
}

impl Why {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Fault => "the firmware faulted",
            Self::Lockup => "the firmware locked up",
            Self::Reset => "the pump started again unasked",
            Self::Hang => "the firmware hangs",
            Self::Failed => "the case did not pass",
        }
    }
}

/// One function that is not over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Where it goes on, as `0x...`.
    pub at: String,
    /// Its name; of a place without one the symbol before it.
    pub function: String,
    /// Its source file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// It has no frame of its own: it was inlined into the next one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inlined: bool,
    /// It was interrupted at this place by this exception, rather than by a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted_by: Option<String>,
}

/// An exception by its number in the program status register; `None`: the processor is in none.
#[must_use]
pub fn exception(xpsr: u32) -> Option<String> {
    // IPSR is the low nine bits of xPSR, and the numbers are fixed (Armv7-M ARM, B1.5).
    Some(match xpsr & 0x1FF {
        0 => return None,
        2 => "NMI".to_owned(),
        3 => "HardFault".to_owned(),
        4 => "MemManage".to_owned(),
        5 => "BusFault".to_owned(),
        6 => "UsageFault".to_owned(),
        11 => "SVCall".to_owned(),
        12 => "DebugMonitor".to_owned(),
        14 => "PendSV".to_owned(),
        15 => "SysTick".to_owned(),
        number => match number.checked_sub(16) {
            Some(interrupt) => format!("interrupt {interrupt}"),
            None => format!("exception {number}"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_a_line_is_told_with_its_caller() {
        let frame = |function: &str, line: Option<u32>| Frame {
            function: function.to_owned(),
            file: line.map(|_| "pump.rs".to_owned()),
            line,
            ..Frame::default()
        };
        let mut crash = Crash::new(Why::Failed);
        crash.stack = vec![
            frame("memcmp", None),
            frame("Pump::step", Some(7)),
            frame("main", Some(9)),
        ];
        assert_eq!(crash.place(), "memcmp, called by Pump::step (pump.rs:7)");
        crash.stack.remove(0);
        assert_eq!(crash.place(), "Pump::step (pump.rs:7)");
        crash.stack.insert(0, frame("TIMER1", Some(3)));
        crash.stack[1].interrupted_by = Some("interrupt 9".to_owned());
        assert_eq!(crash.place(), "Pump::step (pump.rs:7), interrupted by TIMER1");
        crash.stack.truncate(0);
        assert_eq!(crash.place(), "an unknown place");
    }
}
