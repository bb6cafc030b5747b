//! Bringing an image into a chip's flash, and looking whether it is there.

use super::debug::Debug;
use super::error::{FlashError, ProbeError, chain};
use probe_rs::flashing::{DownloadOptions, FlashError as Flasher, FlashProgress, ProgressEvent, ProgressOperation};
use pump_hil_firmware::Segment;
use std::cell::Cell;

/// Bytes that are read at once.
const READ_MAX: usize = 16 * 1024;

/// The first address at which the flash is not as the image says; `None`: the image is there.
///
/// # Errors
/// The image does not fit the chip, or the probe failed.
pub fn differs(debug: &mut Debug, image: &[Segment<'_>]) -> Result<Option<u64>, ProbeError> {
    fits(debug, image)?;
    let mut there = vec![0; READ_MAX];
    for segment in image {
        for (chunk, wanted) in segment.bytes.chunks(READ_MAX).enumerate() {
            let addr = segment.addr + (chunk * READ_MAX) as u64;
            let there = &mut there[..wanted.len()];
            debug.read(addr, there)?;
            if let Some(at) = wanted.iter().zip(&*there).position(|(wanted, there)| wanted != there) {
                return Ok(Some(addr + at as u64));
            }
        }
    }
    Ok(None)
}

/// Erases what the image needs, writes it, and reads it back. The core stands somewhere in the programming routine then: reset it.
///
/// # Errors
/// [`FlashError`].
pub fn write(debug: &mut Debug, image: &[Segment<'_>]) -> Result<(), ProbeError> {
    // Before anything is erased.
    fits(debug, image)?;
    let mut loader = debug.session.target().flash_loader();
    let doing = Cell::new("preparing");
    let added = image
        .iter()
        .try_for_each(|segment| loader.add_data(segment.addr, segment.bytes));
    let mut options = DownloadOptions::default();
    options.verify = true;
    options.progress = FlashProgress::new(|event| {
        if let ProgressEvent::Started(operation) = event {
            doing.set(match operation {
                ProgressOperation::Fill => "preparing",
                ProgressOperation::Erase => "erasing",
                ProgressOperation::Program => "writing",
                ProgressOperation::Verify => "reading back",
            });
        }
    });
    let Err(error) = added.and_then(|()| loader.commit(&mut debug.session, options)) else {
        return Ok(());
    };
    let core = match park(debug) {
        Ok(true) => "its core is kept in an empty loop until it is reset",
        _ => "its core could not be kept from running that: take its power away",
    };
    Err(match error {
        Flasher::Verify => FlashError::Verify { core },
        other => FlashError::BrokeOff {
            doing: doing.get(),
            why: chain(&other),
            core,
        },
    }
    .into())
}

/// Leaves the core in an empty loop in RAM: to detach lets it run, and what is in flash must not be run. Tells whether it took the loop.
fn park(debug: &mut Debug) -> Result<bool, ProbeError> {
    /// NOP, and a branch back to it.
    const LOOP: [u8; 4] = [0x00, 0xBF, 0xFD, 0xE7];
    const PC: u16 = 15;
    const XPSR: u16 = 16;
    /// Without it the core faults at once: an M-profile core has no other state (Armv7-M Architecture Reference Manual, B1.4.2, EPSR.T).
    const THUMB: u32 = 1 << 24;
    let mut regions = debug.session.target().memory_map.iter();
    let Some(ram) = regions.find_map(|region| region.as_ram_region()) else {
        return Ok(false);
    };
    let start = ram.range.start;
    debug.reset_and_halt()?;
    debug.write(start, &LOOP)?;
    let mut there = [0; LOOP.len()];
    debug.read(start, &mut there)?;
    debug.set_register(PC, start as u32)?;
    debug.set_register(XPSR, THUMB)?;
    debug.run()?;
    Ok(there == LOOP)
}

/// All of it lies in flash.
fn fits(debug: &Debug, image: &[Segment<'_>]) -> Result<(), FlashError> {
    let target = debug.session.target();
    let regions = target.memory_map.iter().filter_map(|region| region.as_nvm_region());
    let flash: Vec<_> = regions.map(|region| region.range.clone()).collect();
    if image.is_empty() {
        return Err(FlashError::Empty);
    }
    for Segment { addr, bytes } in image {
        let end = addr.saturating_add(bytes.len() as u64);
        if !flash.iter().any(|range| range.start <= *addr && end <= range.end) {
            let told = flash.iter().map(|r| format!("{:#010x} to {:#010x}", r.start, r.end));
            return Err(FlashError::Fit {
                chip: target.name.clone(),
                addr: *addr,
                len: bytes.len(),
                flash: told.collect::<Vec<_>>().join(", "),
            });
        }
    }
    Ok(())
}
