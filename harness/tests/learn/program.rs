//! The command itself: files as people have them, and what is told of those of which nothing can be learned.

use crate::proposed::Frames;
use pump_hil_talk::device::Profile;
use pump_hil_talk::frames::FrameKind;
use pump_hil_talk::protocol::text_lines_1;
use std::path::Path;
use std::process::Command;

/// Runs the program in this folder: exit code, standard output, standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-hil"));
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_cannot_be_learned_from_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = |bytes: &[u8], more: &[&str]| {
        std::fs::write(folder.path().join("line.txt"), bytes).unwrap();
        let (code, out, told) = run(folder.path(), &[&["learn", "line.txt"], more].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{told}");
        told.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let begin = "error: cannot learn from `line.txt`: ";
    for (bytes, more, due) in [
        (&b""[..], &[][..], "the transcript is empty"),
        (b" \n\n", &[], "the transcript is empty"),
        (
            b"> A\\r\n< B\\r\n",
            &[],
            "too short: 1 message of the pump; at least 2 are needed",
        ),
        (
            b"> A\\r\n> B\\r\n",
            &[],
            "the pump says nothing in it: mark what the pump said with `<`",
        ),
        (b"< A\\q\n< B\n", &[], "line 1: `\\q` stands for no byte"),
        (
            b"< 4Z\n< 41\n",
            &["--form", "hex"],
            "line 1: `4Z` is no byte of two hexadecimal digits",
        ),
        (
            b"A\nB\n",
            &["--form", "lines"],
            "it is not lines of text with > and <: no line of it begins",
        ),
        (
            b"\x01\x80\x07\x33\x91\x05",
            &[],
            "nothing in it shows where a frame ends",
        ),
        (b"{\"pump_hil_journal\":", &[], "its first line has no end"),
    ] {
        let told = told(bytes, more);
        assert!(told.starts_with(begin) && told.contains(due), "{due}: {told}");
    }
    let (code, _, told) = run(folder.path(), &["learn", "nowhere.txt"]);
    assert!(
        code == Some(2) && told.contains("cannot learn from `nowhere.txt`"),
        "{told}"
    );
    let (code, _, told) = run(folder.path(), &["learn", "line.txt", "--device", "Our Pump"]);
    assert!(
        code == Some(2) && told.contains("lower-case words joined by `-`"),
        "{told}"
    );
}

/// The protocol of the stub is found in the journal of a run with it.
#[test]
#[cfg(feature = "sim")]
fn a_journal_is_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "scenario: asked\nsummary: It is asked.\nprescription: {drug: saline, mode: continuous, rate: 0.5 mL/day}\nsnapshot: none\n\
                    timeline:\n  - do: start\n  - at: 5 h\n    expect: {state: running}\n  - do: totals\n";
    std::fs::create_dir(folder.path().join("scenarios")).unwrap();
    std::fs::write(folder.path().join("scenarios/asked.yaml"), scenario).unwrap();
    let (code, out, told) = run(folder.path(), &["run", "--out", "out", "--progress", "none"]);
    assert_eq!(code, Some(0), "{out}{told}");
    let (code, text, told) = run(folder.path(), &["learn", "out/asked@sim.jsonl", "--device", "again"]);
    assert_eq!(code, Some(0), "{told}");
    let learned = Profile::parse(&text, "again.yaml").unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    assert_eq!(learned.device, "again");
    let stub = text_lines_1();
    let due = |end: &[u8]| {
        let kind = stub.kinds.iter().find(|kind| kind.name == "line").unwrap();
        Frames::of_kind(&FrameKind {
            ends: vec![end.to_vec()],
            ..kind.clone()
        })
    };
    assert_eq!(Frames::of(&learned, "in"), due(b"\r\n"), "{text}");
    assert_eq!(Frames::of(&learned, "out"), due(b"\n"), "{text}");
}
