//! Whether anybody opened a port since it was looked for who has it open: the kernel tells of each `open` (inotify(7)). To look at the open files of all
//! processes takes milliseconds; a run of many short cases would do little else.

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Mutex;

/// The port that was looked at last, by device, inode and the time at which it was made; and what tells of it.
static LAST: Mutex<Option<(Made, OwnedFd)>> = Mutex::new(None);

/// Pieces of what is told that are taken at most.
const TOLD_MAX: usize = 64;

type Made = (u64, u64, i64, i64);

/// Whether nobody opened this port since [`watch`] was last called for it, as far as can be told.
pub fn unopened(port: &Path) -> bool {
    let Ok(mut last) = LAST.lock() else { return false };
    let still = match (&*last, made(port)) {
        (Some((was, events)), Some(is)) => *was == is && is_empty(events),
        _ => false,
    };
    if !still {
        *last = None;
    }
    still
}

/// Tells from here on of whoever opens this port. What this process itself opened just now is not told.
pub fn watch(port: &Path) {
    let Ok(mut last) = LAST.lock() else { return };
    match (&*last, made(port)) {
        (Some((was, events)), Some(is)) if *was == is && (0..TOLD_MAX).any(|_| is_empty(events)) => {}
        (_, Some(is)) => *last = begin(port).map(|events| (is, events)),
        (_, None) => *last = None,
    }
}

/// Somebody else has it: it is looked each time.
pub fn forget() {
    if let Ok(mut last) = LAST.lock() {
        *last = None;
    }
}

/// `None` where the system has no watch left, or does not let this user: then it is looked each time.
fn begin(port: &Path) -> Option<OwnedFd> {
    let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    inotify::add_watch(&events, port, WatchFlags::OPEN | WatchFlags::DELETE_SELF).ok()?;
    Some(events)
}

/// Takes what is told. A watch that has ended tells so.
fn is_empty(events: &OwnedFd) -> bool {
    let mut space = [MaybeUninit::uninit(); 4096];
    let mut told = Reader::new(events, &mut space);
    matches!(told.next(), Err(rustix::io::Errno::AGAIN))
}

fn made(port: &Path) -> Option<Made> {
    let of = std::fs::metadata(port).ok()?;
    Some((of.dev(), of.ino(), of.ctime(), of.ctime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_opens_a_port_after_it_was_looked_at_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (port, other) = (folder.path().join("port"), folder.path().join("other"));
        std::fs::write(&port, "").unwrap();
        std::fs::write(&other, "").unwrap();
        assert!(!unopened(&port), "it was never looked at");
        watch(&port);
        let _ours = std::fs::File::open(&port).unwrap();
        watch(&port);
        assert!(unopened(&port), "only this process opened it, before the last look");
        assert!(unopened(&port));
        let stranger = std::fs::File::open(&port).unwrap();
        assert!(!unopened(&port));
        drop(stranger);
        assert!(!unopened(&port), "it must be looked at anew");
        watch(&port);
        // Another one of that name is another port.
        std::fs::rename(&other, &port).unwrap();
        assert!(!unopened(&port));
        assert!(!unopened(&folder.path().join("none")));
    }
}
