//! Few file descriptors: told, with an exit code that there is, and never a case that breaks because of the number of its neighbours.

use crate::bench::{Bench, SMALL, Said, said};
use std::process::{Command, Stdio};

/// The program with so many descriptors, hard and soft.
fn with(descriptors: u32, bench: &Bench, args: &[&str]) -> Said {
    let program = bench.command();
    let mut shell = Command::new("sh");
    shell.stdin(Stdio::null());
    shell.current_dir(program.get_current_dir().unwrap());
    shell.args(["-c", "ulimit -n \"$0\" && exec \"$@\"", &descriptors.to_string()]);
    shell.arg(program.get_program()).args(program.get_args()).args(args);
    said(&mut shell)
}

#[test]
fn at_each_limit_the_reason_is_told_with_a_code_that_there_is() {
    let bench = Bench::new();
    bench.write("scenarios/small.yaml", SMALL.to_owned() + "snapshot: none\n");
    let run = ["run", "scenarios", "--out", "out", "--progress", "none"];
    let mut codes = Vec::new();
    // Below 4 the system cannot load the program's libraries.
    for limit in 4..=40 {
        for args in [&run[..], &["check", "scenarios"], &["list", "scenarios"]] {
            // They hold few at a time, and are as well with more.
            if limit > 10 && args != run {
                continue;
            }
            let said = with(limit, &bench, args);
            assert!(!said.text.contains("panicked"), "{limit}: {}", said.text);
            assert!(matches!(said.code, Some(0 | 2 | 3)), "{limit}, {args:?}: {said:?}");
            let told = said.code == Some(0) || said.text.contains("Too many open files");
            assert!(told, "{limit}, {args:?}: {said:?}");
            if args == run {
                codes.push((limit, said.code));
            }
        }
    }
    assert!(codes.contains(&(40, Some(0))), "a case has room there: {codes:?}");
    assert!(codes.contains(&(12, Some(3))), "a case has none there: {codes:?}");
}

#[test]
fn no_more_cases_at_a_time_than_there_are_descriptors_for() {
    let bench = Bench::new();
    let rows: String = (0..40).map(|row| format!("  r{row}: {{x: {}}}\n", 100 + row)).collect();
    let many = SMALL.replace("wait: 2 h", "wait: '${x} h'") + "snapshot: none\n";
    bench.write("scenarios/small.yaml", format!("{many}cases:\n{rows}"));
    let args = ["run", "scenarios", "--out", "out", "--progress", "none", "--jobs", "40"];
    let few = with(100, &bench, &args);
    few.is(0, "40 passed").is(
        0,
        "cases at a time instead of 40: only 100 open files are allowed (`ulimit -n`)",
    );
    // With room for all of them nothing is said.
    let enough = with(1000, &bench, &args);
    assert!(!enough.is(0, "40 passed").text.contains("at a time"), "{}", enough.text);
}

#[test]
fn the_soft_limit_is_raised_where_the_hard_one_allows_it() {
    let bench = Bench::new();
    let rows: String = (0..8).map(|row| format!("  r{row}: {{x: {}}}\n", 100 + row)).collect();
    let many = SMALL.replace("wait: 2 h", "wait: '${x} h'") + "snapshot: none\n";
    bench.write("scenarios/small.yaml", format!("{many}cases:\n{rows}"));
    let program = bench.command();
    let mut shell = Command::new("sh");
    shell.stdin(Stdio::null());
    shell.current_dir(program.get_current_dir().unwrap());
    shell.args(["-c", "ulimit -Sn 40 && exec \"$0\" \"$@\""]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.args(["run", "scenarios", "--out", "out", "--progress", "none", "--jobs", "8"]);
    let said = said(&mut shell);
    assert!(!said.is(0, "8 passed").text.contains("at a time"), "{}", said.text);
}
