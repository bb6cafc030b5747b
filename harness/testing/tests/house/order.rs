//! The order of the crates: who may use whom, and what a pure crate may use of others.

use crate::packages::Package;

/// A crate of the harness.
struct Room {
    name: &'static str,
    folder: &'static str,
    may_use: &'static [&'static str],
    /// It has no file, port, clock or process: all that it needs is given to it.
    pure: bool,
}

const ROOMS: &[Room] = &[
    pure("pump-hil-model", "harness/model", &[]),
    pure("pump-hil-firmware", "harness/firmware", &["pump-hil-model"]),
    pure("pump-hil-talk", "harness/talk", &["pump-hil-model"]),
    pure("pump-hil-verdict", "harness/verdict", &["pump-hil-model"]),
    pure(
        "pump-hil-language",
        "harness/language",
        &["pump-hil-model", "pump-hil-firmware"],
    ),
    Room {
        name: "pump-hil-rig",
        folder: "harness/rig",
        may_use: &["pump-hil-model", "pump-hil-talk", "pump-hil-firmware"],
        pure: false,
    },
    Room {
        name: "pump-hil",
        folder: "harness",
        may_use: &[
            "pump-hil-model",
            "pump-hil-firmware",
            "pump-hil-talk",
            "pump-hil-verdict",
            "pump-hil-language",
            "pump-hil-rig",
        ],
        pure: false,
    },
    // For tests alone: nobody's `[dependencies]` may have it, and a test of a small crate must not compile the large ones.
    Room {
        name: "pump-hil-testing",
        folder: "harness/testing",
        may_use: &["pump-hil-model"],
        pure: false,
    },
    // The other end of the line: it proves nothing if it shares code with the harness.
    Room {
        name: "pump-hil-emulators",
        folder: "harness/emulators",
        may_use: &[],
        pure: false,
    },
];

/// Crates of others that only compute. One that is not here may read a file or a clock: look before you add it.
const PURE_OF_OTHERS: &[&str] = &[
    "addr2line",
    "annotate-snippets",
    "cobs",
    "crc",
    "defmt-parser",
    "gimli",
    "jiff",
    "memchr",
    "object",
    "rzcobs",
    "saphyr-parser",
    "schemars",
    "serde",
    "serde_json",
    "serde_yaml",
    "regex",
    "sha2",
    "strsim",
    "thiserror",
];

/// Whose simulator a rig is.
const HAS_SIMULATOR: &str = "pump-hil-rig";

const fn pure(name: &'static str, folder: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        folder,
        may_use,
        pure: true,
    }
}

/// The names of the pure crates.
pub fn pure_crates() -> impl Iterator<Item = &'static str> {
    ROOMS.iter().filter(|room| room.pure).map(|room| room.name)
}

/// What is not as it should be.
pub fn wrong(packages: &[Package]) -> Vec<String> {
    let mut wrong = Vec::new();
    for room in ROOMS {
        let is_there = packages.iter().any(|p| p.name == room.name && p.folder == room.folder);
        if !is_there {
            wrong.push(format!("{}: it is missing in {}", room.name, room.folder));
        }
    }
    for package in packages {
        match ROOMS.iter().find(|room| room.name == package.name) {
            Some(room) => wrong.extend(wrong_in_room(room, package)),
            None if package.folder == "harness" || package.folder.starts_with("harness/") => {
                wrong.push(format!("{}: it has no place in the order of crates", package.name));
            }
            None if package.folder.starts_with("firmware-stub/") => {
                let all = ["dependencies", "dev-dependencies", "build-dependencies"];
                let named = all.iter().flat_map(|section| package.manifest.keys(section));
                let ours = named.filter(|key| key.starts_with("pump-hil"));
                wrong.extend(ours.map(|key| format!("{}: firmware does not know {key}", package.name)));
            }
            None => {}
        }
    }
    wrong
}

fn wrong_in_room(room: &Room, package: &Package) -> Vec<String> {
    let manifest = &package.manifest;
    let mut wrong = Vec::new();
    for key in manifest.keys("dependencies").chain(manifest.keys("build-dependencies")) {
        let may = if key.starts_with("pump-hil") {
            room.may_use.contains(&key)
        } else if key.starts_with("stub-") {
            key == "stub-sim" && room.name == HAS_SIMULATOR
        } else {
            !room.pure || PURE_OF_OTHERS.contains(&key)
        };
        if !may {
            wrong.push(format!("{}: it may not use {key}", room.name));
        }
    }
    wrong
}
