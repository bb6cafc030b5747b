//! What a firmware's ELF file says: where its names stand in memory, and how its memory is to be read.
//!
//! **Invariant:** pure, and foreign input is believed nothing: a broken file is told, and breaks nothing.

mod code;
pub mod defmt;
mod expression;
mod lines;
mod names;
mod place;
pub mod stack;
mod types;
mod walk;

pub use expression::is_expression;
pub use place::Place;

use names::Names;
use object::elf::FileHeader32;
use object::read::elf::ElfFile;
use object::{LittleEndian, Object as _, ObjectSymbol as _};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Why bytes are no firmware.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// No ELF file of the kind that Cortex-M firmware is.
    #[error("no 32-bit little-endian ELF file")]
    Kind,
    /// It is cut off, or points beyond its end.
    #[error("the file is cut off, or broken: {what}")]
    Broken {
        /// What the reader stumbled over.
        what: String,
    },
    /// It was stripped.
    #[error(
        "the file has no symbol table, by which the test block, the firmware's log and what scenarios name are found; build it with one: `strip = false` in Cargo's profile, no `-s` for the linker, and name the file from before any `strip` or `objcopy`"
    )]
    Stripped,
    /// It is for another kind of processor.
    #[error("no firmware for an Arm core")]
    Arch,
}

/// Why a name cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", .help.as_ref().map_or(String::new(), |help| format!(" ({help})")))]
pub struct NameError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl NameError {
    /// What is wrong, with nothing to do about it yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    fn help(self, help: impl Into<String>) -> Self {
        self.maybe_help(Some(help.into()))
    }

    fn maybe_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

/// A firmware's image. Read once, and shared by every run of it.
pub struct Image {
    bytes: Arc<[u8]>,
    symbols: BTreeMap<String, Symbol>,
    names: OnceLock<Result<Names, NameError>>,
    defmt: OnceLock<Option<defmt::Table>>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.bytes.len();
        f.debug_struct("Image").field("bytes", &bytes).finish_non_exhaustive()
    }
}

/// A function or a variable of the symbol table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// Where it begins; the Thumb bit of a function is taken off.
    pub addr: u64,
    /// Its length in bytes; 0: the file does not say.
    pub size: u64,
}

impl Image {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// Bytes that are no such file, a broken one, or one without symbols.
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Result<Self, ImageError> {
        let bytes = bytes.into();
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
        Ok(Self {
            bytes,
            symbols,
            names: OnceLock::new(),
            defmt: OnceLock::new(),
        })
    }

    /// The file as it is.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The texts of its `defmt` messages; `None` where it has none.
    #[must_use]
    pub fn defmt(&self) -> Option<&defmt::Table> {
        self.defmt.get_or_init(|| defmt::Table::of(self)).as_ref()
    }

    /// A function or a variable by its name in the symbol table.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.symbols.get(name).copied()
    }

    /// Every function and variable of the symbol table.
    pub fn symbols(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.symbols.iter().map(|(name, symbol)| (name.as_str(), *symbol))
    }
}

mod load;

pub use load::Segment;

#[cfg(test)]
mod tests;
