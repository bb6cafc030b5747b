//! `pump-hil new DIR --link ... --device ...`: the folder is right at once, for each link and each device.

use super::bench::Bench;
use pump_hil_rig::Shelf;
use pump_hil_rig::shelf::Kind;
use pump_hil_testing::repository::root;

#[test]
fn each_link_and_each_device_make_a_folder_that_is_right_at_once() {
    let bench = Bench::new();
    let elf = root().join("fixtures/firmware/probed.elf");
    let devices: Vec<String> = Shelf::default()
        .names(Kind::Device)
        .into_keys()
        .chain(["learn".to_owned()])
        .collect();
    assert!(devices.len() > 8, "{devices:?}");
    let mut made = 0;
    for device in &devices {
        for link in ["serial", "tcp", "qemu", "sim"] {
            let name = format!("{device}-{link}");
            let mut arguments = vec!["new", &name, "--link", link, "--device", device];
            if link == "qemu" {
                arguments.extend(["--elf", elf.to_str().unwrap()]);
            }
            let said = bench.say(&arguments);
            // A balance is beside a pump.
            let is_pump = device != "mt-sics";
            if (link == "sim" && device != "stub") || !is_pump {
                said.ends_with(2);
                let why = if is_pump {
                    "talks as the device `stub`"
                } else {
                    "no pump"
                };
                assert!(said.err.contains(why) || link == "sim", "{said:?}");
                assert!(!bench.path(&name).exists(), "{name}");
                continue;
            }
            said.ends_with(0);
            let folder = bench.path(&name);
            let checked = bench.say_in(&folder, &["check"]);
            checked.ends_with(0);
            assert!(
                checked.out.contains("1 file with 1 case: nothing wrong"),
                "{name}: {checked:?}"
            );
            let listed = bench.say_in(&folder, &["list", "--rig", "bench"]);
            listed.ends_with(0);
            assert!(
                listed.out.contains("can play 1 of 1 file and 1 of 1 case"),
                "{name}: {listed:?}"
            );
            let ci = std::fs::read_to_string(folder.join(".github/workflows/pump.yml")).unwrap();
            assert_eq!(ci.contains("pump-hil doctor --rig bench"), link != "sim", "{name}");
            made += 1;
        }
    }
    assert_eq!(made, (devices.len() - 1) * 3 + 1);
}

#[test]
#[cfg(feature = "sim")]
fn the_simulated_pump_passes_by_a_profile_of_ones_own() {
    let bench = Bench::new();
    bench
        .say(&["new", "own", "--link", "sim", "--device", "stub"])
        .ends_with(0);
    let folder = bench.path("own");
    bench.say_in(&folder, &["doctor", "--rig", "bench"]).ends_with(0);
    let said = bench.say_in(&folder, &["run"]);
    said.ends_with(0);
    assert!(said.out.contains("1 passed"), "{said:?}");
}

#[test]
fn what_cannot_be_made_is_told_and_nothing_is_made() {
    let bench = Bench::new();
    let refused = |arguments: &[&str], why: &str| {
        let said = bench.say(arguments);
        said.ends_with(2);
        assert!(said.err.contains(why), "{why}: {said:?}");
        assert!(!bench.path("own").exists(), "{said:?}");
    };
    refused(
        &["new", "own", "--link", "tcp", "--device", "syrynge"],
        "did you mean `syringe`?",
    );
    refused(&["new", "own", "--link", "tcp"], "--device");
    refused(&["new", "own", "--device", "learn"], "--link");
    refused(&["new", "own", "--link", "qemu", "--device", "learn"], "--elf");
    bench.file("wrong.yaml", "profile: 2\ndevice: wrong\nsumary: Misspelt.\n");
    refused(
        &["new", "own", "--link", "tcp", "--device", "wrong.yaml"],
        "error[device-unknown-key]",
    );
    // What is no firmware is found at once.
    bench.file("pump.elf", "no ELF");
    let said = bench.say(&["new", "own", "--link", "qemu", "--device", "learn", "--elf", "pump.elf"]);
    said.ends_with(2);
    assert!(said.err.contains("error[rig-elf]"), "{said:?}");
}
