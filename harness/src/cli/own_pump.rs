//! The files of a folder for a pump of one's own: its rig, its profile, and a first scenario that only asks what reads.

use super::adapt_args::Link;
use pump_hil_model::case::{Request, Verb};
use pump_hil_model::mistake::Mistake;
use pump_hil_rig::{RigError, Shelf};
use pump_hil_talk::device::{DeviceKind, Profile, own_words};
use pump_hil_talk::protocol::{Effect, Target};
use pump_hil_talk::session::can_say;
use std::path::Path;

/// Where a pump's firmware is put.
pub(super) const FIRMWARE: &str = "firmware/pump.elf";
/// The name of the profile in such a folder.
const NAME: &str = "my-pump";
/// The name of the beginner's profile.
const LEARN: &str = "learn";
/// The device that the simulated pump talks as.
const OF_SIMULATOR: &str = "stub";
/// Verbs of its own that a first scenario asks.
const OWN_VERBS: usize = 5;

/// A profile to begin with.
pub(super) struct Own {
    /// Its text, under its new name.
    pub text: String,
    /// The simulated pump talks so.
    pub is_of_the_simulator: bool,
    profile: Profile,
}

/// The profile of a device under a name of one's own, or the beginner's one.
///
/// # Errors
/// There is no such device, or its profile is wrong.
pub(super) fn profile(device: &Path, shelf: &Shelf) -> Result<Own, RigError> {
    let from = match device == Path::new(LEARN) {
        true => include_str!("../../template/own/learn.yaml").into(),
        false => shelf.profile_text(device)?,
    };
    // What is wrong with it is told where it stands.
    let before = Profile::parse(&from, &device.to_string_lossy())?;
    if before.kind != DeviceKind::Pump {
        let what = "this device is no pump (`kind`): a rig names it under `instruments`".to_owned();
        return Err(Profile::wrong(Mistake::Reference, &from, &device.to_string_lossy(), "kind", what).into());
    }
    let text = renamed(&from);
    Ok(Own {
        profile: Profile::parse(&text, NAME)?,
        text,
        is_of_the_simulator: before.device == OF_SIMULATOR,
    })
}

/// A profile's text with another name. A file beside it that it names stays where it was.
fn renamed(text: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("device:") {
            format!("device: {NAME}\n")
        } else if line.starts_with("elf:") {
            format!("# Name your own firmware here, relative to this file.\n# {line}\n")
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(line).collect()
}

/// The rig file for a link.
pub(super) fn rig(link: Link) -> &'static str {
    match link {
        Link::Serial => include_str!("../../template/own/rigs/serial.yaml"),
        Link::Tcp => include_str!("../../template/own/rigs/tcp.yaml"),
        Link::Qemu => include_str!("../../template/own/rigs/qemu.yaml"),
        Link::Sim => include_str!("../../template/own/rigs/sim.yaml"),
    }
}

/// A first scenario: all that this pump can be asked and that only reads.
pub(super) fn scenario(own: &Own) -> String {
    let profile = &own.profile;
    let shared = [Request::Identify, Request::Status, Request::Totals].into_iter();
    let shared = shared.filter(|request| can_say(request, profile).is_ok());
    let shared = shared.map(|request| request.verb().word().to_owned());
    let words = own_words(profile);
    let reads = |verb: &str| {
        profile
            .protocol
            .verbs
            .get(verb)
            .is_some_and(|verb| verb.effect == Some(Effect::None))
    };
    let own = words
        .verbs
        .iter()
        .filter(|(verb, takes)| takes.is_empty() && reads(verb));
    let verbs: Vec<String> = shared
        .chain(own.map(|(verb, _)| verb.clone()).take(OWN_VERBS))
        .collect();
    let mut text = format!(
        "# A first scenario: it asks what only reads. `pump-hil run --rig bench` plays it.\nscenario: first\n\
         summary: Our pump answers what it is asked, and delivers nothing.\ndevice: {NAME}\n\
         snapshot: none\ntimeline:\n"
    );
    text.extend(verbs.iter().map(|verb| format!("  - do: {verb}\n")));
    if verbs.is_empty() {
        text.push_str("  # The profile has no verb that only reads.\n  - wait: 1 s\n");
    }
    if profile.protocol.replies_with(Verb::Status.word(), Target::State) {
        text.push_str("  - expect: {state: stopped}\n");
    }
    text.push_str(
        "  # Then what it shall do; `pump-hil explain single-bolus` says what a verb takes:\n  \
         # - do: single-bolus\n  #   with: {dose: 50 uL, over: 10 min}\n  \
         # - within: 11 min\n  #   expect: {state: stopped}\n",
    );
    text
}
