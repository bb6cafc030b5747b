//! Control of a QEMU process (`-qmp`): JSON lines.

use super::{Socket, Trouble};
use serde_json::{Value, json};

/// A QMP connection that may give commands.
#[derive(Debug)]
pub(super) struct Qmp(Socket);

impl Qmp {
    /// Greets and asks for commands.
    pub fn new(socket: Socket) -> Result<Self, Trouble> {
        let mut qmp = Self(socket);
        let greeting = qmp.message()?;
        if greeting.get("QMP").is_none() {
            return Err(Trouble::new(format!("QMP began with `{greeting}`")));
        }
        qmp.execute("qmp_capabilities")?;
        Ok(qmp)
    }

    /// Resets the machine, and waits until it is.
    pub fn system_reset(&mut self) -> Result<(), Trouble> {
        self.send("system_reset")?;
        let (mut returned, mut reset) = (false, false);
        while !(returned && reset) {
            let message = self.message()?;
            returned |= message.get("return").is_some();
            reset |= message.get("event").and_then(Value::as_str) == Some("RESET");
            refused(&message)?;
        }
        Ok(())
    }

    fn execute(&mut self, command: &str) -> Result<(), Trouble> {
        self.send(command)?;
        loop {
            let message = self.message()?;
            refused(&message)?;
            if message.get("return").is_some() {
                return Ok(());
            }
        }
    }

    fn send(&mut self, command: &str) -> Result<(), Trouble> {
        let line = format!("{}\n", json!({ "execute": command }));
        self.0.send(line.as_bytes())
    }

    fn message(&mut self) -> Result<Value, Trouble> {
        let line = self.0.line()?;
        serde_json::from_str(&line).map_err(|e| Trouble::new(format!("QMP said `{line}`: {e}")))
    }
}

fn refused(message: &Value) -> Result<(), Trouble> {
    match message.get("error") {
        Some(error) => Err(Trouble::new(format!("QMP: {error}"))),
        None => Ok(()),
    }
}
