//! A firmware's image: all that its file says, found when it is first asked for, and kept.

use super::elf::{Elf, Symbol};
use super::error::{ImageError, NameError};
use super::load::Segment;
use super::names::Names;
use super::place::MemoryPlace;
use super::{code, defmt, expression, load};
use std::sync::{Arc, OnceLock};

/// A firmware's image. Read once, and shared by every run of it.
pub struct Image {
    elf: Elf,
    names: OnceLock<Result<Names, NameError>>,
    defmt: OnceLock<Option<defmt::Table>>,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bytes = self.bytes().len();
        f.debug_struct("Image").field("bytes", &bytes).finish_non_exhaustive()
    }
}

impl Image {
    /// Reads an ELF file.
    ///
    /// # Errors
    /// Bytes that are no such file, a broken one, or one without symbols.
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Result<Self, ImageError> {
        Ok(Self {
            elf: Elf::parse(bytes)?,
            names: OnceLock::new(),
            defmt: OnceLock::new(),
        })
    }

    /// The image, if an Arm core can run it.
    ///
    /// # Errors
    /// [`ImageError::Arch`].
    pub fn for_arm(self) -> Result<Self, ImageError> {
        if load::is_for_arm(&self.elf) {
            Ok(self)
        } else {
            Err(ImageError::Arch)
        }
    }

    /// The file as it is.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.elf.bytes()
    }

    /// Everything that is loaded, in the file's order. What points beyond the file is left out.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment<'_>> {
        load::segments(&self.elf)
    }

    /// SHA-256 of all that is loaded, with its places, hex: two builds of one source may differ in more than that.
    #[must_use]
    pub fn sha256(&self) -> String {
        load::sha256(&self.elf)
    }

    /// The text that a variable is made with, up to the first NUL; `None` where there is no such variable, or no text in it.
    #[must_use]
    pub fn text(&self, symbol: &str) -> Option<&str> {
        load::text(&self.elf, symbol)
    }

    /// The texts of its `defmt` messages; `None` where it has none.
    #[must_use]
    pub fn defmt(&self) -> Option<&defmt::Table> {
        self.defmt.get_or_init(|| defmt::Table::of(&self.elf)).as_ref()
    }

    /// A function or a variable by its name in the symbol table.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        self.elf.symbol(name)
    }

    /// Every function and variable of the symbol table.
    pub fn symbols(&self) -> impl Iterator<Item = (&str, Symbol)> {
        self.elf.symbols()
    }

    /// The place that an expression names.
    ///
    /// # Errors
    /// There is no such name, or nothing that could be read as one value; what to do about it.
    pub fn place(&self, text: &str) -> Result<MemoryPlace, NameError> {
        expression::place(&self.elf, || self.names(), text)
    }

    /// Where the code of a function begins, or of a line of the source (`main.rs:42`).
    ///
    /// # Errors
    /// There is no such code, or there are several pieces of it; what to do about it.
    pub fn code(&self, name: &str) -> Result<u64, NameError> {
        code::code(&self.elf, || self.names(), name)
    }

    fn names(&self) -> Result<&Names, NameError> {
        let names = self.names.get_or_init(|| Names::of(&self.elf));
        names.as_ref().map_err(Clone::clone)
    }
}
