//! `pump-hil sim` in a process of its own: a simulated pump on a serial port, by the wall clock.

use std::io::{BufRead as _, BufReader};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running one; it ends with this.
#[derive(Debug)]
pub struct SimPort(Child);

impl SimPort {
    /// Starts it, with its port at `link`; `scale`: pump seconds in one of the host's. It is there when this returns.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(program: &str, link: &Path, scale: u32) -> Self {
        let mut pump = Command::new(program);
        pump.args(["sim", "--scale", &scale.to_string(), "--link"]).arg(link);
        let mut pump = pump
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut ready = String::new();
        let told = pump.stdout.as_mut().expect("its output is piped");
        BufReader::new(told).read_line(&mut ready).expect("a line");
        assert!(ready.contains("the simulated pump is at"), "{ready}");
        Self(pump)
    }
}

impl Deref for SimPort {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for SimPort {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for SimPort {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
