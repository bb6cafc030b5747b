//! Run control and registers of a QEMU machine (`-gdb`): GDB's remote serial protocol, as much of it as a probe needs.
//!
//! The stub answers nothing while the machine runs: any byte stops it. So memory goes by qtest, and this is for halting, stepping and registers.

use super::error::QemuError;
use super::socket::Socket;
use std::time::Duration;

/// The program status register's number in QEMU's description of an M-profile core.
pub(super) const XPSR: u8 = 25;
/// How often a step is tried again: now and then the stub stops without having executed anything.
const STEPS: u32 = 8;
/// A step that takes longer is one of a core that sleeps.
const STEP: Duration = Duration::from_millis(30);
/// WFE and WFI, as they lie in memory.
const SLEEP: [&str; 2] = ["20bf", "30bf"];

/// A connection to the stub.
#[derive(Debug)]
pub(super) struct Gdb {
    socket: Socket,
    running: bool,
}

impl Gdb {
    /// Takes over a machine that stands.
    pub fn new(socket: Socket) -> Result<Self, QemuError> {
        let mut gdb = Self { socket, running: false };
        // Only who has read its description may name a register: until then QEMU's stub answers `p` and `P` with nothing.
        gdb.send("qXfer:features:read:target.xml:0,1000")?;
        gdb.packet()?;
        Ok(gdb)
    }

    /// Whether the machine stands, by whatever stopped it.
    pub fn is_halted(&mut self) -> Result<bool, QemuError> {
        if self.running && self.socket.has_input(Duration::ZERO)? {
            self.stopped()?;
        }
        Ok(!self.running)
    }

    pub fn halt(&mut self) -> Result<(), QemuError> {
        if self.is_halted()? {
            return Ok(());
        }
        // No packet, but the byte that stops a machine that runs (GDB manual, Remote Protocol, "Interrupts").
        self.socket.send(&[0x03])?;
        self.stopped()
    }

    pub fn resume(&mut self) -> Result<(), QemuError> {
        if !self.running {
            self.send("c")?;
            // Its acknowledgement: whatever comes after it tells of a stop.
            self.socket.until(b'+')?;
            self.running = true;
        }
        Ok(())
    }

    /// One instruction of a machine that stands.
    pub fn step(&mut self) -> Result<(), QemuError> {
        let before = self.read_register(15)?;
        for _ in 0..STEPS {
            self.send("s")?;
            self.running = true;
            self.socket.until(b'+')?;
            let stops = self.socket.has_input(STEP)?;
            if !stops {
                self.socket.send(&[0x03])?;
            }
            self.stopped()?;
            if self.read_register(15)? != before || !stops && self.sleeps(before)? {
                return Ok(());
            }
        }
        // A branch to itself: it was carried out all the same.
        Ok(())
    }

    /// Whether a core that stands here is asleep: only an interrupt makes it carry out anything.
    fn sleeps(&mut self, pc: u32) -> Result<bool, QemuError> {
        // A core that sleeps stands behind the instruction that put it to sleep.
        self.send(&format!("m{:x},2", (pc & !1).wrapping_sub(2)))?;
        let before = self.packet()?;
        Ok(SLEEP.contains(&before.as_str()))
    }

    pub fn set_breakpoint(&mut self, addr: u32) -> Result<(), QemuError> {
        self.breakpoint('Z', addr)
    }

    pub fn clear_breakpoint(&mut self, addr: u32) -> Result<(), QemuError> {
        self.breakpoint('z', addr)
    }

    /// Of a machine that stands.
    pub fn read_register(&mut self, number: u8) -> Result<u32, QemuError> {
        self.send(&format!("p{number:x}"))?;
        let reply = self.packet()?;
        let bytes = (reply.len() == 8)
            .then(|| u32::from_str_radix(&reply, 16).ok())
            .flatten();
        bytes
            // Two digits a byte in the order of the target's memory (GDB manual, Remote Protocol, `g` packet): little-endian.
            .map(u32::swap_bytes)
            .ok_or_else(|| QemuError::new(format!("register {number} was answered with `{reply}`")))
    }

    /// Of a machine that stands.
    pub fn write_register(&mut self, number: u8, value: u32) -> Result<(), QemuError> {
        self.expect(&format!("P{number:x}={:08x}", value.swap_bytes()), "OK")
    }

    /// Breakpoints can be set only while the machine stands.
    fn breakpoint(&mut self, which: char, addr: u32) -> Result<(), QemuError> {
        let running = !self.is_halted()?;
        if running {
            self.halt()?;
        }
        // `Z1` is a hardware breakpoint: nothing is written into flash. Kind 2 is a Thumb instruction of 16 bits (GDB manual, "ARM Breakpoint Kinds").
        self.expect(&format!("{which}1,{addr:x},2"), "OK")?;
        if running {
            self.resume()?;
        }
        Ok(())
    }

    fn stopped(&mut self) -> Result<(), QemuError> {
        let reply = self.packet()?;
        // `W` and `X` tell of a machine that is no more (GDB manual, "Stop Reply Packets").
        if !reply.starts_with(['T', 'S']) {
            return Err(QemuError::new(format!(
                "the machine ended: the debug stub said `{reply}`"
            )));
        }
        self.running = false;
        Ok(())
    }

    fn expect(&mut self, command: &str, wanted: &str) -> Result<(), QemuError> {
        self.send(command)?;
        let reply = self.packet()?;
        if reply != wanted {
            return Err(QemuError::new(format!("`{command}` was answered with `{reply}`")));
        }
        Ok(())
    }

    fn send(&mut self, command: &str) -> Result<(), QemuError> {
        let sum = command.bytes().fold(0_u8, u8::wrapping_add);
        self.socket.send(format!("${command}#{sum:02x}").as_bytes())
    }

    /// The next packet's text. Checksums are not looked at: a socket loses nothing.
    fn packet(&mut self) -> Result<String, QemuError> {
        self.socket.until(b'$')?;
        let text = self.socket.until(b'#')?;
        self.socket.take(2)?;
        // The stub expects it: a mode without acknowledgements was never asked for.
        self.socket.send(b"+")?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
