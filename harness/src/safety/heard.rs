//! What a pump said last of its state and its rate: how long a stroke takes is known from it.

use pump_hil_model::event::{Body, ReplyFields, Said};
use pump_hil_model::quantity::Span;
use pump_hil_verdict::dose::STROKE_NL;

const DAY_MS: i64 = 86_400_000;

/// What was heard so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// The state, in the harness's word.
    pub state: Option<String>,
    /// The last rate above zero, nL a day.
    rate: Option<i64>,
}

impl Heard {
    /// Takes what is told of a conversation.
    pub fn on(&mut self, body: &Body) {
        match body {
            body if let Some((_, fields)) = body.answer() => {
                self.state = fields.get("state").cloned().or(self.state.take());
                self.rate_is(number(fields, "rate"));
            }
            Body::Pump { said, .. } => match said {
                Said::Dose(entry) => self.rate_is(Some(entry.rate_nl_per_day)),
                Said::State { to, .. } => self.state = Some(to.clone()),
                _ => {}
            },
            _ => {}
        }
    }

    /// How long a stroke takes at the rate that was heard last; `None` where none was heard.
    pub fn stroke(&self) -> Option<Span> {
        let whole = DAY_MS.checked_mul(STROKE_NL)?;
        // Up: the stroke falls due within this time.
        Some(Span(whole.checked_div(self.rate?)?.saturating_add(1)))
    }

    fn rate_is(&mut self, rate: Option<i64>) {
        // A pump that stands says 0: what counts is how it ran.
        self.rate = rate.filter(|rate| *rate > 0).or(self.rate);
    }
}

/// The whole number in front of a reply's field, such as of `500000nl/d`.
pub(crate) fn number(fields: &ReplyFields, key: &str) -> Option<i64> {
    let value = fields.get(key)?;
    let end = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    value.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn reply(rate: &str) -> Body {
        Body::Reply {
            verb: "status".to_owned(),
            refused: None,
            fields: Arc::new(BTreeMap::from([("rate".to_owned(), rate.to_owned())])),
            request: None,
        }
    }

    #[test]
    fn a_stroke_takes_as_long_as_at_the_rate_that_ran_last() {
        let mut heard = Heard::default();
        assert_eq!(heard.stroke(), None);
        for (rate, stroke) in [
            ("500000nl/d", Some(86_401)),
            ("0nl/d", Some(86_401)),
            ("6000nl/d", Some(7_200_001)),
            ("99999999999999999999nl/d", Some(7_200_001)),
            ("-5nl/d", Some(7_200_001)),
        ] {
            heard.on(&reply(rate));
            assert_eq!(heard.stroke().map(|span| span.0), stroke, "{rate}");
        }
    }
}
