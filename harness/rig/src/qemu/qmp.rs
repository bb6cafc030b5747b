//! Control of a QEMU process (`-qmp`): JSON lines.

use super::error::QemuError;
use super::socket::Socket;
use serde_json::{Value, json};

/// A QMP connection that may give commands.
#[derive(Debug)]
pub(super) struct Qmp(Socket);

impl Qmp {
    /// Greets and asks for commands.
    pub fn new(socket: Socket) -> Result<Self, QemuError> {
        let mut qmp = Self(socket);
        let greeting = qmp.message()?;
        if greeting.get("QMP").is_none() {
            return Err(QemuError::new(format!("QMP began with `{greeting}`")));
        }
        // Until then QMP takes no other command (QMP specification, "Capabilities Negotiation").
        qmp.execute("qmp_capabilities")?;
        Ok(qmp)
    }

    /// Resets the machine, and waits until it is.
    pub fn system_reset(&mut self) -> Result<(), QemuError> {
        self.send("system_reset")?;
        let (mut returned, mut reset) = (false, false);
        // `system_reset` returns before the reset is done, which the event tells.
        while !(returned && reset) {
            let message = self.message()?;
            returned |= message.get("return").is_some();
            reset |= message.get("event").and_then(Value::as_str) == Some("RESET");
            refused(&message)?;
        }
        Ok(())
    }

    fn execute(&mut self, command: &str) -> Result<(), QemuError> {
        self.send(command)?;
        loop {
            // Events may stand between a command and its answer.
            let message = self.message()?;
            refused(&message)?;
            if message.get("return").is_some() {
                return Ok(());
            }
        }
    }

    fn send(&mut self, command: &str) -> Result<(), QemuError> {
        let line = format!("{}\n", json!({ "execute": command }));
        self.0.send(line.as_bytes())
    }

    fn message(&mut self) -> Result<Value, QemuError> {
        let line = self.0.line()?;
        serde_json::from_str(&line).map_err(|e| QemuError::new(format!("QMP said `{line}`: {e}")))
    }
}

fn refused(message: &Value) -> Result<(), QemuError> {
    match message.get("error") {
        Some(error) => Err(QemuError::new(format!("QMP: {error}"))),
        None => Ok(()),
    }
}
