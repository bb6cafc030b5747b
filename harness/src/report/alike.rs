//! Cases of which nothing can be said for one and the same reason, as on a rig that is not there: that is told once.

use super::result::ScenarioResult;
use super::words::trouble_line;
use pump_hil_model::verdict::Verdict;

/// Why nothing can be said of a case: the rig, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    rig: String,
    /// With whose each is.
    pub(super) troubles: Vec<String>,
}

impl Unjudged {
    /// Of an inconclusive case; `None` of any other.
    #[must_use]
    pub fn of(result: &ScenarioResult) -> Option<Self> {
        let Verdict::Inconclusive { why } = &result.outcome.verdict else {
            return None;
        };
        Some(Self {
            rig: result.rig.clone(),
            troubles: why.iter().map(trouble_line).collect(),
        })
    }
}

/// The inconclusive cases among these, those with the same reason together, in the order of the first of each.
pub(super) fn alike<'a>(results: &[&'a ScenarioResult]) -> Vec<(Unjudged, Vec<&'a ScenarioResult>)> {
    let mut all: Vec<(Unjudged, Vec<&ScenarioResult>)> = Vec::new();
    for &result in results {
        let Some(why) = Unjudged::of(result) else { continue };
        match all.iter_mut().find(|(known, _)| *known == why) {
            Some((_, cases)) => cases.push(result),
            None => all.push((why, vec![result])),
        }
    }
    all
}
