//! The cases that run now, and how far each of them is.

use super::width;
use crate::reporter::RunEvent;
use pump_hil_model::quantity::Span;
use pump_hil_model::rough_time::rough_time;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::host_time;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What takes less of the host's time is not told before.
pub(super) const SHORT: Span = Span(10_000);

/// Characters of a case's name that are shown at least.
const NAME_LEAST: usize = 8;

/// After this time it can be said how long the rest takes.
const SURE: Duration = Duration::from_secs(2);

/// A case that goes on.
#[derive(Debug)]
pub(super) struct Running {
    name: String,
    /// Its length by its scenario.
    pub length: Span,
    /// The pump's time of the last event, and when that came.
    t: Span,
    at: Instant,
    /// The line of the step that runs; `None` as long as its set-up lasts.
    line: Option<u32>,
    /// When it was begun.
    begun: Instant,
    /// How long its set-up took, of the host's time.
    set_up: Option<Duration>,
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
        if self.set_up.is_none() {
            // It may wait for a lockout, longer than the scenario is.
            return Span(now);
        }
        // What comes behind the last step takes time as well.
        Span(now.min(self.length.0.max(self.t.0)))
    }

    /// The pump's time of the scenario alone: set-up is none of it.
    fn done(&self) -> Span {
        match self.set_up {
            None if self.scale.is_some() => Span(0),
            _ => self.now(),
        }
    }

    /// The host's time that its set-up took so far.
    fn of_set_up(&self) -> Duration {
        self.set_up.unwrap_or_else(|| self.begun.elapsed())
    }

    /// A part of its time in what a sum of such cases is counted in: the pump's time where it is granted, else the host's.
    fn counted(&self, t: Span) -> i64 {
        t.0 / i64::from(self.scale.unwrap_or(1).max(1))
    }

    /// Its name and how far it is.
    pub fn words(&self) -> String {
        self.words_within(usize::MAX)
    }

    /// The same in at most so many characters: how far it is is what a person looks for, so the name is cut.
    pub fn words_within(&self, room: usize) -> String {
        let far = match self.set_up {
            None if self.scale.is_some() => format!("set-up, {} so far", clock(self.now())),
            _ => far(self.now(), self.length),
        };
        let room = room.saturating_sub(far.chars().count() + 2).max(NAME_LEAST);
        format!("{}: {far}", width::cut(&self.name, room))
    }

    /// That it begins, where it takes some of the host's time as well; nothing where time is granted.
    pub fn begins(&self) -> Option<String> {
        let scale = self.scale?;
        let host = Span(self.length.0 / i64::from(scale.max(1)));
        (host >= SHORT).then(|| format!("begun        {} (takes about {})", self.name, rough_time(host)))
    }

    /// How far it is, where nothing was told of it for so long.
    fn due(&mut self, every: Duration) -> Option<String> {
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
    format!("{} of {}", clock(t), clock(length))
}

/// A time in whole seconds.
fn clock(t: Span) -> String {
    Span(t.0 - t.0 % 1_000).clock().trim_end_matches(".000").to_owned()
}

/// The cases of a run that go on, and how long the run takes.
#[derive(Debug)]
pub(super) struct Course {
    /// By their numbers.
    pub running: BTreeMap<usize, Running>,
    begun: Instant,
    /// The cases on rigs that grant time, and those by the host's clock: a second of either takes another time.
    granted: Part,
    by_the_clock: Part,
}

/// Cases of a run whose time passes in one way, in ms.
#[derive(Debug, Default)]
struct Part {
    /// How long all of them are.
    all: i64,
    /// Of that, the cases that are over.
    over: i64,
    /// How many there are, and are over; 0 where a clock says all.
    cases: usize,
    ended: usize,
    /// When the first of them began.
    begun: Option<Instant>,
    /// The host's time that set-up took of those that are over, where a clock says all: it may wait for a day, and says nothing of how fast cases go.
    set_up: Duration,
}

/// All of a part.
const WHOLE: i128 = 1_000_000;

impl Part {
    /// The host's time that is left, in ms, with these cases running: as fast as it went so far. `None` as long as nobody can say.
    fn left(&self, running: &[&Running]) -> Option<i64> {
        let mut gone = self.begun?.elapsed();
        if self.cases == 0 {
            let set_up: Duration = running.iter().map(|case| case.of_set_up()).sum();
            gone = gone.saturating_sub(self.set_up + set_up);
        }
        let now = running.iter().map(|case| case.counted(case.done()));
        let done = now.fold(self.over, i64::saturating_add).min(self.all);
        let share = |of: i128, all: i128| if all > 0 { of * WHOLE / all } else { WHOLE };
        let by_length = share(done.into(), self.all.into());
        let done = if self.cases == 0 {
            by_length
        } else {
            // Where time is granted, a case of a year takes less than many of a day: both count.
            let of_it = |case: &&Running| share(case.now().0.into(), case.length.0.into());
            let ended = i128::try_from(self.ended).unwrap_or(0) * WHOLE + running.iter().map(of_it).sum::<i128>();
            let cases = i128::try_from(self.cases).unwrap_or(1).max(1);
            (by_length + ended / cases) / 2
        };
        if gone < SURE || done <= 0 {
            return None;
        }
        let left = i128::try_from(gone.as_millis()).unwrap_or(0) * (WHOLE - done).max(0) / done;
        Some(i64::try_from(left).unwrap_or(i64::MAX))
    }
}

impl Course {
    /// Of a run that begins now.
    pub fn new() -> Self {
        Self {
            running: BTreeMap::new(),
            begun: host_time::now(),
            granted: Part::default(),
            by_the_clock: Part::default(),
        }
    }

    fn part(&mut self, scale: Option<u32>) -> &mut Part {
        match scale {
            None => &mut self.granted,
            Some(_) => &mut self.by_the_clock,
        }
    }

    /// Takes an event of the run.
    pub fn hear(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Begun {
                granted,
                granted_cases,
                by_the_clock,
                ..
            } => {
                self.granted.all = granted.0;
                self.granted.cases = *granted_cases;
                self.by_the_clock.all = by_the_clock.0;
            }
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
                    begun: now,
                    set_up: None,
                    scale: *scale,
                    told: now,
                };
                self.running.insert(*case, new);
                self.part(*scale).begun.get_or_insert(now);
            }
            RunEvent::CaseAt { case, t, line } => {
                if let Some(running) = self.running.get_mut(case) {
                    (running.t, running.at) = (*t, host_time::now());
                    if running.line.is_none() && line.is_some() {
                        running.set_up = Some(running.begun.elapsed());
                    }
                    running.line = *line;
                }
            }
            RunEvent::CaseEnded { case, .. } => {
                if let Some(ended) = self.running.remove(case) {
                    let part = self.part(ended.scale);
                    part.set_up += ended.of_set_up();
                    part.over = part.over.saturating_add(ended.counted(ended.length));
                    // One that the rig cannot play is none of them.
                    part.ended += usize::from(ended.length.0 > 0);
                }
            }
            _ => {}
        }
    }

    /// The time that the run has taken.
    pub fn gone(&self) -> String {
        let ms = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        rough_time(Span(ms - ms % 1_000))
    }

    /// The time that the run still takes, as fast as it went so far; `None` as long as nobody can say.
    pub fn left(&self) -> Option<String> {
        let (granted, by_the_clock): (Vec<&Running>, Vec<&Running>) =
            self.running.values().partition(|case| case.scale.is_none());
        let granted = self.granted.left(&granted);
        let by_the_clock = self.by_the_clock.left(&by_the_clock);
        let ms = match (granted, by_the_clock, self.by_the_clock.begun) {
            (None, None, _) => return None,
            // The clock says how long these take, which come behind the others.
            (Some(ms), None, None) => ms.saturating_add(self.by_the_clock.all),
            (granted, by_the_clock, _) => granted.unwrap_or(0).saturating_add(by_the_clock.unwrap_or(0)),
        };
        (ms >= 1_000).then(|| format!("about {} left", rough_time(Span(ms - ms % 1_000))))
    }

    /// What is due to be told of cases of which nothing was told for so long, each in a line, with the time that went by and the one that is left.
    pub fn due(&mut self, every: Duration) -> Vec<String> {
        let left = self.left().map_or(String::new(), |left| format!(", {left}"));
        let time = format!("{} gone{left}", self.gone());
        let due = self.running.values_mut().filter_map(|case| case.due(every));
        due.map(|line| format!("{line}; {time}\n")).collect()
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
        let mut course = Course::new();
        course.hear(&RunEvent::Begun {
            rigs: Vec::new(),
            cases: 2,
            granted: Span(4 * 7_200_000),
            granted_cases: 4,
            by_the_clock: Span(120_000),
        });
        let mut begin = |case, scale| {
            let (name, length) = ("week".to_owned(), Span(7_200_000));
            let event = RunEvent::CaseBegun {
                case,
                name,
                length,
                scale,
            };
            course.hear(&event);
        };
        begin(0, None);
        begin(1, Some(60));
        let (t, line) = (Span(3_600_000), Some(9));
        for case in [0, 1] {
            course.hear(&RunEvent::CaseAt { case, t, line });
        }
        let running = &mut course.running;
        assert_eq!(running[&0].begins(), None);
        assert_eq!(running[&1].begins().unwrap(), "begun        week (takes about 2 min)");
        // As if the last event were a minute ago.
        for case in running.values_mut() {
            case.at -= Duration::from_secs(30);
        }
        assert_eq!(running[&0].now(), t);
        assert!(running[&1].now() >= Span(5_400_000), "{:?}", running[&1].now());
        running.remove(&1);
        assert!(course.due(Duration::from_secs(3_600)).is_empty(), "too early");
        let told = course.due(Duration::ZERO);
        assert_eq!(
            told,
            ["running      week: 01:00:00 of 02:00:00, in line 9; 0 ms gone\n"]
        );
        // As if the run had begun ten minutes ago: half of this case is done, of the four that there are, and nothing of what comes by the clock.
        course.begun -= Duration::from_secs(600);
        course.granted.begun = Some(course.begun);
        course.by_the_clock.begun = None;
        let told = course.due(Duration::ZERO);
        assert_eq!(
            told,
            ["running      week: 01:00:00 of 02:00:00, in line 9; 10 min gone, about 1 h 12 min left\n"]
        );
    }

    #[test]
    fn what_set_up_waits_for_is_not_told_as_time_of_the_case() {
        let hour = 3_600_000;
        let mut course = Course::new();
        course.hear(&RunEvent::Begun {
            rigs: Vec::new(),
            cases: 1,
            granted: Span(0),
            granted_cases: 0,
            by_the_clock: Span(hour),
        });
        course.hear(&RunEvent::CaseBegun {
            case: 0,
            name: "first-day".to_owned(),
            length: Span(hour),
            scale: Some(1),
        });
        let at = |t, line| RunEvent::CaseAt {
            case: 0,
            t: Span(t),
            line,
        };
        course.hear(&at(4 * hour, None));
        // As if that had taken four hours.
        let back = Duration::from_secs(4 * 3_600);
        for part in [&mut course.by_the_clock.begun, &mut course.granted.begun] {
            *part = part.map(|begun| begun - back);
        }
        course.running.get_mut(&0).unwrap().begun -= back;
        let words = |course: &Course| course.running[&0].words();
        assert_eq!(words(&course), "first-day: set-up, 04:00:00 so far");
        assert_eq!(course.left(), None, "nobody can say how fast it goes");
        course.hear(&at(hour / 2, Some(7)));
        assert_eq!(words(&course), "first-day: 00:30:00 of 01:00:00");
        // The half that is left goes as fast as the half that is done, however long set-up was.
        course.by_the_clock.begun = course.by_the_clock.begun.map(|begun| begun - Duration::from_secs(600));
        assert_eq!(course.left().unwrap(), "about 10 min left");
    }
}
