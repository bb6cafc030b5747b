//! The line: a serial port or a pair of pipes; bytes out, bytes in, each with a limit.

use super::host_time::{self, Waited};
use super::{RigError, tty};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::pipe;
use tokio_serial::{SerialPortBuilderExt as _, SerialStream};

/// Bytes that one read takes at most.
const READ_MAX: usize = 8 * 1024;

/// How long bytes that are not asked for gather before they are taken.
const PIECE: Duration = Duration::from_micros(100);

/// What a line is made of. A serial port is locked: nobody else may open it meanwhile.
#[derive(Debug)]
enum Port {
    Serial(SerialStream),
    Pipes { out: pipe::Sender, into: pipe::Receiver },
}

impl Port {
    async fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Serial(port) => port.write_all(bytes).await,
            Self::Pipes { out, .. } => out.write_all(bytes).await,
        }
    }

    async fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Serial(port) => port.read(bytes).await,
            Self::Pipes { into, .. } => into.read(bytes).await,
        }
    }
}

/// An open line.
#[derive(Debug)]
pub(super) struct Link {
    port: Port,
    /// The same once more, to wait on without the event loop.
    watch: OwnedFd,
    pub(super) name: String,
    buffer: Box<[u8]>,
    /// Received while nobody asked for it; given out first.
    aside: Vec<u8>,
    write_limit: Duration,
    /// Bytes sent in all.
    pub sent: u64,
    /// Bytes received in all.
    pub received: u64,
}

impl Link {
    /// Opens the serial port `name`.
    pub fn open(name: &str, baud: u32, write_limit: Duration) -> Result<Self, RigError> {
        let cannot = |why: String| RigError::Open {
            port: name.to_owned(),
            why,
        };
        let flags = (OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC)
            .bits()
            .cast_signed();
        // Before the lock, which lets nobody else in.
        let watch = File::options()
            .read(true)
            .custom_flags(flags)
            .open(name)
            .map_err(|e| cannot(tty::why(name, &e)))?;
        let port = tokio_serial::new(name, baud).open_native_async().map_err(|e| {
            cannot(match e.kind() {
                // So it says of a port that is locked: it was there a moment ago.
                tokio_serial::ErrorKind::NoDevice => tty::busy(),
                tokio_serial::ErrorKind::Io(kind) => tty::why(name, &kind.into()),
                _ => e.to_string(),
            })
        })?;
        Ok(Self::new(Port::Serial(port), watch.into(), name, write_limit))
    }

    /// Opens the named pipes `path`.in, which the far end reads, and `path`.out, which it writes; it has them open already.
    pub fn pipes(path: &Path, write_limit: Duration) -> Result<Self, RigError> {
        let name = path.display().to_string();
        let options = pipe::OpenOptions::new();
        let opened = options.open_sender(path.with_extension("in")).and_then(|out| {
            let into = options.open_receiver(path.with_extension("out"))?;
            let watch = into.as_fd().try_clone_to_owned()?;
            Ok((Port::Pipes { out, into }, watch))
        });
        let (port, watch) = opened.map_err(|e| RigError::Open {
            port: name.clone(),
            why: e.to_string(),
        })?;
        Ok(Self::new(port, watch, &name, write_limit))
    }

    fn new(port: Port, watch: OwnedFd, name: &str, write_limit: Duration) -> Self {
        Self {
            port,
            watch,
            name: name.to_owned(),
            buffer: vec![0; READ_MAX].into_boxed_slice(),
            aside: Vec::new(),
            write_limit,
            sent: 0,
            received: 0,
        }
    }

    /// Sends all of `bytes`.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), RigError> {
        let written = host_time::within(self.write_limit, self.port.write_all(bytes)).await;
        match written {
            Some(Ok(())) => {
                self.sent += bytes.len() as u64;
                Ok(())
            }
            Some(Err(e)) => Err(self.lost(&e)),
            None => Err(RigError::Stuck {
                port: self.name.clone(),
                limit_ms: u64::try_from(self.write_limit.as_millis()).unwrap_or(u64::MAX),
            }),
        }
    }

    /// Waits at most `limit` for bytes, and gives those that are there; empty where none came.
    ///
    /// This blocks the thread, for a peer that answers at once: the event loop would be woken twice, first because the peer read what was sent.
    pub fn receive_at_once(&mut self, limit: Duration) -> Result<Vec<u8>, RigError> {
        let mut bytes = std::mem::take(&mut self.aside);
        if bytes.is_empty() && self.await_input(limit)? {
            self.receive_waiting(&mut bytes)?;
        }
        Ok(bytes)
    }

    /// Waits until bytes come, and gives those that are there.
    pub async fn receive(&mut self) -> Result<&[u8], RigError> {
        if !self.aside.is_empty() {
            let count = self.aside.len().min(READ_MAX);
            self.buffer[..count].copy_from_slice(&self.aside[..count]);
            self.aside.drain(..count);
            return Ok(&self.buffer[..count]);
        }
        let read = self.port.read(&mut self.buffer).await;
        self.took(read)
    }

    /// Appends to `into` what is there already.
    pub fn receive_waiting(&mut self, into: &mut Vec<u8>) -> Result<(), RigError> {
        into.append(&mut self.aside);
        let read = self.read_now();
        into.extend_from_slice(self.took(read)?);
        Ok(())
    }

    /// Waits at most `limit` for bytes, and keeps them for whoever receives next. For a pump that does something else for us first: a transmitter that
    /// nobody reads would hold it up.
    pub fn put_aside(&mut self, limit: Duration) -> Result<(), RigError> {
        if self.await_input(limit)? {
            // It comes byte by byte: a piece of it costs no more than its first.
            let piece = Timespec::try_from(PIECE).unwrap_or_default();
            let _ = poll(&mut [], Some(&piece));
            let read = self.read_now();
            let count = self.took(read)?.len();
            self.aside.extend_from_slice(&self.buffer[..count]);
        }
        Ok(())
    }

    /// Whether bytes came before `limit` was over. This blocks the thread.
    fn await_input(&mut self, limit: Duration) -> Result<bool, RigError> {
        let limit = Timespec::try_from(limit).unwrap_or_default();
        match poll(&mut [PollFd::new(&self.watch, PollFlags::IN)], Some(&limit)) {
            Ok(count) => Ok(count > 0),
            Err(Errno::INTR) => Ok(false),
            Err(e) => Err(self.lost(&e.into())),
        }
    }

    /// Reads what is there, past the event loop: that knows of bytes only once it had its turn, and who waits here does not give it one.
    fn read_now(&mut self) -> std::io::Result<usize> {
        Ok(rustix::io::read(&self.watch, &mut *self.buffer)?)
    }

    fn took(&mut self, read: std::io::Result<usize>) -> Result<&[u8], RigError> {
        match read {
            Ok(0) => Err(RigError::Lost {
                port: self.name.clone(),
                why: "the far end closed it".to_owned(),
            }),
            Ok(count) => {
                self.received += count as u64;
                Ok(&self.buffer[..count])
            }
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(&[]),
            Err(e) => Err(self.lost(&e)),
        }
    }

    /// Appends to `into` what comes until `total` bytes were received in all.
    pub async fn receive_up_to(&mut self, total: u64, into: &mut Vec<u8>) -> Result<(), RigError> {
        into.append(&mut self.aside);
        let limit = self.write_limit;
        while self.received < total {
            // A cable loses what no socket does.
            let (name, missing) = (self.name.clone(), total - self.received);
            let Some(bytes) = host_time::within(limit, self.receive()).await else {
                return Err(RigError::Missing {
                    port: name,
                    missing,
                    limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
                });
            };
            into.extend_from_slice(bytes?);
        }
        Ok(())
    }

    /// Throws away what a pump said before it started anew, until nothing came for `quiet`.
    pub fn drain(&mut self, quiet: Duration) -> Result<(), RigError> {
        self.rest(quiet)?;
        self.aside.clear();
        (self.sent, self.received) = (0, 0);
        Ok(())
    }

    /// A pump has started anew and said `said` bytes so far: they are kept for whoever receives next. What came before them are a reset's glitches on the
    /// wire.
    pub async fn begin_with(&mut self, said: u32, quiet: Duration) -> Result<(), RigError> {
        (self.sent, self.received) = (0, 0);
        let mut bytes = Vec::new();
        self.receive_up_to(said.into(), &mut bytes).await?;
        self.aside = bytes;
        self.rest(quiet)?;
        let glitches = self.aside.len().saturating_sub(said as usize);
        self.aside.drain(..glitches);
        (self.sent, self.received) = (0, self.aside.len() as u64);
        Ok(())
    }

    /// Puts aside what comes until nothing came for `quiet`; a line that never rests is told.
    fn rest(&mut self, quiet: Duration) -> Result<(), RigError> {
        let mut waited = Waited::of(self.write_limit);
        loop {
            let before = self.received;
            self.put_aside(quiet)?;
            if self.received == before {
                return Ok(());
            }
            if waited.so_far() > self.write_limit {
                return Err(RigError::Restless {
                    port: self.name.clone(),
                    limit_ms: u64::try_from(self.write_limit.as_millis()).unwrap_or(u64::MAX),
                });
            }
        }
    }

    fn lost(&self, why: &std::io::Error) -> RigError {
        RigError::Lost {
            port: self.name.clone(),
            why: why.to_string(),
        }
    }
}
