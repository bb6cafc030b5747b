//! Alarms and their tones. An alarm stays until it is cleared or its cause ends by itself; a muted tone always comes back.

use crate::bytes::Coded;
use crate::defects::Defect;
use crate::io::Tone;
use crate::nv::Nv;
use crate::pump::Pump;
use crate::record::What;
use crate::state::ALARMS;
use crate::units::{Millis, NEVER};
use crate::vocabulary::AlarmId;

/// How urgent an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Two-tone, every ten minutes: therapy is lost or unsafe.
    Critical,
    /// One tone, every hour: somebody has to act in time.
    NonCritical,
}

/// An alarm that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActiveAlarm {
    /// Which.
    pub id: AlarmId,
    /// How urgent.
    pub priority: Priority,
    /// Since when.
    pub since: Millis,
    /// Whether its tone is muted at the moment.
    pub muted: bool,
}

impl AlarmId {
    /// How urgent the alarm is: the first fourteen are critical.
    pub const fn priority(self) -> Priority {
        if (self as u8) <= Self::SelfTest as u8 {
            Priority::Critical
        } else {
            Priority::NonCritical
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u8
    }
}

/// The critical alarms' bits.
const CRITICAL: u32 = (1 << (AlarmId::SelfTest as u8 + 1)) - 1;
impl<N: Nv> Pump<N> {
    pub(crate) const fn has_alarm(&self, id: AlarmId) -> bool {
        self.state.alarms & id.bit() != 0
    }

    /// Raises an alarm; a new one sounds at once, also while others are muted.
    pub(crate) fn raise(&mut self, id: AlarmId) {
        if self.has_alarm(id) {
            return;
        }
        self.state.alarms |= id.bit();
        if let Some(since) = self.state.alarm_since.get_mut(id as usize) {
            *since = self.now;
        }
        self.event(What::Alarm { id });
        if self.sounder.muted_until.take().is_some() {
            self.event(What::Unmuted);
        }
        self.sounder.next_at = self.sounder.next_at.min(self.now);
        if id.priority() == Priority::Critical {
            self.sounder.next_at = self.now;
        }
        self.unsaved = true;
        self.wake_up();
    }

    /// Takes an alarm back.
    pub(crate) fn drop_alarm(&mut self, id: AlarmId) {
        if !self.has_alarm(id) {
            return;
        }
        self.state.alarms &= !id.bit();
        self.event(What::AlarmClear { id });
        self.unsaved = true;
        self.wake_up();
    }

    /// The alarms that are on, most urgent first.
    pub fn active_alarms(&self) -> impl Iterator<Item = ActiveAlarm> + '_ {
        let muted = self.sounder.muted_until.is_some();
        AlarmId::LIST
            .iter()
            .take(ALARMS)
            .filter(|&&id| self.has_alarm(id))
            .map(move |&id| ActiveAlarm {
                id,
                priority: id.priority(),
                since: Millis(self.state.alarm_since.get(id as usize).copied().unwrap_or(0)),
                muted,
            })
    }

    /// Mutes for a while, if anything is there to mute.
    pub(crate) fn mute(&mut self) -> bool {
        if self.state.alarms == 0 {
            return false;
        }
        let until = if self.defect(Defect::MuteNeverRearms) {
            NEVER
        } else {
            self.now + self.settings.mute_ms
        };
        self.sounder.muted_until = Some(until);
        self.sounder.next_at = NEVER;
        self.sound(Tone::Silent, NEVER);
        self.event(What::Muted);
        true
    }

    /// Plays the tone of that priority once, as a test.
    pub(crate) fn test_tone(&mut self, like: Tone) {
        let length = if like == Tone::NonCritical {
            self.settings.non_critical_tone_ms
        } else {
            self.settings.critical_tone_ms
        };
        self.sound(Tone::Test, self.now + length);
    }

    fn sound(&mut self, tone: Tone, off_at: u64) {
        self.sounder.off_at = off_at;
        if self.sounder.tone != tone {
            self.sounder.tone = tone;
            if self.sounder.report {
                self.event(What::Tone { kind: tone });
            }
        }
        self.wake_up();
    }

    /// Turns tones on and off as they fall due.
    pub(crate) fn sound_alarms(&mut self) {
        let now = self.now;
        if self.sounder.muted_until.is_some_and(|until| now >= until) {
            self.sounder.muted_until = None;
            self.sounder.next_at = now;
            self.event(What::Unmuted);
        }
        if now >= self.sounder.off_at {
            self.sound(Tone::Silent, NEVER);
        }
        if self.state.alarms == 0 {
            self.sounder.next_at = NEVER;
            self.sounder.muted_until = None;
            if !matches!(self.sounder.tone, Tone::Silent | Tone::Test) {
                self.sound(Tone::Silent, NEVER);
            }
            return;
        }
        if self.sounder.muted_until.is_none() && now >= self.sounder.next_at {
            let settings = &self.settings;
            let (tone, length, every) = if self.state.alarms & CRITICAL != 0 {
                (Tone::Critical, settings.critical_tone_ms, settings.critical_every_ms)
            } else {
                (
                    Tone::NonCritical,
                    settings.non_critical_tone_ms,
                    settings.non_critical_every_ms,
                )
            };
            self.sounder.next_at = now + every;
            self.sound(tone, now + length);
        }
    }
}
