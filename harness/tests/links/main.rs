//! A scenario passes through each kind of line, and each tells what is wrong with it in the same way. The pump is `pump-hil sim`, in a process of its own.
//!
//! `ser2net` and pyserial's server are the programs that people have on their benches; where one is missing a test says SKIPPED.

#![cfg(feature = "sim")]

mod bench;
mod servers;

use bench::{Bench, PROGRAM, Said};
use pump_hil_testing::bridge::Bridge;
use servers::{PySerial, Ser2net};
use std::time::Duration;

const IN_THE_WAIT: &str = r#""event":"step-started","step":"3""#;

fn passes(said: &Said) {
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("1 passed"), "{said:?}");
}

#[test]
fn tcp() {
    let bench = Bench::new();
    let bridge = Bridge::tcp(&bench.port());
    passes(&bench.run(&format!("{{kind: serial, port: {}}}", bridge.address), &[]));
}

#[test]
fn garbage_behind_the_open_is_told_and_not_judged() {
    let bench = Bench::new();
    let bridge = Bridge::that_says(
        b"\xe9\xff\xfe\x1b[2Jlogin: $7 t=1ms cause=\r\n\0\r\n=1 ok *0000\r\n!!\n",
        &bench.port(),
    );
    let mut run = bench.start(&format!("{{kind: serial, port: {}}}", bridge.address), &[]);
    passes(&run.end());
    let journal = run.journal();
    assert!(journal.matches(r#""event":"garbled""#).count() >= 3, "{journal}");
    assert!(journal.contains("login: "), "{journal}");
}

#[test]
fn unix() {
    let bench = Bench::new();
    let bridge = Bridge::unix(&bench.path("pump.sock"), &bench.port());
    passes(&bench.run(&format!("{{kind: serial, port: {}}}", bridge.address), &[]));
}

#[test]
fn a_serial_port_with_all_its_settings() {
    let bench = Bench::new();
    let port = bench.port();
    let pump = format!(
        "{{kind: serial, port: {}, baud: 9600, data-bits: 8, parity: none, stop-bits: 2, flow: none}}",
        port.display()
    );
    passes(&bench.run(&pump, &[]));
}

#[test]
fn a_program_that_the_person_trusts() {
    let bench = Bench::without_a_pump();
    let pump = format!("{{kind: serial, program: [{PROGRAM}, sim, --stdio, --scale, \"20\"]}}");
    let refused = bench.run(&pump, &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for word in ["rig.yaml: the rig file starts a program", "sim --stdio", "--trust-rig"] {
        assert!(refused.err.contains(word), "{word}: {refused:?}");
    }
    passes(&bench.run(&pump, &["--trust-rig"]));
}

#[test]
fn nothing_is_started_by_who_only_looks_or_does_not_trust() {
    let bench = Bench::without_a_pump();
    let mark = bench.path("started");
    let pump = format!("{{kind: serial, program: [touch, {}]}}", mark.display());
    let rig = bench.rig(&pump);
    let rig = rig.to_str().unwrap();
    let scenario = bench.path("small.yaml");
    let scenario = scenario.to_str().unwrap();
    assert_eq!(bench.say(&["check", scenario, "--rig", rig]).code, Some(0));
    assert_eq!(bench.say(&["list", scenario, "--rig", rig]).code, Some(0));
    assert_eq!(bench.say(&["run", scenario, "--rig", rig, "--dry-run"]).code, Some(0));
    assert_eq!(bench.say(&["run", scenario, "--rig", rig]).code, Some(2));
    assert!(!mark.exists(), "a program was started");
    let said = bench.say(&["run", scenario, "--rig", rig, "--trust-rig"]);
    assert!(said.code == Some(3) && mark.exists(), "{said:?}");
    assert!(said.out.contains("its program ended, exit status: 0"), "{said:?}");
}

#[test]
fn the_command_line_names_another_line() {
    let bench = Bench::new();
    let bridge = Bridge::tcp(&bench.port());
    // The file's own line leads nowhere; how it sets a port means nothing over TCP.
    let pump = "{kind: serial, port: /dev/no-such-port, baud: 115200, parity: even}";
    let mut run = bench.start(pump, &["--port", &bridge.address]);
    passes(&run.end());
    let port = format!(r#""port":"{}""#, bridge.address);
    assert!(
        run.journal().contains(&port),
        "the journal says through which line it was"
    );
    drop(bridge);
    let port = bench.port().display().to_string();
    passes(&bench.run(
        "{kind: serial, port: \"rfc2217:127.0.0.1:1\", baud: 9600}",
        &["--port", &port],
    ));
    let said = bench.run("{kind: sim-process}", &["--port", &port]);
    assert!(
        said.code == Some(2) && said.err.contains("`--port` has nothing to replace"),
        "{said:?}"
    );
    let said = bench.run(pump, &["--port", "udp:bench:1"]);
    assert!(said.code == Some(2) && said.err.contains("is no port"), "{said:?}");
}

#[test]
fn a_line_that_is_cut_comes_back_and_the_pump_is_left_safe() {
    let bench = Bench::new();
    let bridges = [
        Bridge::tcp(&bench.port()),
        Bridge::unix(&bench.path("pump.sock"), &bench.port()),
    ];
    for bridge in bridges {
        let pump = format!("{{kind: serial, port: {}}}", bridge.address);
        let mut run = bench.start_long(&pump, &[]);
        run.wait_until_journaled(IN_THE_WAIT);
        bridge.cut();
        let said = run.end();
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(
            said.out.contains("the line to the pump on ") && said.out.contains(&bridge.address),
            "{said:?}"
        );
        assert!(!said.out.contains("SWITCH") && !said.err.contains("SWITCH"), "{said:?}");
        assert!(run.journal().contains(r#""code":"rig-line-lost""#), "{}", run.journal());
        assert_eq!(bridge.served(), 2, "it was opened again");
        assert_eq!(bench.ask_state(bridge), "stopped");
    }
}

#[test]
fn a_run_that_is_killed_leaves_the_pump_to_its_guard() {
    let bench = Bench::new();
    let bridge = Bridge::tcp(&bench.port());
    let pump = format!("{{kind: serial, port: {}}}", bridge.address);
    let mut run = bench.start_long(&pump, &[]);
    run.wait_until_journaled(IN_THE_WAIT);
    run.kill();
    let report = run.guard();
    assert_eq!(report["failed"], serde_json::json!([]), "{report}");
    assert_eq!(bench.ask_state(bridge), "stopped");
}

#[test]
fn a_program_whose_run_is_killed_is_made_safe_by_the_guard_and_ends() {
    let bench = Bench::without_a_pump();
    let pump = format!("{{kind: serial, program: [{PROGRAM}, sim, --stdio, --scale, \"20\"]}}");
    let mut run = bench.start_long(&pump, &["--trust-rig"]);
    run.wait_until_journaled(IN_THE_WAIT);
    let program = run.child("--stdio").expect("it was started");
    run.kill();
    let report = run.guard();
    assert_eq!(report["failed"], serde_json::json!([]), "{report}");
    bench::wait_for("the end of the program", || {
        (!std::path::Path::new("/proc").join(program.to_string()).exists()).then_some(())
    });
}

#[test]
fn who_else_has_the_line_is_named() {
    let bench = Bench::new();
    let bridge = Bridge::tcp(&bench.port());
    let pump = format!("{{kind: serial, port: {}}}", bridge.address);
    let mut first = bench.start_long(&pump, &[]);
    first.wait_until_journaled(IN_THE_WAIT);
    let who = format!("process {} ({PROGRAM} run", first.id());
    // By the lock of the pump, however its server is spoken to.
    for address in [bridge.address.clone(), bridge.address.replace("tcp:", "rfc2217:")] {
        let second = bench.run(&format!("{{kind: serial, port: {address}}}"), &["--out", "second"]);
        assert_eq!(second.code, Some(3), "{second:?}");
        assert!(
            second.words().contains(&format!("another run, {}", &who[..40])),
            "{second:?}"
        );
    }
    // And by the connection, where there is no lock between them.
    let third = bench.run_elsewhere(&pump);
    assert_eq!(third.code, Some(3), "{third:?}");
    let named = format!(
        "another program is connected to it as well, and may speak to the same pump: {}",
        &who[..40]
    );
    assert!(third.words().contains(&named), "{third:?}");
}

#[test]
fn a_server_that_comes_late_is_waited_for() {
    let bench = Bench::new();
    let socket = bench.path("late.sock");
    let mut run = bench.start(&format!("{{kind: serial, port: \"unix:{}\"}}", socket.display()), &[]);
    std::thread::park_timeout(Duration::from_secs(1));
    let bridge = Bridge::unix(&socket, &bench.port());
    passes(&run.end());
    assert_eq!(bridge.served(), 1);
}

#[test]
fn raw_tcp_of_ser2net() {
    let bench = Bench::new();
    let Some(server) = Ser2net::start(&bench, "tcp") else {
        return;
    };
    passes(&bench.run(
        &format!("{{kind: serial, port: \"tcp:127.0.0.1:{}\"}}", server.port),
        &[],
    ));
}

#[test]
fn rfc2217_of_ser2net() {
    let bench = Bench::new();
    let Some(server) = Ser2net::start(&bench, "telnet(rfc2217),tcp") else {
        return;
    };
    let port = format!("port: \"rfc2217:127.0.0.1:{}\"", server.port);
    passes(&bench.run(&format!("{{kind: serial, {port}}}"), &[]));
    let settings = "baud: 19200, data-bits: 8, parity: none, stop-bits: 1, flow: none";
    passes(&bench.run(&format!("{{kind: serial, {port}, {settings}}}"), &[]));
}

#[test]
fn a_server_that_is_started_again_is_found_again() {
    let bench = Bench::new();
    let Some(server) = Ser2net::start(&bench, "telnet(rfc2217),tcp") else {
        return;
    };
    let port = server.port;
    let mut run = bench.start_long(
        &format!("{{kind: serial, port: \"rfc2217:127.0.0.1:{port}\", baud: 9600}}"),
        &[],
    );
    run.wait_until_journaled(IN_THE_WAIT);
    drop(server);
    let server = Ser2net::start_at(&bench, "telnet(rfc2217),tcp", port);
    let said = run.end();
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(run.journal().contains(r#""code":"rig-line-lost""#), "{}", run.journal());
    assert!(!said.out.contains("SWITCH") && !said.err.contains("SWITCH"), "{said:?}");
    assert_eq!(bench.ask_state(server), "stopped");
}

#[test]
fn rfc2217_of_pyserial() {
    let bench = Bench::new();
    let Some(server) = PySerial::start(&bench) else { return };
    let port = format!("port: \"rfc2217:127.0.0.1:{}\"", server.port);
    passes(&bench.run(&format!("{{kind: serial, {port}, baud: 57600}}"), &[]));
    let settings = "baud: 19200, data-bits: 8, parity: none, stop-bits: 2, flow: none, dtr: on, rts: off, break: 20 ms";
    passes(&bench.run(&format!("{{kind: serial, {port}, {settings}}}"), &[]));
}

#[test]
fn a_server_that_hands_on_the_bytes_as_they_are_does_not_speak_rfc2217() {
    let bench = Bench::new();
    let bridge = Bridge::tcp(&bench.port());
    let address = bridge.address.replace("tcp:", "rfc2217:");
    let said = bench.run(&format!("{{kind: serial, port: {address}}}"), &[]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains("does not answer as RFC 2217 has it"), "{said:?}");
}
