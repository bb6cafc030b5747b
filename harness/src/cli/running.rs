//! The cases that run now, and how far each of them is.

use crate::reporter::RunEvent;
use pump_hil_model::quantity::Span;
use pump_hil_model::rough_time::rough_time;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::host_time;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What takes less of the host's time is not told before.
pub(super) const SHORT: Span = Span(10_000);

/// A case that goes on.
#[derive(Debug)]
pub(super) struct Running {
    name: String,
    /// Its length by its scenario.
    pub length: Span,
    /// The pump's time of the last event, and when that came.
    t: Span,
    at: Instant,
    /// The line of the step that runs.
    line: Option<u32>,
    /// Pump seconds in a host second, where the pump keeps its own time.
    scale: Option<u32>,
    /// When it was told of last.
    told: Instant,
}

impl Running {
    /// The pump's time now: where the pump keeps its own time it goes on without an event.
    pub fn now(&self) -> Span {
        let scale = self.scale.map_or(0, i64::from);
        let since = i64::try_from(self.at.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = self.t.0.saturating_add(since.saturating_mul(scale));
        // What comes behind the last step takes time as well.
        Span(now.min(self.length.0.max(self.t.0)))
    }

    /// Its name and how far it is.
    pub fn words(&self) -> String {
        format!("{}: {}", self.name, far(self.now(), self.length))
    }

    /// That it begins, where it takes some of the host's time as well; nothing where time is granted.
    pub fn begins(&self) -> Option<String> {
        let scale = self.scale?;
        let host = Span(self.length.0 / i64::from(scale.max(1)));
        (host >= SHORT).then(|| format!("begun        {} (takes about {})", self.name, rough_time(host)))
    }

    /// How far it is, where nothing was told of it for so long.
    pub fn due(&mut self, every: Duration) -> Option<String> {
        if self.told.elapsed() < every {
            return None;
        }
        self.told = host_time::now();
        let step = self.line.map_or(String::new(), |line| format!(", in line {line}"));
        Some(format!("running      {}{step}", self.words()))
    }
}

/// How far something is.
fn far(t: Span, length: Span) -> String {
    const DAY: i64 = 86_400_000;
    if length.0 >= 3 * DAY {
        return format!("day {} of {}", t.0 / DAY + 1, (length.0 + DAY - 1) / DAY);
    }
    let clock = |t: Span| Span(t.0 - t.0 % 1_000).clock().trim_end_matches(".000").to_owned();
    format!("{} of {}", clock(t), clock(length))
}

/// Takes an event of the run into the cases that run, by their numbers; gives the one that ended by it.
pub(super) fn hear(running: &mut BTreeMap<usize, Running>, event: &RunEvent) -> Option<Running> {
    match event {
        RunEvent::CaseBegun {
            case,
            name,
            length,
            scale,
        } => {
            let now = host_time::now();
            let new = Running {
                name: safe(name),
                length: *length,
                t: Span(0),
                at: now,
                line: None,
                scale: *scale,
                told: now,
            };
            running.insert(*case, new);
            None
        }
        RunEvent::CaseAt { case, t, line } => {
            if let Some(running) = running.get_mut(case) {
                (running.t, running.at) = (*t, host_time::now());
                running.line = *line;
            }
            None
        }
        RunEvent::CaseEnded { case, .. } => running.remove(case),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_goes_on_is_told_with_how_far_it_is() {
        let day = 86_400_000;
        assert_eq!(far(Span(3_661_500), Span(day)), "01:01:01 of 1+00:00:00");
        assert_eq!(far(Span(2 * day + 5), Span(2_557 * day - 1)), "day 3 of 2557");
    }

    #[test]
    fn a_case_by_the_hosts_clock_is_told_at_its_begin_and_goes_on_without_an_event() {
        let mut running = BTreeMap::new();
        let mut begin = |case, scale| {
            let (name, length) = ("week".to_owned(), Span(7_200_000));
            let event = RunEvent::CaseBegun {
                case,
                name,
                length,
                scale,
            };
            assert!(hear(&mut running, &event).is_none());
        };
        begin(0, None);
        begin(1, Some(60));
        let (t, line) = (Span(3_600_000), Some(9));
        for case in [0, 1] {
            hear(&mut running, &RunEvent::CaseAt { case, t, line });
        }
        assert_eq!(running[&0].begins(), None);
        assert_eq!(running[&1].begins().unwrap(), "begun        week (takes about 2 min)");
        // As if the last event were a minute ago.
        for case in running.values_mut() {
            case.at -= Duration::from_secs(30);
        }
        assert_eq!(running[&0].now(), t);
        assert!(running[&1].now() >= Span(5_400_000), "{:?}", running[&1].now());
        let running = running.get_mut(&0).unwrap();
        assert_eq!(running.due(Duration::from_secs(3_600)), None);
        let told = running.due(Duration::ZERO).unwrap();
        assert_eq!(told, "running      week: 01:00:00 of 02:00:00, in line 9");
    }
}
