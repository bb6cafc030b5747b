//! The line server behind a slow transmitter: no reply is lost, no request is carried out twice, and nothing that is typed does harm.

use std::collections::BTreeMap;

use proptest::prelude::*;
use stub_pump::io::{Input, ResetReason};
use stub_pump::line::{Identity, LINE_MAX, LineServer, crc16};
use stub_pump::nv::{Nv, Slot, WriteFailed};
use stub_pump::units::{Millis, Seconds};
use stub_pump::{Pump, Settings};

#[derive(Default)]
struct Memory(BTreeMap<Slot, Vec<u8>>);

impl Nv for Memory {
    fn read(&self, slot: Slot) -> Option<&[u8]> {
        self.0.get(&slot).map(Vec::as_slice)
    }

    fn write(&mut self, slot: Slot, record: &[u8]) -> Result<(), WriteFailed> {
        self.0.insert(slot, record.to_vec());
        Ok(())
    }
}

/// A transmitter that holds two lines.
const TWO_LINES: usize = 2 * (LINE_MAX + 2);

/// A pump whose transmitter holds `TX` bytes and takes `chunk` of them at a time.
struct Desk<const TX: usize> {
    pump: Pump<Memory>,
    line: LineServer<TX>,
    now: u64,
    chunk: usize,
    said: Vec<u8>,
}

impl<const TX: usize> Desk<TX> {
    fn new(chunk: usize) -> Self {
        let identity = Identity {
            model: "desk",
            serial: "SN1",
            build: "test",
        };
        let pump = Pump::boot(Settings::default(), Memory::default(), Millis(0), ResetReason::PowerOn);
        let mut desk = Self {
            pump,
            line: LineServer::new(identity),
            now: 0,
            chunk,
            said: Vec::new(),
        };
        desk.step();
        desk
    }

    fn step(&mut self) {
        let input = Input {
            rtc: Seconds(820_454_400 + self.now / 1000),
            battery_mv: 3_000,
            catheter_pa: 1_000,
            reservoir_pa: 30_000,
            temperature_mc: 37_000,
            ..Input::default()
        };
        self.pump.step(Millis(self.now), &input);
        self.now += 1_000;
    }

    /// Offers bytes until all are taken, sending a little in between, and then sends all that waits.
    fn say(&mut self, mut bytes: &[u8]) {
        let mut rounds = 0;
        loop {
            let taken = self.line.receive(Millis(self.now), bytes, &mut self.pump);
            bytes = &bytes[taken..];
            self.line.poll(&mut self.pump, |_| {});
            let mut chunk = vec![0; self.chunk];
            let sent = self.line.take(&mut chunk);
            self.said.extend_from_slice(&chunk[..sent]);
            if bytes.is_empty() && sent == 0 {
                return;
            }
            rounds += 1;
            assert!(rounds < 1_000_000, "the line is stuck");
        }
    }

    fn lines(&mut self) -> Vec<String> {
        let said = std::mem::take(&mut self.said);
        let text = String::from_utf8(said).expect("the pump speaks ASCII");
        assert!(text.is_empty() || text.ends_with("\r\n"), "lines leave whole: {text:?}");
        text.split_terminator("\r\n").map(str::to_owned).collect()
    }
}

fn request(seq: usize, text: &str) -> String {
    let body = format!("#{seq} {text}");
    format!("{body} *{:04X}\n", crc16(body.as_bytes()))
}

#[test]
fn every_reply_comes_through_a_transmitter_that_holds_two_lines() {
    let mut desk = Desk::<TWO_LINES>::new(7);
    let asked = [
        "library",
        "status",
        "dose-log from=1 count=64",
        "event-log",
        "forecast",
        "alarms",
        "totals",
    ];
    let all: String = asked
        .iter()
        .enumerate()
        .map(|(at, text)| request(at + 1, text))
        .collect();
    desk.say(all.as_bytes());
    let lines = desk.lines();
    let replies: Vec<&String> = lines.iter().filter(|line| line.starts_with('=')).collect();
    assert_eq!(replies.len(), asked.len(), "{lines:#?}");
    for (at, reply) in replies.iter().enumerate() {
        assert!(reply.starts_with(&format!("={} ok", at + 1)), "{reply}");
    }
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("+1 drug=")).count(),
        desk.pump.library().len()
    );
}

#[test]
fn a_repeated_command_is_answered_and_not_carried_out_again() {
    let mut desk = Desk::<TWO_LINES>::new(64);
    desk.say(request(1, "session-begin").as_bytes());
    desk.say(request(1, "session-begin").as_bytes());
    desk.say(request(2, "session-begin").as_bytes());
    let replies: Vec<String> = desk.lines().into_iter().filter(|line| line.starts_with('=')).collect();
    assert_eq!(replies[0], replies[1]);
    assert!(
        replies[0].starts_with("=1 ok *") && replies[2].starts_with("=2 err code=session-open"),
        "{replies:#?}"
    );
}

/// Whatever was read in between, in one line or in many.
#[test]
fn a_repeated_bolus_is_one_bolus_until_something_else_is_asked() {
    let mut desk = Desk::<TWO_LINES>::new(64);
    let refill = request(5, "refill removed=0nl added=1000nl");
    desk.say(refill.as_bytes());
    for (at, read) in ["status", "library", "dose-log", "totals", "colour=red"]
        .iter()
        .enumerate()
    {
        desk.say(request(6 + at, read).as_bytes());
        desk.say(refill.as_bytes());
    }
    desk.say(b"?status\n#5 nonsense *0000\n");
    desk.say(refill.as_bytes());
    let replies: Vec<String> = desk
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("=5 "))
        .collect();
    assert!(
        replies
            .iter()
            .all(|reply| reply.starts_with("=5 ok expected=0nl residual=0nl ")),
        "{replies:#?}"
    );
    assert_eq!(replies.len(), 7);
    // A command in between is another thing: then it is a new request.
    desk.say(request(20, "report tones=off").as_bytes());
    desk.say(refill.as_bytes());
    assert!(
        desk.lines()
            .iter()
            .any(|line| line.starts_with("=5 ok expected=1000nl"))
    );
}

#[test]
fn what_is_said_does_not_hang_on_the_pieces_in_which_bytes_arrive() {
    // The first makes the pump tell an event of its own, which stands before the second reply.
    let asked = [request(1, "session-begin"), "~\n".to_owned(), request(2, "status")].concat();
    let mut whole = Desk::<4096>::new(64);
    whole.say(b"");
    whole.say(asked.as_bytes());
    let mut bytes = Desk::<4096>::new(64);
    bytes.say(b"");
    for byte in asked.as_bytes() {
        bytes.say(&[*byte]);
    }
    let said = whole.lines();
    assert_eq!(said, bytes.lines());
    let at = |start: &str| said.iter().position(|line| line.starts_with(start));
    let event = said.iter().position(|line| line.contains(" session is=open "));
    assert!(
        at("=1 ok") < event && event < at("=2 ok") && event.is_some(),
        "{said:#?}"
    );
}

fn word() -> impl Strategy<Value = String> {
    let verbs = "status|stage|staged|commit|start|stop|bolus|bridge|refill|prime|patient-bolus|mute|library|clear-alarm|log-every|clock-set|self-test|report|test-alarm|dose-log|session-begin|abort|minimum-rate|dance";
    let keys = "rate|dose|over|drug|mode|flex|low|crc32|removed|added|volume|id|rtc|tones|priority|from|count|soft|interval|colour";
    let value = "[0-9]{1,21}(nl|nl/d|s|ms|min|ng/ml|)|confirm|clear|continuous|flex|saline|on|mon,[0-9]{1,3},[0-9]{1,5}min,[0-9]{1,9}nl/d|occlusion|critical|[A-F0-9]{8}";
    let pair = format!("({keys})=({value})");
    let pairs = prop::collection::vec(prop::string::string_regex(&pair).expect("a regex"), 0..4);
    (prop::string::string_regex(verbs).expect("a regex"), pairs)
        .prop_map(|(verb, pairs)| std::iter::once(verb).chain(pairs).collect::<Vec<_>>().join(" "))
}

proptest! {
    #[test]
    fn every_request_has_one_reply_and_every_line_its_crc(asked in prop::collection::vec(word(), 1..30), chunk in 1usize..300) {
        let mut desk = Desk::<TWO_LINES>::new(chunk);
        for (at, text) in asked.iter().enumerate() {
            desk.say(request(at + 1, text).as_bytes());
            desk.step();
        }
        let lines = desk.lines();
        for line in &lines {
            prop_assert!(line.len() <= LINE_MAX);
            let (body, crc) = line.rsplit_once(" *").expect("a crc");
            prop_assert_eq!(format!("{:04X}", crc16(body.as_bytes())), crc);
        }
        for (at, text) in asked.iter().enumerate() {
            let head = format!("={} ", at + 1);
            // A key that stands twice makes the line one that does not parse.
            let mut keys: Vec<&str> = text.split(' ').skip(1).filter_map(|pair| pair.split_once('=')).map(|(key, _)| key).collect();
            let count = keys.len();
            keys.sort_unstable();
            keys.dedup();
            let replies = lines.iter().filter(|line| line.starts_with(&head)).count();
            prop_assert_eq!(replies, usize::from(keys.len() == count), "{}", text);
        }
        prop_assert_eq!(lines.iter().filter(|line| line.starts_with('=')).count(), asked.len());
    }
}
