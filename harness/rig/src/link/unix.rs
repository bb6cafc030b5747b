//! A socket in the file system.

use super::error::LinkError;
use super::line::Line;
use crate::host_time;
use std::io::ErrorKind;
use std::os::fd::AsFd as _;
use std::time::Duration;
use tokio::net::UnixStream;

/// Connects to the socket at `path`.
///
/// # Errors
/// [`LinkError::Absent`]: nobody is there, or not yet; [`LinkError::Open`]: any other reason.
pub async fn unix(path: &str, name: &str, limit: Duration, write_limit: Duration) -> Result<Line, LinkError> {
    let port = || name.to_owned();
    let absent = |why: String| LinkError::Absent {
        port: port(),
        there: format!("{why}; does the program run that makes it?"),
    };
    let open = |e: std::io::Error| LinkError::Open {
        port: port(),
        why: e.to_string(),
    };
    let stream = match host_time::within(limit, UnixStream::connect(path)).await {
        Some(Ok(stream)) => stream,
        Some(Err(e)) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => {
            return Err(absent(e.to_string()));
        }
        Some(Err(e)) => return Err(open(e)),
        None => return Err(absent(format!("no answer within {} ms", host_time::ms(limit)))),
    };
    let watch = stream.as_fd().try_clone_to_owned().map_err(open)?;
    Ok(Line::new(Box::new(stream), watch, name, write_limit))
}
