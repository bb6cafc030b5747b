//! A port whose descriptor came from another process, as a stream of bytes for the event loop.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use std::io::Result;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An open port that was handed over.
#[derive(Debug)]
pub(super) struct Inherited(AsyncFd<OwnedFd>);

impl Inherited {
    /// Takes it.
    ///
    /// # Errors
    /// It cannot be waited on.
    pub fn new(port: OwnedFd) -> Result<Self> {
        // Else a port that takes nothing would stop the whole process.
        fcntl_setfl(&port, fcntl_getfl(&port)? | OFlags::NONBLOCK)?;
        #[expect(
            deprecated,
            reason = "what took its place is unsafe for descriptors that close early; this one is owned, and open as long as it is waited on"
        )]
        AsyncFd::new(port).map(Self)
    }
}

impl AsyncRead for Inherited {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        loop {
            let mut ready = ready!(self.0.poll_read_ready(cx))?;
            let room = into.initialize_unfilled();
            if let Ok(read) = ready.try_io(|port| Ok(rustix::io::read(port, &mut *room)?)) {
                return Poll::Ready(read.map(|count| into.advance(count)));
            }
        }
    }
}

impl AsyncWrite for Inherited {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        loop {
            let mut ready = ready!(self.0.poll_write_ready(cx))?;
            if let Ok(written) = ready.try_io(|port| Ok(rustix::io::write(port, bytes)?)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}
