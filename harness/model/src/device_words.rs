//! The words that a device's profile adds to those of the scenario language.

use std::fmt;

/// What a scenario may say to and expect of one device besides the words that all devices share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceWords {
    /// Name of the device.
    pub device: String,
    /// Verbs, each with the names of its arguments.
    pub verbs: Vec<(String, Vec<String>)>,
    /// States.
    pub states: Vec<String>,
    /// Alarms.
    pub alarms: Vec<String>,
    /// Reasons of a refusal.
    pub refusals: Vec<String>,
    /// Messages that come unasked: events.
    pub events: Vec<String>,
}

impl DeviceWords {
    /// The words that it adds to a list of the language.
    pub fn of_list(&self, list: &str) -> impl Iterator<Item = &str> {
        let verbs = self.verbs.iter().map(|(verb, _)| verb);
        let (verbs, others): (Vec<&String>, &[String]) = match list {
            "verb" => (verbs.collect(), &[]),
            "state" => (Vec::new(), &self.states),
            "alarm" | "alarm or `any`" => (Vec::new(), &self.alarms),
            "reason of a refusal" => (Vec::new(), &self.refusals),
            "event" => (Vec::new(), &self.events),
            _ => (Vec::new(), &[]),
        };
        verbs.into_iter().chain(others).map(String::as_str)
    }

    /// The arguments of a verb of its own.
    #[must_use]
    pub fn arguments(&self, verb: &str) -> Option<&[String]> {
        let found = self.verbs.iter().find(|(name, _)| name == verb);
        found.map(|(_, arguments)| arguments.as_slice())
    }
}

/// Who knows devices by their names.
pub trait Devices: fmt::Debug + Send + Sync {
    /// The words of a device.
    ///
    /// # Errors
    /// There is none of this name, or its profile is wrong; with what to do.
    fn words(&self, device: &str) -> Result<DeviceWords, String>;
}
