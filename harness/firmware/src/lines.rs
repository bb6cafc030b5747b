//! From an address of code to function, file and line, inlined functions too.

use super::image::Image;
use addr2line::{Context, LookupResult};
use gimli::{EndianSlice, LittleEndian, SectionId};
use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{Object as _, ObjectSection as _, SectionKind};
use pump_hil_model::crash::Frame;
use pump_hil_model::safe_text::safe;
use std::ops::Range;

/// A piece of the file.
pub(super) type Bytes<'a> = EndianSlice<'a, LittleEndian>;

/// Most inlined functions at one address.
const INLINED_MAX: usize = 32;
/// How far behind a symbol without a length its code may go.
// Assembler often leaves the size out (`.size`), and behind a symbol without one anything may follow.
const BEHIND_SYMBOL: u64 = 256;

/// What an image says about its code.
pub(super) struct Lines<'a> {
    image: &'a Image,
    file: Option<ElfFile<'a, FileHeader32<object::LittleEndian>>>,
    context: Option<Context<Bytes<'a>>>,
}

impl<'a> Lines<'a> {
    /// Of `image`. What its debug information does not say, or says wrongly, is simply not known.
    pub fn of(image: &'a Image) -> Self {
        let file = ElfFile::parse(image.bytes()).ok();
        let mut lines = Self {
            image,
            file,
            context: None,
        };
        let load = |id: SectionId| Ok::<_, gimli::Error>(Bytes::new(lines.section(id.name()).1, LittleEndian));
        let context = gimli::Dwarf::load(load).and_then(Context::from_dwarf);
        lines.context = context.ok();
        lines
    }

    /// A section's address and contents; nothing where it is not there.
    pub fn section(&self, name: &str) -> (u64, &'a [u8]) {
        let section = self.file.as_ref().and_then(|file| file.section_by_name(name));
        let found = section.and_then(|section| Some((section.address(), section.data().ok()?)));
        found.unwrap_or_default()
    }

    /// Where code is.
    pub fn code(&self) -> Vec<Range<u64>> {
        let sections = self.file.iter().flat_map(|file| file.sections());
        let code = sections.filter(|section| section.kind() == SectionKind::Text);
        // The file is foreign: its sizes may lead beyond any address.
        code.map(|section| section.address()..section.address().saturating_add(section.size()))
            .collect()
    }

    /// The functions at `addr`, the innermost first; all but the last are inlined. There is always one.
    pub fn at(&self, addr: u64) -> Vec<Frame> {
        let mut found = self.by_debug_information(addr).unwrap_or_default();
        if let Some(last) = found.last_mut() {
            last.inlined = false;
            return found;
        }
        vec![Frame {
            function: self.by_symbol(addr),
            ..Frame::default()
        }]
    }

    fn by_debug_information(&self, addr: u64) -> Option<Vec<Frame>> {
        // There are no separate files of debug information: nothing is loaded on the way.
        let LookupResult::Output(frames) = self.context.as_ref()?.find_frames(addr) else {
            return None;
        };
        let mut frames = frames.ok()?;
        let mut found = Vec::new();
        while let (true, Ok(Some(frame))) = (found.len() < INLINED_MAX, frames.next()) {
            let name = frame.function.as_ref().and_then(|name| name.demangle().ok());
            let place = frame.location.as_ref();
            found.push(Frame {
                function: name.map_or_else(|| self.by_symbol(addr), |name| safe(&name)),
                file: place.and_then(|place| place.file).map(safe),
                line: place.and_then(|place| place.line),
                inlined: true,
                ..Frame::default()
            });
        }
        Some(found)
    }

    /// The symbol that covers an address, for code without debug information.
    fn by_symbol(&self, addr: u64) -> String {
        let before = self.image.symbols().filter(|(_, symbol)| {
            let len = if symbol.size == 0 { BEHIND_SYMBOL } else { symbol.size };
            (symbol.addr..symbol.addr.saturating_add(len)).contains(&addr)
        });
        // Symbols may overlap, such as a label inside a function: the one that begins last is the closest.
        let nearest = before.max_by_key(|(_, symbol)| symbol.addr);
        nearest.map_or_else(|| "?".to_owned(), |(name, _)| safe(name))
    }
}
