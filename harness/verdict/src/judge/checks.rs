//! Whether a check holds now; and if not, what was there instead.

use super::alarm::Alarm;
use super::field::has_fields;
use super::observed::Observed;
use super::said::fields_of;
use pump_hil_model::case::{Check, Measure, Range};
use pump_hil_model::verdict::{Came, Expected, Seen};

/// A check that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What was expected.
    pub expected: Expected,
    /// What came.
    pub came: Came,
}

/// From where on alarms and events count, as places in the journal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Windows {
    /// For what must have come.
    pub came: u64,
    /// For what must not have come.
    pub absent: u64,
}

/// What checks look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    pub seen: &'a Observed,
    pub windows: Windows,
    /// The nominal dose by the oracle.
    pub prescribed: Option<i64>,
}

impl<'a> Look<'a> {
    /// Those of the checks that do not hold.
    pub fn unmet(self, checks: &[Check]) -> Vec<Unmet> {
        let unmet = checks.iter().filter(|check| !self.holds(check)).map(|check| Unmet {
            expected: Expected::Check(check.clone()),
            came: Came::Seen(self.instead(check)),
        });
        unmet.collect()
    }

    /// Whether it holds.
    pub fn holds(self, check: &Check) -> bool {
        let (now, windows) = (self.seen, self.windows);
        match check {
            Check::Alarm { id, priority } => self
                .alarm_since(id, windows.came)
                .is_some_and(|alarm| priority.as_ref().is_none_or(|priority| *priority == alarm.priority)),
            // Only what is active: an alarm that came and went is not on any more. For one that must not come at all there is `always` or `no-event`.
            Check::NoAlarm { id: None } => now.active_alarms().is_empty(),
            Check::NoAlarm { id: Some(id) } => !now.active_alarms().contains(&id.as_str()),
            Check::AlarmCleared { id } => {
                let cleared = now.alarms.get(id).and_then(|alarm| alarm.cleared);
                cleared.is_some_and(|seq| seq >= windows.came)
            }
            Check::State(state) => now.state.as_ref() == Some(state),
            Check::Mode(mode) => now.mode.as_ref() == Some(mode),
            Check::Bolus(bolus) => self.bolus() == bolus,
            Check::Event { kind, fields } => now
                .told_since(kind, windows.came)
                .any(|(_, said)| has_fields(&fields_of(said), fields, &now.kept)),
            Check::NoEvent { kind } => now.last_told.get(kind).is_none_or(|&seq| seq < windows.absent),
            Check::Reply { fields } => has_fields(&now.reply, fields, &now.kept),
            Check::Silence => now.came_in_step.is_none(),
            Check::Measure { what, since, range } => {
                let slack = if goes_on(*what) { now.slack_nl } else { 0 };
                let (less, more) = now.widened(*what);
                let slack = (slack.saturating_add(less), slack.saturating_add(more));
                self.measured(*what, since.as_deref())
                    .is_some_and(|value| lies_in(value, range, slack))
            }
            Check::Memory { at, value } => now.memory.get(at).is_some_and(|came| value.holds(came)),
        }
    }

    /// The place of the record that met it, where it is met by one.
    pub fn met_at(self, check: &Check) -> Option<u64> {
        let came = self.windows.came;
        match check {
            Check::Alarm { id, .. } => self.alarm_since(id, came).map(|alarm| alarm.raised),
            Check::Event { kind, fields } => self
                .seen
                .told_since(kind, came)
                .find(|(_, said)| has_fields(&fields_of(said), fields, &self.seen.kept))
                .map(|(seq, _)| seq),
            _ => None,
        }
    }

    /// What a check that does not hold looked at.
    fn instead(self, check: &Check) -> Seen {
        let (now, windows) = (self.seen, self.windows);
        let level = |name, is: Option<&String>| Seen::Level { name, is: is.cloned() };
        match check {
            Check::Alarm { id, .. } => match self.alarm_since(id, windows.came) {
                Some(alarm) => Seen::Alarm {
                    id: id.clone(),
                    priority: alarm.priority.clone(),
                },
                None => self.active(),
            },
            Check::NoAlarm { .. } => self.active(),
            Check::AlarmCleared { id } => match now.alarms.get(id) {
                None => Seen::NeverRaised,
                Some(alarm) if alarm.is_active() => Seen::StillActive,
                Some(_) => Seen::ClearedBefore,
            },
            Check::State(_) => level("state", now.state.as_ref()),
            Check::Mode(_) => level("mode", now.mode.as_ref()),
            Check::Bolus(_) => level("bolus", Some(&self.bolus().to_owned())),
            Check::Event { kind, .. } => match now.told_since(kind, windows.came).next_back() {
                None => Seen::NoEvent { kind: kind.clone() },
                Some((_, said)) => Seen::Event {
                    kind: kind.clone(),
                    fields: fields_of(said),
                },
            },
            Check::NoEvent { kind } => Seen::Told { kind: kind.clone() },
            Check::Silence => Seen::Line {
                bytes: now.came_in_step.clone().unwrap_or_default(),
            },
            Check::Reply { .. } => Seen::Reply {
                fields: (*now.reply).clone(),
            },
            Check::Measure { what, since, .. } => Seen::Measure {
                what: *what,
                value: self.measured(*what, since.as_deref()),
            },
            Check::Memory { at, .. } => Seen::Memory {
                at: at.clone(),
                value: now.memory.get(at).cloned(),
            },
        }
    }

    fn active(self) -> Seen {
        Seen::Active(self.seen.active_alarms().into_iter().map(str::to_owned).collect())
    }

    /// The alarm, where it is on or was raised since `from`.
    fn alarm_since(self, id: &str, from: u64) -> Option<&'a Alarm> {
        let alarm = self.seen.alarms.get(id);
        alarm.filter(|alarm| alarm.is_active() || alarm.raised >= from)
    }

    fn bolus(self) -> &'a str {
        self.seen.bolus.as_deref().unwrap_or("none")
    }

    /// A measure, counted from a mark where there is one.
    fn measured(self, what: Measure, since: Option<&str>) -> Option<i64> {
        let value = self.seen.measure(what, self.prescribed)?;
        match since {
            None => Some(value),
            Some(mark) => self.seen.at_mark(mark, what).map(|then| value.saturating_sub(then)),
        }
    }
}

/// Whether it grows or falls with each stroke of a basal rate. What is given as a bolus is exact, however late it was asked for.
fn goes_on(what: Measure) -> bool {
    use Measure::{Actuated, Basal, Delivered, Reported, Reservoir, TrueReservoir};
    matches!(
        what,
        Actuated | Basal | Delivered | Reported | Reservoir | TrueReservoir
    )
}

/// Whether it may lie in the range: it may be so much less, or more, than it seems.
fn lies_in(value: i64, range: &Range, (less, more): (i64, i64)) -> bool {
    let is_above = |low: i64| value.saturating_add(more) >= low;
    let is_below = |high: i64| value.saturating_sub(less) <= high;
    range.low.is_none_or(is_above) && range.high.is_none_or(is_below)
}
