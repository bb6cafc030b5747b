//! A device on a pseudo-terminal, and a program in Python that drives it through a library of others.

use pump_hil_emulators::peers;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Ended with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the driver said, or the last line of what went wrong; `None`: SKIPPED was told.
pub fn by(driver: &str, arguments: &[&str], device: &[&str]) -> Option<Result<String, String>> {
    let venv = peers::installed()?;
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("port");
    let mut emulator = Command::new(env!("CARGO_BIN_EXE_emulator"));
    emulator.args(device).arg("--pty").arg(&port);
    let mut emulator = Running(emulator.stdout(Stdio::piped()).spawn().unwrap());
    let mut told = String::new();
    let mut out = BufReader::new(emulator.0.stdout.take().unwrap());
    out.read_line(&mut told).unwrap();
    assert_eq!(told, "ready\n");
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(driver);
    // A library that waits for ever fails a test, and does not hold it.
    let mut python = Command::new("timeout");
    python.arg("60").arg(venv.join("bin/python")).arg(driver);
    python.arg(&port).args(arguments);
    let ended = python.stdin(Stdio::null()).output().unwrap();
    let wrong = String::from_utf8_lossy(&ended.stderr);
    Some(match ended.status.success() {
        true => Ok(String::from_utf8(ended.stdout).unwrap()),
        false => Err(wrong.lines().last().unwrap_or_default().to_owned()),
    })
}
