//! The session, a scripted pump, and a line between them, in virtual time.

use pump_hil_model::case::{Mode, PatientBolus, Prescription, Request};
use pump_hil_model::event::Body;
use pump_hil_model::quantity::{Concentration, Rate, Span, Volume};
use pump_hil_talk::device::Profile;
use pump_hil_talk::session::{RequestEnd, Session, SessionEvent};
use pump_hil_talk::wire::Crc32;
use pump_hil_testing::stub_line::crc16;
use std::sync::Arc;

pub const STUB: &str = include_str!("../../../../fixtures/devices/stub.yaml");

pub fn profile() -> Arc<Profile> {
    Arc::new(Profile::parse(STUB, "stub.yaml").expect("the shipped profile loads"))
}

/// Ends a pump's line.
pub fn line(body: &str) -> Vec<u8> {
    format!("{body} *{:04X}\r\n", crc16(body.as_bytes())).into_bytes()
}

/// A pump that keeps to the protocol and notes what it carried out.
#[derive(Default)]
pub struct Pump {
    pub rest: Vec<u8>,
    pub carried_out: Vec<String>,
    pub staged: Vec<(String, String)>,
    pub in_force: Vec<(String, String)>,
    pub last: Option<(String, Vec<u8>)>,
    pub doses: u64,
    /// Verb and code that is refused.
    pub refuse: Option<(&'static str, &'static str)>,
    /// Spoils one staged field in the read-back.
    pub misreads: bool,
}

impl Pump {
    pub fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let mut said = Vec::new();
        while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
            let taken: Vec<u8> = self.rest.drain(..=end).collect();
            let text = String::from_utf8_lossy(&taken).trim_end().to_owned();
            if !text.is_empty() {
                said.extend(self.answer(&text));
            }
        }
        said
    }

    pub fn answer(&mut self, text: &str) -> Vec<u8> {
        let Some((body, crc)) = text.rsplit_once(" *") else {
            return line("=0 err code=syntax");
        };
        if u16::from_str_radix(crc, 16) != Ok(crc16(body.as_bytes())) || !body.starts_with('#') {
            return line("=0 err code=crc");
        }
        if let Some((last, answer)) = &self.last
            && last == text
        {
            return answer.clone();
        }
        let mut tokens = body[1..].split(' ');
        let (seq, verb) = (tokens.next().unwrap(), tokens.next().unwrap());
        let fields: Vec<(String, String)> = tokens
            .map(|t| t.split_once('=').expect("a field"))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        let answer = self.carry_out(seq, verb, &fields);
        self.last = Some((text.to_owned(), answer.clone()));
        answer
    }

    pub fn carry_out(&mut self, seq: &str, verb: &str, fields: &[(String, String)]) -> Vec<u8> {
        self.carried_out.push(verb.to_owned());
        if let Some((refused, code)) = self.refuse
            && refused == verb
        {
            return line(&format!("={seq} err code={code} field=rate"));
        }
        match verb {
            "stage" => self.staged.extend(fields.iter().cloned()),
            "staged" => return self.read_back(seq),
            "commit" => {
                if fields[0].1 != self.crc() {
                    return line(&format!("={seq} err code=crc-mismatch"));
                }
                self.in_force = std::mem::take(&mut self.staged);
            }
            "abort" => self.staged.clear(),
            "dose-log" => return self.log(seq, fields),
            _ => {}
        }
        line(&format!("={seq} ok"))
    }

    /// Daily steps expanded, in the order in which they came.
    pub fn expanded(&self) -> Vec<(String, String)> {
        let daily = |v: &str| v.strip_prefix("daily,").map(str::to_owned);
        let mut out: Vec<(String, String)> = Vec::new();
        let steps: Vec<String> = self
            .staged
            .iter()
            .filter(|(k, _)| k == "flex")
            .filter_map(|(_, v)| daily(v))
            .collect();
        for (key, value) in &self.staged {
            if key == "flex" && value.starts_with("daily,") {
                if Some(&value["daily,".len()..]) != steps.first().map(String::as_str) {
                    continue;
                }
                for day in ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] {
                    out.extend(steps.iter().map(|s| (key.clone(), format!("{day},{s}"))));
                }
            } else {
                out.push((key.clone(), value.clone()));
            }
        }
        out
    }

    pub fn crc(&self) -> String {
        let mut crc = Crc32::default();
        for (key, value) in self.expanded() {
            crc.feed(format!("{key}={value}\n").as_bytes());
        }
        format!("{:08X}", crc.value())
    }

    pub fn read_back(&self, seq: &str) -> Vec<u8> {
        let mut said = Vec::new();
        let fields = self.expanded();
        for (place, (key, value)) in fields.iter().enumerate() {
            let value = if self.misreads && place == 3 { "1nl/d" } else { value };
            said.extend(line(&format!("+{seq} {key}={value}")));
        }
        said.extend(line(&format!("={seq} ok fields={} crc32={}", fields.len(), self.crc())));
        said
    }

    pub fn entry(n: u64) -> String {
        format!(
            "cause=periodic mode=continuous rate=500000nl/d basal={}nl patient=0nl periodic=0nl clinician=0nl prime=0nl bridge=0nl strokes={n} reservoir=1nl",
            n * 500
        )
    }

    /// The next dose entry, said unasked.
    pub fn dose(&mut self) -> Vec<u8> {
        self.doses += 1;
        let n = self.doses;
        line(&format!("${n} t={}ms {}", n * 1_000, Self::entry(n)))
    }

    pub fn log(&self, seq: &str, fields: &[(String, String)]) -> Vec<u8> {
        let (from, count): (u64, u64) = (fields[0].1.parse().unwrap(), fields[1].1.parse().unwrap());
        let mut said = Vec::new();
        for n in from..from.saturating_add(count).min(self.doses + 1) {
            said.extend(line(&format!("+{seq} n={n} t={}ms {}", n * 1_000, Self::entry(n))));
        }
        said.extend(line(&format!("={seq} ok first=1 last={}", self.doses)));
        said
    }
}

/// What the line does to the k-th piece, to the pump and back.
pub type Line = fn(usize, Vec<u8>) -> Vec<u8>;

pub fn clean(_: usize, bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// Session, pump and line in virtual time.
pub struct World {
    pub session: Session,
    pub pump: Pump,
    pub to_pump: Line,
    pub from_pump: Line,
    pub pieces: usize,
    pub now: Span,
    pub bodies: Vec<Body>,
}

impl World {
    pub fn new() -> Self {
        Self {
            session: Session::new(profile()),
            pump: Pump::default(),
            to_pump: clean,
            from_pump: clean,
            pieces: 0,
            now: Span(0),
            bodies: Vec::new(),
        }
    }

    pub fn hear(&mut self, bytes: &[u8]) {
        self.session.handle_bytes(bytes, self.now);
    }

    pub fn drain(&mut self) -> Option<RequestEnd> {
        let mut outcome = None;
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Journal(body) => self.bodies.push(body),
                SessionEvent::Done { end, .. } => outcome = Some(end),
            }
        }
        outcome
    }

    /// Lets everything that is under way come to its end; gives the last outcome.
    pub fn run(&mut self) -> Option<RequestEnd> {
        let mut last = None;
        for _ in 0..10_000 {
            last = self.drain().or(last);
            if let Some(bytes) = self.session.poll_transmit() {
                self.pieces += 1;
                let arrived = (self.to_pump)(self.pieces, bytes);
                let said = self.pump.take(&arrived);
                let heard = (self.from_pump)(self.pieces, said);
                self.hear(&heard);
            } else if let Some(due) = self.session.poll_timeout() {
                assert!(due > self.now, "a timeout that is due already");
                self.now = due;
                self.session.handle_timeout(due);
            } else {
                return last;
            }
        }
        panic!("no end");
    }

    pub fn catch_up(&mut self) {
        self.session.catch_up(self.now);
        self.run();
    }

    pub fn ask(&mut self, request: &Request) -> RequestEnd {
        self.session.request(request, self.now).expect("it can be said");
        self.run().expect("it ends")
    }

    pub fn carried_out(&self, verb: &str) -> usize {
        self.pump.carried_out.iter().filter(|v| *v == verb).count()
    }

    pub fn sent(&self) -> Vec<&str> {
        let mut sent = Vec::new();
        for body in &self.bodies {
            if let Body::Sent { bytes, .. } = body {
                sent.push(bytes.as_str());
            }
        }
        sent
    }
}

pub fn continuous() -> Prescription {
    Prescription {
        drug: "morphine-10".to_owned(),
        concentration: Concentration(10_000_000),
        mode: Mode::Continuous { rate: Rate(500_000) },
        patient_bolus: Some(PatientBolus {
            dose: Volume(20_000),
            over: Span(300_000),
            lockout: Span(14_400_000),
            count: 4,
            window: Span(86_400_000),
            max: Volume(700_000),
        }),
        low_reservoir: Some(Volume(2_000_000)),
        catheter: Some(Volume(200_000)),
        tubing: Some(Volume(150_000)),
        trial: None,
        confirm_soft_limits: true,
        raw: Vec::new(),
    }
}

pub fn program(prescription: Prescription) -> Request {
    Request::Program {
        prescription: Box::new(prescription),
        cut_after: None,
    }
}
