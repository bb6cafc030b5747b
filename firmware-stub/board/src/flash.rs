//! The chip's own flash behind the image, for the store. The core stands while a word (46 us) or a page (21 ms) is worked on.

use stub_store::{Flash, FlashFailed, Store, pages};

use crate::chip::{self, PAGE, STORE_AT};

/// Bytes of the store.
const BYTES: usize = pages(PAGE) * PAGE;

/// The pump's pages.
#[derive(Debug)]
pub struct Pages(());

impl Pages {
    /// A store in them; there must be only one.
    pub const fn store() -> Store<Self> {
        Store::new(Self(()))
    }
}

impl Flash for Pages {
    const PAGE: usize = PAGE;

    fn bytes(&self) -> &[u8] {
        // SAFETY: these pages are flash, behind the image and inside the chip, and change only through `&mut self`.
        unsafe { core::slice::from_raw_parts(STORE_AT as *const u8, BYTES) }
    }

    #[inline(never)] // Once in the image.
    fn word(&self, at: usize) -> u32 {
        if at % 4 != 0 || at >= BYTES {
            return u32::MAX;
        }
        // SAFETY: a whole word of these pages.
        unsafe { core::ptr::read_volatile((STORE_AT + at) as *const u32) }
    }

    fn open(&mut self, for_writing: bool) {
        configure(if for_writing { WRITE } else { READ });
    }

    fn program(&mut self, at: usize, word: u32) -> Result<(), FlashFailed> {
        if at % 4 != 0 || at + 4 > BYTES {
            return Err(FlashFailed);
        }
        flash_program(at, word);
        Ok(())
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashFailed> {
        if page >= pages(PAGE) {
            return Err(FlashFailed);
        }
        configure(ERASE);
        let at = (STORE_AT + page * PAGE) as u32;
        chip::nvmc().erasepage().write(|w| unsafe { w.bits(at) });
        wait();
        configure(READ);
        Ok(())
    }
}

/// A word of the pages; under a name of its own, so that a probe can stop the core before each.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn flash_program(at: usize, word: u32) {
    // SAFETY: a word of these pages, as the one caller has checked; the controller allows the write.
    unsafe { core::ptr::write_volatile((STORE_AT + at) as *mut u32, word) }
    wait();
}

const READ: u32 = 0;
const WRITE: u32 = 1;
const ERASE: u32 = 2;

fn configure(config: u32) {
    chip::nvmc().config.write(|w| unsafe { w.bits(config) });
}

/// Bounded: a page takes 21 ms (nRF51) or 85 ms (nRF52), and the core stands meanwhile as it runs from flash.
fn wait() {
    for _ in 0..1_000_000 {
        if chip::nvmc().ready.read().bits() & 1 != 0 {
            break;
        }
    }
}
