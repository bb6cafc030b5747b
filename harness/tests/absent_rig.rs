//! A rig that is not there is told once, with the number of its cases, also where there is no terminal.

use std::process::Command;

#[test]
fn a_rig_that_is_not_there_is_told_once_without_a_terminal() {
    let desk = tempfile::tempdir().unwrap();
    let rig = "rig: nowhere\nsummary: A port that nothing is on.\ndevice: stub\n\
               pump: {kind: serial, port: /dev/ttyNOWHERE, baud: 115200}\nclock: {kind: real}\n\
               limits: {open: 1 s, write: 1 s, fence: 1 s}\n";
    std::fs::write(desk.path().join("nowhere.yaml"), rig).unwrap();
    std::fs::create_dir(desk.path().join("cases")).unwrap();
    for number in 1..=5 {
        let case = format!(
            "scenario: case-{number}\nsummary: Stopped.\nprescription: none\nsnapshot: none\n\
             timeline:\n  - wait: 1 s\n"
        );
        std::fs::write(desk.path().join(format!("cases/case-{number}.yaml")), case).unwrap();
    }
    for more in [&[][..], &["-v"][..]] {
        let run = Command::new(env!("CARGO_BIN_EXE_pump-hil"))
            .current_dir(desk.path())
            .env("PUMP_HIL_STATE", desk.path().join("state"))
            .args(["run", "cases", "--rig", "nowhere.yaml", "--out", "out"])
            .args(more)
            .output()
            .unwrap();
        let [error, told] = [&run.stderr, &run.stdout].map(|text| String::from_utf8_lossy(text).into_owned());
        assert_eq!(run.status.code(), Some(3), "{error}{told}");
        // As the run goes on, in the table, and in what there is to say at the end.
        assert_eq!(error.matches("INCONCLUSIVE").count(), 1, "{error}");
        assert_eq!(told.matches("INCONCLUSIVE").count(), 2, "{told}");
        assert_eq!(told.matches("/dev/ttyNOWHERE: it is not there").count(), 1, "{told}");
        assert!(told.contains("case-1 and 4 more"), "{told}");
        assert!(
            told.contains("and 2 other cases") || told.contains("the same of 4 other cases"),
            "{told}"
        );
        assert!(
            told.contains("5 cases on nowhere: 0 passed, 0 failed, 5 inconclusive"),
            "{told}"
        );
    }
}
