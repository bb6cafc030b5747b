//! A pair of named pipes, as an emulator's line.

use super::error::LinkError;
use super::line::Line;
use pump_hil_model::safe_text::safe_path;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;
use tokio::net::unix::pipe;

/// Opens the named pipes `path`.in, which the far end reads, and `path`.out, which it writes; it has them open already.
///
/// # Errors
/// [`LinkError::Open`].
pub fn pipes(path: &Path, write_limit: Duration) -> Result<Line, LinkError> {
    let name = safe_path(path);
    let options = pipe::OpenOptions::new();
    // Only where the far end has it open: else opening a FIFO for writing without waiting fails with ENXIO (fifo(7)).
    let opened = options.open_sender(path.with_extension("in")).and_then(|out| {
        let into = options.open_receiver(path.with_extension("out"))?;
        let watch = into.as_fd().try_clone_to_owned()?;
        Ok((tokio::io::join(into, out), watch))
    });
    let (wire, watch) = opened.map_err(|e| LinkError::Open {
        port: name.clone(),
        why: e.to_string(),
    })?;
    Ok(Line::new(Box::new(wire), watch, &name, write_limit))
}
