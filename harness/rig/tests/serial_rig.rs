//! A rig on a serial port that is not a simulator: what happens to the line happens for real.

use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, LinkError, OpenOptions, Rig, RigError, RigFile};
use pump_hil_talk::device::Profile;
use rustix::fd::OwnedFd;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::path::PathBuf;

/// The far end of a line.
struct FarEnd {
    master: OwnedFd,
    port: String,
}

fn line() -> FarEnd {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let port = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    FarEnd { master, port }
}

/// A rig file for a port, beside the shipped ones.
fn rig_file(folder: &tempfile::TempDir, port: &str, scale_line: &str) -> Result<RigFile, RigError> {
    let device = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/devices/stub.yaml");
    let text = format!(
        "rig: bench\nsummary: A pump on a port.\ndevice: {}\npump: {{kind: serial, port: {port}, baud: 115200}}\n{scale_line}\nlimits: {{open: 1 s, write: 1 s, fence: 1 s}}\n",
        device.canonicalize().unwrap().display()
    );
    let path = folder.path().join("bench.yaml");
    std::fs::write(&path, text).unwrap();
    RigFile::load(&path)
}

async fn open(far: &FarEnd) -> Result<Rig, RigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = rig_file(&folder, &far.port, "clock: {kind: real, scale: 1}").unwrap();
    Rig::open(&file, &OpenOptions::default()).await
}

#[tokio::test(flavor = "current_thread")]
async fn bytes_go_both_ways() {
    let far = line();
    let mut rig = open(&far).await.unwrap();
    rig.send(b"?status\n").await.unwrap();
    let mut taken = [0; 64];
    let count = rustix::io::read(&far.master, &mut taken).unwrap();
    assert_eq!(&taken[..count], b"?status\n");
    rustix::io::write(&far.master, b"=0 ok *\r\n").unwrap();
    let until = rig.now().checked_add(Span(5_000)).unwrap();
    let got = rig.receive(until).await.unwrap();
    assert_eq!((got.bytes.as_slice(), got.end), (&b"=0 ok *\r\n"[..], End::Bytes));
}

#[tokio::test(flavor = "current_thread")]
async fn a_silence_ends_at_its_deadline() {
    let far = line();
    let mut rig = open(&far).await.unwrap();
    let until = rig.now().checked_add(Span(20)).unwrap();
    let got = rig.receive(until).await.unwrap();
    assert_eq!((got.bytes.len(), got.end), (0, End::Deadline));
    assert!(got.now >= until);
}

#[tokio::test(flavor = "current_thread")]
async fn a_line_that_is_pulled_is_told_with_its_port() {
    let far = line();
    let mut rig = open(&far).await.unwrap();
    let port = far.port.clone();
    drop(far);
    let until = rig.now().checked_add(Span(5_000)).unwrap();
    let error = rig.receive(until).await.unwrap_err();
    assert!(matches!(error, RigError::Link(LinkError::Lost { .. })), "{error}");
    assert!(
        error.to_string().contains(&port) && error.to_string().contains("check cable"),
        "{error}"
    );
    assert!(matches!(
        rig.send(b"?status\n").await,
        Err(RigError::Link(LinkError::Lost { .. }))
    ));
}

#[tokio::test(flavor = "current_thread")]
async fn a_port_that_another_program_holds_is_refused() {
    let far = line();
    let _first = open(&far).await.unwrap();
    let error = open(&far).await.unwrap_err();
    assert!(error.to_string().contains("another program holds it"), "{error}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_far_end_that_takes_nothing_is_told() {
    let far = line();
    let mut rig = open(&far).await.unwrap();
    let error = rig.send(&vec![b'x'; 1 << 20]).await.unwrap_err();
    assert!(
        matches!(error, RigError::Link(LinkError::Stuck { limit_ms: 1_000, .. })),
        "{error}"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_rig_without_a_probe_says_what_it_cannot_do() {
    let far = line();
    let mut rig = open(&far).await.unwrap();
    assert_eq!(rig.sample().unwrap(), None);
    let error = rig.halt().unwrap_err().to_string();
    assert_eq!(error, "rig `bench` has no debug probe, which halting needs");
    assert_eq!(rig.go_safe(), (Vec::new(), Vec::new()));
}

#[test]
fn a_serial_port_alone_has_no_virtual_time() {
    let folder = tempfile::tempdir().unwrap();
    let error = rig_file(&folder, "/dev/null", "clock: {kind: virtual}")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("bench.yaml:5:15: virtual time is granted to a chip through its test block; add `probe`"),
        "{error}"
    );
}

#[test]
fn a_device_that_is_not_there_is_told_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.yaml");
    let text = include_str!("../../../fixtures/rigs/sim.yaml").replace("device: stub", "device: nowhere.yaml");
    std::fs::write(&path, text).unwrap();
    let Err(error) = RigFile::load(&path).map(drop) else {
        panic!("it loads")
    };
    let error = error.to_string();
    assert!(
        error.contains("r.yaml:4:9: cannot read `") && error.contains("nowhere.yaml`"),
        "{error}"
    );
    let _ = Profile::parse("", "empty.yaml").unwrap_err();
}

/// Opens a rig on a line that is set so.
async fn set(far: &FarEnd, settings: &str) -> Result<Rig, RigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = rig_file(&folder, &format!("{}, {settings}", far.port), "clock: {kind: real}").unwrap();
    Rig::open(&file, &OpenOptions::default()).await
}

#[tokio::test(flavor = "current_thread")]
async fn a_port_is_set_as_the_rig_file_has_it() {
    use rustix::termios::{ControlModes, InputModes, tcgetattr};
    let far = line();
    let _rig = set(&far, "data-bits: 7, parity: odd, stop-bits: 2, flow: hardware")
        .await
        .unwrap();
    // A pseudo-terminal keeps eight bits without parity, whatever it is told.
    let modes = tcgetattr(&far.master).unwrap().control_modes;
    assert!(
        modes.contains(ControlModes::CSTOPB | ControlModes::CRTSCTS),
        "{modes:?}"
    );
    let far = line();
    let rig = set(&far, "flow: software").await.unwrap();
    let set = tcgetattr(&far.master).unwrap();
    assert!(
        set.input_modes.contains(InputModes::IXON | InputModes::IXOFF),
        "{set:?}"
    );
    assert!(!set.control_modes.contains(ControlModes::CSTOPB), "{set:?}");
    assert_eq!(set.output_speed(), 115_200);
    drop(rig);
}

#[tokio::test(flavor = "current_thread")]
async fn what_a_port_does_not_have_is_told_with_its_key() {
    // A pseudo-terminal has no modem lines.
    for (settings, key) in [("dtr: off", "`dtr` cannot be set"), ("rts: on", "`rts` cannot be set")] {
        let far = line();
        let error = set(&far, settings).await.unwrap_err();
        assert!(matches!(error, RigError::Link(LinkError::Open { .. })), "{error}");
        assert!(error.to_string().contains(key), "{error}");
    }
}
