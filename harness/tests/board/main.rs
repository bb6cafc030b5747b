//! A board, as far as there can be one here: the pump's own image in QEMU, its line a PTY, its probe on a virtual USB. Everything between the rig file and
//! the probe's wires is what a real board meets.

mod bench;

use bench::{Board, Ills, image};
use pump_hil::interrupt;
use pump_hil::journal;
use pump_hil::report::ScenarioResult;
use pump_hil::snapshot;
use pump_hil::snapshot::Snapshots;
use pump_hil::suite::{self, Settings};
use pump_hil_firmware::{Image, Segment};
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, InFlash};
use pump_hil_model::verdict::{ReasonKind, Verdict};
use pump_hil_rig::probe::{CoreBackend as _, CoreRegister, ProbeError};
use pump_hil_rig::{Given, RigError, RigFile, Shelf};
use pump_hil_testing::repository;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A case that programs, doses, and is short.
const SCENARIO: &str = "scenarios/ptm-lockout.yaml";

const WHO: &str = "
scenario: who
summary: A pump is asked who it is, and stands.
verifies: []
prescription: {drug: saline, mode: continuous, rate: 48 uL/day, reservoir: 20 mL}
timeline: [{expect: {state: stopped}}]
snapshot: none
";

/// Therapy runs, and then the probe is asked for something.
const THERAPY: &str = "\
scenario: therapy
summary: Therapy runs, and the probe reads.
verifies: []
prescription: {drug: saline, mode: continuous, rate: 0.5 mL/day, reservoir: 20 mL}
timeline: [{do: start}, {expect: {state: running}}, {probe: {read: PUMP.state.state}}, {wait: 1 min}]
snapshot: none
";

/// Plays the scenario, or on a rig without a block one that needs none; `meanwhile` sees every event.
fn play(root: &Path, rig: RigFile, out: &Path, meanwhile: &mut dyn FnMut(&Body)) -> ScenarioResult {
    let own = out.join("who.yaml");
    let scenario = if rig.probe.is_some() {
        root.join(SCENARIO)
    } else {
        own.clone()
    };
    std::fs::write(&own, WHO).expect("written");
    let case: Case = pump_hil::shipped::cases(&scenario, &root.join("fixtures")).remove(0);
    let settings = Settings {
        snapshots: Some(Snapshots::open(root.join("scenarios/snapshots"), snapshot::Update::Never).expect("whole")),
        ..Settings::new(rig, out.to_owned())
    };
    suite::run_case(&case, &settings, &interrupt::pair().1, &mut |event| {
        meanwhile(&event.body)
    })
}

fn passes(root: &Path, rig: RigFile) -> (InFlash, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut how, mut build) = (None, String::new());
    let result = play(root, rig, folder.path(), &mut |body| match body {
        Body::Firmware {
            in_flash, build: told, ..
        } => {
            how = Some(*in_flash);
            build = told.clone().unwrap_or_default();
        }
        Body::Identified { fields } => assert_eq!(fields["build"], build, "the journal begins with the build"),
        _ => {}
    });
    assert_eq!(result.outcome.verdict, Verdict::Passed, "{:?}", result.outcome);
    assert!(result.outcome.not_safe.is_empty(), "{:?}", result.outcome.not_safe);
    (how.expect("the firmware is journaled"), build)
}

fn inconclusive(root: &Path, rig: RigFile) -> (String, Vec<Body>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut events = Vec::new();
    let result = play(root, rig, folder.path(), &mut |body| events.push(body.clone()));
    match result.outcome.verdict {
        Verdict::Inconclusive { why } => {
            let why: Vec<String> = why.iter().map(ToString::to_string).collect();
            (why.join("; "), events)
        }
        other => panic!("{other:?}"),
    }
}

/// The image with one byte of its code changed.
fn another_build(root: &Path, folder: &Path) -> PathBuf {
    changed(root, folder, |image| {
        let segments = image.segments();
        let longest = segments.iter().max_by_key(|s| s.bytes.len()).expect("some");
        (longest.addr + longest.bytes.len() as u64 - 1, vec![0xA5])
    })
}

/// The image with other bytes at an address.
fn changed(root: &Path, folder: &Path, what: impl Fn(&Image) -> (u64, Vec<u8>)) -> PathBuf {
    let mut elf = std::fs::read(image(root)).expect("read");
    let parsed = Image::parse(elf.clone()).expect("an image");
    let (addr, bytes) = what(&parsed);
    let segments = parsed.segments();
    let holds = |s: &&Segment<'_>| (s.addr..s.addr + s.bytes.len() as u64).contains(&addr);
    let segment = segments.iter().find(holds).expect("it is of the image");
    let begins = segment.bytes.as_ptr() as usize - parsed.bytes().as_ptr() as usize;
    let at = begins + (addr - segment.addr) as usize;
    elf[at..at + bytes.len()].copy_from_slice(&bytes);
    let path = folder.join("another.elf");
    std::fs::write(&path, elf).expect("written");
    path
}

#[test]
fn a_board_plays_a_scenario_to_the_accepted_dose_log_again_and_again() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let board = Board::plug_in(Some(image(&root)));
    // The second time its flash holds the records of the first.
    for _ in 0..2 {
        let (how, build) = passes(&root, board.rig(&root, &image(&root), None));
        assert_eq!(how, InFlash::Already);
        assert!(!build.is_empty());
    }
}

#[test]
fn an_empty_board_is_flashed_once() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let board = Board::plug_in(None);
    let elf = image(&root);
    assert_eq!(passes(&root, board.rig(&root, &elf, Some(&elf))).0, InFlash::Written);
    assert_eq!(passes(&root, board.rig(&root, &elf, Some(&elf))).0, InFlash::Already);
    assert_eq!(passes(&root, board.rig(&root, &elf, None)).0, InFlash::Already);
}

#[test]
fn other_firmware_in_flash_is_told_before_the_pump_is_asked_anything() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let board = Board::plug_in(Some(image(&root)));
    let (why, events) = inconclusive(&root, board.rig(&root, &another_build(&root, folder.path()), None));
    assert!(
        why.contains("the chip's flash is not ") && why.contains("it differs from 0x"),
        "{why}"
    );
    assert!(why.contains("flash it with `--flash "), "{why}");
    assert_eq!(events, [], "nothing was sent");
}

#[test]
fn a_flash_that_reads_otherwise_than_it_was_written_is_told() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let (board, elf) = (Board::plug_in(None), image(&root));
    let mut rig = board.rig(&root, &elf, Some(&elf));
    rig.look_for_probes_in(board.probes_that(Ills {
        stuck: Some(0x1234),
        ..Ills::default()
    }));
    let (why, events) = inconclusive(&root, rig);
    assert!(
        why.starts_with("the flash reads otherwise than it was written"),
        "{why}"
    );
    assert!(
        why.contains("its core is kept in an empty loop until it is reset"),
        "{why}"
    );
    assert_eq!(events, [], "the firmware was not let run");
    // The probe has let go of it, and it is still there.
    let mut core = board.machine.clone();
    core.halt();
    let pc = core.read_register(CoreRegister::R(15)).expect("halted");
    assert!((0x2000_0000..0x2000_0004).contains(&pc), "{pc:#x}");
}

#[test]
fn a_probe_that_is_lost_while_it_flashes_is_told_with_what_the_chip_holds_now() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let elf = image(&root);
    let lost = |resumes: u32, doing: &str| {
        let board = Board::plug_in(None);
        let mut rig = board.rig(&root, &elf, Some(&elf));
        rig.look_for_probes_in(board.probes_that(Ills {
            resumes_max: Some(resumes),
            ..Ills::default()
        }));
        let (why, events) = inconclusive(&root, rig);
        assert!(why.starts_with(&format!("flashing broke off while {doing}: ")), "{why}");
        assert!(
            why.contains("no such device") && why.contains("flash it again before anything else"),
            "{why}"
        );
        assert!(why.contains("take its power away"), "{why}");
        assert_eq!(events, []);
    };
    // The core is let go once for each of some 90 pages to be erased, and once for each to be written.
    lost(40, "erasing");
    lost(140, "writing");
}

#[test]
fn a_port_of_another_pump_is_told_by_what_that_pump_says_of_itself() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    // By the wall clock and without a probe: only `identify` can tell.
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("port");
    let rig = |device: &str| {
        let text = format!(
            "rig: port\nsummary: A port.\ndevice: {device}\npump: {{kind: serial, port: {}, baud: 115200, elf: {}}}\nclock: {{kind: real, scale: 600}}\nlimits: {{open: 1 s, write: 5 s, fence: 5 s}}\n",
            link.display(),
            image(&root).canonicalize().expect("there").display()
        );
        let path = folder.path().join("port.yaml");
        std::fs::write(&path, text).expect("written");
        RigFile::load(&path).expect("it is right")
    };
    let stub = root.join("fixtures/devices/stub.yaml").canonicalize().expect("there");
    let other = folder.path().join("other.yaml");
    let text = std::fs::read_to_string(&stub)
        .expect("read")
        .replace("model: stub-it20", "model: other-it40");
    std::fs::write(&other, text).expect("written");
    let stop = Arc::new(AtomicBool::new(false));
    let (ready, wait) = std::sync::mpsc::channel();
    let served = pump_hil_rig::ServeOptions {
        scale: 600,
        link: Some(link.clone()),
        ..pump_hil_rig::ServeOptions::default()
    };
    let until = Arc::clone(&stop);
    let pump = std::thread::spawn(move || pump_hil_rig::serve(&served, &until, |_| ready.send(()).expect("awaited")));
    wait.recv().expect("it serves");
    let (why, events) = inconclusive(&root, rig(&stub.display().to_string()));
    assert!(
        why.contains("the pump on the line says `build=sim`, and ") && why.contains("microbit.elf has `"),
        "{why}"
    );
    // Asked who it is, told to stop, asked whether it stands, and nothing else; on a busy host more than once.
    for event in &events {
        if let Body::Sent { bytes, .. } = event {
            let asked = ["identify", "stop", "status", "totals"].map(|word| bytes.contains(&format!(" {word} ")));
            assert!(asked.contains(&true), "{bytes}");
        }
    }
    let (why, _) = inconclusive(&root, rig("other.yaml"));
    assert!(
        why.contains("says `model=stub-it20`, and device profile `stub` has `other-it40`"),
        "{why}"
    );
    stop.store(true, Ordering::Relaxed);
    pump.join().expect("ends").expect("well");
}

#[test]
fn a_cable_that_is_pulled_in_the_middle_ends_the_run_and_says_nothing_of_the_pump() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let board = Board::plug_in(Some(image(&root)));
    let rig = board.rig(&root, &image(&root), None);
    let folder = tempfile::tempdir().expect("a folder");
    let mut board = Some(board);
    let result = play(&root, rig, folder.path(), &mut |body| {
        if matches!(body, Body::Begun) {
            board = None;
        }
    });
    let Verdict::Inconclusive { why } = &result.outcome.verdict else {
        panic!("{:?}", result.outcome.verdict);
    };
    let first = why[0].to_string();
    let told = first.starts_with("the debug probe failed while ") && first.contains("; check its cable");
    assert!(told, "{why:?}");
    assert!(!result.outcome.not_safe.is_empty(), "a pump out of reach is shouted");
    // What was heard until then is evidence, and whole.
    let journal = result.journal.expect("a journal");
    let (_, events) = journal::open(Path::new(&journal)).expect("reads").into_parts();
    assert!(
        events
            .filter(|event| matches!(event.body, Body::RigTrouble { .. }))
            .count()
            >= 1
    );
}

#[test]
fn a_probe_that_is_lost_in_therapy_leaves_the_line_to_stop_the_pump_by() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let board = Board::plug_in(Some(image(&root)));
    let by_the_wall_clock = [
        ("kind: virtual", "kind: real, scale: 1"),
        ("limits: {", "limits: {watch: 1 s, "),
    ];
    let rig = board.rig_with(&root, &image(&root), None, &by_the_wall_clock);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("therapy.yaml"), THERAPY).expect("written");
    let case = pump_hil::shipped::cases(&folder.path().join("therapy.yaml"), &root.join("fixtures")).remove(0);
    let settings = Settings::new(rig, folder.path().to_owned());
    let result = suite::run_case(&case, &settings, &interrupt::pair().1, &mut |event| {
        if matches!(&event.body, Body::StepStarted { step, .. } if step.0 == "3") {
            board.lose_probe();
        }
    });
    let Verdict::Inconclusive { why } = &result.outcome.verdict else {
        panic!("{:?}", result.outcome.verdict);
    };
    assert!(
        why[0].to_string().starts_with("the debug probe failed while "),
        "{why:?}"
    );
    assert_eq!(result.outcome.not_safe, [""; 0]);
    assert_eq!(board.state(), "stopped");
    let text = std::fs::read_to_string(result.journal.expect("a journal")).expect("reads");
    assert!(text.contains("state from=running to=stopped cause=command"), "{text}");
}

#[test]
fn a_probe_and_a_line_that_lead_to_two_boards_are_told() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let (probed, heard) = (Board::plug_in(Some(image(&root))), Board::plug_in(None));
    let mut rig = heard.rig(&root, &image(&root), None);
    rig.look_for_probes_in(probed.probes());
    rig.limits.write = Duration::from_millis(200);
    let (why, events) = inconclusive(&root, rig);
    assert!(why.contains("bytes that the pump sent did not come"), "{why}");
    assert!(why.contains("is it this board's port?"), "{why}");
    let sent = events.iter().any(|body| matches!(body, Body::Sent { .. }));
    assert!(!sent, "{events:?}");
}

#[test]
fn firmware_without_the_block_is_told() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let board = Board::plug_in(Some(image(&root)));
    let mut rig = board.rig(&root, &image(&root), None);
    rig.limits.open = Duration::from_millis(300);
    let mut profile = (*rig.profile).clone();
    profile.symbols.insert("PUMP_HIL_BLOCK".to_owned(), 0x2000_3000);
    rig.profile = Arc::new(profile);
    let (why, _) = inconclusive(&root, rig);
    assert!(
        why.contains("test block at 0x20003000: its magic `PUMPHIL1` is not there"),
        "{why}"
    );
}

#[test]
fn firmware_that_faults_before_it_stands_fails_with_a_record() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    // Its first instruction is none.
    let elf = changed(&root, folder.path(), |image| {
        (image.symbol("Reset").expect("there").addr & !1, vec![0x00, 0xDE])
    });
    let board = Board::plug_in(None);
    let mut events = Vec::new();
    let result = play(&root, board.rig(&root, &elf, Some(&elf)), folder.path(), &mut |body| {
        events.push(body.clone());
    });
    let Verdict::Failed { reasons } = &result.outcome.verdict else {
        panic!("{:?}", result.outcome.verdict);
    };
    assert_eq!(reasons[0].kind, ReasonKind::FirmwareFault);
    assert!(
        reasons[0].came.to_string().contains("HardFault in Reset"),
        "{reasons:?}"
    );
    assert!(
        matches!(events[..2], [Body::Firmware { .. }, Body::Crash(_)]),
        "{events:#?}"
    );
    assert!(
        !events.iter().any(|body| matches!(body, Body::Sent { .. })),
        "{events:#?}"
    );
}

#[test]
fn what_cannot_be_flashed_is_refused_before_anything_is_erased() {
    let Some(root) = repository::with_qemu(true) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let rigs = root.join("fixtures/rigs");
    let load = |rig: &str, elf: &Path| match RigFile::find(&Shelf::default(), &rigs.join(rig), &Given::flash(elf)) {
        Err(error @ (RigError::Probe(ProbeError::Flash(_)) | RigError::File(_))) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let elf = std::fs::read(image(&root)).expect("read");
    assert!(
        load("microbit.yaml", &file("no.elf", b"no ELF file")).ends_with("no.elf: no 32-bit little-endian ELF file")
    );
    assert!(load("microbit.yaml", Path::new("absent.elf")).contains("cannot read `absent.elf`"));
    assert!(load("microbit.yaml", Path::new("/dev/zero")).ends_with("cannot read `/dev/zero`: not a file"));
    assert!(load("sim.yaml", &image(&root)).contains("no chip that can be flashed"));
    let mut riscv = elf.clone();
    riscv[0x12] = 243;
    assert!(load("microbit.yaml", &file("riscv.elf", &riscv)).ends_with("riscv.elf: no firmware for an Arm core"));
    // Linked for another chip: its first segment lies where this one has no flash.
    let mut elsewhere = elf;
    let first = u32::from_le_bytes(elsewhere[0x1C..0x20].try_into().expect("four")) as usize;
    elsewhere[first + 12..first + 16].copy_from_slice(&0x0800_0000_u32.to_le_bytes());
    let board = Board::plug_in(Some(image(&root)));
    let rig = board.rig(&root, &image(&root), Some(&file("elsewhere.elf", &elsewhere)));
    let (why, _) = inconclusive(&root, rig);
    assert!(
        why.contains("at 0x08000000, where nRF51822_xxAA has no flash (it has 0x00000000 to 0x00040000)"),
        "{why}"
    );
    assert_eq!(passes(&root, board.rig(&root, &image(&root), None)).0, InFlash::Already);
}
