//! A connection over TCP: it is bounded, sends at once, and finds out that its far end is gone without a word.

use super::address::Server;
use super::error::LinkError;
use super::line::Line;
use super::strangers::nobody_else_at;
use crate::host_time;
use rustix::net::sockopt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// A try to connect takes no longer: the system asks an unreachable host ever more seldom, and a new try asks at once.
const CONNECTS_WITHIN: Duration = Duration::from_secs(3);
/// A far end that says nothing is asked so often whether it is there.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// Opens a line whose bytes a server hands on as they are.
///
/// # Errors
/// As [`connect`].
pub async fn tcp(server: &Server, name: &str, limit: Duration, write_limit: Duration) -> Result<Line, LinkError> {
    let (stream, watch) = connect(server, name, limit, write_limit).await?;
    Ok(Line::new(Box::new(stream), watch, name, write_limit))
}

/// Connects to a server within `limit`; gives the connection, and its descriptor once more.
///
/// # Errors
/// [`LinkError::Absent`]: nobody is there, or not yet. [`LinkError::Open`]: another program talks there.
pub async fn connect(
    server: &Server,
    name: &str,
    limit: Duration,
    write_limit: Duration,
) -> Result<(TcpStream, OwnedFd), LinkError> {
    let absent = |why: String| LinkError::Absent {
        port: name.to_owned(),
        there: format!("{why}; does the server run, and is this its host and port?"),
    };
    let limit = limit.min(CONNECTS_WITHIN);
    let connected = host_time::within(limit, async {
        let mut last = "its name has no address".to_owned();
        for at in addresses(server).await? {
            nobody_else_at(at, name).map_err(Err)?;
            match TcpStream::connect(at).await {
                // A port of this host that nobody has may be given to this very end: then it talks to itself.
                Ok(stream) if stream.local_addr().ok() == Some(at) => last = "nobody has this port".to_owned(),
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.to_string(),
            }
        }
        Err(Ok(last))
    });
    let stream = match connected.await {
        Some(Ok(stream)) => stream,
        Some(Err(Ok(why))) => return Err(absent(why)),
        Some(Err(Err(error))) => return Err(error),
        None => return Err(absent(format!("no answer within {} ms", host_time::ms(limit)))),
    };
    let set = stream.set_nodelay(true).and_then(|()| notice(&stream, write_limit));
    let watch = set.and_then(|()| stream.as_fd().try_clone_to_owned());
    let watch = watch.map_err(|e| LinkError::Open {
        port: name.to_owned(),
        why: e.to_string(),
    })?;
    Ok((stream, watch))
}

/// The addresses of a server. Its name is looked up on a thread of its own: the system's look-up has no limit that we could set, and a runtime waits for
/// its own threads.
async fn addresses(server: &Server) -> Result<Vec<SocketAddr>, Result<String, LinkError>> {
    if let Ok(number) = server.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(number, server.port)]);
    }
    let (send, found) = oneshot::channel();
    let name = (server.host.clone(), server.port);
    std::thread::spawn(move || {
        let found = name.to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody may wait any more.
        let _ = send.send(found);
    });
    let found = found.await.map_err(|e| Ok(e.to_string()))?;
    found.map_err(|e| Ok(format!("its name is not known ({e})")))
}

/// A far end that loses its power or its cable says nothing: the connection ends then too, though nobody sends.
fn notice(stream: &TcpStream, write_limit: Duration) -> std::io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, ASKED_EVERY)?;
    sockopt::set_tcp_keepintvl(stream, ASKED_EVERY)?;
    // Later than the limit for a piece: a far end that is there and takes nothing is told as that.
    let limit = u32::try_from(2 * host_time::ms(write_limit)).unwrap_or(u32::MAX);
    Ok(sockopt::set_tcp_user_timeout(stream, limit)?)
}
