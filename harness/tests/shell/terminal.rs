//! At a terminal: completion, history, and what the pump says above the line that is being typed.

use crate::bench::{Desk, Device, has_lines};
use pump_hil_testing::screen::Screen;

fn at_terminal(desk: &Desk, arguments: &[&str]) -> Screen {
    let command = desk.command(&[&["shell"], arguments].concat());
    Screen::run(&command, 100, 60)
}

#[test]
fn tab_completes_verbs_and_arguments_and_the_history_is_kept() {
    let desk = Desk::new();
    let mut screen = at_terminal(&desk, &["--rig", "sim"]);
    screen.wait_for("pump>");
    screen.press("stat\t\r");
    screen.wait_for("status was carried out");
    screen.press("single-b\t! d\t");
    screen.wait_for("pump> single-bolus! dose=");
    // Up: the line before, in place of what was typed.
    screen.press("\u{15}\u{1b}[A");
    screen.settle();
    assert_eq!(screen.text().lines().last(), Some("pump> status"), "{}", screen.text());
    screen.press("\u{15}quit\r");
    assert_eq!(screen.end().code(), Some(0));
    let mut screen = at_terminal(&desk, &["--rig", "sim"]);
    screen.wait_for("pump>");
    screen.press("\u{1b}[A\u{1b}[A");
    screen.wait_for("pump> status");
    // Ctrl-C leaves, as does Ctrl-D.
    screen.press("\u{3}");
    assert_eq!(screen.end().code(), Some(130));
}

#[test]
fn what_the_pump_says_stands_above_the_line() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "aa-pump", &["binary"]);
    let mut screen = at_terminal(&desk, &pump.arguments());
    screen.wait_for("pump>");
    screen.press("run! rate=1mL/h\r");
    screen.wait_for("run was carried out");
    screen.press("sto");
    screen.wait_for("beat");
    let text = screen.text();
    let (beat, typed) = (text.rfind("beat").unwrap(), text.rfind("pump> sto").unwrap());
    assert!(beat < typed, "{text}");
    screen.press("p\r");
    screen.wait_for("stop was carried out");
    screen.press("\u{4}");
    assert_eq!(screen.end().code(), Some(0));
    has_lines(&screen.text(), &[&["the pump is made safe"]]);
}

#[test]
fn a_cable_that_was_pulled_leaves_the_terminal_as_it_was() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "syringe", &["syringe"]);
    let mut screen = at_terminal(&desk, &pump.arguments());
    screen.wait_for("pump>");
    drop(pump);
    screen.wait_for("error: ");
    assert_eq!(screen.end().code(), Some(3));
}
