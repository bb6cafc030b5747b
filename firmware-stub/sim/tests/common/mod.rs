//! A host that talks to a machine directly, in virtual time.
#![allow(dead_code, reason = "not every test file uses every helper")]

use stub_plant::PlantSettings;
use stub_pump::line::crc16;
use stub_pump::units::Millis;
use stub_sim::{BLOCK_ADDR, Machine, MachineSettings, Stop};

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;

/// A request line with its crc.
pub fn request(seq: u32, text: &str) -> String {
    let body = format!("#{seq} {text}");
    format!("{body} *{:04X}\n", crc16(body.as_bytes()))
}

pub struct Host {
    pub machine: Machine,
    seq: u32,
    /// Everything that the pump ever said.
    pub said: Vec<u8>,
    heard: usize,
}

impl Host {
    pub fn new() -> Self {
        Self::with(MachineSettings::default())
    }

    pub fn with(settings: MachineSettings) -> Self {
        Self::of(Machine::new(settings))
    }

    pub fn of(machine: Machine) -> Self {
        Self {
            machine,
            seq: 0,
            said: Vec::new(),
            heard: 0,
        }
    }

    pub fn seeded(seed: u64, reservoir_nl: u64) -> Self {
        let plant = PlantSettings {
            reservoir_nl,
            ..PlantSettings::default()
        };
        Self::with(MachineSettings {
            seed,
            plant,
            ..MachineSettings::default()
        })
    }

    /// Sends bytes; what comes of them is heard with [`Self::lines`].
    pub fn send(&mut self, bytes: &[u8]) {
        self.machine.receive(bytes);
        self.machine.take_output(&mut self.said);
    }

    /// The whole lines that came since the last call, without line ends.
    pub fn lines(&mut self) -> Vec<String> {
        self.machine.take_output(&mut self.said);
        let text = String::from_utf8_lossy(&self.said[self.heard..]).into_owned();
        self.heard = self.said.len();
        text.lines().map(str::to_owned).collect()
    }

    /// Throws away what was said so far.
    pub fn forget(&mut self) {
        let _ = self.lines();
        self.said.clear();
        self.heard = 0;
    }

    /// Sends a request and returns the lines up to its reply, without their crc.
    pub fn ask(&mut self, text: &str) -> Vec<String> {
        self.seq += 1;
        let seq = self.seq;
        self.send(request(seq, text).as_bytes());
        let lines: Vec<String> = self.lines().iter().map(|line| body(line).to_owned()).collect();
        let reply = format!("={seq} ");
        assert!(
            lines.iter().any(|line| line.starts_with(&reply)),
            "no reply to {text}: {lines:#?}"
        );
        lines
    }

    /// Sends a request and returns its reply behind the sequence number.
    pub fn reply(&mut self, text: &str) -> String {
        let lines = self.ask(text);
        let head = format!("={} ", self.seq);
        lines
            .iter()
            .find_map(|line| line.strip_prefix(&head))
            .expect("ask looked for it")
            .to_owned()
    }

    /// Sends a request that must be carried out.
    pub fn ok(&mut self, text: &str) -> String {
        let reply = self.reply(text);
        assert!(reply == "ok" || reply.starts_with("ok "), "{text}: {reply}");
        reply
    }

    /// A value of a reply.
    pub fn value(&mut self, verb: &str, key: &str) -> String {
        let reply = self.ok(verb);
        let head = format!("{key}=");
        reply
            .split(' ')
            .find_map(|token| token.strip_prefix(&head))
            .unwrap_or_else(|| panic!("{verb} has no {key}: {reply}"))
            .to_owned()
    }

    /// Fills the reservoir, programs a continuous prescription and starts it.
    pub fn start(&mut self, rate_nl_d: u64) {
        self.run(5 * SECOND);
        let reservoir = self.long(0x58);
        self.ok(&format!("refill removed=0nl added={reservoir}nl"));
        self.program(&format!(
            "drug=morphine-10-mg-per-mL conc=10000000ng/ml mode=continuous rate={rate_nl_d}nl/d"
        ));
        self.ok("start");
    }

    /// Programs a prescription.
    pub fn program(&mut self, fields: &str) {
        self.run(5 * SECOND);
        self.ok("session-begin");
        self.ok(&format!("stage {fields}"));
        let crc32 = self.value("staged", "crc32");
        self.ok(&format!("commit crc32={crc32}"));
    }

    /// Lets time pass.
    pub fn run(&mut self, ms: u64) {
        self.run_to(self.machine.now().0 + ms);
    }

    /// Lets time pass up to an instant; bytes on the way are kept.
    pub fn run_to(&mut self, until_ms: u64) {
        loop {
            match self.machine.run_until(Millis(until_ms)) {
                Stop::Output => self.machine.take_output(&mut self.said),
                Stop::Fence => return,
                Stop::Halted { pc } => panic!("halted at {pc:#x}"),
            }
        }
    }

    /// Runs until a line has come that contains `text`; returns it, and how long that took. What came before it counts.
    pub fn until(&mut self, text: &str, limit_ms: u64) -> (String, u64) {
        let start_ms = self.machine.now().0;
        loop {
            self.machine.take_output(&mut self.said);
            let unheard = String::from_utf8_lossy(&self.said[self.heard..]).into_owned();
            for line in unheard.split_inclusive('\n') {
                self.heard += line.len();
                if line.contains(text) {
                    return (line.trim_end().to_owned(), self.machine.now().0 - start_ms);
                }
            }
            let stop = self.machine.run_until(Millis(start_ms + limit_ms));
            assert!(stop == Stop::Output, "no {text:?} within {limit_ms} ms");
        }
    }

    pub fn fault(&mut self, slot: u32, param: i32) {
        let addr = BLOCK_ADDR + 0x80 + slot * 16;
        self.machine
            .write(addr + 4, &param.to_le_bytes())
            .expect("the slot is mapped");
        self.machine
            .write(addr, &1u32.to_le_bytes())
            .expect("the slot is mapped");
    }

    pub fn clear(&mut self, slot: u32) {
        self.machine
            .write(BLOCK_ADDR + 0x80 + slot * 16, &0u32.to_le_bytes())
            .expect("the slot is mapped");
    }

    /// Effect and count of a fault.
    pub fn effect(&self, slot: u32) -> (u32, u32) {
        (self.word(0x80 + slot * 16 + 8), self.word(0x80 + slot * 16 + 12))
    }

    pub fn word(&self, offset: u32) -> u32 {
        let mut bytes = [0; 4];
        self.machine
            .read(BLOCK_ADDR + offset, &mut bytes)
            .expect("the block is mapped");
        u32::from_le_bytes(bytes)
    }

    pub fn long(&self, offset: u32) -> u64 {
        u64::from(self.word(offset)) | u64::from(self.word(offset + 4)) << 32
    }
}

/// A line without its crc, which must be right.
pub fn body(line: &str) -> &str {
    let (body, crc) = line.rsplit_once(" *").unwrap_or_else(|| panic!("no crc: {line}"));
    assert_eq!(format!("{:04X}", crc16(body.as_bytes())), crc, "{line}");
    body
}
