//! What the pump tells unasked: entries that are missing, its log read back, and events that lack something.

use crate::world::{World, line};
use pump_hil_model::case::Request;
use pump_hil_model::event::{Body, Said, Unread};
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
    hears_first_and_third(&mut world);
    world.run();
    assert!(world.bodies.iter().any(|b| matches!(
        b,
        Body::StayMissing {
            from: 2,
            count: 1,
            why: Unread::Unanswered,
            ..
        }
    )));
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

/// Of three dose entries the second is lost.
fn hears_first_and_third(world: &mut World) {
    let first = world.pump.dose();
    world.hear(&first);
    world.pump.dose();
    let third = world.pump.dose();
    world.hear(&third);
}

/// The numbers of the dose entries, in the order in which they were told, and whether each was read back.
fn doses(world: &World) -> Vec<(u64, bool)> {
    let dose = |body: &Body| match body {
        Body::Pump {
            n: Some(n),
            read_back,
            said: Said::Dose(_),
            ..
        } => Some((*n, *read_back)),
        _ => None,
    };
    world.bodies.iter().filter_map(dose).collect()
}

#[test]
fn what_came_behind_a_gap_is_told_behind_what_is_read_back_of_it() {
    let mut world = World::new();
    hears_first_and_third(&mut world);
    world.run();
    assert_eq!(doses(&world), [(1, false), (2, true), (3, false)]);
}

#[test]
fn a_line_that_comes_twice_is_told_and_counted_once_and_one_that_goes_back_is_nonsense() {
    let mut world = World::new();
    let first = world.pump.dose();
    let second = world.pump.dose();
    for line in [&first, &second, &second, &first] {
        world.hear(line);
    }
    world.run();
    assert_eq!(doses(&world), [(1, false), (2, false)]);
    let again = |n: u64| Body::Repeated { of: "dose".into(), n };
    assert!(world.bodies.contains(&again(1)) && world.bodies.contains(&again(2)));
    assert!(!world.bodies.iter().any(|body| matches!(body, Body::Nonsense { .. })));

    let other = String::from_utf8(second).unwrap().replace("basal=", "basal=1");
    world.hear(&line(other.split(" *").next().unwrap()));
    world.hear(&line("!7 t=5ms muted"));
    world.hear(&line("!7 t=6ms muted"));
    world.run();
    let back = world
        .bodies
        .iter()
        .filter(|body| matches!(body, Body::Nonsense { why } if why.contains("goes back")));
    assert_eq!(back.count(), 2);
    assert_eq!(doses(&world).len(), 2);
}

#[test]
fn a_session_that_catches_up_reads_what_nobody_heard_and_no_more() {
    let mut world = World::new();
    world.pump.dose();
    let second = world.pump.dose();
    world.hear(&second);
    for _ in 0..100 {
        world.pump.dose();
    }
    world.catch_up();
    let told = doses(&world);
    assert_eq!(
        (told.len(), told[0], told[1], told[100]),
        (101, (2, false), (3, true), (102, true))
    );
    assert!(world.bodies.contains(&Body::LogRead {
        of: "dose".into(),
        last: 102
    }));
    let asked = world.carried_out("dose-log");
    world.catch_up();
    assert_eq!((doses(&world).len(), world.carried_out("dose-log")), (101, asked + 1));
}

#[test]
fn before_anything_was_heard_the_log_is_from_an_earlier_conversation() {
    let mut world = World::new();
    for _ in 0..3 {
        world.pump.dose();
    }
    world.catch_up();
    assert_eq!(doses(&world), []);
    world.pump.dose();
    world.catch_up();
    assert_eq!(doses(&world), [(4, true)]);
}

#[test]
fn what_could_not_be_read_back_is_asked_for_again_when_the_session_catches_up() {
    let mut world = World::new();
    world.to_pump = |_, _| Vec::new();
    hears_first_and_third(&mut world);
    world.run();
    assert_eq!(doses(&world), [(1, false), (3, false)]);
    world.to_pump = |_, bytes| bytes;
    world.catch_up();
    assert_eq!(doses(&world), [(1, false), (3, false), (2, true)]);
}
