//! `docs/your-firmware.md` is a way that can be walked: its profile, rig and scenario are written, its transcript is what the device says, and its commands pass.

use pump_hil_emulators::serve::Running;
use pump_hil_testing::repository::root;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

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

fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[test]
fn the_page_can_be_walked() {
    let page = std::fs::read_to_string(root().join("docs/your-firmware.md")).unwrap();
    let blocks = blocks(&page);
    let of = |with: &str| &blocks.iter().find(|(_, text)| text.contains(with)).unwrap().1;
    let first = Running::start(&["syringe"]).unwrap();
    is_said(of("> 00DIS"), first.port);
    drop(first);

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
    let commands = of("$ pump-hil check");
    for command in commands.lines() {
        let words: Vec<&str> = command.trim_start_matches("$ pump-hil ").split_whitespace().collect();
        let (passed, told) = run(folder.path(), &words);
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
        let (passed, told) = run(folder.path(), &words);
        assert!(passed, "{command}\n{told}");
        let (passed, told) = run(&folder.path().join(words[1]), &["check"]);
        assert!(passed, "{command}\n{told}");
    }
    assert_eq!(commands.lines().count(), 2);
}
