//! Logs that wait for a review where nothing is, or can be, written beside the scenarios.

use super::*;

#[test]
fn where_nothing_is_written_beside_the_scenario_a_new_log_is_put_aside() {
    let (folder, run) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let snapshots = |update: Update| {
        Snapshots::open(folder.path().to_owned(), update)
            .unwrap()
            .aside(run.path())
    };
    let checked = snapshots(Update::Never).check(&a_case(), &log(0)).unwrap();
    let Checked::Missing { pending: Some(path) } = checked else {
        panic!("{checked:?}");
    };
    assert_eq!(path, pending_path(run.path(), "situation"));
    assert!(std::fs::read_to_string(&path).unwrap().contains(&log(0).to_string()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // At a desk it is put down and accepted as it is.
    std::fs::copy(&path, pending_path(folder.path(), "situation")).unwrap();
    reviewed(folder.path(), None, Some(Choice::Accept), "", &mut Vec::new());
    let checked = snapshots(Update::Never).check(&a_case(), &log(0)).unwrap();
    assert!(matches!(checked, Checked::Same), "{checked:?}");
}

#[test]
fn where_nothing_may_be_written_beside_the_scenario_a_new_log_is_put_aside() {
    // There even the super-user makes no file.
    let (folder, run) = (Path::new("/sys"), tempfile::tempdir().unwrap());
    let snapshots = Snapshots::open(folder.to_owned(), Update::Pending).unwrap();
    let checked = snapshots.clone().aside(run.path()).check(&a_case(), &log(0)).unwrap();
    let Checked::Missing { pending: Some(path) } = checked else {
        panic!("{checked:?}");
    };
    assert_eq!(path, pending_path(run.path(), "situation"));
    assert!(std::fs::read_to_string(&path).unwrap().contains(&log(0).to_string()));
    let nowhere = snapshots.check(&a_case(), &log(0)).unwrap_err();
    assert!(
        nowhere.is_forbidden(),
        "where it cannot be kept, that is told: {nowhere}"
    );
}
