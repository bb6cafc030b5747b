//! File descriptors: how many cases a process has room for at the same time.
//!
//! A case that breaks because of the number of its neighbours would send people to look for a fault of the rig.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors of one case with room to spare: on the simulated rig it holds 11 (journal, event loop, PTY, snapshot).
const A_CASE: u64 = 16;
/// Descriptors that the run itself opens beside its cases, such as for its reports.
const A_RUN: u64 = 4;

/// How many cases of `wanted` can be played at the same time, at least one, and how many descriptors the process may hold. Where its soft limit is too low it
/// is raised, but not beyond the hard one.
#[must_use]
pub fn room(wanted: usize) -> (usize, u64) {
    let limit = getrlimit(Resource::Nofile);
    // No limit at all is `None`.
    let (soft, hard) = (limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX));
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let needed = wanted.saturating_mul(A_CASE).saturating_add(A_RUN + in_use());
    let raised = soft.max(needed.min(hard));
    let new = Rlimit {
        current: Some(raised),
        maximum: limit.maximum,
    };
    let allowed = match raised > soft && setrlimit(Resource::Nofile, new).is_ok() {
        true => raised,
        false => soft,
    };
    let cases = cases_within(allowed, in_use()).min(wanted);
    (usize::try_from(cases).unwrap_or(usize::MAX), allowed)
}

/// Cases that have room, at least one: where even that has none, it says so itself.
fn cases_within(allowed: u64, in_use: u64) -> u64 {
    (allowed.saturating_sub(in_use + A_RUN) / A_CASE).max(1)
}

/// Descriptors that are open now; one too many, that of the folder.
fn in_use() -> u64 {
    // Without the folder (a machine without /proc, or no descriptor left to read it) they are not known: as many as a run has before its first case.
    std::fs::read_dir("/proc/self/fd").map_or(10, |all| all.count() as u64)
}

/// Whether `number` more can be opened. A library that panics where it gets none is asked only then.
///
/// # Errors
/// What the system says of the first that it does not give.
pub fn available(number: usize) -> std::io::Result<()> {
    let mut held = Vec::new();
    for _ in 0..number {
        // Standard error is always open: Rust opens what is not (`/dev/null`) before `main`.
        held.push(rustix::io::dup(std::io::stderr())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_cases_as_there_are_descriptors_for_and_never_none() {
        assert_eq!(cases_within(256, 8), 15);
        assert_eq!(cases_within(A_RUN + 8 + A_CASE, 8), 1);
        assert_eq!(cases_within(12, 20), 1);
        assert_eq!(room(2).0, 2, "the test itself has room for two");
    }

    #[test]
    fn a_few_are_available() {
        // That there are none left is tried in a process of its own (`tests/odd_files`): here it would take them from the other tests.
        assert!(available(8).is_ok());
    }
}
