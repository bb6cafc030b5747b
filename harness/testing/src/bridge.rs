//! A server in front of a serial port: it hands on the bytes as they are, over TCP or through a socket in the file system, and its connection can be cut.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

/// How often it is looked whether a connection is to be cut.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 5_000_000,
};

/// A running server; it ends with this.
#[derive(Debug)]
pub struct Bridge {
    /// Where it is, as a rig file has it.
    pub address: String,
    cut: Arc<AtomicBool>,
    closed: Arc<AtomicBool>,
    served: Arc<AtomicU32>,
    server: Option<JoinHandle<()>>,
}

/// What connects.
trait Stream: Read + Write + AsFd {}

impl Stream for TcpStream {}
impl Stream for UnixStream {}

impl Bridge {
    /// To the serial port at `port`, on any free port of TCP.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn tcp(port: &Path) -> Self {
        Self::that_says(b"", port)
    }

    /// The same; each connection begins with these bytes.
    ///
    /// # Panics
    /// As [`Bridge::tcp`].
    #[must_use]
    pub fn that_says(first: &'static [u8], port: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("set");
        let address = format!("tcp:{}", listener.local_addr().expect("an address"));
        Self::start(address, port, move || {
            let mut stream = listener.accept().ok()?.0;
            stream.set_nodelay(true).expect("set");
            stream.write_all(first).expect("sent");
            Some(Box::new(stream))
        })
    }

    /// The same through a socket at `socket`.
    ///
    /// # Panics
    /// Where it cannot be made.
    #[must_use]
    pub fn unix(socket: &Path, port: &Path) -> Self {
        let listener = UnixListener::bind(socket).expect("a socket");
        listener.set_nonblocking(true).expect("set");
        let address = format!("unix:{}", socket.to_str().expect("a name"));
        Self::start(address, port, move || Some(Box::new(listener.accept().ok()?.0)))
    }

    fn start(address: String, port: &Path, accept: impl Fn() -> Option<Box<dyn Stream>> + Send + 'static) -> Self {
        let flags = (OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC)
            .bits()
            .cast_signed();
        let opened = File::options().read(true).write(true).custom_flags(flags).open(port);
        let port = opened.expect("the port opens");
        let (cut, closed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let served = Arc::new(AtomicU32::new(0));
        let told = (Arc::clone(&cut), Arc::clone(&closed), Arc::clone(&served));
        let server = std::thread::spawn(move || {
            let (cut, closed, served) = told;
            while !closed.load(Ordering::Acquire) {
                match accept() {
                    Some(stream) => {
                        served.fetch_add(1, Ordering::AcqRel);
                        carry(stream, &port, &|| {
                            cut.swap(false, Ordering::AcqRel) || closed.load(Ordering::Acquire)
                        });
                    }
                    None => {
                        let _ = poll(&mut [], Some(&LOOK_EVERY));
                    }
                }
            }
        });
        Self {
            address,
            cut,
            closed,
            served,
            server: Some(server),
        }
    }

    /// Ends the connection; the next one is served again.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }

    /// Connections that were served so far.
    #[must_use]
    pub fn served(&self) -> u32 {
        self.served.load(Ordering::Acquire)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
    }
}

/// Carries bytes both ways until one end is closed, or `is_over`.
fn carry(mut stream: Box<dyn Stream>, port: &File, is_over: &dyn Fn() -> bool) {
    let mut bytes = [0; 4096];
    while !is_over() {
        let mut ready = [
            PollFd::from_borrowed_fd(stream.as_fd(), PollFlags::IN),
            PollFd::new(port, PollFlags::IN),
        ];
        if poll(&mut ready, Some(&LOOK_EVERY)).is_err() {
            return;
        }
        let [from_stream, from_port] = ready.map(|end| !end.revents().is_empty());
        if from_stream {
            match stream.read(&mut bytes) {
                Ok(count @ 1..) => {
                    let mut port = port;
                    let _ = port.write_all(&bytes[..count]);
                }
                _ => return,
            }
        }
        if from_port {
            let mut port = port;
            let count = port.read(&mut bytes).unwrap_or(0);
            if stream.write_all(&bytes[..count]).is_err() {
                return;
            }
        }
    }
}
