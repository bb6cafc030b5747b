//! An open line, whatever it is made of: it counts its bytes, bounds every wait, and knows whether all that was said is heard.

use super::child::Child;
use super::error::LinkError;
use super::strangers;
use super::telnet::Telnet;
use crate::host_time::{self, Waited};
use crate::right::Right;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};
use std::borrow::Cow;
use std::fmt::Debug;
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Bytes that one read takes at most.
const READ_MAX: usize = 8 * 1024;

/// How long bytes that are not asked for gather before they are taken.
const PIECE: Duration = Duration::from_micros(100);

/// How long a reply is waited for without sleeping.
const MOMENT: Duration = Duration::from_micros(50);

/// How often a server that holds us up is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a line is made of: bytes both ways.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<W: AsyncRead + AsyncWrite + Unpin + Send + Debug> Wire for W {}

/// An open line.
#[derive(Debug)]
pub struct Line {
    wire: Box<dyn Wire>,
    /// The same once more, to wait on without the event loop.
    watch: OwnedFd,
    /// What a server says beside the pump's bytes, where it is one with a serial port.
    telnet: Option<Telnet>,
    /// The program at its far end, where we started it. It ends once the line is closed.
    child: Option<Child>,
    name: String,
    buffer: Box<[u8]>,
    /// Received while nobody asked for it; given out first.
    aside: Vec<u8>,
    write_limit: Duration,
    /// Bytes sent in all.
    sent: u64,
    /// Bytes received in all.
    received: u64,
    /// Where a guard may take over: the right to speak.
    right: Option<Right>,
    /// Bytes sent and received up to which the pump is known to have taken everything, and to have sent nothing more at this instant.
    settled: Option<(u64, u64)>,
}

impl Line {
    /// `watch` is the same wire's descriptor once more.
    pub fn new(wire: Box<dyn Wire>, watch: OwnedFd, name: &str, write_limit: Duration) -> Self {
        Self {
            wire,
            watch,
            telnet: None,
            child: None,
            name: name.to_owned(),
            buffer: vec![0; READ_MAX].into_boxed_slice(),
            aside: Vec::new(),
            write_limit,
            sent: 0,
            received: 0,
            right: None,
            settled: None,
        }
    }

    /// The same line through a server that speaks Telnet; `said` came with its first words.
    pub fn through(mut self, telnet: Telnet, said: Vec<u8>) -> Self {
        self.telnet = Some(telnet);
        self.received = said.len() as u64;
        self.aside = said;
        self
    }

    /// The same line to a program that we started.
    pub fn to(mut self, child: Child) -> Self {
        self.child = Some(child);
        self
    }

    /// Nobody else has the line open, as far as can be seen.
    ///
    /// # Errors
    /// [`LinkError::Open`]: who has.
    pub fn is_ours(&self) -> Result<(), LinkError> {
        match strangers::peer_of(&self.watch) {
            Some(peer) => strangers::nobody_else_at(peer, &self.name),
            None => strangers::nobody_else(&self.name),
        }
    }

    /// From here on it is spoken only with this right.
    pub fn speak_with(&mut self, right: Right) {
        self.right = Some(right);
    }

    /// Whether a guard may take over.
    pub fn is_guarded(&self) -> bool {
        self.right.is_some()
    }

    /// The port's descriptor, for a guard.
    pub fn for_guard(&self) -> std::io::Result<OwnedFd> {
        self.watch.try_clone()
    }

    /// Closes our end of a line that is lost, so that a server, or the program that we started, does not hold on to it while it is opened anew.
    pub fn hang_up(&mut self) {
        // Of a serial port this is an error: what it was is gone, or is locked for us.
        let _ = shutdown(&self.watch, Shutdown::Both);
        self.child = None;
    }

    /// Goes on through `other`, which leads to the same pump: its port went away and came back.
    pub fn go_on_through(&mut self, other: Self) {
        let right = self.right.take();
        *self = Self { right, ..other };
    }

    /// Whether the guard took over; where not, it cannot until the next wait. What a lock says that cannot be asked is no proof of it.
    pub fn taken_over(&self) -> Result<(), LinkError> {
        match self.right.as_ref().map(Right::take) {
            Some(Ok(false)) => Err(self.is_taken()),
            _ => Ok(()),
        }
    }

    fn is_taken(&self) -> LinkError {
        LinkError::TakenOver {
            port: self.name.clone(),
        }
    }

    /// Bytes sent in all.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Bytes received in all.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Whether, as far as the line goes, the pump has nothing more to say at this instant.
    pub fn is_settled(&self) -> bool {
        self.settled == Some((self.sent, self.received))
    }

    /// All that was sent is taken, and all that was said at this instant is received.
    pub fn settle(&mut self) {
        self.settled = Some((self.sent, self.received));
    }

    /// The pump may have something to say.
    pub fn unsettle(&mut self) {
        self.settled = None;
    }

    /// Sends all of `bytes`.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.taken_over()?;
        // Kept until the next wait for what the pump says.
        self.send_all(bytes).await
    }

    async fn send_all(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        // Before the write: one that breaks off may have sent a part.
        self.unsettle();
        if self.telnet.as_ref().is_some_and(Telnet::is_suspended) {
            self.may_send().await?;
        }
        let said = match &mut self.telnet {
            Some(telnet) => Cow::Owned([telnet.take_out(), Telnet::escaped(bytes).into_owned()].concat()),
            None => Cow::Borrowed(bytes),
        };
        let written = host_time::within(self.write_limit, self.wire.write_all(&said)).await;
        match written {
            Some(Ok(())) => {
                self.sent = self.sent.saturating_add(bytes.len() as u64);
                Ok(())
            }
            Some(Err(e)) => Err(self.lost(&e)),
            None => Err(self.stuck()),
        }
    }

    /// Waits until the server lets us send.
    async fn may_send(&mut self) -> Result<(), LinkError> {
        let mut waited = Waited::of(self.write_limit);
        while self.telnet.as_ref().is_some_and(Telnet::is_suspended) {
            if waited.so_far() > self.write_limit {
                return Err(self.stuck());
            }
            self.put_aside(Duration::ZERO)?;
            host_time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Waits at most `limit` for bytes, and gives those that are there; empty where none came.
    ///
    /// This blocks the thread, for a peer that answers at once: the event loop would be woken twice, first because the peer read what was sent.
    #[cfg(feature = "sim")]
    pub fn receive_at_once(&mut self, limit: Duration) -> Result<Vec<u8>, LinkError> {
        let mut bytes = std::mem::take(&mut self.aside);
        if bytes.is_empty() && self.await_input(limit)? {
            let read = self.read_now();
            let count = self.took(read)?;
            bytes.extend_from_slice(&self.buffer[..count]);
        }
        Ok(bytes)
    }

    /// Waits for the reply to what was just sent, as [`Line::receive`] does. For the first moment it keeps the processor: to be put to sleep and woken takes
    /// longer than some pumps take to answer.
    pub async fn receive_reply(&mut self) -> Result<&[u8], LinkError> {
        if self.aside.is_empty() {
            self.wait_begins()?;
            let begun = host_time::now();
            while begun.elapsed() < MOMENT {
                let read = self.read_now();
                if matches!(&read, Err(e) if e.kind() == std::io::ErrorKind::WouldBlock) {
                    continue;
                }
                self.taken_over()?;
                let count = self.took(read)?;
                if count > 0 {
                    return Ok(&self.buffer[..count]);
                }
            }
        }
        self.receive().await
    }

    /// Gives the right to speak back for a wait.
    fn wait_begins(&self) -> Result<(), LinkError> {
        // Who wakes from a wait in which nothing came is to find out as well.
        self.taken_over()?;
        if let Some(right) = &self.right {
            right.give_back();
        }
        Ok(())
    }

    /// Waits until bytes come, and gives those that are there.
    pub async fn receive(&mut self) -> Result<&[u8], LinkError> {
        if !self.aside.is_empty() {
            let count = self.aside.len().min(READ_MAX);
            self.buffer[..count].copy_from_slice(&self.aside[..count]);
            self.aside.drain(..count);
            return Ok(&self.buffer[..count]);
        }
        loop {
            self.wait_begins()?;
            let read = self.wire.read(&mut self.buffer).await;
            // This process may have been stopped meanwhile: what the pump answers to the guard is the guard's.
            self.taken_over()?;
            let count = self.took(read)?;
            // None came where all of it was a server's own talk.
            if count > 0 {
                return Ok(&self.buffer[..count]);
            }
        }
    }

    /// Waits at most `limit` for bytes, and keeps them for whoever receives next. For a pump that does something else for us first: a transmitter that
    /// nobody reads would hold it up.
    pub fn put_aside(&mut self, limit: Duration) -> Result<(), LinkError> {
        if self.await_input(limit)? {
            // It comes byte by byte: a piece of it costs no more than its first.
            let piece = Timespec::try_from(PIECE).unwrap_or_default();
            let _ = poll(&mut [], Some(&piece));
            let read = self.read_now();
            let count = self.took(read)?;
            self.aside.extend_from_slice(&self.buffer[..count]);
        }
        Ok(())
    }

    /// Whether bytes came before `limit` was over. This blocks the thread.
    fn await_input(&mut self, limit: Duration) -> Result<bool, LinkError> {
        let limit = Timespec::try_from(limit).unwrap_or_default();
        match poll(&mut [PollFd::new(&self.watch, PollFlags::IN)], Some(&limit)) {
            Ok(count) => Ok(count > 0),
            // A signal came (poll(2)): whoever waits looks again, with the limit that it keeps itself.
            Err(Errno::INTR) => Ok(false),
            Err(e) => Err(self.lost(&e.into())),
        }
    }

    /// Reads what is there, past the event loop: that knows of bytes only once it had its turn, and who waits here does not give it one.
    fn read_now(&mut self) -> std::io::Result<usize> {
        Ok(rustix::io::read(&self.watch, &mut *self.buffer)?)
    }

    /// How many of the pump's bytes stand in the buffer now.
    fn took(&mut self, read: std::io::Result<usize>) -> Result<usize, LinkError> {
        match read {
            // So a pipe reads that nobody writes any more, and a port that was hung up.
            Ok(0) => Err(self.gone("the far end closed it".to_owned())),
            Ok(count) => {
                let count = self.of_the_pump(count);
                self.received += count as u64;
                Ok(count)
            }
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(0),
            Err(e) => Err(self.lost(&e)),
        }
    }

    /// Of so many bytes in the buffer those that are the pump's, moved to its front. What a server wants to know beside them is answered.
    fn of_the_pump(&mut self, count: usize) -> usize {
        let Some(telnet) = &mut self.telnet else { return count };
        let kept = telnet.take(&mut self.buffer[..count]);
        let out = telnet.take_out();
        if !out.is_empty() {
            // What does not go out now goes before whatever is sent next.
            let gone = rustix::io::write(&self.watch, &out).unwrap_or(0);
            telnet.put_back(&out[gone..]);
        }
        kept
    }

    /// Appends to `into` what comes until `total` bytes were received in all.
    pub async fn receive_up_to(&mut self, total: u64, into: &mut Vec<u8>) -> Result<(), LinkError> {
        // They are counted as received already: `total` may be reached by them alone.
        into.append(&mut self.aside);
        let limit = self.write_limit;
        while self.received < total {
            // A cable loses what no socket does.
            let (name, missing) = (self.name.clone(), total - self.received);
            let Some(bytes) = host_time::within(limit, self.receive()).await else {
                return Err(LinkError::Missing {
                    port: name,
                    missing,
                    limit_ms: host_time::ms(limit),
                });
            };
            into.extend_from_slice(bytes?);
        }
        Ok(())
    }

    /// A pump has started anew: it counts from 0.
    pub fn begin(&mut self) {
        (self.sent, self.received) = (0, 0);
        self.unsettle();
    }

    /// The pump took so many bytes before this line was opened, and counts on.
    pub fn count_on(&mut self, taken: u32) {
        self.sent = taken.into();
        self.unsettle();
    }

    /// As if a cable lost so many bytes of those that were sent.
    #[cfg(test)]
    pub fn lose(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    /// Throws away what a pump said before it started anew, until nothing came for `quiet`.
    pub fn drain(&mut self, quiet: Duration) -> Result<(), LinkError> {
        self.rest(quiet)?;
        self.aside.clear();
        self.begin();
        Ok(())
    }

    /// A pump has started anew and said `said` bytes so far: they are kept for whoever receives next. What came before them are a reset's glitches on the
    /// wire.
    pub async fn begin_with(&mut self, said: u32, quiet: Duration) -> Result<(), LinkError> {
        self.begin();
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
    fn rest(&mut self, quiet: Duration) -> Result<(), LinkError> {
        let mut waited = Waited::of(self.write_limit);
        loop {
            let before = self.received;
            self.put_aside(quiet)?;
            if self.received == before {
                return Ok(());
            }
            if waited.so_far() > self.write_limit {
                return Err(LinkError::Restless {
                    port: self.name.clone(),
                    limit_ms: host_time::ms(self.write_limit),
                });
            }
        }
    }

    /// `missing` bytes that were sent are lost: they are not waited for again.
    pub fn untaken(&mut self, missing: u32, limit: Duration) -> LinkError {
        // Saturating: what is missing is counted by the pump, which may count anything.
        self.sent = self.sent.saturating_sub(missing.into());
        LinkError::Untaken {
            port: self.name.clone(),
            missing,
            limit_ms: host_time::ms(limit),
        }
    }

    fn lost(&mut self, why: &std::io::Error) -> LinkError {
        self.gone(why.to_string())
    }

    /// The line is gone; of a program that ended it is told how.
    fn gone(&mut self, why: String) -> LinkError {
        let ended = self.child.as_mut().and_then(Child::ended);
        LinkError::Lost {
            port: self.name.clone(),
            why: ended.unwrap_or(why),
        }
    }

    fn stuck(&self) -> LinkError {
        LinkError::Stuck {
            port: self.name.clone(),
            limit_ms: host_time::ms(self.write_limit),
        }
    }
}
