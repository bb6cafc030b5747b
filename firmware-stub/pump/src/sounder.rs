//! The sounder: what plays until when. Which alarm sounds how is for `alarms` to say.

use crate::io::Tone;
use crate::units::NEVER;

/// The tone that plays, and when it is to change.
#[derive(Debug)]
pub(crate) struct Sounder {
    pub(crate) tone: Tone,
    /// When it falls silent.
    pub(crate) off_at: u64,
    /// When the alarms next sound.
    pub(crate) next_at: u64,
    pub(crate) muted_until: Option<u64>,
    /// Whether each change of tone is an event.
    pub(crate) report: bool,
}

impl Sounder {
    /// Looks at the alarms at once: one that outlived a reset sounds again.
    pub(crate) const fn new(now: u64) -> Self {
        Self {
            tone: Tone::Silent,
            off_at: NEVER,
            next_at: now,
            muted_until: None,
            report: false,
        }
    }

    /// When something changes next.
    pub(crate) fn due(&self) -> u64 {
        self.off_at.min(self.next_at).min(self.muted_until.unwrap_or(NEVER))
    }
}
