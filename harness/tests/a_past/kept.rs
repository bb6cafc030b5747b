//! The simulated pump, which stays powered between cases: virtual time, probe and test block.

use super::{SEEDS, case, in_order, past, play, play_all, settings, shipped};
use pump_hil::report::ScenarioResult;
use pump_hil_language::plan;
use pump_hil_model::case::{Case, Step};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::{Rig, RigFile};
use pump_hil_testing::repository::root;
use std::collections::BTreeSet;
use std::path::Path;

/// All cases of an order together must leave a battery that is hardly used.
const LONGEST: Span = Span(36 * 86_400_000);

fn rig(name: &str) -> RigFile {
    RigFile::load(&root().join("fixtures/rigs").join(name)).unwrap()
}

/// A kept pump whose past is waited for no longer than an hour.
fn in_a_hurry(folder: &Path) -> RigFile {
    let text = std::fs::read_to_string(root().join("fixtures/rigs/sim-kept.yaml")).unwrap();
    let device = root().join("fixtures/devices/stub.yaml").canonicalize().unwrap();
    let text = text.replace("device: stub", &format!("device: {}", device.to_str().unwrap()));
    let path = folder.join("hurry.yaml");
    std::fs::write(&path, text.replace("limits: {", "limits: {settle: 1 h, ")).unwrap();
    RigFile::load(&path).unwrap()
}

/// Whether a case can follow another one on a pump: none that is for a pump that was never programmed.
fn may_follow(case: &Case) -> bool {
    plan::length(case) <= LONGEST && case.prescription.is_some() && !case.steps.iter().any(Step::is_by_chance)
}

/// Whether a pump's battery is as good as new behind a case: what was used up stays so.
fn spares_the_battery(events: &[Event]) -> bool {
    let told = events.iter().rev().find_map(|event| match &event.body {
        Body::Reply { fields, .. } => fields.get("life"),
        _ => None,
    });
    told.is_some_and(|life| life == "ok")
}

#[test]
fn every_verdict_is_as_on_a_fresh_pump_in_any_order() {
    let out = tempfile::tempdir().unwrap();
    let fresh = settings(rig("sim.yaml"), out.path());
    let played = shipped().into_iter().filter(may_follow).map(|case| {
        let (result, events) = play(&case, &fresh);
        (case, result, events)
    });
    let cases: Vec<Case> = played
        .filter(|(_, result, events)| result.outcome.verdict == Verdict::Passed && spares_the_battery(events))
        .map(|(case, ..)| case)
        .collect();
    let scenarios: BTreeSet<&str> = cases.iter().map(|case| case.scenario.as_str()).collect();
    assert!(scenarios.len() >= 100, "{} scenarios", scenarios.len());
    std::thread::scope(|scope| {
        let orders = SEEDS.map(|seed| {
            // Each loads its rig anew, and so has a pump of its own.
            let settings = settings(rig("sim-kept.yaml"), &out.path().join(seed.to_string()));
            let cases = in_order(&cases, seed);
            scope.spawn(move || (seed, play_all(&cases, &settings)))
        });
        for order in orders {
            let (seed, wrong) = order.join().unwrap();
            assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
        }
    });
}

/// Plays a case behind another one on a kept pump, where nothing may be asked of it but by set-up; gives why.
fn why_not(first: &str, then: &str, kept: fn(&Path) -> RigFile) -> String {
    let out = tempfile::tempdir().unwrap();
    let settings = settings(kept(out.path()), out.path());
    let (before, _) = play(&case(first), &settings);
    assert_eq!(before.outcome.verdict, Verdict::Passed);
    let (ScenarioResult { outcome, .. }, events) = play(&case(then), &settings);
    let stimulus = events
        .iter()
        .any(|event| matches!(event.body, Body::Begun | Body::StepStarted { .. }));
    assert!(!stimulus, "{then} began");
    past(&events);
    match outcome.verdict {
        Verdict::Inconclusive { why } => why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        other => panic!("{then}: {other:?}"),
    }
}

#[test]
fn what_cannot_be_settled_is_told_before_any_stimulus() {
    for (first, then, told) in [
        ("continuous-day", "no-prescription", "never programmed"),
        ("continuous-day", "line-drops-reply", "since the pump's first power"),
        ("battery-depleted", "continuous-day", "battery is at its end"),
    ] {
        let why = why_not(first, then, |_| rig("sim-kept.yaml"));
        assert!(why.contains(told), "{then}: {why}");
    }
}

#[test]
fn a_lockout_is_waited_for_no_longer_than_the_rig_says() {
    let why = why_not("ptm-lockout", "ptm-count", in_a_hurry);
    assert!(why.contains("`settle` in the rig file is 1 h"), "{why}");
}

/// Sends a request as a person types it, by what the pump says of its checksum.
async fn type_in(rig: &mut Rig, request: &str) {
    rig.send(format!("?{request}\n").as_bytes()).await.unwrap();
    let said = rig.receive(rig.now()).await.unwrap();
    let said = String::from_utf8(said.bytes).unwrap();
    let crc = said.split_once("code=crc-required crc=").unwrap().1.get(..4).unwrap();
    rig.send(format!("#1 {request} *{crc}\n").as_bytes()).await.unwrap();
    let said = rig.receive(rig.now()).await.unwrap();
    assert!(said.bytes.starts_with(b"=1 ok"), "{request}: {said:?}");
}

#[test]
fn therapy_that_runs_is_ended_and_seen_to_be() {
    let out = tempfile::tempdir().unwrap();
    let settings = settings(rig("sim-kept.yaml"), out.path());
    let basal = case("continuous-day");
    assert_eq!(play(&basal, &settings).0.outcome.verdict, Verdict::Passed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut rig = Rig::open(&settings.rig, &Default::default()).await.unwrap();
        type_in(&mut rig, "start").await;
        type_in(&mut rig, "bolus dose=50000nl over=3600s").await;
        type_in(&mut rig, "session-begin").await;
    });
    let (result, events) = play(&basal, &settings);
    assert_eq!(result.outcome.verdict, Verdict::Passed);
    let (found, did) = past(&events);
    for left in ["state running", "bolus clinician", "session open"] {
        assert!(found.contains(left), "{found}");
    }
    for done in ["stopped therapy", "nothing moved within", "session aborted"] {
        assert!(did.contains(done), "{did}");
    }
}
