//! The host's clocks: the one door to them outside the rig's own clock. What they say is for people and for safety nets, and decides no verdict.

use std::time::{Duration, Instant, SystemTime};

/// The monotonic clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn now() -> Instant {
    Instant::now()
}

/// Civil time in UTC, for headers and sign-offs.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub fn utc() -> jiff::Timestamp {
    jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default()
}

/// Lets host time pass; for the far ends that give no other sign (a process that starts).
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}

/// The host's name, for headers; empty where the system does not tell.
#[must_use]
pub fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| String::new(), |name| name.trim().to_owned())
}
