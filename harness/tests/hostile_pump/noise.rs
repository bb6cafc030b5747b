//! What a bad line does to a pump that tells the truth: nothing of it is the pump's fault, and what it destroys can be had again.

use super::dice::Dice;
use pump_hil_model::quantity::Span;

/// Longest silence that a held-back line makes, in milliseconds.
const LATE_MS: i64 = 900;

/// Disturbs so many lines of a thousand.
#[derive(Debug, Clone)]
pub struct Noise {
    dice: Dice,
    share: usize,
}

/// What was so, what came, when it comes, and what happened to it.
pub type Disturbed = (Option<Vec<u8>>, Option<Vec<u8>>, Span, &'static str);

impl Noise {
    /// In a thousand lines.
    pub fn new(seed: u64, share: usize) -> Self {
        Self {
            dice: Dice(seed),
            share,
        }
    }

    /// A line that the pump said as `was` goes on as `came`, for this reason.
    pub fn disturb(&mut self, was: &[u8], came: Vec<u8>, now: Span, why: &'static str) -> Vec<Disturbed> {
        let plain = |came: Vec<u8>, why| (Some(was.to_vec()), Some(came), now, why);
        if !self.dice.in_thousand(self.share) {
            return vec![plain(came, why)];
        }
        let more = |bytes: Vec<u8>, why| (None, Some(bytes), now, why);
        match self.dice.below(9) {
            0 => vec![(Some(was.to_vec()), None, now, "lost")],
            1 => vec![plain(came.clone(), why), (None, Some(came), now, "twice")],
            2 => vec![plain(self.spoilt(came), "spoilt")],
            3 => vec![more(self.garbage(), "garbage"), plain(came, why)],
            4 => vec![
                more(vec![b'$'; 5_000], "long"),
                more(b"\r\n".to_vec(), "long"),
                plain(came, why),
            ],
            5 => vec![more(cut(&came), "cut"), plain(came, why)],
            6 => vec![
                more(b"\0\x1b[2J\xff\x9b\r\n".to_vec(), "control characters"),
                plain(came, why),
            ],
            7 => vec![
                more(b"=59999 ok *0000\r\n".to_vec(), "a wrong checksum"),
                plain(came, why),
            ],
            _ => vec![(
                Some(was.to_vec()),
                Some(came),
                Span(now.0 + 1 + self.dice.below(LATE_MS as usize) as i64),
                "late",
            )],
        }
    }

    fn spoilt(&mut self, mut line: Vec<u8>) -> Vec<u8> {
        let len = line.len().saturating_sub(2);
        if let Some(byte) = line.get_mut(self.dice.below(len)) {
            *byte = if *byte == b'x' { b'y' } else { b'x' };
        }
        line
    }

    fn garbage(&mut self) -> Vec<u8> {
        let len = 1 + self.dice.below(60);
        let mut bytes: Vec<u8> = (0..len).map(|_| self.dice.any() as u8).collect();
        bytes.push(b'\n');
        bytes
    }
}

/// The begin of a line, with an end.
fn cut(line: &[u8]) -> Vec<u8> {
    let mut begin = line[..line.len() / 2].to_vec();
    begin.extend(b"\r\n");
    begin
}
