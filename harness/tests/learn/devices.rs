//! Transcripts: what is sent to an emulated device, and what it says.

use pump_hil_emulators::checks;
use pump_hil_emulators::clock::Now;
use pump_hil_emulators::device::Out;
use pump_hil_emulators::options::Options;
use pump_hil_emulators::slip;
use std::fmt::Write as _;

/// What went over a line: whether it was sent to the device, and the bytes.
pub struct Talk {
    pub pieces: Vec<(bool, Vec<u8>)>,
}

pub const SYRINGE: &[&[u8]] = &[
    b"00DIS\r",
    b"00VOL0.05\r",
    b"00RAT60MH\r",
    b"00STP\r",
    b"00RUN\r",
    b"00DIS\r",
    b"00RUN\r",
    b"00STP\r",
    b"00DIS\r",
    b"00VER\r",
    b"00DIA\r",
    b"00XYZ\r",
    b"00VOL123456\r",
];

pub const JSON: &[&[u8]] = &[
    b"{\"id\":1,\"do\":\"status\"}\n",
    b"{\"id\":2,\"do\":\"identify\"}\n",
    b"{\"id\":3,\"do\":\"start\",\"ul_per_h\":36000,\"ul\":50}\n",
    b"{\"id\":4,\"do\":\"status\"}\n",
    b"{\"id\":5,\"do\":\"dance\"}\n",
    b"{\"id\":6,\"do\":\"stop\"}\n",
    b"{\"id\":7,\"do\":\"status\"}\n",
    b"{\"id\":8,\"do\":\"start\",\"ul_per_h\":36}\n",
    b"{\"id\":9,\"do\":\"start\",\"ul_per_h\":37}\n",
];

impl Talk {
    /// What the device said.
    pub fn said(&self) -> Vec<Vec<u8>> {
        let said = self.pieces.iter().filter(|(sent, _)| !sent);
        said.map(|(_, bytes)| bytes.clone()).collect()
    }

    /// The last thing that it said.
    pub fn said_last(&mut self) -> &mut Vec<u8> {
        &mut self.pieces.iter_mut().rfind(|(sent, _)| !sent).unwrap().1
    }

    /// As a person notes it.
    pub fn texts(&self) -> String {
        self.written(|bytes| format!("\"{}\"", pump_hil_talk::wire::escape(bytes)))
    }

    /// As a program shows it.
    pub fn hex(&self) -> String {
        self.written(|bytes| bytes.iter().map(|byte| format!("{byte:02x} ")).collect())
    }

    fn written(&self, bytes: impl Fn(&[u8]) -> String) -> String {
        let mut text = String::from("# what went over the line\n");
        for (sent, piece) in &self.pieces {
            let _ = writeln!(text, "{} {}", if *sent { '>' } else { '<' }, bytes(piece));
        }
        text
    }
}

/// Sends each of these to a device, and lets a second pass behind it.
pub fn talk(device: &str, requests: &[&[u8]]) -> Talk {
    let options = <Options as clap::Parser>::try_parse_from(["emulator", device]).unwrap();
    let mut device = options.build();
    let mut pieces = Vec::new();
    let mut now = Now::default();
    // What comes at once is one piece, as a terminal shows it.
    let take = |out: Out, pieces: &mut Vec<(bool, Vec<u8>)>| {
        let said = out.frames.into_iter().map(|frame| {
            if frame.slip {
                slip::wrap(&frame.bytes)
            } else {
                frame.bytes
            }
        });
        let said = said.collect::<Vec<_>>().concat();
        pieces.extend((!said.is_empty()).then_some((false, said)));
    };
    for request in requests {
        pieces.push((true, request.to_vec()));
        let mut out = Out::default();
        device.hear(now, request, &mut out);
        take(out, &mut pieces);
        for _ in 0..10 {
            now.line += 100_000;
            now.device += 100_000;
            let mut out = Out::default();
            device.tick(now, &mut out);
            take(out, &mut pieces);
        }
    }
    Talk { pieces }
}

fn talk_of(device: &str, requests: Vec<Vec<u8>>) -> Talk {
    let requests: Vec<&[u8]> = requests.iter().map(Vec::as_slice).collect();
    talk(device, &requests)
}

/// A syringe pump in its safe frames.
pub fn safe() -> Talk {
    let framed = |text: &str| {
        let body = text.as_bytes();
        let length = u8::try_from(body.len() + 4).unwrap();
        [&[2, length], body, &checks::xmodem(body).to_be_bytes(), &[3]].concat()
    };
    let texts = [
        "00SAF60",
        "00DIS",
        "00VOL0.05",
        "00RAT60MH",
        "00STP",
        "00RUN",
        "00DIS",
        "00STP",
        "00VER",
        "00X",
    ];
    let mut talk = talk_of("syringe", texts.iter().map(|text| framed(text)).collect());
    // Its first answer may still be of the other mode.
    talk.pieces.retain(|(sent, bytes)| {
        *sent
            || bytes
                .get(1)
                .is_some_and(|length| usize::from(*length) + 1 == bytes.len())
    });
    talk
}

/// A pump over binary frames with a length and a check.
pub fn binary() -> Talk {
    let framed = |command: u8, body: &[u8]| {
        let length = u8::try_from(body.len()).unwrap();
        let inside = [&[command, length], body].concat();
        [&[0xAA], &inside[..], &[checks::smbus(&inside)]].concat()
    };
    let rate = |rate: u32| rate.to_be_bytes();
    talk_of(
        "binary",
        vec![
            framed(0x01, &[]),
            framed(0x02, &[]),
            framed(0x12, &rate(5_000)),
            framed(0x01, &[]),
            framed(0x11, &[]),
            framed(0x10, &rate(100_000)),
            framed(0x01, &[]),
            framed(0x12, &rate(70_000)),
            framed(0x11, &[]),
            framed(0x10, &rate(0)),
            framed(0x55, &[1, 2]),
        ],
    )
}

/// Reads and writes of registers, with the check of Modbus.
fn registers(read: u8, at: u16, count: u16, run: u16) -> Vec<Vec<u8>> {
    let framed = |function: u8, words: &[u16]| {
        let words: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let inside = [&[1, function], &words[..]].concat();
        [&inside[..], &checks::modbus(&inside).to_le_bytes()].concat()
    };
    vec![
        framed(read, &[at, count]),
        framed(6, &[run, 1]),
        framed(read, &[at, count]),
        framed(read, &[at, count]),
        framed(6, &[run, 0]),
        framed(read, &[at, count]),
        framed(6, &[0x7000, 0]),
        framed(read, &[0x7000, 1]),
        framed(6, &[run, 1]),
        framed(read, &[at, count]),
        framed(6, &[run, 0]),
    ]
}

/// A pump with registers in SLIP frames.
pub fn slip() -> Talk {
    let wrapped = registers(3, 0x100, 4, 0x10)
        .iter()
        .map(|bytes| slip::wrap(bytes))
        .collect();
    talk_of("slip-registers", wrapped)
}

/// A pump on Modbus RTU. It hears where a frame ends by silence, so that it answers while time passes.
pub fn modbus() -> Talk {
    talk_of("modbus-rtu", registers(4, 0, 4, 0))
}

/// A pump behind a console, with echo and prompt.
pub fn console() -> Talk {
    talk(
        "console",
        &[
            b"STAT\r",
            b"SET 500\r",
            b"RATE 36000\r",
            b"STAT\r",
            b"RUN\r",
            b"STAT\r",
            b"STP\r",
            b"WHAT\r",
            b"STAT\r",
        ],
    )
}
