//! The terminal that tests of screens sit at.

use pump_hil_testing::screen::Screen;
use std::process::Command;

fn shell(script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    shell
}

#[test]
fn a_screen_has_its_size_shows_what_was_told_and_takes_keys() {
    let mut command = shell("stty size; printf 'name? '; read name; echo \"hello $name, $WHO\"; exit 3");
    command.env("WHO", "friend");
    let mut screen = Screen::run(&command, 80, 24);
    screen.wait_for("name?");
    assert_eq!(screen.text(), "24 80\nname?");
    screen.press("ann\r");
    screen.wait_for("hello ann, friend");
    assert_eq!(screen.end().code(), Some(3));
}

#[test]
fn ctrl_c_is_a_signal_and_a_closed_window_another() {
    let mut screen = Screen::run(
        &shell("trap 'echo stopped; exit 4' INT; echo ready; while :; do sleep 0.05; done"),
        40,
        5,
    );
    screen.wait_for("ready");
    screen.press("\u{3}");
    assert_eq!(screen.end().code(), Some(4));
    assert!(screen.text().contains("stopped"));
    let mut screen = Screen::run(
        &shell("trap 'exit 5' HUP; echo ready; while :; do sleep 0.05; done"),
        40,
        5,
    );
    screen.wait_for("ready");
    screen.close();
    assert_eq!(screen.end().code(), Some(5));
}

#[test]
#[should_panic(expected = "left")]
fn a_terminal_that_is_left_raw_is_seen() {
    let mut screen = Screen::run(&shell("stty raw; echo raw"), 40, 5);
    screen.end();
}
