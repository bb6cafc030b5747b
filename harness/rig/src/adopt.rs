//! A bench whose port another process opened, and handed over: as its guard has it.

use super::clock::Host;
use super::error::RigError;
use super::file::RigFile;
use super::link::LinkAt;
use super::probe::{Behind, ProbeAt};
use super::pumps::Opened;
use super::rig::Rig;
use std::os::fd::OwnedFd;

/// Makes a bench of an open port, which is `at`; `by_probe`: with its probe, where that can be had.
///
/// # Errors
/// The port cannot be waited on.
pub fn adopt(file: &RigFile, port: OwnedFd, at: &LinkAt, by_probe: bool) -> Result<Rig, RigError> {
    let line = at.adopt(port, file.limits.write)?;
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
        port: Some(at.clone()),
        firmware: None,
        new: false,
        on_a_wire: false,
        power: Box::new(()),
    };
    Ok(Rig::new(file, opened))
}
