//! `docs/your-firmware.md` is a way that can be walked: its profile, rig and scenario are written, its transcript is what the device says, and its commands pass.

use pump_hil_emulators::serve::Running;
use pump_hil_talk::device::Profile;
use pump_hil_testing::repository::root;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// The fenced blocks of the page, each with what stands behind its fence.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut lines = page.lines();
    let mut found = Vec::new();
    while let Some(kind) = lines.by_ref().find_map(|line| line.strip_prefix("```")) {
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push((kind.to_owned(), text.join("\n") + "\n"));
    }
    found
}

fn bytes(text: &str) -> Vec<u8> {
    text.replace("\\r", "\r")
        .replace("\\x02", "\x02")
        .replace("\\x03", "\x03")
        .into_bytes()
}

/// Each line of the transcript is what the device answers.
fn is_said(transcript: &str, port: u16) {
    let mut line = TcpStream::connect(("127.0.0.1", port)).unwrap();
    line.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    for exchange in transcript.lines() {
        let words: Vec<&str> = exchange.split_whitespace().collect();
        let (sent, due) = (bytes(words[1]), bytes(words[3]));
        line.write_all(&sent).unwrap();
        let mut came = vec![0; due.len()];
        line.read_exact(&mut came).unwrap();
        assert_eq!(came, due, "{exchange}");
    }
}

/// Runs the program in this folder, with these lines typed.
fn run(folder: &Path, arguments: &[&str], lines: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    command
        .current_dir(folder)
        .args(arguments)
        .env("PUMP_HIL_STATE", folder.join("state"));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that takes no lines may have ended before.
    let _ = child.stdin.take().unwrap().write_all(lines.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

/// The words of a command of the page, behind the program's name.
fn words(command: &str) -> Vec<&str> {
    command.trim_start_matches("$ pump-hil ").split_whitespace().collect()
}

/// The session of the page: what stands there of the answers is shown, in that order, and what is saved can be checked.
fn is_talked(session: &str, folder: &Path) {
    let (command, rest) = session.split_once('\n').unwrap();
    let typed: Vec<&str> = rest.lines().filter_map(|line| line.strip_prefix("pump> ")).collect();
    let (passed, told) = run(folder, &words(command), &(typed.join("\n") + "\n"));
    assert!(passed, "{told}");
    let mut shown = told.lines();
    for line in rest.lines().filter(|line| !line.starts_with("pump> ")) {
        assert!(shown.any(|shown| shown == line), "`{line}` is not shown:\n{told}");
    }
    assert!(told.contains("not understood"), "{told}");
    let (passed, told) = run(folder, &["check", "scenarios/tried.yaml"], "");
    assert!(passed, "{told}");
    std::fs::remove_file(folder.join("scenarios/tried.yaml")).unwrap();
}

#[test]
fn the_page_can_be_walked() {
    let page = std::fs::read_to_string(root().join("docs/your-firmware.md")).unwrap();
    let blocks = blocks(&page);
    let of = |with: &str| &blocks.iter().find(|(_, text)| text.contains(with)).unwrap().1;
    let first = Running::start(&["syringe"]).unwrap();
    is_said(of("> 00DIS"), first.port);
    drop(first);

    // The transcript of the page is one that is learned from, and what is proposed loads.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("transcript.txt"), of("> 00DIS")).unwrap();
    let learn = words(of("$ pump-hil learn"));
    let (passed, told) = run(folder.path(), &learn[..learn.len() - 2], "");
    assert!(passed && told.contains("end \"\\x03\": 5 of 5 frames"), "{told}");
    Profile::parse(&told, learn[learn.len() - 1]).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let pump = Running::start(&["syringe"]).unwrap();
    let port = format!("\"tcp:127.0.0.1:{}\"", pump.port);
    write(
        "fixtures/devices/my-pump.yaml",
        of("device: my-pump\nsummary: A syringe pump over"),
    );
    write(
        "fixtures/rigs/bench.yaml",
        &of("rig: bench").replace("/dev/ttyUSB0, baud: 19200", &port),
    );
    write("scenarios/doses.yaml", of("scenario: doses"));
    is_talked(of("$ pump-hil shell"), folder.path());
    let commands = of("$ pump-hil check");
    for command in commands.lines() {
        let (passed, told) = run(folder.path(), &words(command), "");
        assert!(passed, "{command}\n{told}");
    }
}

#[test]
fn the_folders_that_the_page_makes_are_right() {
    let page = std::fs::read_to_string(root().join("docs/your-firmware.md")).unwrap();
    let blocks = blocks(&page);
    let (_, commands) = blocks.iter().find(|(_, text)| text.contains("$ pump-hil new")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for command in commands.lines() {
        let words: Vec<&str> = command.trim_start_matches("$ pump-hil ").split_whitespace().collect();
        let (passed, told) = run(folder.path(), &words, "");
        assert!(passed, "{command}\n{told}");
        let (passed, told) = run(&folder.path().join(words[1]), &["check"], "");
        assert!(passed, "{command}\n{told}");
    }
    assert_eq!(commands.lines().count(), 2);
}
