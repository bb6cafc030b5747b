//! The rigs of a run, as the scenario language asks about them: what their pumps can be told.

use crate::prescription_key::{key_of, shown};
use pump_hil_language::catalog::{Bench, Unsaid};
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Request, Verb};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Volume;
use pump_hil_rig::RigFile;
use pump_hil_talk::device::{Profile, UnitError};
use pump_hil_talk::session::{RequestError, can_say, only_reads};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A rig by its device profile.
#[derive(Debug)]
pub(super) struct ByProfile {
    name: String,
    profile: Arc<Profile>,
    can: BTreeSet<Capability>,
}

impl ByProfile {
    pub fn new(rig: &RigFile) -> Self {
        Self {
            name: rig.name.clone(),
            profile: Arc::clone(&rig.profile),
            can: rig.capabilities(),
        }
    }

    /// Of which argument, or part of a prescription, a key on the line is.
    fn of(&self, request: &Request, key: &str) -> Option<&'static str> {
        if let Some(template) = self.profile.requests.get(&request.verb()) {
            return template
                .fields
                .iter()
                .find(|field| field.key == key)
                .map(|field| field.from.word());
        }
        let mut fields = self
            .profile
            .programming
            .iter()
            .flat_map(|programming| &programming.fields);
        fields
            .find(|field| field.key == key)
            .and_then(|field| key_of(field.from))
    }
}

impl Bench for ByProfile {
    fn only_reads(&self, request: &Request) -> bool {
        let knows = request.verb() != Verb::Own || self.profile.protocol.verbs.contains_key(request.name());
        !knows || only_reads(request, &self.profile)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn can(&self) -> &BTreeSet<Capability> {
        &self.can
    }

    fn device(&self) -> &str {
        &self.profile.device
    }

    fn has_symbol(&self, symbol: &str) -> bool {
        self.profile.symbols.contains_key(symbol)
    }

    fn says(&self, request: &Request) -> Result<(), Unsaid> {
        let device = &self.profile.device;
        // What is drawn out where a scenario leaves it open only the run knows.
        let drawn_out = match request {
            Request::Refill { removed: None, added } => Some(Request::Refill {
                removed: Some(Volume(0)),
                added: *added,
            }),
            _ => None,
        };
        let asked = drawn_out.as_ref().unwrap_or(request);
        can_say(asked, &self.profile).map_err(|error| match error {
            RequestError::NotInProfile { verb, .. } => Unsaid {
                of: None,
                value: None,
                mistake: Mistake::UnknownWord,
                why: format!("the device profile `{device}` has no `{verb}`, so this pump cannot be asked for it"),
            },
            RequestError::Unit {
                key,
                why: UnitError::Inexact { value, .. },
                ..
            } => Unsaid {
                of: self.of(request, &key),
                value: Some(value),
                mistake: Mistake::Precision,
                why: self.too_fine(&key, request),
            },
            other => Unsaid {
                of: None,
                value: None,
                mistake: Mistake::Format,
                why: format!("this cannot be said to `{device}`: {other}"),
            },
        })
    }
}

impl ByProfile {
    fn too_fine(&self, key: &str, request: &Request) -> String {
        let device = &self.profile.device;
        let template = self
            .profile
            .requests
            .get(&request.verb())
            .map(|template| &template.fields);
        let asked = template
            .into_iter()
            .flatten()
            .find(|field| field.key == key)
            .map(|field| &field.unit);
        let mut staged = self
            .profile
            .programming
            .iter()
            .flat_map(|programming| &programming.fields);
        let unit = asked.or_else(|| staged.find(|field| field.key == key).map(|field| &field.unit));
        match unit.filter(|unit| unit.size > 1) {
            Some(unit) => format!(
                "is not a whole number of {}, the finest that the device profile `{device}` says here",
                shown(unit.dimension, unit.size)
            ),
            // The units of a day schedule stand inside its pattern.
            None => format!("is finer than the device profile `{device}` can say here"),
        }
    }
}
