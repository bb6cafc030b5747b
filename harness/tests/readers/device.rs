//! Device profiles, and a conversation by one.

use super::attack::Target;
use super::{seeds, told};
use pump_hil_model::case::Request;
use pump_hil_model::quantity::{Rate, Span, Volume};
use pump_hil_talk::device::Profile;
use pump_hil_talk::session::Session;
use pump_hil_testing::situation::continuous;
use std::sync::Arc;

#[test]
fn a_profile_of_any_text_can_be_spoken_by_or_has_mistakes_with_their_places() {
    let mut texts = seeds::texts("fixtures/devices", "yaml");
    // A second one: what is changed is changed into something of another.
    texts.extend(seeds::texts("fixtures/rigs", "yaml"));
    // And one of version 2, whose protocol stands in it.
    texts.extend(seeds::texts("harness/tests/renamed", "yaml"));
    let heard = seeds::golden_lines("pump").concat();
    Target {
        name: "device",
        inputs: 700,
        seeds: texts,
        read: &|bytes| read(bytes, &heard),
    }
    .run();
}

fn read(bytes: &[u8], heard: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Profile::parse(text, "changed.yaml") {
        Ok(profile) => converse(&Arc::new(profile), heard),
        Err(wrong) => told::holds(&wrong.0, |name| (name == "changed.yaml").then_some(bytes)),
    }
}

/// Asks for everything that there is, and hears what a pump may say.
pub fn converse(profile: &Arc<Profile>, heard: &[u8]) {
    let mut session = Session::new(Arc::clone(profile));
    let mut now = Span(0);
    for request in requests() {
        let _ = session.request(&request, now);
        session.handle_bytes(heard, now);
        // As often as a request may be said again, and a little more: what goes on for longer is one of the profile's own limits.
        for _ in 0..32 {
            while session.poll_transmit().is_some() {}
            while session.poll_event().is_some() {}
            let Some(due) = session.poll_timeout() else { break };
            now = due.max(now);
            session.handle_timeout(now);
        }
    }
    session.catch_up(now);
    session.make_safe(now);
    session.close();
    let mut events = 0;
    while session.poll_event().is_some() {
        events += 1;
    }
    assert!(events < 10_000, "{events} events of a conversation that is over");
}

fn requests() -> Vec<Request> {
    let prescription = || Box::new(continuous(480_000));
    let (dose, over) = (Volume(50_000), Span(600_000));
    vec![
        Request::Identify,
        Request::Status,
        Request::Totals,
        Request::ReadPrescription,
        Request::Forecast,
        Request::Program {
            prescription: prescription(),
            cut_after: None,
        },
        Request::Stage {
            prescription: prescription(),
        },
        Request::Commit,
        Request::Abort,
        Request::Start,
        Request::Stop,
        Request::MinimumRate,
        Request::PatientBolus,
        Request::SingleBolus { dose, over },
        Request::PrimeBolus,
        Request::BridgeBolus {
            volume: dose,
            rate: Rate(480_000),
        },
        Request::Refill {
            removed: Some(dose),
            added: dose,
        },
        Request::ClearAlarm {
            alarm: "occlusion".to_owned(),
        },
        Request::Mute,
        Request::SetClock { to_s: 820_886_400 },
        Request::LogEvery { interval: over },
        Request::ReportTones { on: true },
        Request::SelfTest,
        Request::ReadLog,
    ]
}
