//! The catalogue of faults: what can go wrong, what each takes as parameter, what it excuses a pump from, and its slot of the test block.

mod catalogue;
mod effects;

pub use catalogue::{CATALOGUE, Fault, Param};
pub use effects::{Deadlines, Delivery, Effects, Log, Restart, Rotor, Talk, Tube};

use serde::{Deserialize, Serialize};

/// Name of a fault that is in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct FaultName(&'static str);

impl FaultName {
    /// The catalogue's entry of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        CATALOGUE.iter().find(|f| f.name == name).map(|f| Self(f.name))
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The whole entry.
    ///
    /// # Panics
    /// Never: a `FaultName` is only made from the catalogue.
    #[must_use]
    pub fn fault(self) -> &'static Fault {
        CATALOGUE
            .iter()
            .find(|f| f.name == self.0)
            .expect("a FaultName is only made from the catalogue")
    }

    /// What it excuses a pump from.
    #[must_use]
    pub fn effects(self) -> Effects {
        self.fault().effects
    }

    /// Whether it meets one stroke or byte in so many: which ones hangs on the seed and on all that was since the pump's first power.
    #[must_use]
    pub fn picks(self) -> bool {
        // A short in the feedthrough stalls every third stroke.
        matches!(self.fault().param, Param::Count("one-in", ..) | Param::Current(_))
    }
}

impl<'de> Deserialize<'de> for FaultName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::find(&name).ok_or_else(|| serde::de::Error::custom(format!("unknown fault `{name}`")))
    }
}

impl std::fmt::Display for FaultName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests;
