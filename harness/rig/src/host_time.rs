//! The host's clocks: the one door to them outside the rig's own clock. What they say is for people and for safety nets, and decides no verdict.

use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

/// A limit is waited for in so many parts. Of the time between two of them no more than one part counts: a process that is stopped and let go on (Ctrl-Z
/// and `fg`) looks once more before it gives up on something that came meanwhile, or that was stopped with it.
const PARTS: u32 = 10;

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
    let now = jiff::Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    #[cfg(feature = "for-tests")]
    let now = now + jiff::SignedDuration::from_secs(STEPPED.load(std::sync::atomic::Ordering::Relaxed));
    now
}

/// As if somebody set this host's clock by so many seconds.
#[cfg(feature = "for-tests")]
pub fn step(seconds: i64) {
    STEPPED.store(seconds, std::sync::atomic::Ordering::Relaxed);
}

#[cfg(feature = "for-tests")]
static STEPPED: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(0);

/// Lets host time pass; for the far ends that give no other sign (a process that starts).
#[expect(clippy::disallowed_methods, reason = "this is the door")]
pub async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A time in whole milliseconds, as errors and journals tell it.
#[must_use]
pub fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What comes of `awaited`, or `None` where it is not there within `limit`.
pub async fn within<T>(limit: Duration, awaited: impl Future<Output = T>) -> Option<T> {
    let mut awaited = pin!(awaited);
    for _ in 0..PARTS {
        if let Ok(came) = tokio::time::timeout(limit / PARTS, &mut awaited).await {
            return Some(came);
        }
    }
    None
}

/// How much of a limit was waited, by somebody who looks again and again.
#[derive(Debug)]
pub struct Waited {
    part: Duration,
    so_far: Duration,
    looked: Instant,
}

impl Waited {
    /// Nothing yet.
    #[must_use]
    pub fn of(limit: Duration) -> Self {
        Self {
            part: limit / PARTS,
            so_far: Duration::ZERO,
            looked: now(),
        }
    }

    /// The longest wait that counts as such.
    #[must_use]
    pub fn part(&self) -> Duration {
        self.part
    }

    /// What was waited up to now.
    pub fn so_far(&mut self) -> Duration {
        let now = now();
        self.so_far += now.duration_since(self.looked).min(self.part);
        self.looked = now;
        self.so_far
    }
}

/// The host's name, for headers; empty where the system does not tell.
#[must_use]
pub fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| String::new(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{Timespec, poll};
    use std::task::Poll;

    const LIMIT: Duration = Duration::from_millis(20);

    /// As long as the process is stopped, nobody looks.
    fn stopped() {
        let limit = Timespec::try_from(2 * LIMIT).unwrap();
        poll(&mut [], Some(&limit)).unwrap();
    }

    #[test]
    fn who_was_stopped_looks_once_more() {
        let mut waited = Waited::of(LIMIT);
        stopped();
        assert_eq!(waited.so_far(), waited.part());
        assert!(waited.part() < LIMIT);
    }

    #[tokio::test]
    async fn what_came_while_the_process_was_stopped_is_taken() {
        let mut looks = 0;
        let came = std::future::poll_fn(|_| {
            looks += 1;
            if looks == 1 {
                stopped();
                return Poll::Pending;
            }
            Poll::Ready(())
        });
        assert_eq!(within(LIMIT, came).await, Some(()));
        assert_eq!(within(LIMIT, std::future::pending::<()>()).await, None);
    }
}
