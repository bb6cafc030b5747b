//! Expectations that no pump can miss: a test that cannot fail is a green line without a test, and mostly a slip in a unit.

use super::values::TIME_MAX;
use crate::scenario::raw::RawStep;
use pump_hil_model::case::{Measure, MeasuredIn, Range};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{Percent, Pressure, Rate, Span, Voltage, Volume};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::Text;

/// Far more than any pump under the skin holds (20 to 40 mL).
const VOLUME_MAX: Volume = Volume(1_000_000_000);
const RATE_MAX: Rate = Rate(1_000_000_000);
const VOLTAGE_MAX: Voltage = Voltage(100_000);
const PRESSURE_MAX: Pressure = Pressure(10_000_000);
/// A vacuum, against ambient.
const PRESSURE_MIN: Pressure = Pressure(-101_325);
const COUNT_MAX: i64 = 1_000_000_000;
/// A tolerance of this share lets everything through from nothing to twice as much.
pub(super) const SHARE_MAX: Percent = Percent(100_000);

/// What a scenario's own text says of what can be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most that can come out of the pump: what is filled in, at the begin and later.
    pub held: Volume,
    /// Longest time that can have passed since the begin.
    pub passed: Span,
}

impl Limits {
    /// Of a file whose reservoir holds so much at the begin, where that is known.
    pub fn new(reservoir: Option<Volume>, timeline: &[RawStep]) -> Self {
        let filled = reservoir.and_then(|volume| volume.0.checked_add(refilled(timeline)?));
        Self {
            held: Volume(filled.map_or(VOLUME_MAX.0, |filled| filled.min(VOLUME_MAX.0))),
            passed: TIME_MAX,
        }
    }

    /// At a step that begins after so long at the latest.
    pub fn after(self, passed: Span) -> Self {
        Self { passed, ..self }
    }

    /// The least that a measure can be.
    fn least(self, what: Measure) -> i64 {
        match what {
            Measure::Pressure => PRESSURE_MIN.0,
            // A difference of two measures.
            Measure::PostOcclusionBolus => -self.held.0,
            _ => 0,
        }
    }

    /// The most that a measure can be.
    fn most(self, what: Measure) -> i64 {
        match (what, what.dimension()) {
            // True volumes. What a pump says may be any.
            (Measure::Delivered | Measure::TrueReservoir | Measure::PostOcclusionBolus, _) => self.held.0,
            (Measure::AlarmLatency | Measure::WithoutTherapy, _) => self.passed.0,
            (_, MeasuredIn::Volume) => VOLUME_MAX.0,
            (_, MeasuredIn::Rate) => RATE_MAX.0,
            (_, MeasuredIn::Voltage) => VOLTAGE_MAX.0,
            (_, MeasuredIn::Pressure) => PRESSURE_MAX.0,
            (_, MeasuredIn::Time) => TIME_MAX.0,
            (_, MeasuredIn::Number) => COUNT_MAX,
        }
    }

    /// Whether a measure can lie outside of a range.
    pub fn can_miss(self, what: Measure, range: &Range, text: &Text) -> Result<(), Problem> {
        let (least, most) = (self.least(what), self.most(what));
        if range.low.is_some_and(|low| low > least) || range.high.is_some_and(|high| high < most) {
            return Ok(());
        }
        let name = what.name();
        let never = match range.high {
            None => format!("`{name}` is never below {}", what.text(least)),
            Some(_) => format!("`{name}` is never above {} here", what.text(most)),
        };
        Err(cannot_fail(
            text,
            &format!("no pump can miss `{}`: {never}", short(&range.text)),
        ))
    }

    /// Whether a slack of so much leaves anything of a comparison of a measure.
    pub fn slack(self, what: Measure, slack: i64, text: &Text) -> Result<(), Problem> {
        if slack < self.most(what) {
            return Ok(());
        }
        let (slack, name, most) = (what.text(slack), what.name(), what.text(self.most(what)));
        let why = format!("no pump can miss it: a slack of {slack}, and `{name}` is never above {most} here");
        Err(cannot_fail(text, &why))
    }
}

/// A tolerance that is a share.
pub(super) fn share_can_fail(percent: Percent, text: &Text) -> Result<(), Problem> {
    if percent <= SHARE_MAX {
        return Ok(());
    }
    Err(cannot_fail(
        text,
        &format!("`{percent}` is more than the value itself: as a tolerance it lets everything through"),
    ))
}

/// `middle +- slack` of a measure that is never negative.
pub(super) fn deviation_can_fail(what: Measure, middle: i64, slack: i64, text: &Text) -> Result<(), Problem> {
    let signed = matches!(what, Measure::Pressure | Measure::PostOcclusionBolus);
    // Around 0 each tolerance is beyond the value.
    if signed || middle == 0 || slack <= SHARE_MAX.of(middle).saturating_abs() {
        return Ok(());
    }
    let (slack, middle) = (what.text(slack), what.text(middle));
    let problem = cannot_fail(
        text,
        &format!("the tolerance {slack} is more than the value {middle} itself"),
    );
    Err(problem.help("is its unit right? For an upper end alone write `<= ...`"))
}

/// An expectation that says nothing.
pub(super) fn cannot_fail(text: &Text, why: &str) -> Problem {
    let problem = Problem::new(Mistake::CannotFail, text.place, why);
    problem.help("say what it must be so closely that a wrong pump can miss it; is the unit right?")
}

/// What all refills of these steps add; `None` where one does not say.
fn refilled(steps: &[RawStep]) -> Option<i64> {
    steps.iter().try_fold(0_i64, |sum, step| {
        let added = match &step.r#do {
            Some(verb) if verb.0.text == "refill" => {
                let with = step.with.as_ref()?;
                let (_, added) = with.entries.iter().find(|(key, _)| key.text == "added")?;
                added.0.text.parse::<Volume>().ok()?.0
            }
            _ => 0,
        };
        let inside = refilled(step.steps.as_deref().unwrap_or_default())?;
        let rounds = step.repeat.map_or(1, |count| count.value);
        sum.checked_add(added)?.checked_add(inside.checked_mul(rounds)?)
    })
}
