//! The control block of RTT and its buffers: a chip's memory, in which anything may stand.

use super::attack::Target;
use super::seeds;
use pump_hil_firmware::Image;
use pump_hil_model::event::Body;
use pump_hil_rig::rtt_told;
use std::sync::Arc;

/// Where the memory begins, and what stands where in it.
const RAM: u32 = 0x2000_0000;
const NAMES: usize = 0x80;
const BUFFERS: usize = 0xC0;
const SIZE: usize = 0x40;
/// Half an input: the memory at one of the two looks.
const LOOK: usize = 0x180;
/// Events that two looks at so little memory may give: each byte is a line, in each of 16 channels, as often as a look takes pieces; and one trouble.
const TOLD_MAX: usize = 2 * 16 * 8 * 1_024 + 2;

#[test]
fn memory_of_any_bytes_gives_few_and_harmless_lines() {
    let image = Arc::new(Image::parse(seeds::file("fixtures/firmware/probed.elf")).expect("an image"));
    let seeds = [
        [memory(b"said\n", 0), memory(b"said\r\nmore\n", 5)].concat(),
        // It started again in between, and its buffer went round.
        [memory(b"said and more\n", 9), memory(b"again\n", 0)].concat(),
        [memory(b"\x01\x0b\0\x01\x0b\0", 0), memory(&[1, 9, 0, 0, 1, 1, 1, 0], 3)].concat(),
    ];
    Target {
        name: "rtt",
        inputs: 700,
        seeds: seeds.to_vec(),
        read: &|bytes| read(bytes, &image),
    }
    .run();
}

fn read(bytes: &[u8], image: &Arc<Image>) {
    let (first, second) = bytes.split_at(bytes.len().min(LOOK));
    let told = rtt_told(&[first, second], RAM.into(), image);
    assert!(told.len() <= TOLD_MAX, "{} events", told.len());
    for body in told {
        let text = match body {
            Body::Log(log) => log.name + &log.text,
            Body::Probe { did } => did,
            other => panic!("{other:?}"),
        };
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

/// A control block with a channel of text and one of `defmt`, in which this was said, and so much of it was read.
fn memory(said: &[u8], read: usize) -> Vec<u8> {
    let mut memory = vec![0; LOOK];
    memory[..10].copy_from_slice(b"SEGGER RTT");
    let mut put = |at: usize, bytes: &[u8]| memory[at..at + bytes.len()].copy_from_slice(bytes);
    put(NAMES, b"log\0defmt\0");
    put(16, &2_u32.to_le_bytes());
    for channel in 0..2 {
        let (name, buffer) = (NAMES + 4 * channel, BUFFERS + SIZE * channel);
        let words = [RAM as usize + name, RAM as usize + buffer, SIZE, said.len(), read, 0];
        for (place, word) in words.into_iter().enumerate() {
            put(24 + 24 * channel + 4 * place, &(word as u32).to_le_bytes());
        }
        put(buffer, said);
    }
    memory
}
