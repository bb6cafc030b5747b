//! One pump's life in QEMU, its power cut 200 times: within the writing of its flash, to the instruction, and between.
//!
//! A cut takes QEMU away with the signal that nobody can catch. What is the world's (the plant, the clock) goes on in another QEMU, and the flash with it; what is
//! in the firmware's RAM is lost. Everything is drawn from one seed, so that a failure comes again.

use super::super::clock::Clock;
use super::super::{OpenOptions, Rig, RigFile, TestBlock};
use super::here;
use crate::quantity::Span;
use crate::wire::encode_request;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

const CUTS: u32 = 200;
const SEED: u64 = 0x5EED_0003;

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

const STROKE_NL: i64 = 500;
const MINUTE_MS: i64 = 60_000;
const REPLY: Duration = Duration::from_secs(10);

/// Words of flash that are written before the cut, and instructions from the beginning of the last one.
#[derive(Debug, Clone, Copy)]
struct Cut {
    words: u32,
    instructions: u32,
}

/// The power is gone.
struct Gone;

/// What the world keeps when the pump loses its power.
struct World {
    flash: Vec<u8>,
    ram: Vec<u8>,
}

/// What was heard of a pump, and so may never be otherwise.
#[derive(Default)]
struct Heard {
    /// Dose entries and events by their numbers, as they were said.
    entries: BTreeMap<u64, String>,
    events: BTreeMap<u64, String>,
    /// Read-back of the prescription in force, with its checksum; empty: none.
    prescription: Vec<String>,
    /// What replaces it: a commit was asked for, and not answered.
    pending: Option<Vec<String>>,
}

/// A pump between two cuts.
struct Life<'a> {
    rig: Rig,
    runtime: &'a tokio::runtime::Runtime,
    heard: &'a mut Heard,
    cut: Option<Cut>,
    seq: u16,
}

/// The next number of a simple generator (SplitMix64).
fn draw(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl<'a> Life<'a> {
    /// The pump in a QEMU of its own: new, or with the world as the last one left it.
    fn begin(
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
        let debug = self.rig.debug.as_mut().unwrap();
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
        let begun = crate::rig::host_time::now();
        while debug.read_word(block + FIRST).unwrap() != 0 || TestBlock::at(debug, block).is_err() {
            assert!(begun.elapsed() < REPLY, "the pump does not boot");
        }
        self.rig.block = Some(TestBlock::at(debug, block).unwrap());
        self.rig.clock = Clock::Chip { now_ms: 0 };
        self.rig.settled = None;
        (self.rig.link.sent, self.rig.link.received) = (0, 0);
    }

    /// From now on the power goes as `cut` says.
    fn arm(&mut self, cut: Cut) {
        self.cut = Some(cut);
        self.rig.break_at("flash_program").unwrap();
    }

    /// Where the core stands before a word of flash: lets it run on, word by word, until the pump has done what it was asked, or takes the power. Whether it
    /// stood there.
    fn at_a_word(&mut self) -> Result<bool, Gone> {
        let (Some(debug), Some(block)) = (&mut self.rig.debug, &self.rig.block) else {
            panic!("a rig with a probe and a block");
        };
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
                if block.done(debug).unwrap().is_some() {
                    return Ok(true);
                }
            }
        }
    }

    /// What the world keeps; the rest ends here.
    fn end(mut self) -> World {
        let debug = self.rig.debug.as_mut().unwrap();
        debug.halt().unwrap();
        let mut flash = vec![0; (STORE.end - STORE.start) as usize];
        debug.read(STORE.start, &mut flash).unwrap();
        let mut ram = vec![0; RAM.1];
        debug.read(RAM.0, &mut ram).unwrap();
        World { flash, ram }
    }

    /// A request and the lines of its reply, without seq and checksum: data lines, then the last with its `ok` or `err`.
    fn ask(&mut self, verb: &str, fields: &[(&str, String)]) -> Result<Vec<String>, Gone> {
        self.seq += 1;
        let owned: Vec<(String, String)> = fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect();
        let fields: Vec<(&str, &str)> = owned
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let request = encode_request(self.seq, verb, &fields).unwrap();
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
    fn pass(&mut self, minutes: i64) -> Result<(), Gone> {
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

    fn ok(&mut self, verb: &str, fields: &[(&str, String)]) -> Result<Vec<String>, Gone> {
        let lines = self.ask(verb, fields)?;
        assert!(lines.last().unwrap().starts_with("ok"), "{verb}: {lines:?}");
        Ok(lines)
    }

    /// Truly displaced, in nl, since the pump's first power.
    fn displaced_nl(&mut self) -> i64 {
        self.rig.sample().unwrap().unwrap().displaced_nl
    }

    /// The pump that came back is the one that went: nothing that it said is otherwise, and its totals are what its motor did.
    fn is_the_same(&mut self) {
        assert!(self.pass(0).is_ok());
        self.ok("identify", &[]).ok().unwrap();
        let prescription = self.ask("prescription", &[]).ok().unwrap();
        let pending = self.heard.pending.take();
        if pending.as_ref() == Some(&prescription) {
            self.heard.prescription = prescription;
        } else if self.heard.prescription.is_empty() {
            assert_eq!(prescription, ["err code=no-prescription"]);
        } else {
            assert_eq!(
                prescription, self.heard.prescription,
                "neither the old one nor {pending:?}"
            );
        }
        for (verb, known) in [
            ("dose-log", self.heard.entries.clone()),
            ("event-log", self.heard.events.clone()),
        ] {
            let Some(newest) = known.keys().next_back().copied() else {
                continue;
            };
            let from = newest.saturating_sub(40).max(1);
            let page = self
                .ok(verb, &[("from", from.to_string()), ("count", "64".to_owned())])
                .ok()
                .unwrap();
            let (_bounds, lines) = page.split_last().unwrap();
            for (place, line) in lines.iter().enumerate() {
                let (number, rest) = line.strip_prefix("n=").unwrap().split_once(' ').unwrap();
                let number: u64 = number.parse().unwrap();
                assert_eq!(number, from + place as u64, "{verb} has a hole");
                if let Some(said) = known.get(&number) {
                    // In the log of events the kind has a key.
                    assert_eq!(rest.replace("event=", ""), *said, "{verb} {number}");
                }
            }
            assert!(
                from + lines.len() as u64 > newest,
                "{verb}: {newest} was said, and is lost"
            );
        }
        let totals = self.ok("totals", &[]).ok().unwrap();
        let reported = number(&totals[0], "total=");
        let displaced = self.displaced_nl();
        assert!(
            (reported - displaced).abs() <= STROKE_NL,
            "{reported} nl reported, {displaced} nl displaced"
        );
    }
}

fn number(line: &str, key: &str) -> i64 {
    let value = line.split(' ').find_map(|word| word.strip_prefix(key)).unwrap();
    value.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// What the pump does when its power goes.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Programming,
    Dosing,
    Logging,
}

impl Life<'_> {
    /// A pump out of its box gets a clock and a full reservoir; one that lost its power is told that somebody has seen it, and goes on.
    fn make_ready(&mut self, new: bool) -> Result<(), Gone> {
        if new {
            self.ok("clock-set", &[("rtc", "820886400s".to_owned())])?;
            self.ok(
                "refill",
                &[("removed", "0nl".to_owned()), ("added", "20000000nl".to_owned())],
            )?;
            return Ok(());
        }
        // Whatever ran when the power went does not go on by itself: ten minutes at minimum rate are less than a stroke.
        let before = self.displaced_nl();
        self.pass(10)?;
        let after = self.displaced_nl();
        assert!(
            after - before <= 2 * STROKE_NL,
            "{} nl after the power was back",
            after - before
        );
        let status = self.ok("status", &[])?;
        assert!(status[0].contains(" bolus=none "), "{status:?}");
        self.ok("log-every", &[("dose", "3600s".to_owned())])?;
        if status[0].contains("battery-reset") {
            self.ok("clear-alarm", &[("id", "battery-reset".to_owned())])?;
        }
        if !status[0].contains("state=stopped") {
            self.ok("stop", &[])?;
        }
        if !self.heard.prescription.is_empty() {
            self.ok("start", &[])?;
        }
        Ok(())
    }

    fn live(&mut self, doing: Doing, cut: Cut, seed: &mut u64) -> Result<(), Gone> {
        let before = i64::try_from(draw(seed) % 60).unwrap();
        match doing {
            Doing::Programming => {
                self.arm(cut);
                self.ok("session-begin", &[])?;
                let rate = format!("{}nl/d", 48_000 + draw(seed) % 400 * 1_000);
                let fields = [
                    ("drug", "morphine-10-mg-per-mL"),
                    ("conc", "10000000ng/ml"),
                    ("mode", "continuous"),
                    ("rate", rate.as_str()),
                ];
                let fields: Vec<(&str, String)> =
                    fields.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
                self.ok("stage", &fields)?;
                let staged = self.ok("staged", &[])?;
                let crc = staged
                    .last()
                    .and_then(|line| line.split_once("crc32="))
                    .unwrap()
                    .1
                    .to_owned();
                self.heard.pending = Some(staged);
                self.ok("commit", &[("crc32", crc)])?;
                self.heard.prescription = self.heard.pending.take().unwrap();
            }
            Doing::Dosing => {
                self.pass(before)?;
                self.arm(cut);
                self.ok(
                    "bolus",
                    &[("dose", format!("{BOLUS_NL}nl")), ("over", "900s".to_owned())],
                )?;
                self.pass(60)?;
            }
            Doing::Logging => {
                self.ok("log-every", &[("dose", "60s".to_owned())])?;
                self.pass(before)?;
                self.arm(cut);
                self.pass(60)?;
            }
        }
        // The rest of the words may be those of the hours that follow.
        self.pass(before)
    }

    /// The most that may flow in an hour by the prescription that is in force, or is about to be.
    fn hourly_nl(&self) -> i64 {
        let both = self
            .heard
            .prescription
            .iter()
            .chain(self.heard.pending.iter().flatten());
        both.filter(|line| line.starts_with("rate="))
            .map(|line| number(line, "rate="))
            .max()
            .unwrap_or(0)
            / 24
    }
}

const BOLUS_NL: i64 = 20_000;

/// Says which cut it was, where an assertion fails.
struct ToldWhereItFailed(String);

impl Drop for ToldWhereItFailed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = writeln!(std::io::stderr(), "{}", self.0);
        }
    }
}

#[test]
fn power_that_goes_at_any_instant_loses_nothing_and_doses_nothing_twice() {
    let Some(folder) = here::repository(true) else {
        return;
    };
    let file = RigFile::load(&folder.join("fixtures/rigs/qemu-microbit.yaml")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (mut seed, mut world, mut heard) = (SEED, None, Heard::default());
    let (mut within, mut most_nl) = (0, 0);
    for number in 0..CUTS {
        let doing = match draw(&mut seed) % 3 {
            1 if !heard.prescription.is_empty() => Doing::Dosing,
            2 if !heard.prescription.is_empty() => Doing::Logging,
            _ => Doing::Programming,
        };
        let cut = Cut {
            words: 1 + (draw(&mut seed) % 100) as u32,
            instructions: (draw(&mut seed) % 32) as u32,
        };
        let _told = ToldWhereItFailed(format!("cut {number}: {doing:?}, {cut:?}"));
        let mut life = Life::begin(&runtime, &file, world.as_ref(), &mut heard);
        if world.is_some() {
            life.is_the_same();
            let displaced = life.displaced_nl();
            assert!(
                displaced <= most_nl,
                "{displaced} nl were displaced, where {most_nl} nl is all that there was to give"
            );
        }
        let begin = life.rig.now();
        assert!(life.make_ready(world.is_none()).is_ok());
        within += u32::from(life.live(doing, cut, &mut seed).is_err());
        // A grant that was cut goes an hour further than was seen, at most; and a stroke at each end.
        let hours = (life.rig.now().0 - begin.0) / (60 * MINUTE_MS) + 2;
        most_nl += hours * life.hourly_nl() + 2 * STROKE_NL + if matches!(doing, Doing::Dosing) { BOLUS_NL } else { 0 };
        world = Some(life.end());
    }
    assert!(
        within > CUTS / 2,
        "only {within} of {CUTS} cuts were within the writing of flash"
    );
}
