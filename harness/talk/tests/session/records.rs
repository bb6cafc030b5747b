//! What the pump tells unasked: entries that are missing, its log read back, and events that lack something.

use crate::world::{World, line};
use pump_hil_model::case::Request;
use pump_hil_model::event::{Body, Said};
use pump_hil_talk::session::RequestEnd;

#[test]
fn missing_dose_entries_are_told_and_read_back_from_the_log() {
    let mut world = World::new();
    let first = world.pump.dose();
    world.hear(&first);
    for _ in 0..100 {
        world.pump.dose();
    }
    let next = world.pump.dose();
    world.hear(&next);
    world.run();
    assert!(world.bodies.contains(&Body::Gap {
        of: "dose".to_owned(),
        from: 2,
        count: 100
    }));
    let mut heard: Vec<u64> = world
        .bodies
        .iter()
        .filter_map(|b| match b {
            Body::Pump {
                n: Some(n),
                said: Said::Dose(_),
                ..
            } => Some(*n),
            _ => None,
        })
        .collect();
    heard.sort_unstable();
    assert_eq!(heard, (1..=102).collect::<Vec<u64>>());
    assert_eq!(world.carried_out("dose-log"), 2);
}

#[test]
fn entries_that_stay_missing_are_told_and_the_recovery_ends() {
    let mut world = World::new();
    world.to_pump = |_, _| Vec::new();
    let first = world.pump.dose();
    world.hear(&first);
    world.pump.dose();
    let third = world.pump.dose();
    world.hear(&third);
    world.run();
    assert!(
        world
            .bodies
            .iter()
            .any(|b| matches!(b, Body::Garbled { why } if why.contains("2..=2 stay missing")))
    );
    assert!(!world.bodies.iter().any(|b| matches!(b, Body::NoReply { .. })));
}

#[test]
fn the_log_is_compared_with_what_was_heard() {
    let mut world = World::new();
    for _ in 0..150 {
        let dose = world.pump.dose();
        world.hear(&dose);
    }
    world.pump.dose();
    let RequestEnd::Ok { fields } = world.ask(&Request::ReadLog) else {
        panic!("nothing differs");
    };
    assert_eq!((fields["read"].as_str(), fields["unheard"].as_str()), ("151", "1"));

    let mut liar = World::new();
    let mut dose = String::from_utf8(liar.pump.dose()).unwrap();
    dose = dose.replace("basal=500nl", "basal=1000nl");
    let body = dose.split(" *").next().unwrap().to_owned();
    liar.hear(&line(&body));
    let RequestEnd::Refused { reason, fields } = liar.ask(&Request::ReadLog) else {
        panic!("the log says otherwise");
    };
    assert_eq!((reason.as_str(), fields["differing"].as_str()), ("log-differs", "1"));
}

#[test]
fn a_log_that_claims_the_largest_number_there_is_comes_to_an_end() {
    let mut world = World::new();
    world.from_pump = |_, bytes| {
        let said = String::from_utf8(bytes).unwrap();
        let (number, _) = said.split_once(' ').unwrap();
        line(&format!("{number} ok first={0} last={0}", u64::MAX))
    };
    let RequestEnd::Ok { fields } = world.ask(&Request::ReadLog) else {
        panic!("an empty log is no error");
    };
    assert_eq!(fields["read"], "0");
}

#[test]
fn an_event_without_what_it_needs_is_kept_under_its_own_name_and_told() {
    let mut world = World::new();
    world.hear(&line("!1 t=5ms alarm id=occlusion"));
    world.run();
    assert!(matches!(&world.bodies[1], Body::Nonsense { why } if why.contains("`priority` is missing")));
    assert!(matches!(&world.bodies[2], Body::Pump { said: Said::Other { kind, .. }, .. } if kind == "alarm"));
}
