//! A Unix socket to a helper of a QEMU process, read with a limit.

use super::error::QemuError;
use crate::host_time::Waited;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// No reply is longer.
const INPUT_MAX: usize = 1 << 20;

/// A connection. Whatever is awaited comes within its limit, or is a trouble.
#[derive(Debug)]
pub(super) struct Socket {
    stream: UnixStream,
    what: &'static str,
    limit: Duration,
    input: Vec<u8>,
    /// Bytes of `input` that were taken already.
    taken: usize,
}

impl Socket {
    /// Connects to `path`, or says why not yet.
    pub fn connect(path: &Path, what: &'static str, limit: Duration) -> std::io::Result<Self> {
        let stream = UnixStream::connect(path)?;
        stream.set_write_timeout(Some(limit))?;
        // A part of the limit: who was stopped and let go on reads once more before he gives up.
        stream.set_read_timeout(Some(Waited::of(limit).part()))?;
        Ok(Self {
            stream,
            what,
            limit,
            input: Vec::new(),
            taken: 0,
        })
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<(), QemuError> {
        self.stream.write_all(bytes).map_err(|e| self.broken(&e))
    }

    /// A line without its end.
    pub fn line(&mut self) -> Result<String, QemuError> {
        let line = self.until(b'\n')?;
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// What stands before the next `end`, which is taken as well.
    pub fn until(&mut self, end: u8) -> Result<Vec<u8>, QemuError> {
        let mut seen = self.taken;
        loop {
            if let Some(at) = self.input[seen..].iter().position(|b| *b == end) {
                let text = self.input[self.taken..seen + at].to_vec();
                self.taken = seen + at + 1;
                return Ok(text);
            }
            let came = self.fill()?;
            // `fill` forgets what was taken, so that every index moved; only what came was not looked at yet.
            seen = self.input.len() - came;
        }
    }

    pub fn take(&mut self, count: usize) -> Result<(), QemuError> {
        while self.input.len() - self.taken < count {
            self.fill()?;
        }
        self.taken += count;
        Ok(())
    }

    /// Whether something can be read, or comes within `wait`.
    pub fn has_input(&self, wait: Duration) -> Result<bool, QemuError> {
        if self.taken < self.input.len() {
            return Ok(true);
        }
        let wait = Timespec::try_from(wait).unwrap_or_default();
        match poll(&mut [PollFd::new(&self.stream, PollFlags::IN)], Some(&wait)) {
            Ok(count) => Ok(count > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(e) => Err(self.broken(&e.into())),
        }
    }

    /// Reads more; tells how many bytes came. What was taken is forgotten.
    fn fill(&mut self) -> Result<usize, QemuError> {
        self.input.drain(..self.taken);
        self.taken = 0;
        if self.input.len() > INPUT_MAX {
            return Err(QemuError::new(format!("{} sends without an end", self.what)));
        }
        let mut chunk = [0; 4096];
        let mut waited = Waited::of(self.limit);
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(QemuError::new(format!("{} is gone: QEMU has ended", self.what))),
                Ok(count) => {
                    self.input.extend_from_slice(&chunk[..count]);
                    return Ok(count);
                }
                // Who is stopped and let go on is interrupted here.
                Err(e) if is_nothing_yet(&e) && waited.so_far() < self.limit => {}
                Err(e) => return Err(self.broken(&e)),
            }
        }
    }

    fn broken(&self, why: &std::io::Error) -> QemuError {
        let limit = self.limit.as_millis();
        QemuError::new(if is_nothing_yet(why) {
            format!("it does not answer: nothing came from {} for {limit} ms", self.what)
        } else {
            format!("{}: {why}", self.what)
        })
    }
}

fn is_nothing_yet(why: &std::io::Error) -> bool {
    matches!(
        why.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}
