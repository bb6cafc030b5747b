//! The store over a flash in memory whose power may go at any word.

use std::cell::Cell;
use std::rc::Rc;

use proptest::prelude::*;
use stub_pump::nv::{Nv, Slot};
use stub_pump::{DOSE_RING, EVENT_RING};
use stub_store::{Flash, FlashFailed, Store, pages};

const PAGE: usize = 1024;

/// Flash with the power of `left` more operations; an erasure that is cut off leaves a page half erased.
#[derive(Clone)]
struct Chip {
    bytes: Vec<u8>,
    left: Rc<Cell<u64>>,
    done: Rc<Cell<u64>>,
    open: bool,
}

impl Chip {
    fn new() -> Self {
        Self {
            bytes: vec![0xFF; pages(PAGE) * PAGE],
            left: Rc::new(Cell::new(u64::MAX)),
            done: Rc::default(),
            open: false,
        }
    }

    fn has_power(&self) -> bool {
        let has = self.left.get() > 0;
        if has {
            self.left.set(self.left.get() - 1);
            self.done.set(self.done.get() + 1);
        }
        has
    }
}

impl Flash for Chip {
    const PAGE: usize = PAGE;

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn open(&mut self, for_writing: bool) {
        self.open = for_writing;
    }

    fn program(&mut self, at: usize, word: u32) -> Result<(), FlashFailed> {
        assert!(self.open, "a word that the controller would not let through");
        if !self.has_power() {
            return Err(FlashFailed);
        }
        for (place, byte) in self.bytes[at..at + 4].iter_mut().zip(word.to_le_bytes()) {
            *place &= byte;
        }
        Ok(())
    }

    fn erase(&mut self, page: usize) -> Result<(), FlashFailed> {
        assert!(!self.open);
        let whole = self.has_power();
        let end = if whole { PAGE } else { PAGE / 3 };
        if whole || self.left.get() == 0 {
            self.bytes[page * PAGE..page * PAGE + end].fill(0xFF);
        }
        if whole { Ok(()) } else { Err(FlashFailed) }
    }
}

fn mounted(chip: &Chip) -> Store<Chip> {
    chip.left.set(u64::MAX);
    let mut store = Store::new(chip.clone());
    store.mount();
    store
}

/// A record that tells its number.
fn record(n: u32, len: usize) -> Vec<u8> {
    n.to_le_bytes().into_iter().cycle().take(len).collect()
}

#[test]
fn a_wiped_store_remembers_nothing_and_is_blank() {
    let chip = Chip::new();
    let mut store = mounted(&chip);
    store.write(Slot::StateB, &record(7, 900)).unwrap();
    store.write(Slot::Dose(511), &record(8, 80)).unwrap();
    let before = chip.done.get();
    store.wipe().unwrap();
    assert_eq!(chip.done.get() - before, 2, "only what is not blank is erased");
    store.mount();
    assert_eq!((store.read(Slot::StateB), store.read(Slot::Dose(511))), (None, None));
    assert!(store.flash().bytes().iter().all(|&byte| byte == 0xFF));
}

#[test]
fn it_fits_the_flash_behind_the_image_of_the_smallest_board() {
    assert!(pages(1024) <= 160, "{} pages", pages(1024));
}

#[test]
fn every_slot_of_full_rings_reads_back_for_ever() {
    let mut store = Store::new(Chip::new());
    store.mount();
    for n in 0..3 * DOSE_RING {
        for at in [n % DOSE_RING, n % DOSE_RING + DOSE_RING] {
            store.write(Slot::Dose(at as u16), &record(n, 86)).unwrap();
        }
        store
            .write(Slot::Event((n % EVENT_RING) as u16), &record(n, 41))
            .unwrap();
        for old in n.saturating_sub(DOSE_RING - 1)..=n {
            if n % 97 == 0 {
                let read = store.read(Slot::Dose((old % DOSE_RING) as u16));
                assert_eq!(read, Some(&record(old, 86)[..]), "{old} of {n}");
            }
        }
    }
    assert_eq!(
        store.read(Slot::Event(EVENT_RING as u16)),
        None,
        "the second copies were not written"
    );
}

#[test]
fn a_flipped_bit_is_read_and_not_the_record_before() {
    let mut store = Store::new(Chip::new());
    store.mount();
    store.write(Slot::PrescriptionA, &record(1, 60)).unwrap();
    store.write(Slot::PrescriptionA, &record(2, 60)).unwrap();
    store.flip(Slot::PrescriptionA, 17).unwrap();
    let mut flipped = record(2, 60);
    flipped[2] ^= 2;
    assert_eq!(store.read(Slot::PrescriptionA), Some(&flipped[..]));
    assert_eq!(store.flip(Slot::PrescriptionA, 480), Err(480));
    assert_eq!(store.flip(Slot::StateA, 0), Err(0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The power goes at any operation of any write, again and again: each slot holds its last record or the one that was being written.
    #[test]
    fn a_power_cut_leaves_the_old_record_or_the_new(
        writes in prop::collection::vec((0_usize..6, prop::option::weighted(0.3, 0_u64..260)), 1..150),
    ) {
        const SLOTS: [Slot; 6] =
            [Slot::PrescriptionA, Slot::PrescriptionB, Slot::StateA, Slot::StateB, Slot::Dose(7), Slot::Event(9)];
        let chip = Chip::new();
        let mut store = mounted(&chip);
        let mut held = [const { None }; 6];
        for (n, (which, power)) in writes.into_iter().enumerate() {
            let len = [60, 600, 300, 1000, 86, 41][which];
            let new = record(n as u32, len);
            if let Some(power) = power {
                chip.left.set(power);
            }
            let written = store.write(SLOTS[which], &new);
            if power.is_some() {
                let bytes = store_bytes(&store);
                store = mounted(&Chip { bytes, ..chip.clone() });
            }
            let read = store.read(SLOTS[which]).map(<[u8]>::to_vec);
            if written.is_ok() || read.as_ref() == Some(&new) {
                prop_assert_eq!(read.as_ref(), Some(&new));
                held[which] = Some(new);
            }
            for (slot, held) in SLOTS.into_iter().zip(&held) {
                prop_assert_eq!(store.read(slot), held.as_deref(), "{:?} after write {}", slot, n);
            }
        }
    }
}

fn store_bytes(store: &Store<Chip>) -> Vec<u8> {
    store.flash().bytes().to_vec()
}
