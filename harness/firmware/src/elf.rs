//! The ELF file itself: its bytes, its symbol table, and its debug information as DWARF.

use super::error::{ImageError, NameError};
use gimli::{EndianSlice, Section as _};
use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{LittleEndian, Object as _, ObjectSection as _, ObjectSymbol as _};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type Slice<'a> = EndianSlice<'a, gimli::LittleEndian>;
pub(super) type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;

/// A file that is one of firmware.
pub(super) struct Elf {
    bytes: Arc<[u8]>,
    symbols: BTreeMap<String, Symbol>,
}

/// A function or a variable of the symbol table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// Where it begins; the Thumb bit of a function is taken off.
    pub addr: u64,
    /// Its length in bytes; 0: the file does not say.
    pub size: u64,
}

impl Elf {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// Bytes that are no such file, a broken one, or one without symbols.
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Result<Self, ImageError> {
        let bytes = bytes.into();
        // ELFCLASS32 and ELFDATA2LSB, as Cortex-M firmware has them.
        if !bytes.starts_with(b"\x7fELF\x01\x01") {
            return Err(ImageError::Kind);
        }
        let broken = |error: object::read::Error| ImageError::Broken {
            what: error.to_string(),
        };
        let file = ElfFile::<FileHeader32<LittleEndian>>::parse(&*bytes).map_err(broken)?;
        let mut symbols = BTreeMap::new();
        for symbol in file.symbols() {
            let function = symbol.kind() == object::SymbolKind::Text;
            if !(function || symbol.kind() == object::SymbolKind::Data) || symbol.is_undefined() {
                continue;
            }
            let name = symbol.name().map_err(broken)?;
            // Bit 0 of a function's symbol says that its code is Thumb (ELF for the Arm Architecture, symbol values). It is no part of the
            // address.
            let addr = if function {
                symbol.address() & !1
            } else {
                symbol.address()
            };
            let size = symbol.size();
            symbols.insert(name.to_owned(), Symbol { addr, size });
        }
        if symbols.is_empty() {
            return Err(ImageError::Stripped);
        }
        Ok(Self { bytes, symbols })
    }

    /// The file as it is.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A function or a variable by its name in the symbol table.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.symbols.get(name).copied()
    }

    /// Every function and variable of the symbol table.
    pub fn symbols(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.symbols.iter().map(|(name, symbol)| (name.as_str(), *symbol))
    }

    /// The debug information.
    pub fn dwarf(&self) -> Result<Dwarf<'_>, NameError> {
        let broken = |what: String| NameError::new(format!("the debug information is broken: {what}"));
        let file = ElfFile::<FileHeader32<LittleEndian>>::parse(self.bytes());
        let file = file.map_err(|error| broken(error.to_string()))?;
        let load = |id: gimli::SectionId| -> Result<Slice<'_>, NameError> {
            let Some(section) = file.section_by_name(id.name()) else {
                // Most sections of DWARF may be missing; without `.debug_info` it is told below.
                return Ok(Slice::default());
            };
            let data = section.data().map_err(|error| broken(error.to_string()))?;
            // `data` gives compressed bytes as they stand: read as DWARF they would be taken for broken.
            let compressed = section.compressed_file_range();
            if compressed.is_ok_and(|range| range.format != object::CompressionFormat::None) {
                return Err(
                    NameError::new("its debug information is compressed").help("build the firmware without `-gz`")
                );
            }
            Ok(Slice::new(data, gimli::LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(load)?;
        if dwarf.debug_info.reader().is_empty() {
            return Err(NameError::new("the firmware has no debug information").help(
                "build it with `debug = 2` in its profile of Cargo.toml, or with `-g`; that changes no instruction",
            ));
        }
        Ok(dwarf)
    }
}
