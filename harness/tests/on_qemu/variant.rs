//! Variants of the shipped rig.

use crate::RIG;
use std::path::{Path, PathBuf};

const ELF: &str = "firmware-stub/board/target/microbit.elf";

/// The pump's image.
pub(crate) fn image(root: &Path) -> PathBuf {
    root.join(ELF).canonicalize().unwrap()
}

/// The shipped rig file with these texts replaced, in `folder`.
pub(crate) fn rig(root: &Path, folder: &Path, replaced: &[(&str, &str)]) -> String {
    let shipped = std::fs::read_to_string(root.join(RIG)).unwrap();
    let elf = image(root).display().to_string();
    let mut text = shipped.replace(&format!("../../{ELF}"), &elf);
    for (from, to) in replaced {
        assert!(text.contains(from), "`{from}` is not in the file");
        text = text.replace(from, to);
    }
    let path = folder.join("rig.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}
