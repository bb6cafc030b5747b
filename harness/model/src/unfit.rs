//! A pump that does not do what every pump must, though it was found well before: what it was asked, and what came.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a pump is unfit in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfit {
    /// The verb of the request.
    pub verb: String,
    /// The reason it was refused with; `None`: no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The key of the prescription that it was refused for, where the pump named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What else the pump said of it, in a person's units, such as `limit 48 uL/day`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adds: Option<String>,
    /// Status requests that went unanswered behind it, and the time in which they were made, in milliseconds; each 0 where it was refused.
    pub asked: u32,
    /// As above.
    pub over_ms: u64,
    /// Something besides the line shows that the pump took the request: its cable is whole.
    pub cable_is_whole: bool,
    /// The last line that was sent, escaped.
    pub request: String,
    /// What came behind it, escaped; empty: nothing.
    pub came: String,
}

impl Unfit {
    /// Whether the pump said what of the request it refused: then nobody needs the lines to understand it.
    #[must_use]
    pub fn says_why(&self) -> bool {
        self.refused.is_some() && (self.key.is_some() || self.adds.is_some())
    }

    /// The lines of the exchange, for who looks into the journal.
    #[must_use]
    pub fn lines(&self) -> String {
        let came = if self.came.is_empty() { "nothing" } else { &self.came };
        format!("the request: {}; got: {came}", self.request)
    }
}

/// Without its lines where the pump said why: those only the protocol's makers read.
impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.refused, self.cable_is_whole) {
            (Some(reason), _) => {
                match &self.key {
                    Some(key) => write!(f, "it refused `{key}` of the prescription with `{reason}`")?,
                    None => write!(f, "it refused with `{reason}`")?,
                }
                if self.says_why() {
                    return self.adds.iter().try_for_each(|adds| write!(f, "; it says: {adds}"));
                }
            }
            (None, true) => f.write_str("pump silent; its cable is whole")?,
            (None, false) => f.write_str("pump silent, or its cable: a line alone cannot tell")?,
        }
        if self.asked > 0 {
            let seconds = self.over_ms / 1_000;
            write!(f, "; nor did it answer {} status requests in {seconds} s", self.asked)?;
        }
        write!(f, "; {}", self.lines())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_and_reply_are_told() {
        let mut unfit = Unfit {
            verb: "program".to_owned(),
            refused: Some("out-of-range".to_owned()),
            key: None,
            adds: None,
            asked: 0,
            over_ms: 0,
            cable_is_whole: false,
            request: "#8 commit *06E4\\n".to_owned(),
            came: "=8 err *0000\\r\\n".to_owned(),
        };
        let refused = "it refused with `out-of-range`; the request: #8 commit *06E4\\n; got: =8 err *0000\\r\\n";
        assert_eq!(unfit.to_string(), refused);
        (unfit.key, unfit.adds) = (Some("rate".to_owned()), Some("limit 48 uL/day".to_owned()));
        assert_eq!(
            unfit.to_string(),
            "it refused `rate` of the prescription with `out-of-range`; it says: limit 48 uL/day"
        );
        (unfit.refused, unfit.asked, unfit.over_ms) = (None, 3, 10_400);
        unfit.came.clear();
        let silent = "pump silent, or its cable: a line alone cannot tell; nor did it answer 3 status requests in 10 s; \
                      the request: #8 commit *06E4\\n; got: nothing";
        assert_eq!(unfit.to_string(), silent);
        unfit.cable_is_whole = true;
        assert!(
            unfit
                .to_string()
                .starts_with("pump silent; its cable is whole; nor did")
        );
    }
}
