//! What is known of a pump by what its messages give: its state and its alarms. What changed is told.

use super::exchange::{Answer, Exchange, Taken};
use super::spoken::nanolitres;
use crate::device::{Dimension, Profile};
use crate::protocol::{Fields, Message, Target, Told, Unasked};
use crate::wire::read_value;
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::Span;
use pump_hil_model::words::priority_of;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a pump.
#[derive(Debug, Default)]
pub(super) struct State {
    state: Option<String>,
    alarms: BTreeSet<String>,
    /// The total, and what was told last, of a pump that counts from 0 at each start.
    counted: (i64, i64),
    flow: Flow,
}

/// The integral of what a pump tells of its flow, which holds until it tells another.
#[derive(Debug, Default)]
struct Flow {
    /// When it was told last, and what, nL/day.
    told: Option<(Span, i64)>,
    /// Nanolitres a day, times milliseconds.
    sum: i128,
}

impl Flow {
    /// It is told at `now`; the volume up to then, nL.
    fn told(&mut self, now: Span, rate: i64) -> i128 {
        if let Some((then, before)) = self.told.replace((now, rate)) {
            let passed = i128::from(now.0.saturating_sub(then.0).max(0));
            self.sum = self.sum.saturating_add(passed.saturating_mul(before.into()));
        }
        self.sum.checked_div(DAY_MS).unwrap_or(0)
    }
}

const DAY_MS: i128 = 86_400_000;

impl State {
    /// Takes a message: what is to be told, and the answer where it ends the exchange.
    pub fn hear(
        &mut self,
        profile: &Profile,
        exchange: &mut Option<Exchange>,
        told: Told,
        now: Span,
    ) -> (Vec<Body>, Option<Answer>) {
        let message = profile.protocol.messages.get(told.place);
        let taken = exchange.as_mut();
        let taken = taken.map_or(Taken::Not, |exchange| exchange.takes(&told, message));
        let own = exchange.as_ref().and_then(|exchange| exchange.gives(&told));
        let gives = match (&taken, &own) {
            (Taken::Reply(_), Some(own)) => own,
            _ => &told.gives,
        };
        let asked = matches!(taken, Taken::Reply(_) | Taken::Part);
        let (fields, mut bodies) = self.gives(profile, gives, !asked, now);
        match taken {
            Taken::Reply(mut answer) => {
                answer.give(fields);
                return (bodies, Some(answer));
            }
            Taken::Part => {
                if let Some(exchange) = exchange {
                    exchange.add_to_part(fields);
                }
            }
            Taken::Busy => {}
            Taken::Not => match message {
                Some(message) if message.unasked != Unasked::Never => {
                    let body = unasked_message(message, told, fields);
                    bodies.splice(0..0, body);
                }
                other => {
                    let name = other.map_or("it", |message| &message.name);
                    let why = format!("nobody waits for it: as `{name}` it answers nothing that was asked");
                    bodies.insert(0, Body::Garbled { why });
                }
            },
        }
        (bodies, None)
    }

    /// Takes what a message gives: the fields that a reply has besides its own, and what is to be told.
    fn gives(
        &mut self,
        profile: &Profile,
        gives: &[(Target, String)],
        unasked: bool,
        now: Span,
    ) -> (Fields, Vec<Body>) {
        let (mut fields, mut bodies) = (Fields::new(), Vec::new());
        for (target, text) in gives {
            match target {
                Target::State if is_told(text) => self.state(profile, text, unasked, &mut fields, &mut bodies),
                Target::Boot => bodies.push(said(Said::Boot { reason: text.clone() })),
                Target::Raised if is_told(text) => self.raise(profile, text, &mut bodies),
                Target::Cleared if is_told(text) => self.clear(text, &mut bodies),
                Target::Alarms => {
                    let active: BTreeSet<&str> = text.split(',').filter(|alarm| is_told(alarm)).collect();
                    let over: Vec<String> = self
                        .alarms
                        .iter()
                        .filter(|on| !active.contains(on.as_str()))
                        .cloned()
                        .collect();
                    over.iter().for_each(|alarm| self.clear(alarm, &mut bodies));
                    for alarm in active {
                        self.raise(profile, alarm, &mut bodies);
                    }
                }
                Target::SinceStart => {
                    let (total, last) = self.counted;
                    let now = nanolitres(text).unwrap_or(last);
                    // It began anew where it is less than it was.
                    let grown = if now >= last { now.saturating_sub(last) } else { now };
                    self.counted = (total.saturating_add(grown), now);
                    fields.push((Target::Reported.word().to_owned(), format!("{}nl", self.counted.0)));
                }
                Target::Flow => {
                    let rate = read_value(text, Dimension::Rate.suffix(), true).ok();
                    let rate = rate.and_then(|rate| i64::try_from(rate).ok());
                    if let Some(rate) = rate {
                        let volume = self.flow.told(now, rate);
                        fields.push((Target::Rate.word().to_owned(), text.clone()));
                        fields.push((Target::Reported.word().to_owned(), format!("{volume}nl")));
                    }
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
fn unasked_message(message: &Message, told: Told, gives: Fields) -> Option<Body> {
    let fields: BTreeMap<String, String> = told.fields.into_iter().chain(gives).collect();
    (message.kind.is_none() || !message.shape.is_nothing()).then(|| {
        said(Said::Other {
            kind: message.name.clone(),
            fields,
        })
    })
}

/// What a pump said, which does not count what it says.
fn said(said: Said) -> Body {
    Body::Pump {
        n: None,
        pump_t: None,
        read_back: false,
        said,
    }
}
