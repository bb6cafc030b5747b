//! Memory of a QEMU machine, read and written while it runs (`-qtest`): one text line a request, one a reply.

use super::{Socket, Trouble};

/// A qtest connection.
#[derive(Debug)]
pub(super) struct Qtest(Socket);

impl Qtest {
    pub fn new(socket: Socket) -> Self {
        Self(socket)
    }

    pub fn read(&mut self, addr: u32, into: &mut [u8]) -> Result<(), Trouble> {
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
                value.ok_or_else(|| Trouble::new(format!("the word at {addr:#x} was answered with `{word}`")))?;
            into.copy_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        let reply = self.ask(&format!("read {addr:#x} {:#x}\n", into.len()))?;
        let digits = reply.trim().strip_prefix("0x").unwrap_or_default();
        if digits.len() != 2 * into.len() {
            return Err(Trouble::new(format!(
                "{} bytes at {addr:#x} were answered with `{reply}`",
                into.len()
            )));
        }
        for (byte, pair) in into.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = hex_pair(pair).ok_or_else(|| Trouble::new(format!("`{reply}` is not hexadecimal")))?;
        }
        Ok(())
    }

    pub fn write(&mut self, addr: u32, bytes: &[u8]) -> Result<(), Trouble> {
        if let (Ok(word), 0) = (<[u8; 4]>::try_from(bytes), addr % 4) {
            return self
                .ask(&format!("writel {addr:#x} {:#x}\n", u32::from_le_bytes(word)))
                .map(|_| ());
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let mut line = format!("write {addr:#x} {:#x} 0x", bytes.len());
        for byte in bytes {
            line.push_str(&format!("{byte:02x}"));
        }
        line.push('\n');
        self.ask(&line).map(|_| ())
    }

    /// What stands behind `OK`.
    fn ask(&mut self, line: &str) -> Result<String, Trouble> {
        self.0.send(line.as_bytes())?;
        let reply = self.0.line()?;
        match reply.strip_prefix("OK") {
            Some(rest) => Ok(rest.trim().to_owned()),
            None => Err(Trouble::new(format!("`{}` was answered with `{reply}`", line.trim()))),
        }
    }
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
}
