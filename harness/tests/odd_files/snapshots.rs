//! Dose logs that are damaged, changed by hand, or compared with nothing.

use crate::bench::{Bench, SMALL};
use std::fs;
use std::os::unix::fs::symlink;

const RECORD: &str = "scenarios/snapshots/ACCEPTED.jsonl";
const RESTORE: &str = "restore it, or delete it and accept a new one";
const PENDING: &str = "scenarios/snapshots/small.snap.new";

/// What is told of something that lies where a dose log should, and how it comes there: given are the bytes of a whole one.
type Damage = (&'static str, Box<dyn Fn(&Bench, &[u8])>);

fn damages() -> Vec<Damage> {
    let mut all = in_the_text();
    all.extend(no_text());
    all
}

/// A file with other bytes.
fn text(told: &'static str, bytes: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Damage {
    (
        told,
        Box::new(move |bench, whole| fs::write(bench.log(), bytes(whole)).unwrap()),
    )
}

fn in_the_text() -> Vec<Damage> {
    fn lines(text: &[u8], number: usize) -> Vec<u8> {
        text.split_inclusive(|b| *b == b'\n')
            .take(number)
            .collect::<Vec<_>>()
            .concat()
    }
    let replaced = |told, from: &'static str, to: &'static str| {
        text(told, move |whole| {
            let whole = String::from_utf8(whole.to_vec()).unwrap();
            assert!(whole.contains(from), "{whole}");
            whole.replacen(from, to, 1).into_bytes()
        })
    };
    vec![
        text("it is empty", |_| Vec::new()),
        text("holds `\\u{0}`", |_| vec![0; 4000]),
        text("line 5: its head is not whole", |whole| lines(whole, 4)),
        text("it has only its head", |whole| lines(whole, 5)),
        replaced("line 4: its head is not whole", "\"tolerance\":", "\"tolerance\""),
        text("its head is not whole", |whole| lines(whole, 2)),
        text("its head is not whole", |whole| whole[100..].to_vec()),
        text("columns instead of 16", |whole| whole[..900].to_vec()),
        text("its last row is not `end`", |whole| lines(whole, 9)),
        text("holds `\\u{feff}`", |whole| [b"\xef\xbb\xbf", whole].concat()),
        text("line 1 is a mark of a merge", |whole| {
            [b"<<<<<<< HEAD\n", whole, b"=======\n"].concat()
        }),
        text("byte 5 is not UTF-8", |whole| [b"---\n\xff", whole].concat()),
        replaced("is not a value of the column", "20.500", "20.501x"),
        replaced("have other names", "delivered  reservoir", "delivered  container"),
        replaced(
            "it is the dose log of `large`",
            "dose log of small",
            "dose log of large",
        ),
        replaced("`# dose log of ...` is missing", "dose log of small", "log of small"),
    ]
}

fn no_text() -> Vec<Damage> {
    fn other(told: &'static str, make: impl Fn(&Bench) + 'static) -> Damage {
        let make = move |bench: &Bench, _: &[u8]| {
            fs::remove_file(bench.log()).unwrap();
            make(bench);
        };
        (told, Box::new(make))
    }
    vec![
        other("it is larger than", |bench| {
            fs::File::create(bench.log()).unwrap().set_len(3 << 30).unwrap();
        }),
        other("it is not a file", |bench| fs::create_dir(bench.log()).unwrap()),
        other("it is not a file", |bench| symlink("/dev/zero", bench.log()).unwrap()),
        other("it is not a file", |bench| {
            let mode = rustix::fs::Mode::RWXU;
            rustix::fs::mknodat(rustix::fs::CWD, bench.log(), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }),
        other("it is a link that leads nowhere", |bench| {
            symlink("nowhere.snap", bench.log()).unwrap()
        }),
    ]
}

fn take_away(bench: &Bench) {
    if bench.log().is_dir() {
        fs::remove_dir(bench.log()).unwrap();
    } else {
        fs::remove_file(bench.log()).unwrap();
    }
}

#[test]
fn a_damaged_log_is_told_as_such_and_the_pump_is_not_blamed() {
    let bench = Bench::with_a_log();
    let whole = fs::read(bench.log()).unwrap();
    bench.write(
        "scenarios/other.yaml",
        SMALL.replace("small", "other") + "snapshot: none\n",
    );
    for (what, damage) in damages() {
        damage(&bench, &whole);
        let said = bench.run(&[]);
        said.is(3, "1 passed, 0 failed, 1 inconclusive")
            .is(3, "is damaged: ")
            .is(3, what)
            .is(3, RESTORE);
        assert!(
            !said.text.contains("insta") && !said.text.contains("none yet"),
            "{}",
            said.text
        );
        // Nor does a person who accepts everything lose it by that.
        bench.run(&["--accept"]).is(3, what);
        bench.say(&["check", "scenarios"]).is(2, what).is(2, "1 error\n");
        bench.say(&["review", "scenarios/snapshots"]).is(2, what);
        take_away(&bench);
        fs::write(bench.log(), &whole).unwrap();
    }
    bench.run(&[]).is(0, "2 passed");
    // As some tools write a file out of a repository.
    let crlf = String::from_utf8(whole.clone()).unwrap().replace('\n', "\r\n");
    fs::write(bench.log(), crlf).unwrap();
    bench.run(&[]).is(0, "2 passed");
}

#[test]
fn at_whatever_byte_a_log_breaks_off_it_is_damaged_or_whole() {
    let bench = Bench::with_a_log();
    let whole = fs::read(bench.log()).unwrap();
    for bytes in 0..whole.len() {
        let kept = pump_hil_verdict::snapshot::Kept::parse(&whole[..bytes]);
        // But for the last line end.
        assert_eq!(kept.is_ok(), bytes + 1 == whole.len(), "{bytes}: {kept:?}");
    }
}

#[test]
fn nothing_damaged_is_ever_accepted() {
    let bench = Bench::with_a_log();
    let (whole, record) = (fs::read(bench.log()).unwrap(), fs::read(bench.path(RECORD)).unwrap());
    for (what, damage) in damages() {
        damage(&bench, &whole);
        fs::rename(bench.log(), bench.path(PENDING)).unwrap();
        fs::write(bench.log(), &whole).unwrap();
        for args in [
            &["review", "scenarios/snapshots"][..],
            &["review", "--all", "scenarios/snapshots"],
        ] {
            bench
                .say(args)
                .is(2, what)
                .is(2, "it cannot be accepted: delete it, and run the scenario again");
        }
        assert_eq!(fs::read(bench.log()).unwrap(), whole, "{what}");
        assert_eq!(fs::read(bench.path(RECORD)).unwrap(), record, "{what}");
        assert!(
            bench.path(PENDING).symlink_metadata().is_ok(),
            "{what}: it goes on waiting"
        );
        // A run that is right again takes it away, but for a folder.
        let _ = fs::remove_dir(bench.path(PENDING));
        let _ = fs::remove_file(bench.path(PENDING));
    }
    // Nor does `--all` put one in the place of a damaged one: what was lost there may be found again.
    fs::write(bench.path(PENDING), &whole).unwrap();
    fs::write(bench.log(), "").unwrap();
    bench
        .say(&["review", "--all", "scenarios/snapshots"])
        .is(2, "it is empty")
        .is(2, "1 still waiting");
    assert_eq!(fs::read(bench.log()).unwrap(), b"");
    assert_eq!(fs::read(bench.path(RECORD)).unwrap(), record);
}

#[test]
fn what_was_changed_by_hand_is_not_accepted_until_somebody_accepts_it() {
    let bench = Bench::with_a_log();
    bench.write("scenarios/small.yaml", SMALL.replace("0.5 mL/day", "0.6 mL/day"));
    bench.run(&[]).is(1, "1 failed");
    // What comes now, written there by hand.
    fs::rename(bench.path(PENDING), bench.log()).unwrap();
    let told = "is not the dose log that was accepted: its SHA-256 is not the last one of `small` in ACCEPTED.jsonl";
    bench.run(&[]).is(3, told);
    bench.say(&["check", "scenarios"]).is(2, told);
    bench.say(&["review", "scenarios/snapshots"]).is(2, told);
    bench.run(&["--accept"]).is(0, "1 passed");
    bench.run(&[]).is(0, "1 passed");
    bench.say(&["check", "scenarios"]).is(0, "nothing wrong");
    bench
        .say(&["review", "scenarios/snapshots"])
        .is(0, "no dose log waits for review");
    // A case without a line in the record was accepted by nobody either.
    let record = fs::read_to_string(bench.path(RECORD)).unwrap();
    bench.write(RECORD, record.replace("\"small\"", "\"large\""));
    bench.run(&[]).is(3, told);
    // And without a record nobody can say.
    fs::remove_file(bench.path(RECORD)).unwrap();
    let told = "snapshot `scenarios/snapshots/small.snap` has no record of who accepted it: there is no ACCEPTED.jsonl beside it";
    bench.run(&[]).is(3, told);
    bench.say(&["check", "scenarios"]).is(2, told);
    bench.run(&["--accept"]).is(0, "1 passed");
    bench.run(&[]).is(0, "1 passed");
}

#[test]
fn a_record_that_is_damaged_is_told_before_anything_is_played() {
    let bench = Bench::with_a_log();
    let whole = fs::read_to_string(bench.path(RECORD)).unwrap();
    let cut = &whole[..whole.len() - 20];
    let merged = format!("<<<<<<< HEAD\n{whole}=======\n{whole}>>>>>>> x\n");
    let (path, damaged) = (bench.path(RECORD), "ACCEPTED.jsonl`, is damaged: ");
    let told = |what: &str| {
        bench.run(&[]).is(2, damaged).is(2, what).is(2, "restore it");
        bench.run(&["--accept"]).is(2, what);
        bench.say(&["check", "scenarios"]).is(2, what);
        bench.say(&["review", "scenarios/snapshots"]).is(2, what);
    };
    for (text, what) in [
        (&b""[..], "it is empty"),
        (cut.as_bytes(), "line 1 is not an acceptance"),
        (merged.as_bytes(), "line 1 is not an acceptance"),
        (&[0; 4000], "line 1 is not an acceptance"),
        (b"\xff\n", "line 1 is not an acceptance"),
        (
            b"{\"snapshot\": \"small\"}\n",
            "line 1 is not an acceptance: missing field",
        ),
    ] {
        fs::write(&path, text).unwrap();
        told(what);
    }
    fs::File::create(&path).unwrap().set_len(3 << 30).unwrap();
    told("it is larger than");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    told("it is not a file");
    fs::remove_dir(&path).unwrap();
    symlink("nowhere", &path).unwrap();
    told("it is a link that leads nowhere");
    fs::remove_file(&path).unwrap();
    // One whose last line end is missing is whole, and the next acceptance has a line of its own.
    fs::write(&path, whole.trim_end()).unwrap();
    bench.write("scenarios/small.yaml", SMALL.replace("0.5 mL/day", "0.6 mL/day"));
    bench.run(&["--accept"]).is(0, "1 passed");
    bench.run(&[]).is(0, "1 passed");
}

#[test]
fn a_folder_of_snapshots_that_is_none_is_told_at_once() {
    let bench = Bench::new();
    symlink("nowhere", bench.path("scenarios/snapshots")).unwrap();
    bench
        .run(&[])
        .is(2, "snapshot `scenarios/snapshots`: cannot look into it");
    fs::remove_file(bench.path("scenarios/snapshots")).unwrap();
    bench.write("scenarios/snapshots", "");
    bench
        .run(&[])
        .is(2, "snapshot `scenarios/snapshots`: cannot look into it");
}

#[test]
fn a_log_of_no_case_is_named_where_the_whole_folder_was_read() {
    let bench = Bench::with_a_log();
    bench.write(
        "scenarios/group/other.yaml",
        SMALL.replace("small", "other") + "snapshot: none\n",
    );
    fs::copy(bench.log(), bench.path("scenarios/snapshots/renamed-away.snap")).unwrap();
    // Its scenario keeps none any more.
    fs::copy(bench.log(), bench.path("scenarios/snapshots/other.snap")).unwrap();
    let told = "2 accepted dose logs without a scenario, compared with nothing: \
                scenarios/snapshots/other.snap, scenarios/snapshots/renamed-away.snap";
    bench.run(&[]).is(0, &format!("warning: {told}"));
    bench.say(&["check", "scenarios"]).is(2, &format!("error: {told}"));
    let run = ["run", "--out", "out", "--progress", "none"];
    for part in [
        &["scenarios/small.yaml"][..],
        &["scenarios/group"],
        &["scenarios", "--filter", "name:small"],
        &["scenarios", "--shard", "1/2"],
    ] {
        let said = bench.say(&[&run[..], part].concat());
        assert!(
            !said.is(0, "passed").text.contains("without a scenario"),
            "{part:?}: {}",
            said.text
        );
    }
    bench.say(&["check", "scenarios/small.yaml"]).is(0, "nothing wrong");
}
