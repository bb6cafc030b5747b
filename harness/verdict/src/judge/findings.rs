//! What was found in a run, each at its place in the journal, and the verdict that follows.

use pump_hil_model::event::StepId;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::{Came, Expected, Finding, Firmware, Reason, ReasonKind, Verdict};

/// Most reasons of a verdict; more of them say nothing new.
const REASONS_MAX: usize = 200;
/// Most reasons that are kept: a pump that does nothing right must not fill the memory.
const KEPT_MAX: usize = 10_000;

/// The step in progress, and its line in the scenario's file.
pub(super) type Here<'a> = Option<(&'a StepId, u32)>;

#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// The event that is looked at, from 1.
    pub seq: u64,
    reasons: Vec<(u64, Reason)>,
    troubles: Vec<(u64, Trouble)>,
}

impl Findings {
    /// Adds a reason that belongs to the step in progress, if there is one.
    pub fn reason(&mut self, here: Here<'_>, kind: ReasonKind, t: Span, expected: Expected, came: Came) {
        let reason = Reason {
            kind,
            t,
            in_set_up: false,
            step: here.map(|(step, _)| step.clone()),
            line: here.map(|(_, line)| line),
            expected,
            came,
        };
        self.keep(self.seq, reason);
    }

    fn keep(&mut self, seq: u64, reason: Reason) {
        if self.reasons.len() < KEPT_MAX {
            self.reasons.push((seq, reason));
        }
    }

    /// How many reasons are kept.
    pub fn kept(&self) -> usize {
        self.reasons.len()
    }

    /// The reason at that place, in the order in which they were kept.
    pub fn reason_mut(&mut self, at: usize) -> Option<&mut Reason> {
        self.reasons.get_mut(at).map(|(_, reason)| reason)
    }

    /// Adds a finding, which belongs to no step.
    pub fn found(&mut self, finding: Finding) {
        self.found_at(self.seq, finding);
    }

    /// Adds findings, in their order.
    pub fn found_all(&mut self, all: Vec<Finding>) {
        all.into_iter().for_each(|finding| self.found(finding));
    }

    /// Adds a finding of a rule that stands in this line of the scenario's file.
    pub fn of_rule(&mut self, line: u32, finding: Finding) {
        let at = self.reasons.len();
        self.found(finding);
        if let Some(reason) = self.reason_mut(at) {
            reason.line = Some(line);
        }
    }

    /// Adds a finding that is known only now, and was so since an earlier event.
    pub fn found_at(&mut self, seq: u64, finding: Finding) {
        debug_assert!(seq <= self.seq, "nothing is found in what is still to come");
        let Finding {
            kind,
            t,
            expected,
            came,
        } = finding;
        let reason = Reason {
            kind,
            t,
            in_set_up: false,
            step: None,
            line: None,
            expected,
            came,
        };
        self.keep(seq, reason);
    }

    /// The pump was told to stop, and went on. At the begin, so that no trouble outweighs it: whatever else broke, it answered and was seen to go on.
    pub fn went_on(&mut self, t: Span, told: &str, saw: &str) {
        let came = Came::WentOn {
            told: told.to_owned(),
            saw: saw.to_owned(),
        };
        let finding = Finding {
            kind: ReasonKind::NotStopped,
            t,
            expected: Expected::Firmware(Firmware::Stops),
            came,
        };
        self.found_at(0, finding);
    }

    /// From this event on nothing is said about the pump.
    pub fn trouble(&mut self, trouble: Trouble) {
        self.troubles.push((self.seq, trouble));
    }

    /// From an event on, which may be long past, nothing is said about the pump.
    pub fn trouble_at(&mut self, seq: u64, trouble: Trouble) {
        self.troubles.push((seq, trouble));
    }

    /// From the next event on nothing is said about the pump: this one still counts.
    pub fn trouble_behind(&mut self, trouble: Trouble) {
        self.troubles.push((self.seq.saturating_add(1), trouble));
    }

    /// Forgets the reasons of other kinds.
    pub fn keep_only(&mut self, kinds: impl Fn(ReasonKind) -> bool) {
        self.reasons.retain(|(_, reason)| kinds(reason.kind));
    }

    pub fn has_reason(&self) -> bool {
        !self.reasons.is_empty()
    }

    pub fn has_trouble(&self) -> bool {
        !self.troubles.is_empty()
    }

    /// Whether a reason says so already.
    pub fn says(&self, came: &Came) -> bool {
        self.reasons.iter().any(|(_, reason)| reason.came == *came)
    }

    /// What the pump did wrong before the first trouble is proven, whatever came then. `begun` is the number of the event with which the scenario began.
    pub fn verdict(mut self, not_safe: &[String], begun: Option<u64>) -> Verdict {
        // Stable: what was found at one event stays in its order.
        self.reasons.sort_by_key(|(seq, _)| *seq);
        let broke_at = self.troubles.iter().map(|(seq, _)| *seq).min();
        let reasons: Vec<Reason> = self
            .reasons
            .into_iter()
            // Not at the trouble's own event: it may be the trouble that made the pump look wrong.
            .filter(|(seq, _)| broke_at.is_none_or(|broke| *seq < broke))
            .map(|(seq, reason)| Reason {
                // At 0 stands what holds of the whole run.
                in_set_up: seq > 0 && begun.is_none_or(|begun| seq < begun),
                ..reason
            })
            // After the sorting, so that the first ones in the journal stay.
            .take(REASONS_MAX)
            .collect();
        if !reasons.is_empty() {
            return Verdict::Failed { reasons };
        }
        if self.troubles.is_empty() && not_safe.is_empty() {
            return Verdict::Passed;
        }
        let not_safe = not_safe.iter().map(|what| Trouble::NotSafe { what: what.clone() });
        Verdict::Inconclusive {
            why: self.troubles.into_iter().map(|(_, why)| why).chain(not_safe).collect(),
        }
    }
}
