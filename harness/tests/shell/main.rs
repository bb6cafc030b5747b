//! `pump-hil shell`, by lines from a pipe and at a terminal.

mod bench;
mod left;
#[cfg(feature = "sim")]
mod terminal;

use bench::{Desk, Device, has_lines, profile};

#[test]
fn each_frame_is_shown_with_its_fields_and_their_bytes() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "syringe", &["syringe"]);
    let (code, text) = desk.shell(&pump.arguments(), "status\nset-rate rate=30mL/h\nquit\n");
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[
            &["-> 00DIS\\r"],
            &["<- \\x0200SI0.000W0.000ML\\x03", "volumes"],
            &["a ", "0", "\"00\""],
            &["state ", "stopped", "\"S\""],
            &["infused ", "0 nL", "\"0.000\""],
            &["u ", "ML", "\"ML\""],
            &["says: reported 0 nL, state stopped"],
            &["status was carried out", "state stopped"],
            &["-> 00RAT30MH\\r"],
            &["<- \\x0200S\\x03", "done"],
            &["set-rate was carried out"],
            &["Something with an effect was sent: the pump is made safe"],
        ],
    );
}

#[test]
fn binary_frames_are_shown_with_length_check_and_what_stands_for_what() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "slip-pump", &["slip-registers"]);
    let (code, text) = desk.shell(&pump.arguments(), "status\nread at=0x7000\n");
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[
            &["<- C0 01 03 08 00 00"],
            &["begin", "C0"],
            &["addr", "1", "01"],
            &["fn", "3", "03"],
            &["state", "stopped", "00 00"],
            &["total", "0 nL", "00 00 00 00"],
            &["check", "right"],
            &["exception"],
            &["fn", "131", "83"],
            &["read was refused, unknown-key"],
            &["Nothing with an effect was sent: the pump is left as it is"],
        ],
    );
    let desk = Desk::new();
    let pump = Device::new(&desk, "modbus-pump", &["modbus-rtu"]);
    let (code, text) = desk.shell(&pump.arguments(), "status\nclear-alarm alarm=occlusion\n");
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[
            &["<- 01 04 08"],
            &["infused", "0 nL", "00 00 00 00"],
            &["as it was sent"],
        ],
    );
}

#[test]
fn an_echo_a_prompt_and_what_comes_until_silence() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "console-pump", &["console"]);
    let (code, text) = desk.shell(&pump.arguments(), "status\ndump\n\"WHAT\\r\"\n0x53 54 41 54 0d\n");
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[
            &["-> STAT\\r"],
            &["<- STAT\\r\\n", "echo"],
            &["<- VOL 0.000 mL\\r\\n", "volume"],
            &["total", "0 nL", "\"0.000\""],
            &["<- :", "prompt"],
            &["state", "stopped", "\":\""],
            &["-> DUMP\\r"],
            &["dump was carried out"],
            &["-> WHAT\\r"],
            &["ERR WHAT", "what"],
            &["-> STAT\\r"],
            &["VOL 0.000 mL", "volume"],
        ],
    );
}

#[test]
fn what_comes_unasked_is_shown_and_what_may_dose_needs_a_sign() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "aa-pump", &["binary"]);
    let lines = "run rate=1mL/h\nrun! rate=1mL/h\nwait 2500 ms\nstop\nquit\n";
    let (code, text) = desk.shell(&pump.arguments(), lines);
    assert_eq!(code, Some(0), "{text}");
    let asked = text.find("type `run!` if it may").unwrap();
    let sent = text.find("-> AA 10").unwrap();
    assert!(asked < sent, "{text}");
    assert!(text.matches("   beat\n").count() >= 2, "{text}");
    has_lines(&text, &[&["flags", "00"], &["-> AA 11"], &["stop was carried out"]]);
}

#[test]
fn mistakes_are_told_as_in_a_scenario_and_nothing_is_sent() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "syringe", &["syringe"]);
    let lines = "statsu\nset-rate\nset-rate rate=5\nset-rate speed=5mL/h\nsingle-bolus! dose=50uL\nset-rate rate=12.3456mL/h\nnonsense here\n0x1\nsave x.yaml\nsave X\nhelp\n";
    let (code, text) = desk.shell(&pump.arguments(), lines);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("->"), "{text}");
    has_lines(
        &text,
        &[
            &["did you mean `status`?"],
            &["`set-rate` needs `rate`"],
            &["not sent: "],
            &["`set-rate` takes no `speed`"],
            &["`single-bolus` needs `over`"],
            &["not sent: "],
            &["`here` is no argument"],
            &["is no byte of two hexadecimal digits"],
            &["nothing was done yet"],
            &["nothing was done yet"],
            &["A verb of the pump"],
            &["single-bolus dose=.. over=.."],
            &["set-rate rate=.."],
        ],
    );
}

#[test]
#[cfg(feature = "sim")]
fn the_time_of_the_simulated_pump_passes_when_it_is_asked_to() {
    let desk = Desk::new();
    let lines = "status\nstart!\nwait 2 h\n\"?totals\\n\"\n\"#7 stat\"\nsave scenarios/tried.yaml\n";
    let (code, text) = desk.shell(&[], lines);
    assert_eq!(code, Some(0), "{text}");
    has_lines(
        &text,
        &[
            &["Rig sim, device stub; its time passes with `wait`"],
            &["boot", "event"],
            &["reason", "power-on"],
            &["-> #1 status *"],
            &["status was carried out", "state stopped"],
            &["start was refused, no-prescription"],
            &["-> ?totals\\n"],
            &["=0 ok"],
            &["-> #7 stat"],
            &["written: scenarios/tried.yaml"],
            &["Something with an effect was sent: the pump is made safe"],
            &["stopped"],
        ],
    );
    // Two hours of its own time, in which it tells its dose each hour.
    assert!(text.contains("t=3600000ms") && text.contains("t=7200000ms"), "{text}");
    let (code, told) = desk.run(&["run", "--progress", "none"]);
    assert_eq!(code, Some(0), "{told}");
}

/// The profile of the syringe pump without the message that tells its version.
fn without_version() -> (String, String) {
    let whole = profile("syringe");
    let version = "  version: {is: \"{head}NE{model:int}V{firmware:rest}\"}\n";
    assert!(whole.contains(version));
    let less = whole
        .replacen(version, "", 1)
        .replacen("  identify: {send: \"{address}VER\", reply: version}\n", "", 1);
    (whole, less)
}

#[test]
fn a_profile_that_is_saved_shows_the_session_so_far_and_its_mistakes() {
    let desk = Desk::new();
    let pump = Device::new(&desk, "syringe", &["syringe"]);
    let (whole, less) = without_version();
    desk.write("fixtures/devices/syringe.yaml", &less);
    let mut session = desk.open(&pump.arguments());
    session.types("\"00VER\\r\"\n");
    let text = session.waits_for("<-");
    assert!(text.contains("not understood: no message of the profile"), "{text}");
    desk.write(
        "fixtures/devices/syringe.yaml",
        &whole.replacen("messages:", "messagse:", 1),
    );
    let text = session.waits_for("the one before it still counts");
    assert!(
        text.contains("error[device-unknown-key]") && text.contains("messagse"),
        "{text}"
    );
    desk.write("fixtures/devices/syringe.yaml", &whole);
    session.waits_for("The profile was saved.");
    let text = session.waits_for("firmware");
    assert!(text.contains("-> 00VER\\r") && text.contains("   version\n"), "{text}");
    // Its verbs count from now on.
    session.types("identify\n");
    session.waits_for("identify was carried out");
    let (code, text) = session.ends();
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn what_was_done_is_saved_as_a_scenario_that_runs() {
    for (name, emulator, lines, due) in [
        (
            "syringe",
            "syringe",
            "status\nstop\n\"00DIS\\r\"\nsingle-bolus! dose=50uL over=3s\nwait 4 s\nstatus\nset-rate rate=30mL/h\n",
            &[
                "device: syringe",
                "do: single-bolus",
                "with: {dose: 50uL, over: 3s}",
                "send: {hex: \"30 30 44 49 53 0d\"}",
                "wait: 4 s",
            ][..],
        ),
        (
            "slip-pump",
            "slip-registers",
            "read at=256\nstart!\nstart!\nstop\n",
            &["do: start", "refused: not-allowed"][..],
        ),
    ] {
        let desk = Desk::new();
        let pump = Device::new(&desk, name, &[emulator]);
        let lines = format!("{lines}save scenarios/tried.yaml\nsave scenarios/tried.yaml\n");
        let (code, text) = desk.shell(&pump.arguments(), &lines);
        assert_eq!(code, Some(0), "{text}");
        has_lines(&text, &[&["written: scenarios/tried.yaml"], &["is there already"]]);
        let saved = std::fs::read_to_string(desk.path("scenarios/tried.yaml")).unwrap();
        for due in due {
            assert!(saved.contains(due), "{due}\n{saved}");
        }
        let [rig, file, port, at] = pump.arguments();
        let (code, told) = desk.run(&["check", "scenarios", rig, file]);
        assert_eq!(code, Some(0), "{told}\n{saved}");
        let (code, told) = desk.run(&["run", "scenarios", rig, file, port, at, "--progress", "none"]);
        assert_eq!(code, Some(0), "{told}\n{saved}");
    }
}
