//! A bench whose port another process opened, and handed over: as its guard has it.

use super::clock::Host;
use super::error::RigError;
use super::file::RigFile;
use super::link;
use super::probe::{Behind, ProbeAt};
use super::pumps::{Opened, Port};
use super::rig::Rig;
use std::os::fd::OwnedFd;

/// Makes a bench of an open port, whose path and speed are `at`; `by_probe`: with its probe, where that can be had.
///
/// # Errors
/// The port cannot be waited on.
pub fn adopt(file: &RigFile, port: OwnedFd, at: &(String, u32), by_probe: bool) -> Result<Rig, RigError> {
    let (path, baud) = at.clone();
    let line = link::adopted(port, &path, file.limits.write)?;
    let attach = |at: &ProbeAt| {
        let behind = Behind {
            core: None,
            usb: &file.probes,
            programs: false,
        };
        at.probe().attach(behind).ok().map(|(debug, _)| debug)
    };
    let opened = Opened {
        line,
        clock: Box::new(Host::new(file.clock.scale().unwrap_or(1))),
        debug: file.probe.as_ref().filter(|_| by_probe).and_then(attach),
        port: Some(Port { path, baud }),
        firmware: None,
        new: false,
        on_a_wire: false,
        power: Box::new(()),
    };
    Ok(Rig::new(file, opened))
}
