//! The earliest and the latest time at which a step can begin, for times that go back and for waits that can never be over; and how many steps
//! there are by then.

use super::date::{Begin, since_begin};
use super::told::Told;
use super::values::{TIME_MAX, time};
use crate::scenario::raw::RawStep;
use pump_hil_model::case::When;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::{Location, Problem};

/// Most steps that a file may expand to.
const STEPS_MAX: u64 = 1_000_000;

/// Where time stands before a step.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    /// From where the times of its steps count.
    begin: Begin,
    /// Not before this.
    earliest: i64,
    /// Not after this, as far as the file says.
    latest: i64,
    /// The last step that made the two differ.
    open: Option<(Location, Span)>,
    /// Steps so far, those of a repeat once for each round.
    steps: u64,
}

impl Clock {
    /// At the begin.
    pub fn new(begin: Begin) -> Self {
        Self {
            begin,
            earliest: 0,
            latest: 0,
            open: None,
            steps: 0,
        }
    }

    /// The latest time that it can be.
    pub fn latest(&self) -> Span {
        Span(self.latest)
    }

    /// A step more.
    pub fn count_step(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    /// When a step is due.
    pub fn begin(&mut self, step: &RawStep, told: &mut Told<'_>) -> Option<When> {
        if let (Some(at), Some(_)) = (&step.at, &step.after) {
            let message = "a step has either `at` or `after`";
            told.tell(Problem::new(Mistake::KeyCombination, at.0.place, message));
        }
        if let Some(raw) = &step.at {
            let at = match since_begin(&raw.0, self.begin, told) {
                Some(civil) => civil?,
                None => time(raw, told)?,
            };
            if at.0 < self.earliest {
                let message = format!(
                    "time goes back: `at: {}`, but it is already {}",
                    short(&raw.0.text),
                    Span(self.earliest)
                );
                let problem = Problem::new(Mistake::TimeOrder, raw.0.place, message);
                told.tell(problem.help("write the steps in the order of their times"));
                return None;
            }
            if at.0 < self.latest {
                self.cannot_hold(at, told);
            }
            // Even where the wait before it may last longer: that was told, and what follows is judged by the time that was written.
            self.stand_at(at);
            return Some(When::At(at));
        }
        let after = match &step.after {
            Some(raw) => time(raw, told)?,
            None => Span(0),
        };
        self.pass(after);
        Some(When::After(after))
    }

    /// A span that passes for certain.
    pub fn pass(&mut self, span: Span) {
        self.earliest = self.earliest.saturating_add(span.0);
        self.latest = self.latest.saturating_add(span.0);
    }

    /// A span that may be cut short.
    pub fn up_to(&mut self, span: Span, place: Location) {
        self.latest = self.latest.saturating_add(span.0);
        self.open = Some((place, span));
    }

    /// A fixed time, which is not before the earliest.
    fn stand_at(&mut self, at: Span) {
        debug_assert!(at.0 >= self.earliest, "time went back");
        self.earliest = at.0;
        self.latest = at.0;
        self.open = None;
    }

    /// The next fixed time comes before a wait is over.
    fn cannot_hold(&self, at: Span, told: &mut Told<'_>) {
        if let Some((place, span)) = self.open {
            let message = format!(
                "`within` can last until {}, but the next step is due at {at}",
                Span(self.latest)
            );
            let room = at.0 - (self.latest - span.0);
            let help = format!("shorten it to at most {}, or move the next step", Span(room.max(0)));
            told.tell(Problem::new(Mistake::TimeOrder, place, message).help(help));
        }
    }

    /// Counts the steps of all rounds; `None`, and told, where they are more than a file may have.
    pub fn count_rounds(&mut self, round: &Self, times: u32, place: Location, told: &mut Told<'_>) -> Option<()> {
        let before = self.steps;
        // Nested repeats multiply, and pass 64 bits in a few lines.
        self.steps = before.saturating_add(round.steps.saturating_mul(u64::from(times)));
        if self.steps <= STEPS_MAX {
            return Some(());
        }
        // Told where the limit is passed, and not again in each repeat around it.
        if before <= STEPS_MAX && round.steps <= STEPS_MAX {
            let message = format!("the file expands to more than {STEPS_MAX} steps");
            told.tell(Problem::new(Mistake::Limit, place, message));
        }
        None
    }

    /// Passes all rounds, which begin `every` so often where that is given, else one after the other.
    pub fn pass_rounds(&mut self, round: &Self, times: u32, every: Option<Span>, step: &RawStep, told: &mut Told<'_>) {
        let place = step.every.as_ref().map_or(step.place, |raw| raw.0.place);
        let times = i64::from(times);
        let (low, high) = match every {
            Some(every) => {
                // By the earliest: what can never fit is wrong. What may not fit is looked at below.
                if round.earliest > every.0 {
                    let message = format!("a round takes {}, longer than `every: {every}`", Span(round.earliest));
                    told.tell(Problem::new(Mistake::TimeOrder, place, message));
                // After the last round nothing of this repeat waits.
                } else if round.latest > every.0 && times > 1 {
                    round.cannot_hold(every, told);
                }
                // The last round takes what it takes, and not `every`.
                let begins = every.0.saturating_mul(times - 1);
                (
                    begins.saturating_add(round.earliest),
                    begins.saturating_add(round.latest),
                )
            }
            None => (round.earliest.saturating_mul(times), round.latest.saturating_mul(times)),
        };
        if high > TIME_MAX.0 {
            let message = format!("the rounds take longer than {TIME_MAX}");
            told.tell(Problem::new(Mistake::Limit, place, message));
        }
        self.earliest = self.earliest.saturating_add(low);
        self.latest = self.latest.saturating_add(high);
        if self.latest > self.earliest && self.open.is_none() {
            self.open = round.open;
        }
    }

    /// The timeline is over: it must not have lasted too long.
    pub fn end(&self, last: Option<&RawStep>, told: &mut Told<'_>) {
        if let Some(last) = last.filter(|_| self.latest > TIME_MAX.0 && !told.rounds_too_long()) {
            let message = format!("the scenario lasts longer than {TIME_MAX}");
            told.tell(Problem::new(Mistake::Limit, last.place, message));
        }
    }
}
