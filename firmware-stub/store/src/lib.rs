//! The pump's lasting memory in a chip's own flash: every slot in a ring of cells that are only ever appended to.
//!
//! Why not one of the flash crates: `sequential-storage` and `ekv` copy a record into a buffer and look for it page by page; the pump looks at both copies
//! of its prescription before every stroke, and 14 KiB of RAM have no room for buffers. Here a record is lent from where it lies.
//!
//! **Invariant**: a cell is written from its head to its seal, and a page is erased only when the ring comes round to it, so that the power may go at any
//! instant: a record is there whole, or the one before it is. A cell says that it is whole, not that it is undamaged: that the pump's own CRC says, so that
//! a damaged copy is found damaged and not replaced by an older one.
//!
//! Nothing here ever copies a record into RAM, or knows what stands in one.
#![no_std]

use stub_pump::crc::Crc32;
use stub_pump::nv::{Nv, RECORD_MAX, Slot, WriteFailed};
use stub_pump::{DOSE_RING, EVENT_RING};

/// A flash operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashFailed;

/// The pages of flash that are the pump's, mapped into memory. Erased bytes are 0xFF; programming clears bits.
pub trait Flash {
    /// Bytes of a page, a multiple of 4.
    const PAGE: usize;

    /// All of it; [`pages`] of it are used.
    fn bytes(&self) -> &[u8];

    /// The word at a byte offset that is a multiple of 4; erased behind the end.
    fn word(&self, at: usize) -> u32 {
        word_of(self.bytes(), at)
    }

    /// Words are programmed from now on, or no more: for a controller that must be told, which for each word would cost more than the words.
    fn open(&mut self, _for_writing: bool) {}

    /// Programs the word at a byte offset that is a multiple of 4; the flash is open for writing.
    ///
    /// # Errors
    /// The flash refused.
    fn program(&mut self, at: usize, word: u32) -> Result<(), FlashFailed>;

    /// Erases a page by its number.
    ///
    /// # Errors
    /// The flash refused.
    fn erase(&mut self, page: usize) -> Result<(), FlashFailed>;
}

/// Sequence number, slot and length stand before a record, the seal behind it.
const HEAD: usize = 8;
const SEAL: usize = 4;
const BLANK: u32 = u32::MAX;

/// One ring of equal cells.
#[derive(Clone, Copy, Debug)]
struct Area {
    first_page: usize,
    pages: usize,
    cells_per_page: usize,
    /// Longest record, a multiple of 4.
    record: usize,
}

/// A cell of a ring: its page, counted from the area's first, and its place there. No number is divided to find it: a small processor has no divider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    page: u16,
    place: u16,
}

/// Longest records: prescription, state (one to a page of 1 KiB), dose entry, event.
const RECORDS: [usize; 4] = [640, 1000, 88, 44];
/// Slots of a ring of each kind.
const SLOTS: [usize; 4] = [1, 1, DOSE_RING as usize, EVENT_RING as usize];
/// Pages of a ring with one slot: for its wear, 10,000 erasures a page in ten years of hourly state.
const PAGES: [usize; 4] = [3, 6, 0, 0];
const AREAS: usize = 8;

const fn cells_per_page(page: usize, record: usize) -> usize {
    page / (HEAD + record + SEAL)
}

/// Pages of each of the two rings of a kind: beside what the slots take, one that is erased ahead and one for cells that a power cut spoilt.
const fn pages_of(page: usize, kind: usize) -> usize {
    if PAGES[kind] > 0 {
        PAGES[kind]
    } else {
        SLOTS[kind].div_ceil(cells_per_page(page, RECORDS[kind])) + 2
    }
}

/// Pages that a store needs where a page has so many bytes.
#[must_use]
pub const fn pages(page: usize) -> usize {
    let mut sum = 0;
    let mut kind = 0;
    while kind < RECORDS.len() {
        sum += 2 * pages_of(page, kind);
        kind += 1;
    }
    sum
}

const fn area(page: usize, index: usize) -> Area {
    let mut first_page = 0;
    let mut before = 0;
    while before < index {
        first_page += pages_of(page, before / 2);
        before += 1;
    }
    Area {
        first_page,
        pages: pages_of(page, index / 2),
        cells_per_page: cells_per_page(page, RECORDS[index / 2]),
        record: RECORDS[index / 2],
    }
}

/// Which ring a slot is in, and its number there.
const fn place(slot: Slot) -> (usize, u16) {
    match slot {
        Slot::PrescriptionA => (0, 0),
        Slot::PrescriptionB => (1, 0),
        Slot::StateA => (2, 0),
        Slot::StateB => (3, 0),
        Slot::Dose(at) if (at as u32) < DOSE_RING => (4, at),
        Slot::Dose(at) => (5, at - DOSE_RING as u16),
        Slot::Event(at) if (at as u32) < EVENT_RING => (6, at),
        Slot::Event(at) => (7, at - EVENT_RING as u16),
    }
}

/// Where a ring stands.
#[derive(Clone, Copy, Debug)]
struct Ring {
    /// The cell that is written next.
    next: Cell,
    seq: u32,
}

/// The store.
#[derive(Debug)]
pub struct Store<F> {
    flash: F,
    rings: [Ring; AREAS],
}

impl<F: Flash> Store<F> {
    const LAYOUT: [Area; AREAS] = {
        let mut areas = [area(F::PAGE, 0); AREAS];
        let mut index = 0;
        while index < AREAS {
            areas[index] = area(F::PAGE, index);
            index += 1;
        }
        areas
    };

    /// A store that was not looked at yet: [`Store::mount`] it before anything else.
    pub const fn new(flash: F) -> Self {
        Self {
            flash,
            rings: [Ring {
                next: Cell::FIRST,
                seq: 0,
            }; AREAS],
        }
    }

    /// The flash that it is in.
    pub const fn flash(&self) -> &F {
        &self.flash
    }

    /// Finds where each ring stands.
    pub fn mount(&mut self) {
        for (index, area) in Self::LAYOUT.iter().enumerate() {
            let mut newest: Option<(u32, Cell)> = None;
            let mut cell = Cell::FIRST;
            loop {
                if let Some((seq, ..)) = self.head(area, cell)
                    && newest.is_none_or(|(before, _)| seq > before)
                {
                    newest = Some((seq, cell));
                }
                cell = area.after(cell);
                if cell == Cell::FIRST {
                    break;
                }
            }
            let (seq, mut next) = newest.map_or((0, Cell::FIRST), |(seq, cell)| (seq, area.after(cell)));
            // A cell whose writing was cut off is left as it is; the first of a page is erased with it.
            while next.place != 0 && !self.is_blank(area, next) {
                next = area.after(next);
            }
            self.rings[index] = Ring { next, seq };
        }
    }

    /// Forgets everything: erases what is not blank. [`Store::mount`] it afterwards.
    ///
    /// # Errors
    /// A page could not be erased; the others are.
    pub fn wipe(&mut self) -> Result<(), FlashFailed> {
        let mut wiped = Ok(());
        for page in 0..pages(F::PAGE) {
            if !self.page_is_blank(page) {
                wiped = self.flash.erase(page).and(wiped);
            }
        }
        wiped
    }

    /// Flips a bit of a slot's record, as if the memory had lost it.
    ///
    /// # Errors
    /// How many bits the record has, where it has no such bit.
    pub fn flip(&mut self, slot: Slot, bit: usize) -> Result<(), usize> {
        let (index, number) = place(slot);
        let Some((from, len)) = self.find(index, number) else {
            return Err(0);
        };
        if bit >= len * 8 {
            return Err(len * 8);
        }
        let _ = self.append(index, number, len, |flash, at| {
            let flipped = if at == bit / 32 * 4 { 1 << (bit % 32) } else { 0 };
            word_of(&flash.bytes()[from..from + len], at) ^ flipped
        });
        Ok(())
    }

    fn word(&self, at: usize) -> u32 {
        self.flash.word(at)
    }

    /// Sequence number, slot and length of a cell that is whole.
    fn head(&self, area: &Area, cell: Cell) -> Option<(u32, u16, usize)> {
        let at = area.offset::<F>(cell);
        let (seq, what) = (self.word(at), self.word(at + 4));
        let len = (what >> 16) as usize;
        let whole = len <= area.record && self.word(at + HEAD + area.record) == seal(seq, what);
        whole.then_some((seq, (what & 0xFFFF) as u16, len))
    }

    fn is_blank(&self, area: &Area, cell: Cell) -> bool {
        let at = area.offset::<F>(cell);
        self.flash.bytes()[at..at + area.cell()]
            .iter()
            .all(|&byte| byte == 0xFF)
    }

    /// Where the newest record of a slot lies, and its length.
    #[inline(never)] // Once in the image, not once for each kind of record.
    fn find(&self, index: usize, number: u16) -> Option<(usize, usize)> {
        let area = &Self::LAYOUT[index];
        let next = self.rings[index].next;
        let mut cell = next;
        loop {
            cell = area.before(cell);
            let what = self.word(area.offset::<F>(cell) + 4);
            if what as u16 == number
                && let Some((_, _, len)) = self.head(area, cell)
            {
                return Some((area.offset::<F>(cell) + HEAD, len));
            }
            // A page in use begins with a cell that is whole; behind one that is not in use none is.
            if cell == next || (cell.place == 0 && self.head(area, cell).is_none()) {
                return None;
            }
        }
    }

    /// Writes a cell, its seal last.
    fn append(
        &mut self,
        index: usize,
        number: u16,
        len: usize,
        word: impl Fn(&F, usize) -> u32,
    ) -> Result<(), FlashFailed> {
        let area = &Self::LAYOUT[index];
        debug_assert!(len <= area.record, "a record would lie over the seal of its cell");
        let cell = self.rings[index].next;
        let seq = self.rings[index].seq + 1;
        let at = area.offset::<F>(cell);
        let page = area.first_page + usize::from(cell.page);
        if cell.place == 0 && !self.page_is_blank(page) {
            self.flash.erase(page)?;
        }
        // Whatever comes of it, this cell is used; a page that could not be begun is begun again.
        if cell.place != 0 {
            self.rings[index].next = area.after(cell);
        }
        let what = u32::from(number) | (len as u32) << 16;
        self.flash.open(true);
        // What is behind the record is blank, and stays so.
        let written = (0..HEAD + len)
            .step_by(4)
            .try_for_each(|place| {
                let word = match place {
                    0 => seq,
                    4 => what,
                    _ => word(&self.flash, place - HEAD),
                };
                self.put(at + place, word)
            })
            .and_then(|()| self.put(at + HEAD + area.record, seal(seq, what)));
        self.flash.open(false);
        written?;
        self.rings[index] = Ring {
            next: area.after(cell),
            seq,
        };
        Ok(())
    }

    /// Programs a word and looks whether it is there.
    fn put(&mut self, at: usize, word: u32) -> Result<(), FlashFailed> {
        if word != BLANK {
            self.flash.program(at, word)?;
        }
        if self.word(at) == word {
            Ok(())
        } else {
            Err(FlashFailed)
        }
    }

    fn page_is_blank(&self, page: usize) -> bool {
        let bytes = &self.flash.bytes()[page * F::PAGE..(page + 1) * F::PAGE];
        bytes.iter().all(|&byte| byte == 0xFF)
    }
}

/// The four bytes at a place, and erased ones behind the end.
fn word_of(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..).unwrap_or_default() {
        [a, b, c, d, ..] => u32::from_le_bytes([*a, *b, *c, *d]),
        rest => {
            let mut four = BLANK.to_le_bytes();
            four[..rest.len()].copy_from_slice(rest);
            u32::from_le_bytes(four)
        }
    }
}

/// The seal of a head: flash that was never the store's, or that is half erased, does not hold it.
fn seal(seq: u32, what: u32) -> u32 {
    let mut crc = Crc32::new();
    crc.update(&seq.to_le_bytes());
    crc.update(&what.to_le_bytes());
    // A seal is never blank.
    if crc.value() == BLANK { 0 } else { crc.value() }
}

impl Area {
    const fn cell(&self) -> usize {
        HEAD + self.record + SEAL
    }

    fn after(&self, cell: Cell) -> Cell {
        if usize::from(cell.place) + 1 < self.cells_per_page {
            Cell {
                place: cell.place + 1,
                ..cell
            }
        } else if usize::from(cell.page) + 1 < self.pages {
            Cell {
                page: cell.page + 1,
                place: 0,
            }
        } else {
            Cell::FIRST
        }
    }

    fn before(&self, cell: Cell) -> Cell {
        if cell.place > 0 {
            return Cell {
                place: cell.place - 1,
                ..cell
            };
        }
        let after_page = if cell.page > 0 { cell.page } else { self.pages as u16 };
        Cell {
            page: after_page - 1,
            place: self.cells_per_page as u16 - 1,
        }
    }

    const fn offset<F: Flash>(&self, cell: Cell) -> usize {
        (self.first_page + cell.page as usize) * F::PAGE + cell.place as usize * self.cell()
    }
}

impl Cell {
    const FIRST: Self = Self { page: 0, place: 0 };
}

impl<F: Flash> Nv for Store<F> {
    fn read(&self, slot: Slot) -> Option<&[u8]> {
        let (index, number) = place(slot);
        let (at, len) = self.find(index, number)?;
        self.flash.bytes().get(at..at + len)
    }

    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed> {
        let (index, number) = place(slot);
        if record.len() > Self::LAYOUT[index].record {
            return Err(WriteFailed);
        }
        self.append(index, number, record.len(), |_, at| word_of(record, at))
            .map_err(|FlashFailed| WriteFailed)
    }
}

// No record is longer than a page of the smallest flash.
const _: () = assert!(RECORD_MAX <= 1024 && HEAD + RECORDS[1] + SEAL <= 1024);
