use super::*;

mod lines;

const SIM_RIG: &str = include_str!("../../../../fixtures/rigs/sim.yaml");

/// A rig file of this name and text, with the stub pump's profile.
fn parsed(name: &str, text: &str) -> Result<RigFile, RigError> {
    parsed_with(name, text, |_| {
        Device::parse(Shelf::default().find(Kind::Device, Path::new("stub"), None)?)
    })
}

fn parsed_with(name: &str, text: &str, device: impl Fn(&str) -> Result<Device, RigError>) -> Result<RigFile, RigError> {
    let found = Found {
        path: name.into(),
        text: text.to_owned().into(),
        built_in: false,
    };
    RigFile::parse(&found, &Given::default(), &Shelf::default(), device)
}

/// What is wrong with it.
fn wrong(name: &str, text: &str) -> String {
    parsed(name, text).expect_err("it must not load").to_string()
}

fn spoilt(from: &str, to: &str) -> String {
    assert!(SIM_RIG.contains(from), "`{from}` is not in the file");
    wrong("sim.yaml", &SIM_RIG.replacen(from, to, 1))
}

#[test]
fn the_simulated_rig_can_do_everything() {
    let rig = RigFile::sim().expect("the built-in rig loads");
    let can = rig.capabilities();
    assert!(can.contains(&Capability::VirtualTime) && can.contains(&Capability::TestBlock));
    assert_eq!(
        can.iter().filter(|c| matches!(c, Capability::Fault(_))).count(),
        CATALOGUE.len()
    );
}

#[test]
fn the_shipped_rig_files_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rigs");
    for (name, can) in [("sim", true), ("sim-realtime", false)] {
        let rig = RigFile::load(&folder.join(format!("{name}.yaml"))).expect("it loads");
        assert_eq!(rig.name, name);
        assert_eq!(rig.capabilities().contains(&Capability::TestBlock), can);
    }
}

#[test]
fn what_is_wrong_with_a_rig_file_is_told_with_its_line() {
    assert!(spoilt("clock:", "clok:").contains("clok"));
    assert!(spoilt("kind: virtual", "kind: real, scale: 1").contains("take `sim-process`"));
    assert!(spoilt("fence: 60 s", "fence: 60 furlongs").contains("unknown unit `furlongs`"));
    for limit in ["open: 10 s", "write: 10 s", "fence: 60 s"] {
        let key = &limit[..limit.find(' ').expect("a value")];
        let error = spoilt(limit, &format!("{key} 999 ms"));
        assert!(error.starts_with("sim.yaml:9:"), "{error}");
        assert!(
            error.contains("must be at least 1 s: within less a busy host"),
            "{error}"
        );
    }
    let error = spoilt("PUMP_HIL_BLOCK", "PUMP_HIL_BLOK");
    let line = SIM_RIG
        .lines()
        .position(|l| l.contains("PUMP_HIL_BLOCK"))
        .expect("there")
        + 1;
    assert!(error.starts_with(&format!("sim.yaml:{line}:32: ")), "{error}");
}

#[test]
fn all_misspelt_words_of_a_rig_file_are_told_at_once() {
    let error = spoilt("clock: {kind: virtual}", "clock: {kind: virtul}\nfoo: 3");
    assert!(
        error.contains("unknown kind of clock `virtul` (did you mean `virtual`?)"),
        "{error}"
    );
    assert!(error.contains("unknown key `foo` in a rig file"), "{error}");
}

#[test]
fn words_of_people_in_a_rig_file_are_told_with_what_to_write() {
    const SERIAL: &str = include_str!("../../../../fixtures/rigs/serial.yaml");
    let spoilt = |from: &str, to: &str| {
        assert!(SERIAL.contains(from), "`{from}` is not in the file");
        wrong("serial.yaml", &SERIAL.replacen(from, to, 1))
    };
    let clock = "clock: {kind: real}";
    for (from, to, told) in [
        (clock, "clock: real", "write `{kind: real}`"),
        (clock, "clock: {kind: wall}", "did you mean `real`?"),
        ("kind: serial", "kind: uart", "did you mean `serial`?"),
        ("baud:", "baudrate:", "did you mean `baud`?"),
        (
            "{kind: serial, port: /dev/ttyUSB0, baud: 115200}",
            "/dev/ttyUSB0",
            "write `{kind: serial, port: /dev/ttyUSB0, baud: 115200}`",
        ),
        (
            clock,
            "clock: {kind: real}\nprobe: {kind: jlink}",
            "a real probe of any make is `usb`",
        ),
        (
            clock,
            "clock: {kind: real}\nlimits: {open: 5 seconds}",
            "`open`: unknown unit `seconds` in `5 seconds` (did you mean `s`?)",
        ),
    ] {
        let error = spoilt(from, to);
        assert!(error.contains(told), "{to}: {error}");
    }
    let shelf = Shelf::default();
    let no_file = |named: &str| Device::parse(shelf.find(Kind::Device, Path::new(named), None)?);
    let text = SERIAL.replace("device: stub", "device: stub.yaml");
    let error = parsed_with("serial.yaml", &text, no_file).unwrap_err().to_string();
    assert!(
        error.contains("Did you mean the device `stub`, by its name?"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_in_one_part_hides_nothing_of_another() {
    let text = include_str!("../../../../fixtures/rigs/serial.yaml")
        .replace("clock: {kind: real}", "clock: real")
        .replace(", baud: 115200", "");
    let error = wrong("serial.yaml", &text);
    assert!(
        error.contains("`clock` must be a map") && error.contains("`baud`"),
        "{error}"
    );
}

#[test]
fn firmware_in_qemu_needs_an_image_and_granted_time_needs_its_test_block() {
    let in_qemu = |pump: &str, probe: &str| {
        let text = SIM_RIG
            .replace("pump: {kind: sim}", pump)
            .replace("probe: {kind: sim, test-block: PUMP_HIL_BLOCK}", probe);
        wrong("qemu.yaml", &text)
    };
    let probe = "probe: {kind: qemu, test-block: PUMP_HIL_BLOCK}";
    let pump = "pump: {kind: qemu, machine: microbit, elf: absent.elf}";
    assert!(in_qemu(pump, probe).contains("there is no file `absent.elf`"));
    assert!(in_qemu("pump: {kind: qemu, machine: microbit}", probe).contains("needs its `machine` and `elf`"));
    let text = SIM_RIG
        .replace("pump: {kind: sim}", pump)
        .replace("probe: {kind: sim, test-block: PUMP_HIL_BLOCK}", probe)
        .replace("kind: virtual", "kind: real, scale: 100");
    assert!(wrong("qemu.yaml", &text).starts_with("qemu.yaml:6:28: firmware in QEMU goes at the host's own pace"));
    assert!(in_qemu(pump, "probe: {kind: qemu}").contains("name its symbol in `test-block`"));
    assert!(in_qemu(pump, "").contains("add `probe`, with `test-block`"));
    assert!(in_qemu(pump, "probe: {kind: sim}").contains("has the probe `qemu`"));
}

#[test]
fn firmware_that_cannot_be_made_use_of_is_told_where_it_is_named() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let fixtures = fixtures.canonicalize().expect("there");
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().display().to_string();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    };
    let arm = std::fs::read(fixtures.join("firmware/probed.elf")).expect("there");
    let mut stripped = arm.clone();
    stripped[0x20..0x24].fill(0);
    stripped[0x30..0x34].fill(0);
    let mut riscv = arm;
    riscv[0x12] = 243;
    write("build/stripped.elf", &stripped);
    write("build/riscv.elf", &riscv);
    write("build/no.elf", b"no ELF file");
    let device = std::fs::read_to_string(fixtures.join("devices/stub.yaml")).expect("there");
    let lines = device.lines().count();
    let error = |name: &str| {
        RigFile::load(&folder.path().join("rigs").join(name))
            .expect_err("wrong")
            .to_string()
    };
    for (file, why) in [
        (
            "absent.elf",
            format!("there is no file `{here}/build/absent.elf`: build the firmware first"),
        ),
        (
            "no.elf",
            format!("{here}/build/no.elf: no 32-bit little-endian ELF file"),
        ),
        (
            "riscv.elf",
            format!("{here}/build/riscv.elf: no firmware for an Arm core"),
        ),
        (
            "stripped.elf",
            format!("{here}/build/stripped.elf: the file has no symbol table, by which "),
        ),
    ] {
        write("rigs/stub.yaml", device.as_bytes());
        let pump = format!("pump: {{kind: qemu, machine: microbit, elf: ../build/{file}}}");
        let rig = "rig: q\nsummary: q\ndevice: ./stub.yaml\nclock: {kind: real, scale: 1}\nlimits: {open: 1 s, write: 1 s, fence: 1 s}\n";
        write("rigs/qemu.yaml", format!("{rig}{pump}\n").as_bytes());
        let told = error("qemu.yaml");
        assert!(
            told.starts_with(&format!("{here}/rigs/qemu.yaml:6:44: {why}")),
            "{told}"
        );

        write("rigs/stub.yaml", format!("{device}elf: ../build/{file}\n").as_bytes());
        write(
            "rigs/sim.yaml",
            format!("{rig}pump: {{kind: sim-process}}\n").as_bytes(),
        );
        let told = error("sim.yaml");
        assert!(
            told.starts_with(&format!("{here}/rigs/stub.yaml:{}:6: {why}", lines + 1)),
            "{told}"
        );
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    assert!(spoilt("rig: sim", "rig: ../../sim").contains("a rig's name has"));
    assert!(spoilt("kind: sim}", "kind: sim, baud: 9600}").contains("has no `baud`"));
    assert!(spoilt("kind: sim}", "kind: sim, service-months: 0}").contains("more than 0"));
    assert!(spoilt("kind: sim}", "kind: serial}").contains("needs its `port` and `baud`"));
    assert!(spoilt("kind: virtual", "kind: virtual, scale: 2").contains("virtual time has no `scale`"));
}

#[test]
fn how_far_a_pumps_clock_may_be_off_is_a_key_of_the_hosts_clock() {
    let of = |drift: &str| {
        SIM_RIG
            .replace("kind: sim}", "kind: sim-process}")
            .replace("probe: {kind: sim, test-block: PUMP_HIL_BLOCK}", "")
            .replace("kind: virtual", &format!("kind: real, scale: 60{drift}"))
    };
    let drift = |text: &str| {
        parsed("sim.yaml", text)
            .map(|rig| rig.drift)
            .map_err(|error| error.to_string())
    };
    assert_eq!(drift(&of("")), Ok(Percent(1_000)));
    assert_eq!(drift(&of(", drift: 0.05 %")), Ok(Percent(50)));
    for wrong in ["0 %", "0.009 %", "51 %"] {
        let error = drift(&of(&format!(", drift: {wrong}"))).expect_err(wrong);
        assert!(error.contains("`drift` must be between 0.01 % and 50 %"), "{error}");
    }
    assert!(drift(&of(", drift: 2 s")).expect_err("a time").contains("unknown unit"));
    assert!(spoilt("kind: virtual", "kind: virtual, drift: 1 %").contains("virtual time has no `drift`"));
}

const DK_RIG: &str = include_str!("../../../../fixtures/rigs/nrf52840-dk.yaml");

/// A board's rig file with one text replaced.
fn board(from: &str, to: &str) -> Result<RigFile, RigError> {
    assert!(DK_RIG.contains(from), "`{from}` is not in the file");
    let text = DK_RIG
        .replace(from, to)
        .replace(", elf: ../../firmware-stub/board/target/nrf52840-dk.elf", "");
    parsed("dk.yaml", &text)
}

fn wrong_board(from: &str, to: &str) -> String {
    board(from, to).expect_err("it must not load").to_string()
}

#[test]
fn a_board_can_do_what_the_chip_in_qemu_can() {
    let all = RigFile::sim().expect("loads").capabilities();
    assert_eq!(board("speed: 4000, ", "").expect("it loads").capabilities(), all);
    // Firmware without a block: memory and run control, by the wall clock.
    let bare = "clock: {kind: real, scale: 1}\nprobe: {kind: usb, chip: nRF52840_xxAA}\nlimits";
    let from = &DK_RIG[DK_RIG.find("clock").expect("there")..DK_RIG.find(": {open").expect("there")];
    let can = board(from, bare).expect("it loads").capabilities();
    let wanted = [Capability::RawSerial, Capability::Probe, Capability::RunControl];
    assert_eq!(can, BTreeSet::from(wanted));
}

#[test]
fn what_is_wrong_with_a_board_s_file_is_told_with_its_line() {
    let chip = wrong_board("chip: nRF52840_xxAA", "chip: nRF52840_xxAB");
    assert!(
        chip.starts_with("dk.yaml:9:26: probe-rs knows no chip `nRF52840_xxAB` (did you mean `nRF52840_xxAA`?)"),
        "{chip}"
    );
    let part = wrong_board("chip: nRF52840_xxAA", "chip: nRF52840");
    assert!(part.contains("did you mean `nRF52840_xxAA`?"), "{part}");
    assert!(wrong_board("chip: nRF52840_xxAA", "chip: zzzzzzzzzz").contains("`probe-rs chip list` shows them"));
    assert!(wrong_board("chip: nRF52840_xxAA, ", "").contains("a probe of kind `usb` needs its `chip`"));
    assert!(wrong_board("speed: 4000", "speed: 0").contains("`speed` must be more than 0"));
    assert!(wrong_board("speed: 4000", "selector: jlink").contains("`jlink` selects no probe: write `VID:PID`"));
    assert!(wrong_board("kind: usb", "kind: sim").contains("a probe of this kind has no `chip`"));
    assert!(wrong_board(", test-block: PUMP_HIL_BLOCK", "").contains("name its symbol in `test-block`"));
    assert!(wrong_board("PUMP_HIL_BLOCK", "PUMP_HIL_BLOK").contains("has no symbol `PUMP_HIL_BLOK`"));
    let probe = "probe: {kind: usb, chip: nRF52840_xxAA, speed: 4000, test-block: PUMP_HIL_BLOCK}";
    assert!(wrong_board(probe, "").contains("there is no probe whose port it could be"));
    assert!(
        wrong_board(probe, "probe: {kind: qemu, test-block: PUMP_HIL_BLOCK}").contains("has the probe `usb`, or none")
    );
}

#[test]
fn all_that_is_wrong_with_a_board_s_file_is_told_at_once() {
    let text = DK_RIG
        .replace("rig: nrf52840-dk", "rig: The DK")
        .replace("baud: 115200", "baud: 115200, machine: microbit, args: []")
        .replace("kind: virtual", "kind: virtual, scale: 2")
        .replace("speed: 4000", "speed: 0")
        .replace("write: 10 s", "write: 10 furlongs");
    let shelf = Shelf::default();
    let profile = |_: &str| Device::parse(shelf.find(Kind::Device, Path::new("stubb"), None)?);
    let Err(error) = parsed_with("dk.yaml", &text, profile) else {
        panic!("all wrong")
    };
    let error = error.to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 7, "{error}");
    for (line, what) in lines.iter().zip([
        "a rig's name",
        "there is no device `stubb` (did you mean `stub`?)",
        "no `machine`",
        "no `args`",
        "no `scale`",
        "`speed`",
        "furlongs",
    ]) {
        assert!(line.starts_with("dk.yaml:") && line.contains(what), "{line}");
    }
}

#[test]
fn five_lines_are_a_rig_file_for_a_serial_pump() {
    let text = "rig: bench\nsummary: A pump.\ndevice: stub\npump: {kind: serial, port: /dev/ttyUSB0, baud: 115200}\nclock: {kind: real}\n";
    let rig = parsed("bench.yaml", text).expect("it is whole");
    let RigLimits { open, write, fence, .. } = rig.limits;
    assert_eq!(
        (open, write, fence),
        (RigLimits::OPEN, RigLimits::WRITE, RigLimits::FENCE)
    );
    assert_eq!(rig.clock.scale(), Some(1));
    let shipped = Shelf::default()
        .find(Kind::Rig, Path::new("serial"), None)
        .expect("there");
    let lines = shipped.text.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.count(), 5);
}

#[test]
fn mistakes_of_shape_and_of_meaning_are_told_together() {
    let text = "rig: Bench\nsumary: A pump.\ndevice: no-such\npump: {kind: serial, port: /dev/ttyUSB0, baud: fast}\nclock: {kind: real, scale: 0}\nlimits: {open: 1 ms, write: 1}\n";
    let shelf = Shelf::default();
    let device = |named: &str| Device::parse(shelf.find(Kind::Device, Path::new(named), None)?);
    let Err(error) = parsed_with("bench.yaml", text, device) else {
        panic!("all wrong")
    };
    let told = error.to_string();
    for what in [
        "bench.yaml:1:6: a rig's name",
        "bench.yaml:2:1: unknown key `sumary`",
        "bench.yaml:3:9: there is no device `no-such`",
        "bench.yaml:4:48: `baud` must be a whole number",
        "bench.yaml:5:28: `scale` must be at least 1",
        "bench.yaml:6:16: `open` must be at least 1 s",
        "bench.yaml:6:29: `write`",
    ] {
        assert!(told.contains(what), "{what}: {told}");
    }
    assert_eq!(told.lines().count(), 7, "nothing is told twice: {told}");
}

#[test]
fn firmware_of_a_built_in_rig_is_told_how_to_get() {
    let error =
        RigFile::find(&Shelf::default(), Path::new("qemu-microbit"), &Given::default()).map(|rig| rig.is_built_in);
    if let Err(error) = error {
        let told = error.to_string();
        assert!(told.contains("run `firmware-stub/board/build` there"), "{told}");
    }
    assert!(RigFile::sim().expect("loads").is_built_in);
}

#[test]
fn a_device_that_never_ends_is_no_rig_file() {
    let error = RigFile::load(Path::new("/dev/zero")).expect_err("it is not a file");
    assert_eq!(error.to_string(), "cannot read `/dev/zero`: not a file");
}

/// A rig with an instrument beside a serial pump.
fn beside(instrument: &str) -> Result<RigFile, RigError> {
    let text = format!(
        "rig: weighs\nsummary: A pump and a balance.\ndevice: slip-pump\npump: {{kind: serial, port: \"tcp:bench:4000\"}}\n\
         clock: {{kind: real}}\ninstruments:\n  balance: {instrument}\n"
    );
    parsed_with("weighs.yaml", &text, |named| {
        Device::parse(Shelf::default().find(Kind::Device, Path::new(named), None)?)
    })
}

#[test]
fn an_instrument_is_a_balance_on_a_line() {
    let rig = beside("{device: mt-sics, port: /dev/ttyUSB1, baud: 9600, resolution: 0.1 mg}").expect("it loads");
    assert!(rig.instrument().is_none(), "its profile weighs nothing");
    let text = SIM_RIG.replacen("device: stub", "device: mt-sics", 1);
    let told = parsed_with("sim.yaml", &text, |named| {
        Device::parse(Shelf::default().find(Kind::Device, Path::new(named), None)?)
    });
    let told = told.expect_err("a balance").to_string();
    assert!(told.contains("this device is no pump"), "{told}");
    for (instrument, what) in [
        (
            "{device: slip-pump, port: \"tcp:bench:4001\"}",
            "`slip-pump` is no instrument",
        ),
        ("{device: mt-scis, port: \"tcp:bench:4001\"}", "mt-scis"),
        (
            "{device: mt-sics, port: /dev/ttyUSB1}",
            "a serial port needs its `baud`",
        ),
        ("{device: mt-sics, port: \"tcp:bench\"}", "is no server"),
        (
            "{device: mt-sics, port: \"tcp:bench:4001\", baud: 9600}",
            "has no `baud`",
        ),
        (
            "{device: mt-sics, port: \"tcp:bench:4001\", resolution: 1 mL}",
            "unknown unit `mL`",
        ),
        ("{device: mt-sics, port: \"tcp:b:4\", resolution: 0 mg}", "more than 0"),
        ("{device: mt-sics}", "port"),
    ] {
        let told = beside(instrument).expect_err(instrument).to_string();
        assert!(
            told.contains(what) && told.starts_with("weighs.yaml:"),
            "{instrument}: {told}"
        );
    }
}
