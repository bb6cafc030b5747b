//! Journals as lines, cut and chained anew: nothing here is the harness's own writer, and the reader is what is tried.

use pump_hil_model::verdict::Verdict;
use pump_hil_verdict::journal::Reader;
use pump_hil_verdict::whole;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// A journal's lines without their chain, the header first.
#[derive(Clone)]
pub struct Lines(pub Vec<String>);

impl Lines {
    pub fn of(journal: &[u8]) -> Self {
        let text = std::str::from_utf8(journal).unwrap();
        let body = |line: &str| format!("{}}}", &line[..line.rfind(",\"chain\":\"").unwrap()]);
        Self(text.lines().map(body).collect())
    }

    /// The kind of an event; empty for the header.
    pub fn kind(&self, at: usize) -> String {
        self.value(at)["event"].as_str().unwrap_or_default().to_owned()
    }

    pub fn value(&self, at: usize) -> Value {
        serde_json::from_str(&self.0[at]).unwrap()
    }

    /// Without the events of which `cut` says so.
    pub fn without(&self, cut: impl Fn(usize) -> bool) -> Self {
        let left = (0..self.0.len()).filter(|at| *at == 0 || !cut(*at));
        Self(left.map(|at| self.0[at].clone()).collect())
    }

    /// With the events counted anew, as a careful forger would, or a harness that never wrote them down.
    pub fn renumbered(&self) -> Self {
        let mut lines = self.clone();
        for (number, line) in lines.0.iter_mut().enumerate().skip(1) {
            *line = format!("{},\"seq\":{number}}}", without_seq(line));
        }
        lines
    }

    /// Without what the pump wrote, be it on a line of its own or with what was read from it.
    pub fn without_received(&self) -> Self {
        let mut lines = self.without(|at| self.kind(at) == "received");
        for line in &mut lines.0[1..] {
            if let (event, Some(_)) = with_line(line) {
                *line = format!("{},\"seq\":0}}", event.strip_suffix('}').unwrap());
            }
        }
        lines
    }

    /// As the format before events had numbers, and stood with what the pump wrote.
    pub fn as_format_1(&self) -> Self {
        let header = self.0[0].replacen("{\"pump_hil_journal\":3,", "{\"pump_hil_journal\":1,", 1);
        assert_ne!(header, self.0[0], "the format is another");
        let mut lines = vec![header];
        for line in &self.0[1..] {
            let (event, received) = with_line(line);
            lines.extend(received);
            lines.push(event);
        }
        Self(lines)
    }

    /// The whole file, chained anew.
    pub fn chained(&self) -> Vec<u8> {
        let (mut chain, mut out) = ([0; 32], String::new());
        for line in &self.0 {
            chain = Sha256::new().chain_update(chain).chain_update(line).finalize().into();
            let hex: String = chain.iter().map(|byte| format!("{byte:02x}")).collect();
            out.push_str(&format!("{},\"chain\":\"{hex}\"}}\n", line.strip_suffix('}').unwrap()));
        }
        out.into_bytes()
    }

    /// What a replay makes of it.
    pub fn verdict(&self) -> Verdict {
        let bytes = self.chained();
        let (header, mut events) = Reader::new(&bytes[..], Path::new("cut.jsonl")).unwrap().into_parts();
        let outcome = whole::judge(&header.case, &mut events);
        events.finish().unwrap();
        outcome.verdict
    }
}

fn without_seq(line: &str) -> &str {
    &line[..line.rfind(",\"seq\":").unwrap()]
}

/// An event without its number, and before it what the pump wrote as an event of its own, where the line holds that.
fn with_line(line: &str) -> (String, Option<String>) {
    let mut event: Value = serde_json::from_str(&format!("{}}}", without_seq(line))).unwrap();
    let Some(bytes) = event.as_object_mut().unwrap().remove("received") else {
        return (event.to_string(), None);
    };
    let received = json!({"t": event["t"], "host_us": event["host_us"], "event": "received", "bytes": bytes});
    (event.to_string(), Some(received.to_string()))
}
