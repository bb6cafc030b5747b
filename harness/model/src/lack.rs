//! What a pump lacks of that which most pumps have: by its device profile, in a rig's capabilities, and in the journal.
//!
//! Invariant: nothing is guessed here. What follows from a list of names is the same wherever it is asked: for a rig before a run, for the runner, and for the judge of a
//! journal years later.

use crate::measure::{Measure, ToldBy};
use crate::words::{CRITICAL_ALARMS, LACKS, NON_CRITICAL_ALARMS};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Something that a pump may lack, by its name: a verb's word, a measure, an alarm, or one of [`LACKS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Lack(&'static str);

impl Lack {
    /// It does not say who it is.
    pub const IDENTIFY: Self = Self("identify");
    /// It cannot be asked how it is.
    pub const STATUS: Self = Self("status");
    /// It cannot be asked what it gave in all.
    pub const TOTALS: Self = Self("totals");
    /// It is not told what was filled in.
    pub const REFILL: Self = Self("refill");
    /// It is not told the time.
    pub const SET_CLOCK: Self = Self("set-clock");
    /// It is not told how often it writes a dose entry.
    pub const LOG_EVERY: Self = Self("log-every");
    /// No prescription is programmed.
    pub const PROGRAM: Self = Self("program");
    /// What was programmed cannot be read back.
    pub const READ_BACK: Self = Self("read-back");
    /// Its dose log cannot be read.
    pub const DOSE_LOG: Self = Self("dose-log");
    /// Its event log cannot be read.
    pub const EVENT_LOG: Self = Self("event-log");
    /// It tells no events, alarms among them.
    pub const EVENTS: Self = Self("events");
    /// It tells no dose entries.
    pub const DOSE_ENTRIES: Self = Self("dose-entries");
    /// It promises to tell nothing unasked.
    pub const UNASKED: Self = Self("unasked");
    /// Nothing on the line makes it safe.
    pub const MAKE_SAFE: Self = Self("make-safe");

    /// Every name. One that is a verb and an alarm, such as `self-test`, is lacking as both.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let mut alarms = [CRITICAL_ALARMS, NON_CRITICAL_ALARMS].concat();
        alarms.retain(|alarm| !LACKS.contains(alarm));
        LACKS
            .iter()
            .copied()
            .chain(Measure::ALL.into_iter().map(Measure::name))
            .chain(alarms)
    }

    /// What has this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::names().find(|known| *known == name).map(Self)
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Lack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::find(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is nothing that a pump may lack")))
    }
}

/// What a pump lacks, each with its reason. Names that are not known here, as of a later version, are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lacks(BTreeMap<String, String>);

impl Lacks {
    /// Adds one; the first reason stays.
    pub fn add(&mut self, lack: Lack, reason: &str) {
        self.0.entry(lack.0.to_owned()).or_insert_with(|| reason.to_owned());
    }

    /// Whether it lacks nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is lacking.
    #[must_use]
    pub fn has(&self, lack: Lack) -> bool {
        self.0.contains_key(lack.0)
    }

    /// Whether what has this name is lacking.
    #[must_use]
    pub fn has_named(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Each with its reason.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, why)| (name.as_str(), why.as_str()))
    }

    /// What is known here of it.
    pub fn known(&self) -> impl Iterator<Item = Lack> {
        self.0.keys().filter_map(|name| Lack::find(name))
    }

    /// This and its reason in one sentence, such as `no patient-bolus: no button on the line`.
    #[must_use]
    pub fn told(&self, lack: Lack) -> String {
        match self.0.get(lack.0) {
            Some(why) => format!("no {lack}: {why}"),
            None => format!("no {lack}"),
        }
    }
}

/// What follows from it.
impl Lacks {
    /// Whether it tells of what it does, in events, unasked.
    #[must_use]
    pub fn tells_events(&self) -> bool {
        !self.has(Lack::EVENTS) && !self.has(Lack::UNASKED)
    }

    /// Whether it tells of its dose, in entries, unasked.
    #[must_use]
    pub fn tells_entries(&self) -> bool {
        !self.has(Lack::DOSE_ENTRIES) && !self.has(Lack::UNASKED)
    }

    /// Whether an entry must come in each interval, which it was told.
    #[must_use]
    pub fn tells_in_time(&self) -> bool {
        self.tells_entries() && !self.has(Lack::LOG_EVERY)
    }

    /// Whether what was missed on the line can be read back.
    #[must_use]
    pub fn can_read_back(&self) -> bool {
        !self.has(Lack::DOSE_LOG) && !self.has(Lack::EVENT_LOG)
    }

    /// Whether anything that was missed on the line can be read back.
    #[must_use]
    pub fn can_read_back_any(&self) -> bool {
        !self.has(Lack::DOSE_LOG) || !self.has(Lack::EVENT_LOG)
    }

    /// Whether it tells neither who it is nor anything of a dose: then nothing is asked of it but what a scenario asks.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let nothing = [Lack::IDENTIFY, Lack::DOSE_LOG, Lack::EVENT_LOG, Lack::TOTALS];
        nothing.into_iter().all(|lack| self.has(lack)) && !self.tells_entries()
    }

    /// Whether a run gives the same dose log as one of a pump that lacks nothing.
    #[must_use]
    pub fn gives_dose_log(&self) -> bool {
        self.tells_events() && self.tells_in_time() && !self.has(Lack::STATUS) && !self.has(Lack::SET_CLOCK)
    }

    /// Whether a step can look at a measure: what only entries tell is not fresh then.
    #[must_use]
    pub fn shows(&self, measure: Measure) -> bool {
        let told = match measure.told_by() {
            ToldBy::Totals => !self.has(Lack::TOTALS),
            ToldBy::Status => !self.has(Lack::STATUS),
            ToldBy::Events => self.tells_events(),
            ToldBy::TestBlock => true,
            ToldBy::Harness => match measure {
                // What therapy does of its own the nominal dose follows by what the pump tells of it.
                Measure::AlarmLatency | Measure::Prescribed | Measure::WithoutTherapy => self.tells_events(),
                _ => true,
            },
        };
        told && !self.has_named(measure.name())
    }

    /// Whether what must hold all the time of a measure is seen: in each entry, or where the scenario looks.
    #[must_use]
    pub fn shows_always(&self, measure: Measure) -> bool {
        let in_entries = measure.told_by() == ToldBy::Totals || matches!(measure, Measure::Rate | Measure::Reservoir);
        let seen = self.shows(measure) || (in_entries && self.tells_entries());
        seen && !self.has_named(measure.name())
    }

    /// Whether an alarm is seen.
    #[must_use]
    pub fn shows_alarm(&self, id: Option<&str>) -> bool {
        self.tells_events() && !id.is_some_and(|id| self.has_named(id))
    }
}

impl FromIterator<(Lack, String)> for Lacks {
    fn from_iter<I: IntoIterator<Item = (Lack, String)>>(all: I) -> Self {
        Self(all.into_iter().map(|(lack, why)| (lack.0.to_owned(), why)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Section, Verb};
    use crate::words::RX_MODES;

    #[test]
    fn each_name_is_one_thing_and_is_found() {
        let mut names: Vec<&str> = Lack::names().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "a name says what is lacking");
        assert!(names.iter().all(|name| Lack::find(name).map(Lack::name) == Some(*name)));
        assert_eq!(Lack::find("patient-bolsu"), None);
    }

    #[test]
    fn each_verb_of_one_exchange_and_each_mode_may_be_lacking() {
        let one = |verb: &&Verb| verb.section() == Section::Requests;
        for verb in Verb::DO.iter().filter(one) {
            assert!(Lack::find(verb.word()).is_some(), "{verb}");
        }
        for mode in RX_MODES {
            assert!(Lack::find(&format!("program-{mode}")).is_some(), "{mode}");
        }
    }

    #[test]
    fn what_is_lacking_takes_away_what_only_it_tells() {
        let mut lacks = Lacks::default();
        assert!(Measure::ALL.into_iter().all(|measure| lacks.shows(measure)));
        lacks.add(Lack::TOTALS, "it counts nothing");
        assert!(!lacks.shows(Measure::Reported) && lacks.shows_always(Measure::Reported));
        lacks.add(Lack::DOSE_ENTRIES, "nor does it write it down");
        assert!(!lacks.shows_always(Measure::Reported) && lacks.shows(Measure::Battery));
        lacks.add(Lack::find("battery").expect("a measure"), "mains");
        assert!(!lacks.shows(Measure::Battery) && lacks.shows(Measure::Delivered));
        assert!(lacks.shows_alarm(Some("occlusion")));
        lacks.add(Lack::find("occlusion").expect("an alarm"), "no sensor");
        assert!(!lacks.shows_alarm(Some("occlusion")) && lacks.shows_alarm(None));
        lacks.add(Lack::UNASKED, "it is polled");
        assert!(!lacks.shows_alarm(Some("motor-stall")));
        assert_eq!(lacks.told(Lack::TOTALS), "no totals: it counts nothing");
    }
}
