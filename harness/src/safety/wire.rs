//! What a run and its guard say to each other: messages over a socket, whose borders the system keeps (unix(7), `SOCK_SEQPACKET`).
//!
//! The run says its [`Call`], and for each case an [`Order`] with the port; the guard answers [`READY`], or why it cannot. [`BEAT`] comes all the time.
//! [`DISMISSED`] ends a case, and is answered with [`FREE`]; [`GO`] ends the guard.

use pump_hil_rig::LinkAt;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::{Deserialize, Serialize};
use std::io::{IoSlice, IoSliceMut, Result};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

/// Said again and again: the run lives.
pub(super) const BEAT: &[u8] = b".";
/// The pump is as the run left it, and nothing is to be done.
pub(super) const DISMISSED: &[u8] = b"q";
/// The run is over, and left no case open.
pub(super) const GO: &[u8] = b"go";
/// The guard stands by.
pub(super) const READY: &str = "ready";
/// The guard has given the port back.
pub(super) const FREE: &str = "free";
/// The longest message.
const LONGEST: usize = 64 << 10;

/// What a guard is to know of its run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Call {
    /// The run's process.
    pub process: i32,
    /// The rig: its file, or its name where it is part of the program.
    pub rig: PathBuf,
    /// The user's own fixtures, in which its device may be.
    pub fixtures: Option<PathBuf>,
}

/// What it is to know of a case.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The port that it is handed.
    pub port: LinkAt,
    /// The lock file of the right to speak.
    pub right: PathBuf,
    /// The run's journal.
    pub journal: PathBuf,
    /// How long the run may be stopped, ms.
    pub limit_ms: u64,
}

/// Both ends of a new socket.
pub(super) fn pair() -> Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::UNIX, SocketType::SEQPACKET);
    Ok(socketpair(family, kind, SocketFlags::CLOEXEC, None)?)
}

/// Says a message.
pub(super) fn say(to: &impl AsFd, message: &[u8]) -> Result<()> {
    // The far end may be gone: that is an error, and no signal.
    let flags = SendFlags::NOSIGNAL;
    let none = &mut SendAncillaryBuffer::default();
    sendmsg(to, &[IoSlice::new(message)], none, flags)?;
    Ok(())
}

/// Says a message, and hands over a port with it.
pub(super) fn say_with(to: &impl AsFd, message: &[u8], port: BorrowedFd<'_>) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ports = SendAncillaryBuffer::new(&mut space);
    let handed = [port];
    ports.push(SendAncillaryMessage::ScmRights(&handed));
    sendmsg(to, &[IoSlice::new(message)], &mut ports, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The next message, if it comes within `limit`; an empty one where the far end is gone.
pub(super) fn hear(from: &impl AsFd, limit: Duration) -> Result<Option<Vec<u8>>> {
    let limit = Timespec::try_from(limit).unwrap_or_default();
    match poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&limit)) {
        Ok(0) | Err(Errno::INTR) => Ok(None),
        Ok(_) => Ok(Some(take(from)?.0)),
        Err(error) => Err(error.into()),
    }
}

/// Waits for the next message, with the port that comes with it; an empty one where the far end is gone.
pub(super) fn take(from: &impl AsFd) -> Result<(Vec<u8>, Option<OwnedFd>)> {
    let mut message = vec![0; LONGEST];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ports = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let count = loop {
        match recvmsg(from, &mut [IoSliceMut::new(&mut message)], &mut ports, flags) {
            Ok(came) => break came.bytes,
            Err(Errno::INTR) => {}
            // A far end that died with messages unread (unix(7)).
            Err(Errno::CONNRESET) => break 0,
            Err(error) => return Err(error.into()),
        }
    };
    message.truncate(count);
    let port = ports.drain().find_map(|handed| match handed {
        RecvAncillaryMessage::ScmRights(mut ports) => ports.next(),
        _ => None,
    });
    Ok((message, port))
}
