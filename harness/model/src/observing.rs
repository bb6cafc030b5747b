//! What a pump is asked for every so often because it does not tell it by itself: in its device profile, and in the journal, so that judging needs no profile.

use crate::quantity::{Concentration, Mass, Span, Volume};
use crate::serde_words::is_zero;
use serde::{Deserialize, Serialize};

/// How a pump is observed. Nothing is asked for that does not stand here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Observing {
    /// The total volume that it reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<Asked>,
    /// The alarms that are active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarms: Option<Asked>,
    /// What left the pump, by an instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Weighs>,
    /// What its motor moved, by its memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actuated: Option<Counts>,
    /// A dose log is made of the reported volume: a row each time that it grew by so much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry_per: Option<Volume>,
    /// Messages that must come by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promised: Vec<Promised>,
}

/// What left a pump, by a balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighs {
    /// Its name in the rig file.
    pub instrument: String,
    /// Mass of a volume of the drug.
    pub density: Concentration,
    /// How long the balance may take until it shows what left the pump.
    pub settle: Span,
    /// How often it is read.
    pub every: Span,
    /// By how much a mass may be off, by the rig file; `None`: the rig has no such instrument.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Mass>,
}

impl Weighs {
    /// The volume of a mass, nL; to the nearest one.
    #[must_use]
    pub fn volume_of(&self, mass: Mass) -> Volume {
        // Nanograms a millilitre are nanograms in a million nanolitres.
        let density = i128::from(self.density.0.max(1));
        let nanolitres = i128::from(mass.0).saturating_mul(1_000_000);
        let half = density.checked_div(2).unwrap_or(0).saturating_mul(nanolitres.signum());
        let volume = nanolitres.saturating_add(half).checked_div(density);
        Volume(i64::try_from(volume.unwrap_or(0)).unwrap_or(i64::MAX))
    }

    /// By how much a volume may be off.
    #[must_use]
    pub fn off(&self) -> Volume {
        self.resolution.map_or(Volume(0), |mass| self.volume_of(mass))
    }
}

/// What a motor moved, by a place in the pump's memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The place that counts, such as `PUMP.motor.strokes`.
    pub memory: String,
    /// What one of it moves.
    pub each: Volume,
}

/// A message that must come by itself, again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    /// Its name.
    pub message: String,
    /// Only in this state of the pump.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// It is lost if it does not come for so long.
    pub after: Span,
}

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The verb whose reply tells it. It only reads.
    pub ask: String,
    /// How often it is asked, on the pump's clock.
    pub every: Span,
    /// By how much the volume that is told may be off, nL.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resolution: Volume,
}

impl Observing {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The verbs that are asked, each with how often: one verb for several things is asked as often as the most frequent of them.
    #[must_use]
    pub fn asks(&self) -> Vec<(&str, Span)> {
        let mut asks: Vec<(&str, Span)> = Vec::new();
        for asked in self.reported.iter().chain(&self.alarms) {
            match asks.iter_mut().find(|(verb, _)| *verb == asked.ask) {
                Some((_, every)) => *every = asked.every.min(*every),
                None => asks.push((&asked.ask, asked.every)),
            }
        }
        asks
    }

    /// How far apart two looks at the alarms are; 0 where they are not asked for.
    #[must_use]
    pub fn alarms_every(&self) -> Span {
        self.alarms.as_ref().map_or(Span(0), |asked| asked.every)
    }

    /// By how much the reported volume may be off, nL.
    #[must_use]
    pub fn reported_off(&self) -> Volume {
        self.reported.as_ref().map_or(Volume(0), |asked| asked.resolution)
    }

    /// What a verdict is that much wider for, in words: it stands with each verdict of such a pump.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if let Some(asked) = &self.reported {
            let off = asked.resolution;
            let within = if off.0 == 0 {
                String::new()
            } else {
                format!("+- {off} and ")
            };
            told.push(format!(
                "reported is compared with {within}+- {every}: the pump is asked for `{verb}` every {every}",
                every = asked.every,
                verb = asked.ask
            ));
        }
        if let (Some(asked), Some(per)) = (&self.reported, self.entry_per) {
            told.push(format!(
                "the dose log is sampled: a row for each {per} of what is reported, +- {}, its time + {}",
                asked.resolution, asked.every
            ));
        }
        match &self.delivered {
            Some(
                weighs @ Weighs {
                    resolution: Some(_), ..
                },
            ) => told.push(format!(
                "delivered is compared with +- {} and {} later: it is what `{}` weighs at rest",
                weighs.off(),
                weighs.settle,
                weighs.instrument
            )),
            Some(weighs) => told.push(format!(
                "what left the pump is compared with nothing: this rig has no instrument `{}`",
                weighs.instrument
            )),
            None => {}
        }
        if let Some(counts) = &self.actuated {
            told.push(format!("actuated is `{}` times {}", counts.memory, counts.each));
        }
        if let Some(asked) = &self.alarms {
            told.push(format!(
                "alarms are compared with + {every}: the pump is asked for `{verb}` every {every}; one that comes and goes in between is not seen",
                every = asked.every,
                verb = asked.ask
            ));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ask: &str, every: i64) -> Option<Asked> {
        Some(Asked {
            ask: ask.to_owned(),
            every: Span(every),
            resolution: Volume(1_000),
        })
    }

    #[test]
    fn one_verb_for_two_things_is_asked_once() {
        let mut observing = Observing {
            reported: asked("status", 500),
            alarms: asked("status", 200),
            ..Observing::default()
        };
        assert_eq!(observing.asks(), [("status", Span(200))]);
        observing.alarms = asked("read-alarms", 200);
        assert_eq!(observing.asks(), [("status", Span(500)), ("read-alarms", Span(200))]);
        assert!(Observing::default().asks().is_empty() && Observing::default().is_nothing());
    }

    #[test]
    fn a_mass_is_a_volume_by_its_density() {
        let weighs = Weighs {
            instrument: "balance".to_owned(),
            density: Concentration(998_000_000),
            settle: Span(2_000),
            every: Span(500),
            resolution: Some(Mass(100_000)),
        };
        assert_eq!(weighs.volume_of(Mass(49_900_000)), Volume(50_000));
        assert_eq!(weighs.volume_of(Mass(-49_900_000)), Volume(-50_000));
        assert_eq!(weighs.off(), Volume(100));
        assert_eq!(weighs.volume_of(Mass(i64::MAX)), Volume(9_241_855_748_351_479));
    }

    #[test]
    fn the_widening_is_told() {
        let observing = Observing {
            reported: asked("status", 500),
            ..Observing::default()
        };
        let told = "reported is compared with +- 1 uL and +- 500 ms: the pump is asked for `status` every 500 ms";
        assert_eq!(observing.told(), [told]);
        assert!(Observing::default().told().is_empty());
    }
}
