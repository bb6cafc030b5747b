//! What this image is: the build that it comes from, and who it says it is.

use stub_pump::io::ResetReason;
use stub_pump::line::{Identity, reset_reason};

use crate::rtt::log;

/// What was built, as `build` says it: the commit, and `+` where the tree was not clean. Text with NULs behind it: a symbol by which whoever has only the
/// image, or a chip that does not run, learns what `identify` would say.
#[unsafe(no_mangle)]
static STUB_BUILD_ID: [u8; 32] = {
    let id = match option_env!("STUB_BUILD_ID") {
        Some(id) => id,
        None => "unknown",
    };
    let mut text = [0; 32];
    text.split_at_mut(id.len()).0.copy_from_slice(id.as_bytes());
    text
};

/// [`STUB_BUILD_ID`] without its NULs.
pub static BUILD: &str = {
    let mut len = 0;
    while STUB_BUILD_ID[len] != 0 {
        len += 1;
    }
    match core::str::from_utf8(STUB_BUILD_ID.split_at(len).0) {
        Ok(id) => id,
        Err(_) => panic!("STUB_BUILD_ID is no text"),
    }
};

/// What `identify` says.
pub static IDENTITY: Identity = Identity {
    model: "stub-it20",
    serial: "SN000001",
    build: BUILD,
};

/// Says that the pump starts, and why as the pump has it: a bench that plays its power has other reasons than its chip.
pub fn log_boot(reason: ResetReason) {
    log!("boot: {}, build {}", reset_reason(reason), BUILD);
}
