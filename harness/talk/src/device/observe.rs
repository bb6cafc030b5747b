//! What a pump is asked for every so often, out of its profile.

use super::profile::Profile;
use super::raw_observe::{RawAsked, RawCounts, RawLogFrom, RawObserve, RawSampledLog, RawWeighs};
use crate::protocol::{Effect, Mistaken as Wrong, Protocol, Target, Unasked, mistaken as wrong};
use pump_hil_model::case::{Request, Verb};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::observing::{Asked, Counts, Observing, Promised, Weighs};
use pump_hil_model::quantity::{Concentration, Mass, Span, Volume};
use pump_hil_model::yaml::quantity::mistake_of;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The shortest time between two questions: a pump that does nothing but answer gives no drug.
const EVERY_LEAST: Span = Span(20);

/// Densities that a drug in water may have.
const DENSITIES: RangeInclusive<Concentration> = Concentration(500_000_000)..=Concentration(2_000_000_000);
/// How long a balance may take, and how often it is read, where nothing is said of it.
const SETTLE: Span = Span(2_000);
const WEIGH_EVERY: Span = Span(500);

/// From what is written of it.
pub(super) fn observing(raw: RawObserve, log: Option<RawSampledLog>, profile: &Profile) -> Result<Observing, Wrong> {
    let one = |name: &str, raw: Option<RawAsked>| raw.map(|raw| asked(name, raw, profile)).transpose();
    let reported = one("reported", raw.reported)?;
    Ok(Observing {
        entry_per: log.map(|log| entry_per(&log, reported.as_ref(), profile)).transpose()?,
        reported,
        alarms: one("alarms", raw.alarms)?,
        delivered: raw.delivered.map(weighs).transpose()?,
        actuated: raw.actuated.map(counts).transpose()?,
        promised: promised(&profile.protocol),
    })
}

fn weighs(raw: RawWeighs) -> Result<Weighs, Wrong> {
    let at = |key| ["observe", "delivered", key];
    let mass: Option<Mass> = raw.density.strip_suffix("/mL").and_then(|mass| mass.parse().ok());
    let mass = mass.ok_or_else(|| {
        let what = format!("`{}` is no density: write it as `0.998 g/mL`", raw.density);
        wrong(Mistake::Unit, &at("density"), what)
    })?;
    let density = Concentration(mass.0);
    if !DENSITIES.contains(&density) {
        let what = format!(
            "`{}` is no density of a drug in water, which is 0.5 g/mL to 2 g/mL",
            raw.density
        );
        return Err(wrong(Mistake::Range, &at("density"), what));
    }
    let time = |key: &'static str, text: Option<String>, usual: Span, least: Span| {
        let time = text.map_or(Ok(usual), |text| quantity(&text, &at(key)))?;
        let what = format!("`{key}` must be {least} or more");
        if time < least {
            Err(wrong(Mistake::Range, &at(key), what))
        } else {
            Ok(time)
        }
    };
    Ok(Weighs {
        instrument: raw.instrument,
        density,
        settle: time("settle", raw.settle, SETTLE, Span(0))?,
        every: time("every", raw.every, WEIGH_EVERY, EVERY_LEAST)?,
        resolution: None,
    })
}

fn counts(raw: RawCounts) -> Result<Counts, Wrong> {
    let at = ["observe", "actuated", "each"];
    let each: Volume = quantity(&raw.each, &at)?;
    if each.0 <= 0 {
        return Err(wrong(Mistake::Range, &at, "`each` must be more than 0".to_owned()));
    }
    Ok(Counts {
        memory: raw.memory,
        each,
    })
}

/// The volume for which a sampled log has a row.
fn entry_per(log: &RawSampledLog, reported: Option<&Asked>, profile: &Profile) -> Result<Volume, Wrong> {
    // A pattern that always fits: a second source will not compile until it is handled here.
    let RawLogFrom::Reported = log.from;
    let Some(reported) = reported else {
        let what = "`from: reported` needs `observe: {reported: ...}`: somebody must ask for it".to_owned();
        return Err(wrong(Mistake::MissingKey, &["dose-log", "from"], what));
    };
    if profile.dose_entry.is_some() {
        let what = "this pump writes dose entries (`dose-entry`): leave one of them out".to_owned();
        return Err(wrong(Mistake::KeyCombination, &["dose-log"], what));
    }
    let at = ["dose-log", "entry-per"];
    let per: Volume = quantity(&log.entry_per, &at)?;
    if per.0 < reported.resolution.0.max(1) {
        let what = "`entry-per` must be more than 0, and no less than the `resolution` of `reported`".to_owned();
        return Err(wrong(Mistake::Range, &at, what));
    }
    Ok(per)
}

/// The messages that must come by themselves.
fn promised(protocol: &Protocol) -> Vec<Promised> {
    let lost = protocol.messages.iter().filter_map(|message| {
        let (state, after) = message.lost_after.clone()?;
        Some(Promised {
            message: message.name.clone(),
            state,
            after,
        })
    });
    lost.collect()
}

fn asked(name: &str, raw: RawAsked, profile: &Profile) -> Result<Asked, Wrong> {
    let at = |key| ["observe", name, key];
    right_verb(name, &raw.ask, profile)?;
    let every: Span = quantity(&raw.every, &at("every"))?;
    if every < EVERY_LEAST {
        let what = format!("`every` must be {EVERY_LEAST} or more: a pump that only answers has no time for its work");
        return Err(wrong(Mistake::Range, &at("every"), what));
    }
    let resolution = raw.resolution.as_deref();
    let resolution: Option<Volume> = resolution.map(|text| quantity(text, &at("resolution"))).transpose()?;
    if resolution.is_some_and(|resolution| resolution.0 < 0) {
        let what = "`resolution` must not be below 0".to_owned();
        return Err(wrong(Mistake::Range, &at("resolution"), what));
    }
    Ok(Asked {
        ask: raw.ask,
        every,
        resolution: resolution.unwrap_or_default(),
    })
}

/// A quantity of the profile, such as a time.
pub(super) fn quantity<T>(text: &str, at: &[&str]) -> Result<T, Wrong>
where
    T: FromStr<Err = pump_hil_model::quantity::QuantityError>,
{
    text.parse().map_err(|e| wrong(mistake_of(&e), at, format!("{e}")))
}

/// The verb only reads, takes no argument, and its answer tells what is asked for.
fn right_verb(name: &str, verb: &str, profile: &Profile) -> Result<(), Wrong> {
    let at = ["observe", name, "ask"];
    let refused = |mistake, what: String| Err(wrong(mistake, &at, what));
    let protocol = &profile.protocol;
    let core = Verb::find(verb);
    let spoken = protocol.verbs.get(verb);
    let requested = core.is_some_and(|core| profile.requests.contains_key(&core));
    if spoken.is_none() && !requested {
        let known = protocol.verbs.keys().map(String::as_str);
        let known = known.chain(profile.requests.keys().map(|verb| verb.word()));
        let help = suggest(verb, known).unwrap_or_else(|| "name one of its `verbs`".to_owned());
        return refused(Mistake::Reference, format!("this profile has no verb `{verb}`; {help}"));
    }
    let own_reads = spoken.is_some_and(|verb| verb.effect == Some(Effect::None));
    if !core.map_or(own_reads, Verb::only_reads) {
        let what = format!("`{verb}` does something to the pump: only what reads is asked every so often");
        return refused(Mistake::Reference, what);
    }
    let takes = spoken.map_or(Vec::new(), |verb| verb.arguments(protocol.id_field()));
    if let Some(argument) = takes.first() {
        let what = format!("`{verb}` takes `{argument}`, and nobody is there to say it");
        return refused(Mistake::Reference, what);
    }
    if spoken.is_some() && !tells(name, verb, protocol) {
        let what = format!("no reply to `{verb}` gives {}", wanted(name));
        return refused(Mistake::Reference, what);
    }
    Ok(())
}

fn wanted(name: &str) -> &'static str {
    if name == "alarms" {
        "`alarms` or `raised`"
    } else {
        "`reported` or `since-start`"
    }
}

fn tells(name: &str, verb: &str, protocol: &Protocol) -> bool {
    if name != "alarms" {
        return protocol.replies_with(verb, Target::Reported);
    }
    // A pump may answer any request with its alarm.
    let alarms = [Target::Alarms, Target::Raised];
    let instead = |target| protocol.tells_as(Unasked::Also, target);
    alarms
        .into_iter()
        .any(|target| protocol.replies_with(verb, target) || instead(target))
}

/// Whether alarms come by themselves as well.
pub(super) fn tells_alarms_unasked(protocol: &Protocol) -> bool {
    let alarms = [Target::Alarms, Target::Raised];
    alarms
        .into_iter()
        .any(|target| protocol.tells_as(Unasked::Always, target))
}

/// The verb with messages of its own that tells what was given in all: `totals`, else the one that is asked for it, else `status`.
pub(crate) fn totals_by(profile: &Profile) -> Option<&str> {
    let (totals, status) = (Verb::Totals.word(), Verb::Status.word());
    let is_spoken = |verb: &&str| profile.protocol.verbs.contains_key(*verb);
    let asked = profile.observing.reported.as_ref().map(|asked| asked.ask.as_str());
    let tells = || {
        profile
            .protocol
            .replies_with(status, Target::Reported)
            .then_some(status)
    };
    Some(totals).into_iter().chain(asked).find(is_spoken).or_else(tells)
}

/// The request that a verb is which only reads.
#[must_use]
pub fn request_of(verb: &str) -> Request {
    match Verb::find(verb) {
        Some(Verb::Status) => Request::Status,
        Some(Verb::Totals) => Request::Totals,
        Some(Verb::Identify) => Request::Identify,
        Some(Verb::ReadPrescription) => Request::ReadPrescription,
        Some(Verb::Forecast) => Request::Forecast,
        _ => Request::Own {
            own: verb.to_owned(),
            with: BTreeMap::new(),
        },
    }
}
