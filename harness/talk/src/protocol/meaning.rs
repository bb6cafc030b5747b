//! What the fields of a message mean: in the harness's words and base units.

use super::formula::digits_with;
use super::raw_json::RawSource;
use super::wrong::{Mistaken, mistaken};
use crate::messages::{AnyField, Shape, Unit, Value};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Words of a field: theirs, ours.
pub(super) type FieldWords = BTreeMap<String, String>;

/// What a number counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scale {
    /// Nothing: it stands as it is.
    Plain,
    /// So many of this unit.
    Of(Unit),
    /// So many of the unit that the field at this place says.
    By(usize),
}

/// What is done with a number that is finer than a base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// To the nearest; a half goes away from 0.
    Nearest,
    /// Towards 0.
    Down,
}

/// What the fields of one message mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    scales: Vec<Scale>,
    /// Texts of units.
    units: Arc<BTreeMap<String, Unit>>,
    /// Words, by the place of the field.
    words: Vec<Option<Arc<FieldWords>>>,
    round: Option<Round>,
}

impl Meaning {
    /// Of the fields of a message.
    pub fn new(
        shape: &Shape,
        units: &Arc<BTreeMap<String, Unit>>,
        words: &BTreeMap<String, Arc<FieldWords>>,
        round: Option<Round>,
    ) -> Result<Self, String> {
        let scale = |field: AnyField<'_>| match field.unit() {
            None => Ok(Scale::Plain),
            Some(unit) => match unit.strip_prefix('@') {
                Some(by) => shape.place_of(by).map(Scale::By).ok_or_else(|| {
                    format!(
                        "`{}` takes its unit from `{by}`, which is no field of this message",
                        field.name()
                    )
                }),
                None => unit_of(unit, units).map(Scale::Of),
            },
        };
        Ok(Self {
            scales: shape.fields().map(scale).collect::<Result<_, _>>()?,
            units: Arc::clone(units),
            words: shape.fields().map(|field| words.get(field.name()).cloned()).collect(),
            round,
        })
    }

    /// The text of a field, in the harness's words and base units; `None`: it has no value.
    ///
    /// # Errors
    /// A number that the harness cannot hold, or a unit that nobody knows.
    pub fn text(&self, shape: &Shape, place: usize, values: &[Value<'_>]) -> Result<Option<String>, String> {
        let Some(value) = values.get(place) else {
            return Ok(None);
        };
        let field = shape.fields().nth(place);
        let name = || field.as_ref().map_or("", AnyField::name);
        match value {
            Value::Absent => Ok(self.word(place, "").filter(|word| !word.is_empty())),
            Value::Text(word) => Ok(Some(self.word(place, word).unwrap_or_else(|| (*word).to_owned()))),
            Value::Pairs(_) => Ok(None),
            Value::Number { digits, tens } => match self.scales.get(place) {
                None | Some(Scale::Plain) => {
                    if let Some(AnyField::Bytes(field)) = field
                        && !field.bits.is_empty()
                    {
                        return Ok(Some(words_of_bits(field.words_of(*digits))));
                    }
                    let plain = decimal(*digits, *tens);
                    Ok(Some(self.word(place, &plain).unwrap_or(plain)))
                }
                Some(Scale::Of(unit)) => self.scaled(*digits, *tens, unit).map(Some),
                Some(Scale::By(by)) => {
                    let said = match values.get(*by) {
                        Some(Value::Text(text)) => *text,
                        _ => "",
                    };
                    let unit = self.units.get(said);
                    let unit = unit.ok_or_else(|| format!("`{}` has no unit that the profile knows", name()))?;
                    self.scaled(*digits, *tens, unit).map(Some)
                }
            },
        }
    }

    fn word(&self, place: usize, theirs: &str) -> Option<String> {
        self.words.get(place)?.as_ref()?.get(theirs).cloned()
    }

    fn scaled(&self, digits: i128, tens: i32, unit: &Unit) -> Result<String, String> {
        let base = base_units(digits, tens, unit, self.round)?;
        Ok(format!("{base}{}", unit.dimension.suffix()))
    }
}

/// A unit of the profile, or a quantity such as `10 nL` or `uL`.
pub(super) fn unit_of(text: &str, units: &BTreeMap<String, Unit>) -> Result<Unit, String> {
    let found = units.get(text).cloned();
    let found = found
        .or_else(|| Unit::new(text, text))
        .or_else(|| Unit::new(text, &format!("1 {text}")));
    found.ok_or_else(|| {
        let help = suggest(text, units.keys().map(String::as_str)).unwrap_or_default();
        format!("`{text}` is no unit of this profile, nor a quantity such as `10 nL`; {help}")
            .trim_end_matches("; ")
            .to_owned()
    })
}

/// So many base units; nothing is rounded unless it is said how.
fn base_units(digits: i128, tens: i32, unit: &Unit, round: Option<Round>) -> Result<i64, String> {
    let beyond = || {
        format!(
            "`{}{}` is beyond what the harness can hold",
            decimal(digits, tens),
            unit.suffix
        )
    };
    let all = digits.checked_mul(i128::from(unit.size)).ok_or_else(beyond)?;
    let power = 10_i128.checked_pow(tens.unsigned_abs()).ok_or_else(beyond)?;
    if tens >= 0 {
        let base = all.checked_mul(power).ok_or_else(beyond)?;
        return i64::try_from(base).map_err(|_| beyond());
    }
    let (whole, rest) = (all.checked_div(power), all.checked_rem(power));
    let (whole, rest) = whole.zip(rest).ok_or_else(beyond)?;
    let whole = match round {
        _ if rest == 0 => whole,
        Some(Round::Down) => whole,
        Some(Round::Nearest) => {
            let up = rest.saturating_abs().saturating_mul(2) >= power;
            whole.saturating_add(if up { rest.signum() } else { 0 })
        }
        None => {
            return Err(format!(
                "`{}` of `{}` is finer than the harness's base units; `round: nearest` in the profile allows it",
                decimal(digits, tens),
                unit.suffix
            ));
        }
    };
    i64::try_from(whole).map_err(|_| beyond())
}

/// A number as it is written, without an exponent.
fn decimal(digits: i128, tens: i32) -> String {
    if tens >= 0 {
        let zeros = "0".repeat(usize::try_from(tens).unwrap_or(0));
        return if digits == 0 {
            "0".to_owned()
        } else {
            format!("{digits}{zeros}")
        };
    }
    digits_with(digits, tens.unsigned_abs())
}

/// The words of bits that are set, joined by commas; a bit without a word by its place.
fn words_of_bits((words, rest): (Vec<&str>, i128)) -> String {
    let others = (0..127).filter(|bit| rest & 1_i128.checked_shl(*bit).unwrap_or(0) != 0);
    let all = words.into_iter().map(str::to_owned);
    let all: Vec<String> = all.chain(others.map(|bit: u32| format!("bit-{bit}"))).collect();
    all.join(",")
}

/// What a message says of the pump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Its state.
    State,
    /// The total volume that it reports.
    Reported,
    /// The volume in its reservoir.
    Reservoir,
    /// The rate in force.
    Rate,
    /// The voltage of its battery.
    Battery,
    /// The bolus in progress.
    Bolus,
    /// The mode of its prescription.
    Mode,
    /// Time left of the lockout.
    Lockout,
    /// Its own time.
    Clock,
    /// It started anew: the firmware, or a reason.
    Boot,
    /// An alarm that is raised.
    Raised,
    /// An alarm that is cleared.
    Cleared,
    /// All alarms that are active.
    Alarms,
    /// What was delivered since the last start: the total is made of it.
    SinceStart,
    /// How fast it gives now: the total is its integral.
    Flow,
    /// What a balance weighs.
    Mass,
    /// Whether a balance is at rest: `yes` or `no`.
    Stable,
}

impl Target {
    /// All of them, with their words.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::State, "state"),
        (Self::Reported, "reported"),
        (Self::Reservoir, "reservoir"),
        (Self::Rate, "rate"),
        (Self::Battery, "battery"),
        (Self::Bolus, "bolus"),
        (Self::Mode, "mode"),
        (Self::Lockout, "lockout"),
        (Self::Clock, "clock"),
        (Self::Boot, "boot"),
        (Self::Raised, "raised"),
        (Self::Cleared, "cleared"),
        (Self::Alarms, "alarms"),
        (Self::SinceStart, "since-start"),
        (Self::Flow, "flow"),
        (Self::Mass, "mass"),
        (Self::Stable, "stable"),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(target, _)| *target == self);
        found.map_or("", |(_, word)| word)
    }
}

/// Where something that a message gives comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// A field of the message or of the frame's header.
    Field(String),
    /// Always this.
    Is(String),
}

/// What a message gives.
pub(super) type Gives = Vec<(Target, Source)>;

/// What fields say of the pump.
pub(super) fn given(gives: &Gives, fields: &[(String, String)]) -> Vec<(Target, String)> {
    let given = gives.iter().filter_map(|(target, source)| {
        let text = match source {
            Source::Is(word) => word.clone(),
            Source::Field(name) => fields.iter().find(|(known, _)| known == name)?.1.clone(),
        };
        Some((*target, text))
    });
    given.collect()
}

/// From what is written; `fields` are the names that there are.
pub(super) fn gives(raw: &BTreeMap<String, RawSource>, fields: &[&str], at: &[&str]) -> Result<Gives, Mistaken> {
    let mut gives = Gives::new();
    for (word, source) in raw {
        let target = Target::ALL.iter().find(|(_, name)| name == word);
        let Some((target, _)) = target else {
            let known = || Target::ALL.iter().map(|(_, name)| *name);
            let help = suggest(word, known()).unwrap_or_else(|| known().collect::<Vec<_>>().join(", "));
            let what = format!("`{word}` is nothing that a message gives; {help}");
            return Err(mistaken(Mistake::UnknownWord, &[at, &["gives", word]].concat(), what));
        };
        let source = match source {
            RawSource::Is(word) => Source::Is(word.clone()),
            RawSource::Field(name) if fields.contains(&name.as_str()) => Source::Field(name.clone()),
            RawSource::Field(name) => {
                let help = suggest(name, fields.iter().copied()).unwrap_or_default();
                let what = format!(
                    "`{name}` is no field of this message; a word that it always means is written `{{is: {name}}}`; {help}"
                );
                let what = what.trim_end_matches("; ").to_owned();
                return Err(mistaken(Mistake::Reference, &[at, &["gives", word]].concat(), what));
            }
        };
        gives.push((*target, source));
    }
    Ok(gives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> Unit {
        unit_of(text, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn numbers_become_base_units_and_are_not_rounded_unasked() {
        let read = |digits, tens, of: &str, round| base_units(digits, tens, &unit(of), round);
        assert_eq!(read(1650, -3, "mL", None), Ok(1_650_000));
        assert_eq!(read(7, 0, "10 nL", None), Ok(70));
        assert_eq!(read(1, -5, "mL", None), Ok(10));
        assert_eq!(read(-25, -1, "C", None), Ok(-2_500));
        assert!(read(16505, -4, "uL", None).unwrap_err().contains("`round: nearest`"));
        assert_eq!(read(16505, -1, "nL", Some(Round::Nearest)), Ok(1651));
        assert_eq!(read(-16505, -1, "nL", Some(Round::Nearest)), Ok(-1651));
        assert_eq!(read(16509, -1, "nL", Some(Round::Down)), Ok(1650));
        assert!(read(1, 30, "mL", None).unwrap_err().contains("beyond"));
        assert!(unit_of("yards", &BTreeMap::new()).is_err());
    }

    #[test]
    fn decimals_are_written_as_people_do() {
        assert_eq!(decimal(1650, -3), "1.650");
        assert_eq!(decimal(5, -2), "0.05");
        assert_eq!(decimal(-5, -1), "-0.5");
        assert_eq!(decimal(12, 2), "1200");
        assert_eq!(decimal(0, 3), "0");
    }
}
