//! A pump in QEMU between two cuts of its power.

use pump_hil_model::quantity::Span;
use pump_hil_rig::{OpenOptions, Rig, RigFile, TestBlock};
use pump_hil_talk::protocol::text_lines_1;
use std::collections::BTreeMap;
use std::time::Duration;

/// The pump's pages behind the image, and the RAM of the nRF51.
const STORE: std::ops::Range<u64> = 0x1_8000..0x4_0000;
const PAGE: u64 = 1024;
const RAM: (u64, usize) = (0x2000_0000, 16 * 1024);
/// The controller of the nRF51's flash: what may be done, and the page that is to be erased.
const NVMC_CONFIG: u64 = 0x4001_E504;
const NVMC_ERASE_PAGE: u64 = 0x4001_E508;
/// In the test block: what a boot finds of the power.
const FIRST: u64 = 0x298;
const POWER_BACK: u32 = u32::from_le_bytes(*b"POWR");

pub const MINUTE_MS: i64 = 60_000;
const REPLY: Duration = Duration::from_secs(10);

/// Words of flash that are written before the cut, and instructions from the beginning of the last one.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub words: u32,
    pub instructions: u32,
}

/// The power is gone.
pub struct Gone;

/// What the world keeps when the pump loses its power.
pub struct World {
    flash: Vec<u8>,
    ram: Vec<u8>,
}

/// What was heard of a pump, and so may never be otherwise.
#[derive(Default)]
pub struct Heard {
    /// Dose entries and events by their numbers, as they were said.
    pub entries: BTreeMap<u64, String>,
    pub events: BTreeMap<u64, String>,
    /// Read-back of the prescription in force, with its checksum; empty: none.
    pub prescription: Vec<String>,
    /// What replaces it: a commit was asked for, and not answered.
    pub pending: Option<Vec<String>>,
}

/// A pump between two cuts.
pub struct Life<'a> {
    pub rig: Rig,
    runtime: &'a tokio::runtime::Runtime,
    pub heard: &'a mut Heard,
    pub cut: Option<Cut>,
    seq: u16,
}

impl<'a> Life<'a> {
    /// The pump in a QEMU of its own: new, or with the world as the last one left it.
    pub fn begin(
        runtime: &'a tokio::runtime::Runtime,
        file: &RigFile,
        world: Option<&World>,
        heard: &'a mut Heard,
    ) -> Self {
        let rig = runtime.block_on(Rig::open(file, &OpenOptions::default())).unwrap();
        let mut life = Self {
            rig,
            runtime,
            heard,
            cut: None,
            seq: 0,
        };
        if let Some(world) = world {
            life.restore(world);
        }
        life
    }

    fn restore(&mut self, world: &World) {
        // What the new one said at its first boot is nobody's.
        self.runtime.block_on(self.rig.receive(Span(0))).unwrap();
        let block = self.rig.address("PUMP_HIL_BLOCK").unwrap();
        let debug = self.rig.debug().unwrap();
        debug.halt().unwrap();
        debug.write_word(NVMC_CONFIG, 2).unwrap();
        for page in STORE.step_by(PAGE as usize) {
            debug.write_word(NVMC_ERASE_PAGE, page as u32).unwrap();
        }
        debug.write_word(NVMC_CONFIG, 1).unwrap();
        for (page, bytes) in STORE.step_by(PAGE as usize).zip(world.flash.chunks(PAGE as usize)) {
            if bytes.iter().any(|byte| *byte != 0xFF) {
                debug.write(page, bytes).unwrap();
            }
        }
        debug.write_word(NVMC_CONFIG, 0).unwrap();
        let mut flash = vec![0; world.flash.len()];
        debug.read(STORE.start, &mut flash).unwrap();
        assert!(flash == world.flash, "the flash is not as the power left it");
        debug.write(RAM.0, &world.ram).unwrap();
        debug.write_word(block + FIRST, POWER_BACK).unwrap();
        debug.reset().unwrap();
        let begun = pump_hil_rig::host_time::now();
        while debug.read_word(block + FIRST).unwrap() != 0 || TestBlock::at(debug, block).is_err() {
            assert!(begun.elapsed() < REPLY, "the pump does not boot");
        }
        let block = TestBlock::at(debug, block).unwrap();
        self.rig.began_anew(block);
    }

    /// From now on the power goes as `cut` says.
    pub fn arm(&mut self, cut: Cut) {
        self.cut = Some(cut);
        self.rig.break_at("flash_program").unwrap();
    }

    /// Where the core stands before a word of flash: lets it run on, word by word, until the pump has done what it was asked, or takes the power. Whether it
    /// stood there.
    pub fn at_a_word(&mut self) -> Result<bool, Gone> {
        let (debug, block) = self.rig.debug_and_block().expect("a rig with a probe and a block");
        if !debug.is_halted().unwrap() {
            return Ok(false);
        }
        let cut = self.cut.as_mut().unwrap();
        loop {
            cut.words -= 1;
            if cut.words == 0 {
                for _ in 0..cut.instructions {
                    debug.step().unwrap();
                }
                return Err(Gone);
            }
            debug.run().unwrap();
            while !debug.is_halted().unwrap() {
                if block.is_done(debug).unwrap() {
                    return Ok(true);
                }
            }
        }
    }

    /// What the world keeps; the rest ends here.
    pub fn end(mut self) -> World {
        let debug = self.rig.debug().unwrap();
        debug.halt().unwrap();
        let mut flash = vec![0; (STORE.end - STORE.start) as usize];
        debug.read(STORE.start, &mut flash).unwrap();
        let mut ram = vec![0; RAM.1];
        debug.read(RAM.0, &mut ram).unwrap();
        World { flash, ram }
    }

    /// A request and the lines of its reply, without seq and checksum: data lines, then the last with its `ok` or `err`.
    pub fn ask(&mut self, verb: &str, fields: &[(&str, String)]) -> Result<Vec<String>, Gone> {
        self.seq += 1;
        let owned: Vec<(String, String)> = fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        let fields: Vec<(&str, &str)> = owned
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let request = text_lines_1().request(self.seq.into(), verb, &fields).unwrap();
        self.runtime.block_on(self.rig.send(&request)).unwrap();
        let mut text = String::new();
        let mut lines = Vec::new();
        for _ in 0..10_000 {
            let got = self.runtime.block_on(self.rig.reply_wait(REPLY)).unwrap();
            text.push_str(std::str::from_utf8(&got.bytes).unwrap());
            while let Some(end) = text.find("\r\n") {
                let line: String = text.drain(..end + 2).collect();
                if let Some(line) = self.hear(&line) {
                    let last = line.starts_with("ok") || line.starts_with("err");
                    lines.push(line);
                    if last {
                        return Ok(lines);
                    }
                }
            }
            self.at_a_word()?;
        }
        panic!("no reply to {verb}: {lines:?} {text}");
    }

    /// Takes a line: what the pump says by itself is kept; of a reply to the newest request it gives what stands behind the number.
    fn hear(&mut self, line: &str) -> Option<String> {
        let (body, _checksum) = line.rsplit_once(" *").unwrap();
        let (head, rest) = body.split_once(' ').unwrap();
        let number: u64 = head[1..].parse().unwrap();
        let known = match &head[..1] {
            "$" => &mut self.heard.entries,
            "!" => &mut self.heard.events,
            _ => return (number == u64::from(self.seq)).then(|| rest.to_owned()),
        };
        if let Some(before) = known.insert(number, rest.to_owned()) {
            assert_eq!(before, rest, "number {number} was said before");
        }
        None
    }

    /// Lets time go by.
    pub fn pass(&mut self, minutes: i64) -> Result<(), Gone> {
        let until = Span(self.rig.now().0 + minutes * MINUTE_MS);
        let mut text = String::new();
        loop {
            let got = self.runtime.block_on(self.rig.receive(until)).unwrap();
            text.push_str(std::str::from_utf8(&got.bytes).unwrap());
            while let Some(end) = text.find("\r\n") {
                let line: String = text.drain(..end + 2).collect();
                self.hear(&line);
            }
            if !self.at_a_word()? && self.rig.now() >= until {
                return Ok(());
            }
        }
    }

    pub fn ok(&mut self, verb: &str, fields: &[(&str, String)]) -> Result<Vec<String>, Gone> {
        let lines = self.ask(verb, fields)?;
        assert!(lines.last().unwrap().starts_with("ok"), "{verb}: {lines:?}");
        Ok(lines)
    }

    /// Truly displaced, in nl, since the pump's first power.
    pub fn displaced_nl(&mut self) -> i64 {
        self.rig.sample().unwrap().unwrap().displaced_nl
    }
}
