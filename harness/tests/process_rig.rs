//! The rig that starts a pump as a process: what can go wrong before its port is there. Far ends are scripts.

use pump_hil_rig::{LinkError, OpenOptions, Rig, RigError, RigFile};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn script(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("far-end");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Opens the rig with a script in place of `pump-hil sim`, and at most 1 s to start.
async fn open(text: &str) -> Result<Rig, RigError> {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    let rig = std::fs::read_to_string(fixtures.join("rigs/sim-realtime.yaml")).unwrap();
    let device = fixtures.join("devices/stub.yaml").canonicalize().unwrap();
    let rig = rig
        .replace("device: stub", &format!("device: {}", device.display()))
        .replace("open: 10 s", "open: 1 s");
    let file = folder.path().join("rig.yaml");
    std::fs::write(&file, rig).unwrap();
    let options = OpenOptions {
        exe: Some(script(folder.path(), text)),
        seed: 5,
        start_s: 1_000,
        ..OpenOptions::default()
    };
    Rig::open(&RigFile::load(&file).unwrap(), &options).await
}

#[tokio::test(flavor = "current_thread")]
async fn a_process_that_ends_at_once_is_told_with_its_status() {
    let error = open("exit 7").await.unwrap_err();
    assert!(matches!(error, RigError::Process(_)), "{error}");
    assert!(error.to_string().contains("ended at once: exit status: 7"), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_process_that_gives_no_port_is_told_and_ended() {
    let error = open("exec sleep 60").await.unwrap_err();
    assert!(error.to_string().contains("gave no port within 1000 ms"), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_port_that_is_none_is_told() {
    let checks = "case \"$*\" in 'sim --'*'--scale 600 --seed 5 --start 1000'*) ;; *) exit 9 ;; esac";
    let links = "while [ \"$1\" != --link ]; do shift; done; ln -s /dev/null \"$2\"; exec sleep 60";
    let error = open(&format!("{checks}\n{links}")).await.unwrap_err();
    assert!(matches!(error, RigError::Link(LinkError::Open { .. })), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_link_of_another_s_does_not_stand_in_for_the_pump() {
    // In the place of the pump's own: a port that is none. The pump gives none either, and that is what is told.
    let folder = std::env::temp_dir();
    let names = (0..20).map(|number| folder.join(format!("pump-hil-{}-{number}", std::process::id())));
    let taken: Vec<PathBuf> = names
        .filter(|name| std::os::unix::fs::symlink("/dev/null", name).is_ok())
        .collect();
    let error = open("exec sleep 60").await.unwrap_err();
    taken.iter().for_each(|name| std::fs::remove_file(name).unwrap());
    assert!(error.to_string().contains("gave no port within 1000 ms"), "{error}");
}

#[cfg(feature = "sim")]
#[tokio::test(flavor = "current_thread")]
async fn a_pump_in_a_process_of_its_own_runs_by_the_wall_clock_and_ends_with_its_rig() {
    use pump_hil_model::quantity::Span;
    use pump_hil_rig::End;

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/rigs/sim-realtime.yaml");
    let options = OpenOptions {
        exe: Some(env!("CARGO_BIN_EXE_pump-hil").into()),
        ..OpenOptions::default()
    };
    let mut rig = Rig::open(&RigFile::load(&path).unwrap(), &options).await.unwrap();
    rig.send(b"?identify\n").await.unwrap();
    let mut heard = Vec::new();
    let until = rig.now().checked_add(Span(3_600_000)).unwrap();
    while !heard.windows(6).any(|w| w == b"model=") {
        let got = rig.receive(until).await.unwrap();
        assert_eq!(got.end, End::Bytes, "no answer within an hour of the pump's time");
        heard.extend(got.bytes);
    }
    let (before, until) = (rig.now(), rig.now().checked_add(Span(60_000)).unwrap());
    while rig.now() < until {
        rig.receive(until).await.unwrap();
    }
    assert!(rig.now().0 - before.0 >= 60_000);
    assert_eq!(rig.sample().unwrap(), None);
    drop(rig);
}
