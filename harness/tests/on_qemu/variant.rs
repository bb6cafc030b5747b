//! Variants of the shipped rig, and of the image that it runs.

use crate::RIG;
use pump_hil_firmware::Image;
use std::path::{Path, PathBuf};

const ELF: &str = "firmware-stub/board/target/microbit.elf";

/// `cpsid i`, and a branch back to it: no interrupt is found on its way.
pub(crate) const HANGS: &[u16] = &[0xB672, 0xE7FD];

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

/// The image, in `folder`, in which a function, or a line of its source, begins with these instructions.
pub(crate) fn spoilt(root: &Path, folder: &Path, code: &str, instructions: &[u16]) -> PathBuf {
    let mut elf = std::fs::read(image(root)).unwrap();
    let parsed = Image::parse(elf.clone()).unwrap();
    let addr = parsed.code(code).unwrap() & !1;
    let segments = parsed.segments();
    let inside = segments
        .iter()
        .find(|segment| (segment.addr..segment.addr + segment.bytes.len() as u64).contains(&addr));
    let segment = inside.unwrap();
    let begins = segment.bytes.as_ptr() as usize - parsed.bytes().as_ptr() as usize;
    let at = begins + (addr - segment.addr) as usize;
    for (place, instruction) in instructions.iter().enumerate() {
        elf[at + 2 * place..][..2].copy_from_slice(&instruction.to_le_bytes());
    }
    let path = folder.join("spoilt.elf");
    std::fs::write(&path, elf).unwrap();
    path
}
