//! Whether a check holds now; and if not, what was there instead.

use super::alarm::Alarm;
use super::observed::Observed;
use super::said::fields_of;
use pump_hil_model::case::{Check, Measure, Range};
use pump_hil_model::quantity::{Concentration, Pressure, Rate, Span, Voltage, Volume};
use pump_hil_model::verdict::{Came, Expected, Seen};
use std::collections::BTreeMap;

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
                .any(|(_, said)| has_fields(&fields_of(said), fields)),
            Check::NoEvent { kind } => now.last_told.get(kind).is_none_or(|&seq| seq < windows.absent),
            Check::Reply { fields } => has_fields(&now.reply, fields),
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
                .find(|(_, said)| has_fields(&fields_of(said), fields))
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

pub(super) fn has_fields(came: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) -> bool {
    expected
        .iter()
        .all(|(key, value)| came.get(key).is_some_and(|came| same_value(value, came)))
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

/// Whether a field of the line is what a scenario wrote: the same text, or the same quantity (`20 uL` for `20000nl`).
pub(crate) fn same_value(expected: &str, came: &str) -> bool {
    if expected == came {
        return true;
    }
    let unit = came.strip_prefix('-').unwrap_or(came);
    let unit = unit.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(number) = came.strip_suffix(unit) else {
        return false;
    };
    let Ok(number) = number.parse::<i64>() else {
        return false;
    };
    // What one of the pump's unit is in base units, and what was expected in those.
    let (size, quantity) = match unit {
        "nl" => (1, expected.parse::<Volume>().map(|q| q.0)),
        "nl/d" => (1, expected.parse::<Rate>().map(|q| q.0)),
        "ng/ml" => (1, expected.parse::<Concentration>().map(|q| q.0)),
        "ms" => (1, expected.parse::<Span>().map(|q| q.0)),
        "s" => (1_000, expected.parse::<Span>().map(|q| q.0)),
        "min" => (60_000, expected.parse::<Span>().map(|q| q.0)),
        "mv" => (1, expected.parse::<Voltage>().map(|q| q.0)),
        "pa" => (1, expected.parse::<Pressure>().map(|q| q.0)),
        _ => return false,
    };
    // The number is the pump's and may be any.
    number.checked_mul(size).is_some_and(|number| quantity == Ok(number))
}

#[cfg(test)]
mod tests {
    use super::same_value;

    #[test]
    fn a_field_is_a_quantity_in_whichever_unit_it_is_written() {
        for (expected, came) in [
            ("20 uL", "20000nl"),
            ("-20 uL", "-20000nl"),
            ("0.5 mL/day", "500000nl/d"),
            ("10 mg/mL", "10000000ng/ml"),
            ("1.5 h", "90min"),
            ("90 min", "5400s"),
            ("-1 h", "-3600000ms"),
            ("-2 kPa", "-2000pa"),
            ("2.8 V", "2800mv"),
            ("idle", "idle"),
        ] {
            assert!(same_value(expected, came), "{expected} {came}");
        }
        for (expected, came) in [
            ("20 uL", "-20000nl"),
            ("20 uL", "20000"),
            ("1 s", "1000s"),
            ("1 h", "--3600s"),
            ("1 h", "9223372036854775807s"),
        ] {
            assert!(!same_value(expected, came), "{expected} {came}");
        }
    }
}
