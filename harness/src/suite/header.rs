//! The first line of a journal: which case, on what, with which program.

use crate::journal;
use crate::snapshot::HeldTo;
use pump_hil_model::case::Case;
use pump_hil_rig::{RigFile, host_time};
use pump_hil_verdict::journal::{Header, sha256_hex};

/// What a journal says of its run.
pub(super) fn header(case: &Case, rig: &RigFile, accepted: Option<HeldTo>) -> Header {
    let mut header = Header::new(journal::HARNESS, case.clone(), &host_time::utc());
    if let Some(HeldTo { text, changed }) = accepted {
        (header.accepted, header.prescription_changed) = (Some(text), changed);
    }
    header.host = host_time::host();
    header.rig.clone_from(&rig.name);
    header.rig_sha256 = sha256_hex(rig.text.as_bytes());
    header.device_sha256 = sha256_hex(rig.device_text.as_bytes());
    header.port.clone_from(&rig.given.port);
    header
}
