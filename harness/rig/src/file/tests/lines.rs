//! What a rig file says of the line to its pump.

use super::*;

/// A rig file whose pump stands on its fourth line.
fn with_pump(pump: &str) -> String {
    format!("rig: bench\nsummary: A pump.\ndevice: stub\npump: {pump}\nclock: {{kind: real}}\n")
}

#[test]
fn each_kind_of_line_is_a_rig() {
    for pump in [
        "{kind: serial, port: /dev/ttyUSB0, baud: 9600, data-bits: 7, parity: even, stop-bits: 2, flow: hardware, dtr: off, rts: on, break: 50 ms}",
        "{kind: serial, port: usb:0403:6001:A50285BI, baud: 115200}",
        "{kind: serial, port: tcp:bench-3:4000}",
        "{kind: serial, port: \"tcp:[::1]:4000\"}",
        "{kind: serial, port: rfc2217:bench-3:2217}",
        "{kind: serial, port: rfc2217:bench-3:2217, baud: 9600, parity: odd, break: 1 s}",
        "{kind: serial, port: unix:/run/pump.sock}",
        "{kind: serial, program: [./emulator, --fast]}",
    ] {
        let rig = parsed("rig.yaml", &with_pump(pump));
        let rig = rig.unwrap_or_else(|e| panic!("{pump}: {e}"));
        assert!(!rig.is_simulated() && rig.lives_on().is_some(), "{pump}");
        assert_eq!(rig.untrusted().is_some(), pump.contains("program"), "{pump}");
    }
}

#[test]
fn what_a_line_does_not_have_is_told_where_it_stands_and_all_at_once() {
    let told = |pump: &str| wrong("rig.yaml", &with_pump(pump));
    assert_eq!(
        told("{kind: serial, port: tcp:bench-3:4000, baud: 9600, parity: even}"),
        "rig.yaml:4:52: a line over `tcp` has no `baud`: whoever has the port sets it\n\
         rig.yaml:4:66: a line over `tcp` has no `parity`: whoever has the port sets it"
    );
    let several = told("{kind: serial, port: tpc:bench-3:1, baud: 0, stop-bits: 3, break: 1 mL}");
    for at in ["4:28: `tpc:", "4:49: `baud`", "4:63: `stop-bits`", "4:73: `break`"] {
        assert!(several.contains(at), "{at}: {several}");
    }
    for (pump, at, why) in [
        ("{kind: serial, port: tcp:bench-3}", "4:28", "is no server"),
        ("{kind: serial, port: udp:bench-3:1}", "4:28", "is no port"),
        ("{kind: serial, port: /dev/ttyUSB0}", "4:14", "needs its `baud`"),
        (
            "{kind: serial, port: tcp:a:1, program: [a]}",
            "4:46",
            "take `port` or `program`",
        ),
        ("{kind: serial, program: []}", "4:31", "`program` is empty"),
        (
            "{kind: serial, program: [a], rts: on}",
            "4:41",
            "a line to a `program` has no `rts`",
        ),
        (
            "{kind: serial, port: a, baud: 1, data-bits: 9}",
            "4:51",
            "must be 7 or 8",
        ),
        (
            "{kind: serial, port: a, baud: 1, stop-bits: 3}",
            "4:51",
            "must be 1 or 2",
        ),
        (
            "{kind: serial, port: a, baud: 1, break: 6 s}",
            "4:47",
            "from 1 ms to 5 s",
        ),
        ("{kind: serial, port: a, baud: 1, break: 6 mL}", "4:47", "`break`: "),
        (
            "{kind: serial, port: a, baud: 1, parity: evne}",
            "4:48",
            "did you mean `even`?",
        ),
        (
            "{kind: sim-process, program: [a]}",
            "4:36",
            "a pump of this kind has no `program`",
        ),
    ] {
        let told = told(pump);
        assert!(
            told.contains(&format!("rig.yaml:{at}: ")) && told.contains(why),
            "{pump}: {told}"
        );
    }
}

#[test]
fn the_command_line_comes_before_the_file() {
    let find = |pump: &str, port: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rig.yaml");
        std::fs::write(&path, with_pump(pump)).unwrap();
        let given = Given {
            port: Some(port.to_owned()),
            ..Given::default()
        };
        let found = RigFile::find(&Shelf::default(), &path, &given);
        found.map(|rig| rig.lives_on()).map_err(|e| e.to_string())
    };
    let serial = "{kind: serial, port: /dev/ttyUSB0, baud: 115200, dtr: off}";
    assert_eq!(
        find(serial, "tcp:Bench-3:4000"),
        Ok(Some("tcp:bench-3:4000".to_owned()))
    );
    assert_eq!(
        find("{kind: serial, program: [a]}", "rfc2217:b:1"),
        Ok(Some("tcp:b:1".to_owned()))
    );
    assert_eq!(find(serial, "/dev/ttyS9"), Ok(Some("/dev/ttyS9".to_owned())));
    let no_baud = find("{kind: serial, port: tcp:b:1}", "/dev/ttyS9").unwrap_err();
    assert!(no_baud.contains("needs its `baud`"), "{no_baud}");
    let none = find("{kind: sim-process}", "/dev/ttyS9").unwrap_err();
    assert!(
        none.contains(":4:14: a pump of this kind has no port, so `--port` has nothing to replace"),
        "{none}"
    );
}

#[test]
fn who_gives_qemu_arguments_of_its_own_starts_whatever_it_wants() {
    let elf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/firmware/probed.elf");
    let of = |args: &str| {
        let pump = format!("{{kind: qemu, machine: microbit, elf: {}{args}}}", elf.display());
        parsed("rig.yaml", &with_pump(&pump))
            .unwrap()
            .untrusted()
            .map(|error| error.to_string())
    };
    assert_eq!(of(""), None);
    let told = of(", args: [-incoming, \"exec:id\"]").unwrap();
    assert!(told.contains("`qemu-system-arm -incoming exec:id`"), "{told}");
}
