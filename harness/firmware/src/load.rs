//! What of an image goes into a chip's flash, and what stands there then.

use super::elf::Elf;
use object::LittleEndian;
use object::elf::{EM_ARM, FileHeader32, PT_LOAD};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use sha2::{Digest as _, Sha256};

/// Bytes of an image that are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Where they are loaded to.
    pub addr: u64,
    /// The bytes; at least one.
    pub bytes: &'a [u8],
}

/// Whether an Arm core can run it.
pub(super) fn is_for_arm(elf: &Elf) -> bool {
    FileHeader32::<LittleEndian>::parse(elf.bytes()).is_ok_and(|header| header.e_machine(LittleEndian) == EM_ARM)
}

/// Everything that is loaded, in the file's order. What points beyond the file is left out.
pub(super) fn segments(elf: &Elf) -> Vec<Segment<'_>> {
    loads(elf).map(|(_, segment)| segment).collect()
}

/// SHA-256 of all that is loaded, with its places, hex: two builds of one source may differ in more than that.
pub(super) fn sha256(elf: &Elf) -> String {
    let mut hash = Sha256::new();
    for Segment { addr, bytes } in segments(elf) {
        hash.update(addr.to_le_bytes());
        // With place and length, so that bytes which move from one segment to the next give another sum.
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text that a variable is made with, up to the first NUL; `None` where there is no such variable, or no text in it.
pub(super) fn text<'a>(elf: &'a Elf, symbol: &str) -> Option<&'a str> {
    let symbol = elf.symbol(symbol)?;
    let bytes = loads(elf).find_map(|(at, segment)| {
        let start = usize::try_from(symbol.addr.checked_sub(at)?).ok()?;
        let end = start.checked_add(usize::try_from(symbol.size).ok()?)?;
        segment.bytes.get(start..end)
    })?;
    let text = bytes.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().filter(|text| !text.is_empty())
}

/// Where each segment is when the firmware runs, and what is loaded.
fn loads(elf: &Elf) -> impl Iterator<Item = (u64, Segment<'_>)> {
    let file = elf.bytes();
    let headers = FileHeader32::<LittleEndian>::parse(file)
        .and_then(|header| header.program_headers(LittleEndian, file))
        .unwrap_or_default();
    headers.iter().filter_map(move |header| {
        let bytes = header.data(LittleEndian, file).ok()?;
        // `p_paddr` is where a segment is loaded to, `p_vaddr` where it is when the firmware runs (gABI, program header): `.data` lies in
        // flash and is copied to RAM. Symbols have the second.
        let addr = header.p_paddr(LittleEndian).into();
        let loaded = header.p_type(LittleEndian) == PT_LOAD && !bytes.is_empty();
        loaded.then(|| (header.p_vaddr(LittleEndian).into(), Segment { addr, bytes }))
    })
}
