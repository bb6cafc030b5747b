//! The list of readers, held to the sources: where bytes of others become something of ours, a target attacks it, or a reason says why none does.

use pump_hil_testing::repository;
use std::collections::BTreeSet;
use std::path::Path;

/// What only a place has that makes something of bytes which it did not write.
const SIGNS: &[&str] = &[
    "Document::read",
    "Document::parse",
    "parse(&text, ",
    "serde_json::from_",
    "from_utf8(",
    "from_le_bytes",
    "from_be_bytes",
    "rzcobs::decode",
    "ElfFile::<",
    "FileHeader32::<",
    "Rtt::",
    "read_at_most(",
    "read_bounded(",
    "read_until(",
    "read_to_end(",
    "read_to_string(",
    "fs::read(",
];

/// Who looks after a file of the sources that has such a sign.
enum By {
    /// Targets of this folder.
    Targets(&'static [&'static str]),
    /// No target, because of this.
    None(&'static str),
}

const OUR_OWN: &str = "it reads what this program, or an emulator that it started, has just written";
const NUMBERS: &str = "a register or a word of memory is a number, whatever its bits are";
const OF_THE_SYSTEM: &str = "the kernel writes it";
const ON_THE_WAY: &str = "it brings bytes with a bound, and whoever asked for them reads them";

/// The files of the sources, and who looks after each.
const SOURCES: &[(&str, By)] = &[
    ("harness/firmware/src/defmt.rs", By::Targets(&["defmt"])),
    ("harness/firmware/src/elf.rs", By::Targets(&["elf"])),
    ("harness/firmware/src/load.rs", By::Targets(&["elf"])),
    ("harness/firmware/src/names.rs", By::Targets(&["elf"])),
    ("harness/firmware/src/place.rs", By::Targets(&["elf"])),
    (
        "harness/language/src/catalog/load.rs",
        By::Targets(&["requirements", "drugs"]),
    ),
    ("harness/language/src/scenario/load.rs", By::Targets(&["scenario"])),
    ("harness/model/src/yaml/document.rs", By::Targets(&["rig", "device"])),
    ("harness/rig/src/file.rs", By::Targets(&["rig"])),
    ("harness/rig/src/files.rs", By::None(ON_THE_WAY)),
    ("harness/rig/src/firmware.rs", By::None(ON_THE_WAY)),
    ("harness/rig/src/host_time.rs", By::None(OF_THE_SYSTEM)),
    ("harness/rig/src/inside.rs", By::None(NUMBERS)),
    ("harness/rig/src/link/strangers.rs", By::None(OF_THE_SYSTEM)),
    ("harness/rig/src/link/telnet.rs", By::Targets(&["server"])),
    ("harness/rig/src/link/tty.rs", By::None(OF_THE_SYSTEM)),
    ("harness/rig/src/probe/chip.rs", By::None(NUMBERS)),
    ("harness/rig/src/probe/dap.rs", By::None(NUMBERS)),
    ("harness/rig/src/probe/rtt.rs", By::Targets(&["rtt"])),
    ("harness/rig/src/probe/scs.rs", By::None(NUMBERS)),
    (
        "harness/rig/src/qemu/look.rs",
        By::None("QEMU's own words, which are shown"),
    ),
    ("harness/rig/src/qemu/qmp.rs", By::None(OUR_OWN)),
    ("harness/rig/src/qemu/qtest.rs", By::None(OUR_OWN)),
    ("harness/rig/src/test_block.rs", By::None(NUMBERS)),
    ("harness/rig/src/shelf.rs", By::None(ON_THE_WAY)),
    ("harness/src/cli/own_pump.rs", By::Targets(&["device"])),
    ("harness/src/cli/learn.rs", By::Targets(&["transcript"])),
    ("harness/src/cli/project.rs", By::None(ON_THE_WAY)),
    ("harness/src/project.rs", By::Targets(&["project"])),
    (
        "harness/src/cli/summary.rs",
        By::None("a line of a scenario's file, which is shown and never read for its meaning"),
    ),
    (
        "harness/src/cli/scenario_lines.rs",
        By::None("the same, of a file whose SHA-256 is that of the journal"),
    ),
    (
        "harness/src/runs.rs",
        By::None("counts and names of a results.json, which are shown and decide nothing"),
    ),
    (
        "harness/src/cli/again.rs",
        By::None("names of files and cases, of which only those count that are loaded from scenarios as well"),
    ),
    (
        "harness/src/cli/out.rs",
        By::None("the number of the process that holds the folder, twenty bytes of it, made harmless"),
    ),
    (
        "harness/src/cli/review/terminal.rs",
        By::None("keys of the person at the terminal: each is one of a few, or nothing"),
    ),
    (
        "harness/src/explained.rs",
        By::None("JSON Schemas that this program has just made"),
    ),
    (
        "harness/src/cli/shell/screen.rs",
        By::None("lines of the person who talks to the pump, with a bound; what each says is read as a scenario is"),
    ),
    ("harness/src/files.rs", By::None(ON_THE_WAY)),
    ("harness/src/interrupt.rs", By::None(OF_THE_SYSTEM)),
    ("harness/src/journal/judged.rs", By::Targets(&["journal"])),
    ("harness/src/manifest.rs", By::Targets(&["manifest"])),
    ("harness/src/safety/guard.rs", By::None(OUR_OWN)),
    ("harness/src/safety/marker.rs", By::None(OUR_OWN)),
    ("harness/src/safety/watch.rs", By::None(OUR_OWN)),
    (
        "harness/src/snapshot/compare.rs",
        By::None("it compares the bytes of a file that it has just read as a dose log"),
    ),
    ("harness/src/snapshot/file.rs", By::Targets(&["snapshot", "accepted"])),
    (
        "harness/src/snapshot/update.rs",
        By::None("the name of the person at this machine, which is written as JSON"),
    ),
    ("harness/talk/src/device/file.rs", By::Targets(&["device"])),
    ("harness/talk/src/learn/transcript.rs", By::Targets(&["transcript"])),
    ("harness/talk/src/messages/shape.rs", By::Targets(&["from-pump"])),
    ("harness/talk/src/protocol/answer.rs", By::Targets(&["device"])),
    ("harness/talk/src/protocol/shown_frame.rs", By::Targets(&["from-pump"])),
    ("harness/talk/src/protocol/resolve.rs", By::Targets(&["device"])),
    ("harness/talk/src/protocol/verb.rs", By::Targets(&["device"])),
    ("harness/verdict/src/journal/reader.rs", By::Targets(&["journal"])),
    ("harness/verdict/src/snapshot/kept.rs", By::Targets(&["snapshot"])),
    ("harness/verdict/src/snapshot/record.rs", By::Targets(&["accepted"])),
];

#[test]
fn each_place_that_reads_what_others_wrote_has_its_target() {
    let root = repository::root();
    let mut found = BTreeSet::new();
    for folder in [
        "harness/src",
        "harness/model/src",
        "harness/firmware/src",
        "harness/talk/src",
        "harness/verdict/src",
        "harness/language/src",
        "harness/rig/src",
    ] {
        sources(&root.join(folder), &mut |path, text| {
            if SIGNS.iter().any(|sign| text.contains(sign)) {
                let name = path.strip_prefix(&root).expect("in the repository");
                found.insert(name.display().to_string());
            }
        });
    }
    let listed: BTreeSet<String> = SOURCES.iter().map(|(file, _)| (*file).to_owned()).collect();
    assert_eq!(listed.len(), SOURCES.len(), "a file stands twice in the list");
    let (new, gone): (Vec<_>, Vec<_>) = (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(
        new.is_empty(),
        "these read something, and no target is named for them: {new:#?}"
    );
    assert!(gone.is_empty(), "these read nothing any more: {gone:#?}");
}

#[test]
fn the_page_has_the_list_of_targets() {
    // The firmware's side of the line is no source of the harness.
    let mut targets = BTreeSet::from(["to-pump"]);
    for (file, by) in SOURCES {
        match by {
            By::Targets(names) => targets.extend(*names),
            By::None(why) => assert!(!why.is_empty(), "{file}"),
        }
    }
    let text = std::fs::read_to_string(repository::root().join("docs/attack.md")).expect("the document");
    let entries = pump_hil::pages::entries(&text);
    let of_targets = entries.iter().filter(|entry| entry.head.starts_with('`'));
    let told: BTreeSet<&str> = of_targets.flat_map(|entry| entry.names()).collect();
    assert_eq!(told, targets);
    for name in targets {
        let file = format!("tests/readers/{}.rs", name.replace('-', "_"));
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(
            text.contains(&format!("name: \"{name}\"")),
            "{file} attacks something else"
        );
    }
}

/// Every source of a folder, without its tests.
fn sources(folder: &Path, each: &mut dyn FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, each);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" && !name.ends_with("_tests.rs") {
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            each(&path, code);
        }
    }
}
