//! Rig files.

use super::attack::Target;
use super::{seeds, told};
use pump_hil_rig::{RigError, RigFile};
use std::path::Path;

#[test]
fn a_rig_of_any_text_is_a_rig_or_mistakes_with_their_places() {
    let folder = tempfile::tempdir().expect("a folder");
    for kept in ["rigs", "devices"] {
        std::fs::create_dir(folder.path().join(kept)).expect("a folder");
    }
    for (path, bytes) in seeds::files("fixtures/devices", "yaml") {
        let name = path.file_name().expect("a name");
        std::fs::write(folder.path().join("devices").join(name), bytes).expect("a device");
    }
    let file = folder.path().join("rigs/changed.yaml");
    Target {
        name: "rig",
        inputs: 1_500,
        seeds: seeds::texts("fixtures/rigs", "yaml"),
        read: &|bytes| read(&file, bytes),
    }
    .run();
}

fn read(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).expect("a file to be read");
    match RigFile::load(file) {
        Ok(rig) => {
            let _ = (rig.capabilities(), rig.time_slack(), rig.is_simulated());
            assert_eq!(rig.text.as_bytes(), bytes, "its hash is that of the file");
        }
        Err(RigError::Wrong(wrong)) => {
            let name = file.display().to_string();
            told::holds(&wrong.0, |named| (named == name).then_some(bytes));
        }
        // What the file names is not there: told with its path.
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
