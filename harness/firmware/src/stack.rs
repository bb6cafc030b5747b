//! The call stack of a Cortex-M that stands: from registers and memory, by the image's unwind tables.
//!
//! **Invariant:** memory, registers and tables may be garbage. The walk ends after [`FRAMES_MAX`] frames at the latest, each frame takes a bounded number
//! of reads, and the stack pointer only goes up.

use super::image::Image;
use super::lines::{Bytes, Lines};
use gimli::{
    BaseAddresses, CfaRule, DebugFrame, EhFrame, LittleEndian, Register, RegisterRule, UnwindContext,
    UnwindSection as _,
};
use pump_hil_model::crash::{FRAMES_MAX, Frame, exception};
use std::ops::Range;

const SP: usize = 13;
const LR: usize = 14;
const PC: usize = 15;
const XPSR: usize = 16;

/// r0 to r15 and the program status register.
pub type Registers = [u32; 17];

/// Reads a word of memory; `None`: nothing is there.
pub type Read<'a> = &'a mut dyn FnMut(u32) -> Option<u32>;

/// Who called whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// The innermost first.
    pub frames: Vec<Frame>,
    /// Why it is not known further.
    pub end: String,
}

/// The stack of a core with these `registers`. `psp` is the process stack's pointer, of a core that has two stacks.
#[must_use]
pub fn unwind(image: &Image, registers: &Registers, psp: u32, read: Read<'_>) -> Stack {
    let lines = Lines::of(image);
    let mut walk = Walk {
        code: lines.code(),
        tables: Tables::of(&lines),
        lines,
        registers: *registers,
        psp,
        exact: true,
        interruption: None,
        frames: Vec::new(),
    };
    let end = loop {
        if let Err(end) = walk.frame(read) {
            break end;
        }
    };
    Stack {
        frames: walk.frames,
        end,
    }
}

struct Walk<'a> {
    lines: Lines<'a>,
    code: Vec<Range<u64>>,
    tables: Tables<'a>,
    registers: Registers,
    psp: u32,
    /// The program counter is that of the next instruction, not of the one after a call.
    exact: bool,
    /// The exception that was taken here.
    interruption: Option<String>,
    frames: Vec<Frame>,
}

impl Walk<'_> {
    /// Tells the functions at the program counter, and goes to their caller.
    ///
    /// # Errors
    /// Why there is none.
    fn frame(&mut self, read: Read<'_>) -> Result<(), String> {
        // Bit 0 of a code address only says Thumb.
        let pc = self.registers[PC] & !1;
        // What follows a call may belong to another line, and behind the last one to another function.
        let addr = u64::from(if self.exact { pc } else { pc.wrapping_sub(1) });
        let mut here = self.lines.at(addr);
        if !self.is_code(pc) {
            "no code".clone_into(&mut here[0].function);
        }
        for mut frame in here {
            if self.frames.len() == FRAMES_MAX {
                return Err(format!("more than {FRAMES_MAX} frames"));
            }
            frame.at = format!("{pc:#010x}");
            frame.interrupted_by = self.interruption.take();
            self.frames.push(frame);
        }
        let caller = match self.tables.row(addr) {
            Some(row) => self.caller(&row, read)?,
            // Code without tables, or a jump to nowhere: the link register holds who it came from, if it was not overwritten.
            None if self.exact => self.registers,
            None => return Err(format!("there is no unwind information for {addr:#010x}")),
        };
        let back = caller[LR];
        let (before, was_exact) = (self.registers[SP], self.exact);
        self.registers = caller;
        // EXC_RETURN (Armv7-M ARM, B1.5). All ones is what LR holds after a reset: where everything began.
        if back >= 0xFFFF_FF00 && back != u32::MAX {
            return self.interrupted(back, read);
        }
        // A Cortex-M runs Thumb only: a true return address has bit 0 set.
        if back & 1 == 0 || !self.is_code(back & !1) {
            return Err(match back {
                0 | u32::MAX => "nobody called this".to_owned(),
                _ => format!("the return address {back:#010x} is not code"),
            });
        }
        // A function without a frame leaves the pointer where it is; only the innermost can, because every other one has saved its LR.
        if self.registers[SP] < before || (self.registers[SP] == before && !was_exact) {
            return Err("the stack pointer does not go on".to_owned());
        }
        self.registers[PC] = back;
        self.exact = false;
        Ok(())
    }

    /// The registers of the caller; its place is in the link register.
    fn caller(&self, row: &Row, read: Read<'_>) -> Result<Registers, String> {
        let cfa = match row.cfa {
            // A base beyond LR would be the PC, or no core register.
            Some((base, offset)) if base <= LR => self.registers[base].wrapping_add_signed(offset),
            _ => return Err("its frame is beyond what is understood here".to_owned()),
        };
        let mut caller = self.registers;
        // Up to LR: the caller's PC is what LR held, and its SP is the CFA by definition (DWARF 5, 6.4.1).
        for (register, value) in caller.iter_mut().enumerate().take(PC) {
            match row.rules[register] {
                // After a call LR holds the way back into this very function: unchanged would mean to go round for ever.
                Rule::Same if register == LR && !self.exact => return Err("nobody called this".to_owned()),
                Rule::Same => {}
                Rule::Nothing if register == LR => return Err("nobody called this".to_owned()),
                Rule::Nothing => *value = 0,
                Rule::At(offset) => {
                    let at = cfa.wrapping_add_signed(offset);
                    *value = read(at).ok_or_else(|| format!("the stack at {at:#010x} cannot be read"))?;
                }
                Rule::Beyond => return Err("its registers are beyond what is understood here".to_owned()),
            }
        }
        caller[SP] = cfa;
        Ok(caller)
    }

    /// What an exception interrupted: the processor itself put eight registers on the stack that was in use, and what returns from it says which.
    fn interrupted(&mut self, back: u32, read: Read<'_>) -> Result<(), String> {
        const ON_PROCESS_STACK: u32 = 1 << 2;
        const NO_FLOATING_POINT: u32 = 1 << 4;
        const PADDED: u32 = 1 << 9;
        let by = exception(self.registers[XPSR]).unwrap_or_else(|| "an exception".to_owned());
        let at = if back & ON_PROCESS_STACK != 0 {
            if self.psp == 0 {
                return Err("the process stack's pointer is not known".to_owned());
            }
            self.psp
        } else {
            self.registers[SP]
        };
        // The order in which an exception pushes them (Armv7-M ARM, B1.5).
        for (place, register) in [0, 1, 2, 3, 12, LR, PC, XPSR].into_iter().enumerate() {
            let from = at.wrapping_add(4 * place as u32);
            self.registers[register] =
                read(from).ok_or_else(|| format!("the exception's frame at {from:#010x} cannot be read"))?;
        }
        // 8 words; or 26, with room for S0 to S15 and FPSCR.
        let mut len = if back & NO_FLOATING_POINT != 0 { 0x20 } else { 0x68 };
        // The processor aligned the stack to 8 bytes, and noted it in bit 9 of the xPSR that it pushed.
        if self.registers[XPSR] & PADDED != 0 {
            len += 4;
        }
        // On another stack than before the pointer may be anywhere, but never where it was.
        self.registers[SP] = at.checked_add(len).ok_or("the stack pointer does not go on")?;
        self.exact = true;
        self.interruption = Some(by);
        Ok(())
    }

    fn is_code(&self, addr: u32) -> bool {
        self.code.iter().any(|range| range.contains(&u64::from(addr)))
    }
}

/// How a function's caller is found.
struct Row {
    /// Register and offset that give the caller's stack pointer; `None`: in a way that is not understood.
    cfa: Option<(usize, i32)>,
    rules: [Rule; PC],
}

/// Where a register of the caller is.
#[derive(Clone, Copy)]
enum Rule {
    Same,
    /// It is lost; the link register's: nobody called.
    Nothing,
    /// So far from the caller's stack pointer.
    At(i32),
    Beyond,
}

/// The image's unwind tables.
struct Tables<'a> {
    debug: DebugFrame<Bytes<'a>>,
    exception: EhFrame<Bytes<'a>>,
    bases: BaseAddresses,
}

impl<'a> Tables<'a> {
    fn of(lines: &Lines<'a>) -> Self {
        let (_, debug) = lines.section(".debug_frame");
        let (addr, exception) = lines.section(".eh_frame");
        let mut tables = Self {
            debug: DebugFrame::new(debug, LittleEndian),
            exception: EhFrame::new(exception, LittleEndian),
            bases: BaseAddresses::default().set_eh_frame(addr),
        };
        // `.debug_frame` below version 4 does not say how long its addresses are.
        tables.debug.set_address_size(4);
        tables.exception.set_address_size(4);
        tables
    }

    fn row(&self, addr: u64) -> Option<Row> {
        let mut context = UnwindContext::new();
        let found = self
            .debug
            .unwind_info_for_address(&self.bases, &mut context, addr, DebugFrame::cie_from_offset);
        if let Ok(found) = found {
            return Some(Row::of(found));
        }
        let mut context = UnwindContext::new();
        let found = self
            .exception
            .unwind_info_for_address(&self.bases, &mut context, addr, EhFrame::cie_from_offset);
        found.ok().map(Row::of)
    }
}

impl Row {
    fn of(row: &gimli::UnwindTableRow<usize>) -> Self {
        let small = |offset: &i64| i32::try_from(*offset).ok();
        let cfa = match row.cfa() {
            CfaRule::RegisterAndOffset { register, offset } => Some(usize::from(register.0)).zip(small(offset)),
            CfaRule::Expression(_) => None,
        };
        let rule = |number: u16| match row.register(Register(number)) {
            // What the table does not name is as the ABI has it (DWARF 5, 6.4.1): r4 to r11 are the caller's still, and nobody asks for r0
            // to r3.
            None | Some(RegisterRule::SameValue) => Rule::Same,
            Some(RegisterRule::Undefined) => Rule::Nothing,
            Some(RegisterRule::Offset(offset)) => small(&offset).map_or(Rule::Beyond, Rule::At),
            Some(_) => Rule::Beyond,
        };
        Self {
            cfa,
            rules: std::array::from_fn(|number| rule(number as u16)),
        }
    }
}

#[cfg(test)]
mod tests;
