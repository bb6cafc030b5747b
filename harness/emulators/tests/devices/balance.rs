//! MT-SICS: replies as its reference manual has them (`S S     100.00 g`).

use crate::bench::{Bench, SECOND};
use std::io::Write as _;
use std::path::Path;

fn pour(file: &Path, text: &str) {
    let mut file = std::fs::File::options().append(true).create(true).open(file).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn bench(folder: &tempfile::TempDir, decimals: &str) -> (Bench, std::path::PathBuf) {
    let file = folder.path().join("beaker");
    let bench = Bench::new(&["balance", "--weighs", file.to_str().unwrap(), "--decimals", decimals]);
    (bench, file)
}

#[test]
fn a_hundred_grams_are_told_as_the_manual_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let (mut balance, file) = bench(&folder, "2");
    assert_eq!(balance.say("S\r\n"), "S S       0.00 g\r\n");
    pour(&file, "60000000\n40000000\n");
    // Not stable yet: at once by SI; S waits.
    assert_eq!(balance.say("SI\r\n"), "S D     100.00 g\r\n");
    assert_eq!(balance.say("S\r\n"), "");
    assert_eq!(balance.told_after(SECOND), "S S     100.00 g\r\n");
    assert_eq!(balance.say("T\r\n"), "T S     100.00 g\r\n");
    assert_eq!(balance.say("TA\r\n"), "TA A     100.00 g\r\n");
    assert_eq!(balance.say("SI\r\n"), "S S       0.00 g\r\n");
    assert_eq!(balance.say("TAC\r\n"), "TAC A\r\n");
    pour(&file, "120000001\n");
    assert_eq!(balance.say("SI\r\n"), "S +\r\n");
    assert_eq!(balance.say("I4\r\n"), "I4 A \"0123456789\"\r\n");
    assert_eq!(balance.say("HELLO\r\n"), "ES\r\n");
}

#[test]
fn half_a_line_is_not_weighed_and_what_is_taken_away_is_negative() {
    let folder = tempfile::tempdir().unwrap();
    let (mut balance, file) = bench(&folder, "4");
    pour(&file, "998\n49");
    balance.after(SECOND);
    // 0.998 mg with a last place of 0.1 mg.
    assert_eq!(balance.say("SI\r\n"), "S S     0.0010 g\r\n");
    pour(&file, "9\n");
    balance.after(SECOND);
    assert_eq!(balance.say("Z\r\n"), "Z A\r\n");
    pour(&file, "-700\n");
    balance.after(SECOND);
    assert_eq!(balance.say("SI\r\n"), "S S    -0.0007 g\r\n");
}

#[test]
fn what_never_comes_to_rest_is_not_answered_with_a_weight() {
    let folder = tempfile::tempdir().unwrap();
    let (mut balance, file) = bench(&folder, "3");
    pour(&file, "1000\n");
    assert_eq!(balance.say("Z\r\n"), "");
    let mut told = String::new();
    for _ in 0..10 {
        pour(&file, "1000\n");
        told += &balance.told_after(400_000);
    }
    assert_eq!(told, "Z I\r\n");
}

#[test]
fn it_repeats_until_it_is_told_not_to() {
    let folder = tempfile::tempdir().unwrap();
    let (mut balance, _) = bench(&folder, "2");
    assert_eq!(balance.say("SIR\r\n"), "S S       0.00 g\r\n");
    assert_eq!(balance.told_after(SECOND), "S S       0.00 g\r\n".repeat(5));
    balance.say("SI\r\n");
    assert_eq!(balance.told_after(SECOND), "");
}
