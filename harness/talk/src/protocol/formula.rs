//! What stands in a field of a request, or how long something may take: an argument, or a formula of several. Exact: nothing is rounded here.

use crate::messages::{Dimension, FieldValue};
use pump_hil_model::quantity::{Rate, Span, Voltage, Volume};

/// A formula of arguments, such as `dose / rate + 2 s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    text: String,
    /// In the order of a stack: what stands there, then what is done with the last two.
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Argument(String),
    Amount(Amount),
    Do(char),
}

/// A number as a fraction, and what it measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    over: i128,
    under: i128,
    kind: Kind,
}

/// Volumes in nL and times in ms can be multiplied and divided; what else there is can only be added to its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Powers of nL and of ms.
    Powers(i8, i8),
    /// Another dimension.
    Other(Dimension),
}

/// Milliseconds of a day: a rate is counted in nL/day.
const DAY_MS: i128 = 86_400_000;

impl Amount {
    /// Of a number of base units.
    #[must_use]
    pub fn of(dimension: Dimension, base: i128) -> Self {
        let (kind, under) = match dimension {
            Dimension::Count => (Kind::Powers(0, 0), 1),
            Dimension::Volume => (Kind::Powers(1, 0), 1),
            Dimension::Time => (Kind::Powers(0, 1), 1),
            Dimension::Rate => (Kind::Powers(1, -1), DAY_MS),
            other => (Kind::Other(other), 1),
        };
        Self {
            over: base,
            under,
            kind,
        }
    }

    /// How many units of so many base units it is, as a fraction.
    ///
    /// # Errors
    /// What it measures, where that is something else.
    pub fn in_unit(self, dimension: Dimension, size: i64) -> Result<(i128, i128), String> {
        let one = Self::of(dimension, size.into());
        if one.kind != self.kind {
            return Err(format!("it measures {}, not {dimension}", self.what()));
        }
        let beyond = || "it is beyond what the harness can hold".to_owned();
        let over = self.over.checked_mul(one.under).ok_or_else(beyond)?;
        let under = self.under.checked_mul(one.over).ok_or_else(beyond)?;
        Ok(reduced(over, under))
    }

    fn what(self) -> String {
        match self.kind {
            Kind::Powers(0, 0) => "a count".to_owned(),
            Kind::Powers(1, 0) => "a volume".to_owned(),
            Kind::Powers(0, 1) => "a time".to_owned(),
            Kind::Powers(1, -1) => "a rate".to_owned(),
            Kind::Powers(..) => "nothing that has a unit".to_owned(),
            Kind::Other(dimension) => dimension.to_string(),
        }
    }

    fn with(self, op: char, other: Self) -> Result<Self, String> {
        let beyond = || "it is beyond what the harness can hold".to_owned();
        let multiply = |a: i128, b: i128| a.checked_mul(b).ok_or_else(beyond);
        match op {
            '+' | '-' => {
                if self.kind != other.kind {
                    let (this, that) = (self.what(), other.what());
                    return Err(format!("{this} and {that} cannot be put together by `{op}`"));
                }
                let left = multiply(self.over, other.under)?;
                let right = multiply(other.over, self.under)?;
                let over = if op == '+' {
                    left.checked_add(right)
                } else {
                    left.checked_sub(right)
                };
                let under = multiply(self.under, other.under)?;
                let (over, under) = reduced(over.ok_or_else(beyond)?, under);
                Ok(Self {
                    over,
                    under,
                    kind: self.kind,
                })
            }
            _ => {
                let kind = self.kind.times(other.kind, op == '/').ok_or_else(|| {
                    let (this, that) = (self.what(), other.what());
                    format!("{this} and {that} cannot be put together by `{op}`")
                })?;
                let (over, under) = if op == '*' {
                    (multiply(self.over, other.over)?, multiply(self.under, other.under)?)
                } else {
                    if other.over == 0 {
                        return Err("nothing can be divided by 0".to_owned());
                    }
                    (multiply(self.over, other.under)?, multiply(self.under, other.over)?)
                };
                let (over, under) = reduced(over, under);
                Ok(Self { over, under, kind })
            }
        }
    }
}

impl Kind {
    fn times(self, other: Self, divided: bool) -> Option<Self> {
        match (self, other) {
            (Self::Powers(a, b), Self::Powers(c, d)) => {
                let sign = if divided { -1 } else { 1 };
                let power = |one: i8, more: i8| one.checked_add(more.checked_mul(sign)?);
                Some(Self::Powers(power(a, c)?, power(b, d)?))
            }
            (Self::Other(dimension), Self::Powers(0, 0)) => Some(Self::Other(dimension)),
            (Self::Powers(0, 0), Self::Other(dimension)) if !divided => Some(Self::Other(dimension)),
            (Self::Other(one), Self::Other(other)) if divided && one == other => Some(Self::Powers(0, 0)),
            _ => None,
        }
    }
}

/// The same fraction in its least numbers, with a denominator above 0.
fn reduced(over: i128, under: i128) -> (i128, i128) {
    let (mut a, mut b) = (over.unsigned_abs(), under.unsigned_abs());
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    let sign = if under < 0 { -1 } else { 1 };
    let by = i128::try_from(a.max(1)).unwrap_or(1).saturating_mul(sign);
    (
        over.checked_div(by).unwrap_or(over),
        under.checked_div(by).unwrap_or(under),
    )
}

impl Formula {
    /// From its text: names of arguments, quantities, whole numbers, and `+ - * /`, which have the usual order.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut open: Vec<char> = Vec::new();
        let mut wants_term = true;
        for token in tokens(text) {
            let op = match token {
                "+" | "-" | "*" | "/" if !wants_term => token.chars().next(),
                _ => None,
            };
            match op {
                Some(op) => {
                    while let Some(before) = open.pop_if(|before| weight(*before) >= weight(op)) {
                        steps.push(Step::Do(before));
                    }
                    open.push(op);
                    wants_term = true;
                }
                None if wants_term => {
                    steps.push(term(token)?);
                    wants_term = false;
                }
                None => {
                    return Err(format!(
                        "`{token}` stands behind a value in `{text}`, without a sign between"
                    ));
                }
            }
        }
        if wants_term {
            return Err(format!("`{text}` ends without a value"));
        }
        while let Some(op) = open.pop() {
            steps.push(Step::Do(op));
        }
        Ok(Self {
            text: text.to_owned(),
            steps,
        })
    }

    /// The arguments that it needs.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match step {
            Step::Argument(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The argument that it is, where it is no more than that.
    #[must_use]
    pub fn alone(&self) -> Option<&str> {
        match &self.steps[..] {
            [Step::Argument(name)] => Some(name),
            _ => None,
        }
    }

    /// Its value with these arguments.
    ///
    /// # Errors
    /// The argument that is missing, or what cannot be computed.
    pub fn value<'a>(&self, argument: &dyn Fn(&str) -> Option<FieldValue<'a>>) -> Result<Amount, String> {
        let mut stack: Vec<Amount> = Vec::new();
        for step in &self.steps {
            let amount = match step {
                Step::Amount(amount) => *amount,
                Step::Argument(name) => match argument(name) {
                    Some(FieldValue::Number(dimension, base)) => Amount::of(dimension, base.into()),
                    Some(FieldValue::Word(word)) => return Err(format!("`{name}` is the word `{word}`, no number")),
                    None => return Err(format!("`{name}` is not given")),
                },
                Step::Do(op) => {
                    let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                        return Err(format!("`{}` is no formula", self.text));
                    };
                    left.with(*op, right)?
                }
            };
            stack.push(amount);
        }
        stack.pop().ok_or_else(|| format!("`{}` is no formula", self.text))
    }

    /// Its value as a span, rounded up to whole milliseconds.
    ///
    /// # Errors
    /// As [`Formula::value`], and where it is no time.
    pub fn span<'a>(&self, argument: &dyn Fn(&str) -> Option<FieldValue<'a>>) -> Result<Span, String> {
        let (over, under) = self.value(argument)?.in_unit(Dimension::Time, 1)?;
        let up = over
            .saturating_add(under.saturating_sub(1))
            .checked_div(under)
            .unwrap_or(0);
        i64::try_from(up)
            .map(Span)
            .map_err(|_| format!("`{}` is longer than any run", self.text))
    }
}

/// How strongly a sign binds.
fn weight(op: char) -> u8 {
    match op {
        '*' | '/' => 2,
        _ => 1,
    }
}

/// Parts of a formula: a sign stands between spaces, so that names may hold `-` and rates `/`.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(sign) = rest.get(..1).filter(|sign| "+-*/".contains(*sign))
            && rest.get(1..).is_some_and(|after| after.starts_with(' '))
        {
            rest = rest.get(1..).unwrap_or_default().trim_start();
            return Some(sign);
        }
        let end = [" + ", " - ", " * ", " / "]
            .iter()
            .filter_map(|sign| rest.find(sign))
            .min();
        let (term, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = after.trim_start();
        Some(term.trim())
    })
}

fn term(text: &str) -> Result<Step, String> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Step::Amount(Amount::of(Dimension::Count, number.into())));
    }
    let quantity = [
        (Dimension::Volume, text.parse::<Volume>().map(|v| v.0).ok()),
        (Dimension::Time, text.parse::<Span>().map(|v| v.0).ok()),
        (Dimension::Rate, text.parse::<Rate>().map(|v| v.0).ok()),
        (Dimension::Voltage, text.parse::<Voltage>().map(|v| v.0).ok()),
    ];
    if let Some((dimension, base)) = quantity.into_iter().find_map(|(d, base)| Some((d, base?))) {
        return Ok(Step::Amount(Amount::of(dimension, base.into())));
    }
    let name = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if name {
        return Ok(Step::Argument(text.to_owned()));
    }
    Err(format!("`{text}` is neither an argument nor a quantity"))
}

/// A fraction as a decimal of at most so many places behind the point; `None`: it has no such end.
#[must_use]
pub fn exact_decimal((over, under): (i128, i128), places: u32) -> Option<String> {
    for tens in 0..=places {
        let power = 10_i128.checked_pow(tens)?;
        let all = over.checked_mul(power)?;
        if all.checked_rem(under)? == 0 {
            return Some(digits_with(all.checked_div(under)?, tens));
        }
    }
    None
}

/// A fraction as the nearest decimal of so many places, or the one below it.
#[must_use]
pub fn near_decimal((over, under): (i128, i128), places: u32, down: bool) -> Option<String> {
    let power = 10_i128.checked_pow(places)?;
    let all = over.checked_mul(power)?;
    let (whole, rest) = (all.checked_div(under)?, all.checked_rem(under)?);
    let up = !down && rest.checked_abs()?.checked_mul(2)? >= under;
    let digits = whole.checked_add(if up { rest.signum() } else { 0 })?;
    Some(digits_with(digits, places))
}

/// Digits with so many of them behind the point.
pub(super) fn digits_with(digits: i128, places: u32) -> String {
    if places == 0 {
        return digits.to_string();
    }
    let places = usize::try_from(places).unwrap_or(0);
    let plain = format!("{:0>width$}", digits.unsigned_abs(), width = places.saturating_add(1));
    let (whole, fraction) = plain.split_at(plain.len().saturating_sub(places));
    let minus = if digits < 0 { "-" } else { "" };
    format!("{minus}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(name: &str) -> Option<FieldValue<'static>> {
        match name {
            "dose" => Some(FieldValue::Number(Dimension::Volume, 50_000)),
            "over" => Some(FieldValue::Number(Dimension::Time, 600_000)),
            "rate" => Some(FieldValue::Number(Dimension::Rate, 500_000)),
            "on" => Some(FieldValue::Word("on")),
            _ => None,
        }
    }

    #[test]
    fn a_rate_out_of_dose_and_time_is_exact() {
        let value = Formula::new("dose / over").unwrap().value(&arguments).unwrap();
        // 50 uL in 10 min are 300 uL/h.
        assert_eq!(value.in_unit(Dimension::Rate, 24_000), Ok((300, 1)));
        assert!(
            value
                .in_unit(Dimension::Volume, 1)
                .unwrap_err()
                .contains("a rate, not a volume")
        );
        let thirds = Formula::new("dose / 3").unwrap().value(&arguments).unwrap();
        assert_eq!(thirds.in_unit(Dimension::Volume, 1_000), Ok((50, 3)));
        assert_eq!(exact_decimal((50, 3), 9), None);
        assert_eq!(near_decimal((50, 3), 2, false).as_deref(), Some("16.67"));
        assert_eq!(near_decimal((50, 3), 2, true).as_deref(), Some("16.66"));
        assert_eq!(exact_decimal((-5, 4), 3).as_deref(), Some("-1.25"));
    }

    #[test]
    fn times_out_of_arguments() {
        let span = |text: &str| Formula::new(text).unwrap().span(&arguments);
        // 50 uL at 500 uL/day take 8640 s.
        assert_eq!(span("dose / rate + 2 s"), Ok(Span(8_642_000)));
        assert_eq!(span("2 * over - 1 min"), Ok(Span(1_140_000)));
        assert_eq!(span("500 ms"), Ok(Span(500)));
        assert!(span("dose").unwrap_err().contains("a volume, not a time"));
        assert!(span("nothing").unwrap_err().contains("`nothing` is not given"));
        assert!(span("on").unwrap_err().contains("no number"));
        assert!(span("dose + over").unwrap_err().contains("cannot be put together"));
    }

    #[test]
    fn what_is_no_formula_is_told() {
        for text in ["", "dose /", "dose over", "Dose", "dose / / over", "1.5 parsec"] {
            assert!(Formula::new(text).is_err(), "{text}");
        }
        assert_eq!(Formula::new("dose").unwrap().alone(), Some("dose"));
    }
}
