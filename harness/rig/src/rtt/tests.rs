//! Control blocks in a memory of our own, sound ones and others. Any bytes in one: `tests/readers/rtt.rs` of the whole harness.

use super::*;
use crate::probe::idle::Idle;
use ram::{BEGIN as RAM, LEN, Ram};

const BLOCK: usize = 0x100;
const BUFFER: usize = 0x400;
const SIZE: usize = 16;

/// A firmware that says things.
struct Firmware {
    ram: Ram,
    debug: Debug,
    logs: Logs,
}

impl Firmware {
    fn new(memory: Vec<u8>) -> Self {
        let ram = Ram::new(memory);
        let debug = Debug::attach_virtual(Box::new(Idle::new(ram.clone()))).expect("attaches");
        let logs = Logs {
            place: Place::At((RAM + BLOCK) as u64),
            ..Logs::none()
        };
        Self { ram, debug, logs }
    }

    /// With one channel of 16 bytes, `log`.
    fn sound() -> Self {
        let firmware = Self::new(vec![0; LEN]);
        firmware.start();
        firmware
    }

    fn put(&self, at: usize, bytes: &[u8]) {
        self.ram.bytes()[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn word(&self, at: usize) -> usize {
        let memory = self.ram.bytes();
        u32::from_le_bytes(memory[at..at + 4].try_into().unwrap()) as usize
    }

    fn put_word(&self, at: usize, value: usize) {
        self.put(at, &(value as u32).to_le_bytes());
    }

    fn start(&self) {
        self.put(BLOCK, b"SEGGER RTT\0\0\0\0\0\0");
        self.put(0x300, b"log\0");
        let channel = [1, 0, RAM + 0x300, RAM + BUFFER, SIZE, 0, 0, 0];
        for (place, value) in channel.into_iter().enumerate() {
            self.put_word(BLOCK + 16 + 4 * place, value);
        }
    }

    fn say(&self, text: &[u8]) {
        for byte in text {
            let write = self.word(BLOCK + 36);
            self.put(BUFFER + write, &[*byte]);
            self.put_word(BLOCK + 36, (write + 1) % SIZE);
        }
    }

    fn heard(&mut self) -> Vec<String> {
        texts(self.logs.look(&mut self.debug))
    }
}

fn texts(told: Vec<Body>) -> Vec<String> {
    let text = |body| match body {
        Body::Log(log) => log.text,
        Body::Probe { did } => did,
        other => panic!("{other:?}"),
    };
    told.into_iter().map(text).collect()
}

#[test]
fn a_line_is_told_once_it_is_whole_and_buffers_wrap() {
    let mut firmware = Firmware::sound();
    assert_eq!(firmware.heard(), Vec::<String>::new());
    firmware.say(b"boot\r\nhalf a ");
    assert_eq!(firmware.heard(), ["boot"]);
    firmware.say(b"line\nand a b");
    assert_eq!(firmware.heard(), ["half a line"]);
    assert_eq!(
        firmware.word(BLOCK + 40),
        firmware.word(BLOCK + 36),
        "what was read may be overwritten"
    );
    assert_eq!(texts(firmware.logs.end()), ["and a b"]);
}

#[test]
fn what_could_steer_a_terminal_is_escaped_and_a_line_without_end_is_cut() {
    let mut firmware = Firmware::sound();
    firmware.say(b"\x1b[2J\xff\n");
    assert_eq!(firmware.heard(), ["\\u{1b}[2J\\xff"]);
    let mut told = Vec::new();
    for _ in 0..LINE_MAX / 8 {
        firmware.say(b"12345678");
        told.extend(firmware.heard());
    }
    assert_eq!(told.len(), 1);
}

#[test]
fn a_firmware_that_starts_late_or_again_is_heard_from_there() {
    let mut firmware = Firmware::new(vec![0; LEN]);
    assert_eq!(firmware.heard(), Vec::<String>::new());
    firmware.start();
    firmware.say(b"first\nfaul");
    assert_eq!(firmware.heard(), ["first"]);
    firmware.start();
    firmware.say(b"again\n");
    assert_eq!(firmware.heard(), ["faul", "again"]);
}

#[test]
fn without_an_image_the_ram_is_searched_once() {
    let mut firmware = Firmware::sound();
    firmware.say(b"here\n");
    firmware.logs = Logs::of(None);
    assert_eq!(firmware.heard(), ["here"]);
    let mut silent = Firmware::new(vec![0; LEN]);
    silent.logs = Logs::of(None);
    assert_eq!(silent.heard(), Vec::<String>::new());
    assert!(!silent.logs.any());
}

#[test]
fn a_block_that_is_not_sound_is_told_once_and_read_again_when_it_is() {
    let mut firmware = Firmware::sound();
    firmware.put_word(BLOCK + 36, 4_000);
    assert!(firmware.heard()[0].contains("not sound"));
    assert_eq!(firmware.heard(), Vec::<String>::new());
    firmware.start();
    firmware.say(b"better\n");
    assert_eq!(firmware.heard(), ["better"]);
}
