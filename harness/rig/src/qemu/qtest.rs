//! Memory of a QEMU machine, read and written while it runs (`-qtest`): one text line a request, one a reply.
//!
//! A write is sent and not waited for: QEMU does one request after another, so that whoever reads next sees it. Who goes on by another way calls
//! [`Qtest::settle`] first.

use super::error::QemuError;
use super::socket::Socket;

/// A qtest connection.
#[derive(Debug)]
pub(super) struct Qtest {
    socket: Socket,
    /// Replies to writes that were not taken yet.
    owed: u32,
}

/// Replies that may be owed: they must fit into the socket, or QEMU waits for us while we wait for it.
const OWED_MAX: u32 = 64;

impl Qtest {
    pub fn new(socket: Socket) -> Self {
        Self { socket, owed: 0 }
    }

    pub fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), QemuError> {
        if into.is_empty() {
            return Ok(());
        }
        // A word is one access: a register of a peripheral gives no bytes.
        if let (4, 0) = (into.len(), addr % 4) {
            let word = self.ask(&format!("readl {addr:#x}\n"))?;
            let value = word
                .strip_prefix("0x")
                .and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let value =
                value.ok_or_else(|| QemuError::new(format!("the word at {addr:#x} was answered with `{word}`")))?;
            into.copy_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        let reply = self.ask(&format!("read {addr:#x} {:#x}\n", into.len()))?;
        let digits = reply.trim().strip_prefix("0x").unwrap_or_default();
        if digits.len() != 2 * into.len() {
            return Err(QemuError::new(format!(
                "{} bytes at {addr:#x} were answered with `{reply}`",
                into.len()
            )));
        }
        for (byte, pair) in into.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = hex_pair(pair).ok_or_else(|| QemuError::new(format!("`{reply}` is not hexadecimal")))?;
        }
        Ok(())
    }

    pub fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), QemuError> {
        if let (Ok(word), 0) = (<[u8; 4]>::try_from(bytes), addr % 4) {
            return self.post(&format!("writel {addr:#x} {:#x}\n", u32::from_le_bytes(word)));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let mut line = format!("write {addr:#x} {:#x} 0x", bytes.len());
        for byte in bytes {
            line.push_str(&format!("{byte:02x}"));
        }
        line.push('\n');
        self.post(&line)
    }

    /// Waits until every write was done.
    pub fn settle(&mut self) -> Result<(), QemuError> {
        while self.owed > 0 {
            self.owed -= 1;
            self.reply("a write")?;
        }
        Ok(())
    }

    fn post(&mut self, line: &str) -> Result<(), QemuError> {
        if self.owed == OWED_MAX {
            self.settle()?;
        }
        self.owed += 1;
        self.socket.send(line.as_bytes())
    }

    fn ask(&mut self, line: &str) -> Result<String, QemuError> {
        // Sent before the owed replies are taken, so that QEMU works meanwhile: replies come in the order of the requests.
        self.socket.send(line.as_bytes())?;
        self.settle()?;
        self.reply(line.trim())
    }

    /// What stands behind `OK`.
    fn reply(&mut self, to: &str) -> Result<String, QemuError> {
        let reply = self.socket.line()?;
        match reply.strip_prefix("OK") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => Err(QemuError::new(format!("`{to}` was answered with `{reply}`"))),
        }
    }
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
}
