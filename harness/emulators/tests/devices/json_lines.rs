//! JSON lines, and the pump that nothing on its line stops.

use crate::bench::{Bench, SECOND};

#[test]
fn requests_are_answered_by_their_id() {
    let mut pump = Bench::new(&["json-lines"]);
    let status = "{\"id\":7,\"do\":\"status\"}\n";
    assert_eq!(
        pump.say(status),
        "{\"id\":7,\"ok\":true,\"state\":\"idle\",\"ml\":0.0,\"alarm\":null}\n"
    );
    // 36 uL/h are 10 nL a second.
    let started = pump.say("{\"id\":8,\"do\":\"start\",\"ul_per_h\":36,\"ul\":0.03}\n");
    assert_eq!(started, "{\"id\":8,\"ok\":true}\n");
    assert_eq!(pump.told_after(SECOND), "{\"event\":\"flow\",\"ul_per_s\":0.01}\n");
    assert!(pump.say(status).contains("\"state\":\"running\",\"ml\":1e-05,"));
    let rest = pump.told_after(10 * SECOND);
    assert!(rest.ends_with("{\"event\":\"done\",\"ml\":3e-05}\n"), "{rest}");
    assert_eq!(rest.lines().count(), 3);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut pump = Bench::new(&["json-lines"]);
    let refused = |id: &str, why: &str| format!("{{\"id\":{id},\"ok\":false,\"why\":\"{why}\"}}\n");
    assert_eq!(pump.say("{\"id\":1,\"do\":\n"), refused("null", "json"));
    assert_eq!(pump.say("[1]\n"), refused("null", "json"));
    assert_eq!(
        pump.say("{\"id\":\"a\",\"do\":\"dance\"}\n"),
        refused("\"a\"", "unknown")
    );
    assert_eq!(pump.say("{\"id\":2,\"do\":\"start\"}\n"), refused("2", "range"));
    assert_eq!(
        pump.say("{\"id\":2,\"do\":\"start\",\"ul_per_h\":\"1\"}\n"),
        refused("2", "number")
    );
    let both = pump.say("{\"id\":1,\"do\":\"identify\"}\n{\"id\":2,\"do\":\"stop\"}\n");
    assert!(
        both.contains("\"serial\":123456789012345678901234567890}\n{\"id\":2,"),
        "{both}"
    );
}

#[test]
fn a_small_flow_is_told_with_an_exponent() {
    let mut pump = Bench::new(&["json-lines"]);
    pump.say("{\"id\":1,\"do\":\"start\",\"ul_per_h\":0.036}\n");
    assert_eq!(pump.told_after(SECOND), "{\"event\":\"flow\",\"ul_per_s\":1e-05}\n");
}

#[test]
fn a_drip_takes_what_has_no_end_and_gives_it_to_the_end() {
    let mut pump = Bench::new(&["drip"]);
    assert_eq!(pump.say("G1"), "");
    assert_eq!(pump.told_after(SECOND), "");
    // 1 uL at 0.5 uL/s, told five times a second; nothing stops it, and at the end it draws back.
    assert_eq!(pump.told_after(SECOND), "F+0.500\n".repeat(5));
    assert_eq!(pump.say("S"), "");
    assert_eq!(pump.told_after(SECOND), "F+0.500\n".repeat(5) + "E\n");
    assert_eq!(pump.told_after(SECOND), "F-0.010\nF+0.000\n");
    assert_eq!(pump.delivered(), 1_000);
}
