//! Requests and their replies over a line that loses, repeats and spoils.

use crate::world::{World, continuous, program};
use pump_hil_model::case::Request;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_talk::session::{RequestEnd, RequestError, SessionEvent};

#[test]
fn a_lost_reply_is_asked_for_again_with_the_same_bytes_and_gives_no_second_bolus() {
    let mut world = World::new();
    world.from_pump = |piece, bytes| if piece == 1 { Vec::new() } else { bytes };
    assert!(matches!(world.ask(&Request::PatientBolus), RequestEnd::Ok { .. }));
    assert_eq!(world.carried_out("patient-bolus"), 1);
    let sent = world.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
    assert_eq!(world.now, Span(2_000));
}

#[test]
fn a_request_that_was_garbled_on_its_way_is_said_again_at_once() {
    let mut world = World::new();
    world.to_pump = |piece, mut bytes| {
        if piece == 1 {
            bytes[4] ^= 1;
        }
        bytes
    };
    assert!(matches!(world.ask(&Request::PatientBolus), RequestEnd::Ok { .. }));
    assert_eq!((world.carried_out("patient-bolus"), world.now), (1, Span(0)));
}

#[test]
fn a_dead_line_ends_after_the_tries_of_the_profile() {
    let mut world = World::new();
    world.to_pump = |_, _| Vec::new();
    assert_eq!(world.ask(&Request::Stop), RequestEnd::NoReply { tries: 3 });
    assert_eq!(world.now, Span(6_000));
    assert!(world.bodies.contains(&Body::NoReply {
        verb: "stop".to_owned(),
        tries: 3
    }));
}

#[test]
fn a_pump_that_never_falls_silent_but_does_not_answer_is_given_up_as_soon() {
    let mut world = World::new();
    world.session.request(&Request::Stop, world.now).unwrap();
    let mut outcome = None;
    while outcome.is_none() && world.now < Span(10_000) {
        world.now.0 += 10;
        world.hear(b"spew");
        outcome = world.drain();
    }
    assert_eq!(
        (outcome, world.now),
        (Some(RequestEnd::NoReply { tries: 3 }), Span(6_000))
    );
}

#[test]
fn doubled_lines_are_told_and_change_nothing() {
    let mut world = World::new();
    world.from_pump = |_, bytes| [bytes.clone(), bytes].concat();
    let outcome = world.ask(&program(continuous()));
    assert!(matches!(outcome, RequestEnd::Ok { .. }), "{outcome:?}");
    assert!(
        world
            .bodies
            .iter()
            .any(|b| matches!(b, Body::Repeated { of, .. } if of == "reply"))
    );
}

#[test]
fn text_from_a_hostile_pump_reaches_the_journal_escaped_and_cut() {
    let mut world = World::new();
    let mut noise = vec![0x1B; 1_000_000];
    noise.push(b'\n');
    world.hear(&noise);
    world.run();
    let Body::Received { bytes, .. } = &world.bodies[0] else {
        panic!("{:?}", world.bodies[0]);
    };
    assert!(
        bytes.len() < 2_100 && bytes.ends_with("...(1000001 bytes)"),
        "{}",
        bytes.len()
    );
    assert!(world.bodies.iter().all(|b| !format!("{b:?}").contains('\u{1b}')));
}

#[test]
fn making_safe_gives_up_everything_else_and_tries_the_next_way() {
    let mut world = World::new();
    world.session.request(&Request::Status, world.now).unwrap();
    world.session.request(&Request::Totals, world.now).unwrap();
    world.session.poll_transmit();
    world.pump.refuse = Some(("stop", "busy"));
    world.session.make_safe(world.now);
    let abandoned = std::iter::from_fn(|| world.session.poll_event())
        .filter(|e| {
            matches!(
                e,
                SessionEvent::Done {
                    end: RequestEnd::Abandoned,
                    ..
                }
            )
        })
        .count();
    assert_eq!(abandoned, 2);
    let Some(RequestEnd::Ok { fields }) = world.run() else {
        panic!("minimum rate is carried out");
    };
    assert_eq!(fields["did"], "minimum-rate");
    assert_eq!(world.pump.carried_out, ["stop", "minimum-rate"]);
}

#[test]
fn what_cannot_be_said_is_refused_before_anything_is_sent() {
    let mut world = World::new();
    let bolus = Request::SingleBolus {
        dose: Volume(1_000),
        over: Span(1_500),
    };
    let error = world.session.request(&bolus, Span(0)).unwrap_err();
    assert!(matches!(error, RequestError::Unit { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "`single-bolus`, `over`: 1500 base units are no whole number of `s` (1000 base units each)"
    );
    let refill = Request::Refill {
        removed: None,
        added: Volume(1),
    };
    assert!(matches!(
        world.session.request(&refill, Span(0)),
        Err(RequestError::Open { .. })
    ));
    for _ in 0..65 {
        let _ = world.session.request(&Request::Status, Span(0));
    }
    let full = world.session.request(&Request::Status, Span(0));
    assert_eq!(full, Err(RequestError::QueueFull { limit: 64 }));
}

#[test]
fn raw_bytes_get_their_answer_into_the_journal() {
    let mut world = World::new();
    world.session.send_raw(b"#7 status *0000\n");
    world.run();
    assert!(
        world
            .bodies
            .iter()
            .any(|b| matches!(b, Body::Reply { verb, refused: Some(code), .. } if verb == "raw" && code == "crc"))
    );
}
