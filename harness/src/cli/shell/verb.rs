//! A verb as it was typed, compiled as a step of a scenario is: with its checks, units and suggestions.

use super::typed::Asked;
use crate::files;
use pump_hil_language::catalog::Catalog;
use pump_hil_language::scenario::{Source, SourceError, load};
use pump_hil_model::case::{Action, Request, Verb};
use pump_hil_model::device_words::{DeviceWords, Devices};
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_rig::RigFile;
use pump_hil_talk::device::{Profile, own_words};
use pump_hil_talk::protocol::Effect;
use pump_hil_talk::wire::escape;
use std::sync::Arc;

/// The only file.
const FILE: &str = "typed.yaml";

/// The device of the rig, by whatever name.
#[derive(Debug)]
struct Only(DeviceWords);

impl Devices for Only {
    fn words(&self, _: &str) -> Result<DeviceWords, String> {
        Ok(self.0.clone())
    }
}

struct Text(String);

impl Source for Text {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let here = (path == FILE).then(|| self.0.clone().into_bytes());
        here.ok_or_else(|| SourceError::NotFound(path.to_owned()))
    }
}

/// The request that was typed.
///
/// # Errors
/// What is wrong with it, a line each.
pub(super) fn request(asked: &Asked, rig: &RigFile, profile: &Profile) -> Result<Request, Vec<String>> {
    let told = |wrong: &[Diagnostic]| {
        let lines = wrong.iter().map(|wrong| match &wrong.help {
            Some(help) => format!("{}; {help}", wrong.message),
            None => wrong.message.clone(),
        });
        lines.collect::<Vec<_>>()
    };
    let mut catalog: Catalog = files::catalog(rig.shelf.own()).map_err(|wrong| told(&wrong))?;
    catalog.set_devices(Arc::new(Only(own_words(profile))));
    let text = format!(
        "scenario: typed\nsummary: What was typed.\ndevice: typed\nprescription: none\ntimeline:\n{}",
        step(asked)
    );
    let cases = load(&Text(text), FILE, &catalog).map_err(|wrong| told(&wrong))?;
    let step = cases.into_iter().next().and_then(|case| case.steps.into_iter().next());
    match step.map(|step| step.action) {
        Some(Action::Do { request, .. }) => Ok(request),
        _ => Err(vec![format!("`{}` is no verb", asked.verb)]),
    }
}

/// The verb as a step of a scenario.
pub(super) fn step(asked: &Asked) -> String {
    let mut text = format!("  - do: {}\n", scalar(&asked.verb));
    if !asked.with.is_empty() {
        let with = asked
            .with
            .iter()
            .map(|(name, value)| format!("{}: {}", scalar(name), scalar(value)));
        text.push_str(&format!("    with: {{{}}}\n", with.collect::<Vec<_>>().join(", ")));
    }
    text
}

/// A text of YAML, in quotes where it would be read as something else.
pub(super) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " ./+_-%".contains(c);
    let begins = text.starts_with(|c: char| c.is_alphanumeric());
    match begins && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("\"{}\"", escape(text.as_bytes())),
    }
}

/// What a request does to the pump.
pub(super) fn effect(request: &Request, profile: &Profile) -> Effect {
    let verb = request.verb();
    let own = profile
        .protocol
        .verbs
        .get(request.name())
        .and_then(|spoken| spoken.effect);
    match own {
        Some(effect) => effect,
        None if verb.only_reads() || verb == Verb::ReadLog => Effect::None,
        None if verb == Verb::Stop => Effect::Stop,
        None if verb.may_start() => Effect::Dose,
        None => Effect::Set,
    }
}

/// All verbs of this pump, each with the names of its arguments.
pub(super) fn verbs(profile: &Profile) -> Vec<(String, Vec<String>)> {
    let core = Verb::DO
        .iter()
        .filter(|verb| profile.requests.contains_key(verb) || profile.protocol.verbs.contains_key(verb.word()));
    let core = core.map(|verb| {
        let names = verb.args().map(|arg| arg.word().to_owned());
        (verb.word().to_owned(), names.collect())
    });
    core.chain(own_words(profile).verbs).collect()
}
