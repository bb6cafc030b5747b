//! What is known of a pump by what its messages give: its state and its alarms. What changed is told.

use super::spoken::base_units;
use crate::device::Profile;
use crate::protocol::{Fields, Message, Target, Told};
use pump_hil_model::event::{Body, Said};
use pump_hil_model::words::priority_of;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a pump.
#[derive(Debug, Default)]
pub(super) struct State {
    state: Option<String>,
    alarms: BTreeSet<String>,
    /// The total, and what was told last, of a pump that counts from 0 at each start.
    counted: (i64, i64),
}

impl State {
    /// Takes what a message gives: the fields that a reply has besides its own, and what is to be told.
    pub fn gives(&mut self, profile: &Profile, gives: &[(Target, String)], unasked: bool) -> (Fields, Vec<Body>) {
        let (mut fields, mut bodies) = (Fields::new(), Vec::new());
        for (target, text) in gives {
            match target {
                Target::State if is_told(text) => self.state(profile, text, unasked, &mut fields, &mut bodies),
                Target::Boot => bodies.push(said(Said::Boot { reason: text.clone() })),
                Target::Raised if is_told(text) => self.raise(profile, text, &mut bodies),
                Target::Cleared if is_told(text) => self.clear(text, &mut bodies),
                Target::Alarms => {
                    let active: BTreeSet<&str> = text.split(',').filter(|alarm| is_told(alarm)).collect();
                    let over: Vec<String> = self.alarms.iter().filter(|on| !active.contains(on.as_str())).cloned().collect();
                    over.iter().for_each(|alarm| self.clear(alarm, &mut bodies));
                    for alarm in active {
                        self.raise(profile, alarm, &mut bodies);
                    }
                }
                Target::SinceStart => {
                    let (total, last) = self.counted;
                    let now = base_units(text).unwrap_or(last);
                    // It began anew where it is less than it was.
                    let grown = if now >= last { now.saturating_sub(last) } else { now };
                    self.counted = (total.saturating_add(grown), now);
                    fields.push((Target::Reported.word().to_owned(), format!("{}nl", self.counted.0)));
                }
                Target::State | Target::Raised | Target::Cleared => {}
                _ => fields.push((target.word().to_owned(), text.clone())),
            }
        }
        (fields, bodies)
    }

    fn state(&mut self, profile: &Profile, own: &str, unasked: bool, fields: &mut Fields, bodies: &mut Vec<Body>) {
        let counts_as = profile.protocol.states.get(own).map_or(own, String::as_str);
        fields.push((Target::State.word().to_owned(), counts_as.to_owned()));
        if counts_as != own {
            fields.push(("own-state".to_owned(), own.to_owned()));
        }
        if self.state.as_deref() == Some(counts_as) {
            return;
        }
        let from = self.state.replace(counts_as.to_owned());
        // In a reply it stands already.
        if unasked {
            bodies.push(said(Said::State {
                from: from.unwrap_or_else(|| "unknown".to_owned()),
                to: counts_as.to_owned(),
                cause: "told".to_owned(),
            }));
        }
    }

    fn raise(&mut self, profile: &Profile, alarm: &str, bodies: &mut Vec<Body>) {
        if self.alarms.len() < ALARMS_MAX && self.alarms.insert(alarm.to_owned()) {
            let own = profile.protocol.alarms.get(alarm).cloned();
            let priority = own.or_else(|| priority_of(alarm).map(str::to_owned));
            bodies.push(said(Said::Alarm {
                id: alarm.to_owned(),
                priority: priority.unwrap_or_else(|| "unknown".to_owned()),
            }));
        }
    }

    fn clear(&mut self, alarm: &str, bodies: &mut Vec<Body>) {
        if self.alarms.remove(alarm) {
            bodies.push(said(Said::AlarmClear { id: alarm.to_owned() }));
        }
    }
}

/// Whether a word tells anything: `none` is how a profile says that no alarm is active, or that a prompt shows no state.
fn is_told(word: &str) -> bool {
    !word.is_empty() && word != "none"
}

/// More alarms than any device has.
const ALARMS_MAX: usize = 256;

/// A message that came unasked, under its own name; `None` for one that says no more than what it gives.
pub(super) fn unasked_message(message: &Message, told: Told, gives: Fields) -> Option<Body> {
    let fields: BTreeMap<String, String> = told.fields.into_iter().chain(gives).collect();
    (message.kind.is_none() || !message.shape.is_nothing()).then(|| {
        said(Said::Other {
            kind: message.name.clone(),
            fields,
        })
    })
}

/// What a pump said, which does not count what it says.
pub(super) fn said(said: Said) -> Body {
    Body::Pump {
        n: None,
        pump_t: None,
        read_back: false,
        said,
    }
}
