//! A verb that is said by messages of its own: one request or several, and what proves that it was done where no answer came.

use super::arguments::Arguments;
use super::exchange::{Answer, Next, beside, end_of};
use super::request::{RequestEnd, RequestError};
use crate::device::{Dimension, Profile, totals_by};
use crate::protocol::{Effect, SpokenVerb, SureBy};
use crate::wire::read_value;
use pump_hil_model::case::{Request, Verb};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A verb that is said by messages of its own.
#[derive(Debug)]
pub(super) struct SpokenJob {
    /// As it was asked for.
    name: String,
    verb: Arc<SpokenVerb>,
    arguments: Arc<Arguments>,
    /// It may be said again where no answer came.
    harmless: bool,
    /// Which of its requests is in flight.
    at: usize,
    fields: BTreeMap<String, String>,
    proof: Option<Proof>,
}

/// How it is proved that it was done, where no answer came.
#[derive(Debug)]
struct Proof {
    by: SureBy,
    /// What tells: the verb `status`.
    status: Arc<SpokenVerb>,
    /// The total and the state before: what was so already proves nothing.
    before: (Option<i64>, Option<String>),
    now: Asking,
    /// How often the verb may be said once more.
    left: u32,
    tries: u32,
}

/// What the status is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    /// Nothing: the verb itself is asked.
    Nothing,
    /// What was so before the verb is said.
    Before,
    /// Whether it was done.
    After,
}

impl SpokenJob {
    /// Of a request, where the profile has such a verb.
    pub fn new(request: &Request, profile: &Profile) -> Option<Self> {
        let protocol = &profile.protocol;
        let asked = match request {
            // What the status tells need not be asked by a verb of its own.
            Request::Totals => totals_by(profile)?,
            other => other.name(),
        };
        let verb = Arc::clone(protocol.verbs.get(asked)?);
        let status = protocol.verbs.get(Verb::Status.word());
        let proof = verb.sure_by.clone().zip(status).map(|(by, status)| Proof {
            now: Asking::Before,
            by,
            status: Arc::clone(status),
            before: (None, None),
            left: profile.limits.tries.saturating_sub(1),
            tries: 0,
        });
        Some(Self {
            name: request.name().to_owned(),
            harmless: is_harmless(request.verb(), &verb),
            verb,
            arguments: Arc::new(Arguments::of(request)),
            at: 0,
            fields: BTreeMap::new(),
            proof,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may be said twice.
    pub fn is_harmless(&self) -> bool {
        // What only asks for the status is.
        self.harmless || self.proof.as_ref().is_some_and(|proof| proof.now != Asking::Nothing)
    }

    /// Whether what it says first can be written.
    pub fn written(&self, profile: &Profile) -> Result<(), RequestError> {
        for say in &self.verb.says {
            let written = say.write(&profile.protocol, profile.protocol.last_id(), &|name| {
                self.arguments.get(name)
            });
            written.map_err(|why| RequestError::Say {
                verb: self.verb.name.clone(),
                why,
            })?;
        }
        Ok(())
    }

    /// What is asked now.
    pub fn next(&self) -> Next {
        let asked = match &self.proof {
            Some(proof) if proof.now != Asking::Nothing => proof.status.says.first(),
            _ => self.verb.says.get(self.at),
        };
        match asked {
            Some(say) => Next::Say {
                say: Arc::clone(say),
                arguments: Arc::clone(&self.arguments),
            },
            None => Next::Done(RequestEnd::Ok {
                fields: Arc::new(self.fields.clone()),
            }),
        }
    }

    /// An answer came.
    pub fn answered(&mut self, answer: Answer) -> Next {
        let asking = self.proof.as_ref().map_or(Asking::Nothing, |proof| proof.now);
        if asking == Asking::Nothing {
            return self.is_answered(answer);
        }
        let Some(proof) = &mut self.proof else {
            return self.next();
        };
        let total = answer.field("reported").and_then(nanolitres);
        if asking == Asking::Before {
            proof.before = (total, answer.field("state").map(str::to_owned));
            proof.now = Asking::Nothing;
            return self.next();
        }
        let done = match &proof.by {
            SureBy::State(state) => {
                let there = answer.field("state") == Some(state);
                let was_there = proof.before.1.as_ref() == Some(state);
                // It was in that state before: what it is in now says nothing.
                (!(there && was_there)).then_some(there)
            }
            SureBy::Moved => total.zip(proof.before.0).map(|(total, before)| total > before),
        };
        proof.now = Asking::Nothing;
        match done {
            Some(true) => {
                self.at = self.at.saturating_add(1);
                self.fields.insert("sure-by".to_owned(), "status".to_owned());
                self.next()
            }
            // Proved that it was not done: only then it is said again.
            Some(false) if proof.left > 0 => {
                proof.left = proof.left.saturating_sub(1);
                self.next()
            }
            _ => Next::Done(RequestEnd::NoReply { tries: proof.tries }),
        }
    }

    fn is_answered(&mut self, answer: Answer) -> Next {
        match &answer.refused {
            Some(reason) if !self.verb.fine.contains(reason) => {
                let fields = answer.fields.into_iter().collect();
                return Next::Done(end_of(answer.refused, fields));
            }
            _ => {}
        }
        for (key, value) in answer.data.into_iter().flatten() {
            beside(&mut self.fields, key, &value);
        }
        self.fields.extend(answer.fields);
        self.at = self.at.saturating_add(1);
        self.next()
    }

    /// No answer came, and it is not said again unproved.
    pub fn unanswered(&mut self, tries: u32) -> Option<Next> {
        // Only the last of several requests does something; one before it is a setting, which is said in vain.
        let is_last = self.at.saturating_add(1) >= self.verb.says.len();
        let proof = self
            .proof
            .as_mut()
            .filter(|proof| proof.now == Asking::Nothing && is_last)?;
        (proof.now, proof.tries) = (Asking::After, tries);
        Some(self.next())
    }
}

/// Whether a request only reads, as far as is known of it.
#[must_use]
pub fn only_reads(request: &Request, profile: &Profile) -> bool {
    let spoken = profile.protocol.verbs.get(request.name());
    effect(request.verb(), spoken.and_then(|verb| verb.effect)) == Effect::None
}

/// What a verb does; `own` is what the profile says of one of its own.
fn effect(verb: Verb, own: Option<Effect>) -> Effect {
    match verb {
        Verb::Own => own.unwrap_or(Effect::Dose),
        verb if verb.only_reads() => Effect::None,
        verb if verb.ends_therapy() => Effect::Stop,
        Verb::Start | Verb::PatientBolus | Verb::SingleBolus | Verb::PrimeBolus | Verb::BridgeBolus => Effect::Dose,
        _ => Effect::Set,
    }
}

/// Whether a verb may be carried out twice: it only reads, or ends therapy, or sets the same again.
fn is_harmless(verb: Verb, spoken: &SpokenVerb) -> bool {
    match effect(verb, spoken.effect) {
        Effect::None | Effect::Stop => true,
        Effect::Set => spoken.repeat_safe,
        Effect::Dose => false,
    }
}

/// A volume as the harness writes it, such as `1650nl`, in nanolitres.
pub(super) fn nanolitres(text: &str) -> Option<i64> {
    let number = read_value(text, Dimension::Volume.suffix(), true).ok()?;
    i64::try_from(number).ok()
}
