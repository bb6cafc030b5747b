//! Lines of the protocol as words: enough to lie in them, and to compare what was said with what was so.

use pump_hil_testing::stub_line::crc16;

/// What begins a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `#`: what the harness asks.
    Request,
    /// `=`: the pump's answer.
    Reply,
    /// `+`: a line before an answer.
    Data,
    /// `!`: told unasked.
    Event,
    /// `$`: a dose entry, told unasked.
    Dose,
}

/// A line whose checksum is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What it is.
    pub kind: Kind,
    /// Number of the request, event or entry.
    pub number: u64,
    /// The words behind it: verb, `ok`, kind of the event, and fields `key=value`.
    pub rest: Vec<String>,
}

impl Words {
    /// Of a line with its end; `None` where it is none.
    pub fn of(line: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
        let (body, crc) = text.rsplit_once(" *")?;
        if u16::from_str_radix(crc, 16).ok()? != crc16(body.as_bytes()) {
            return None;
        }
        let mut words = body.split(' ');
        let head = words.next()?;
        let kind = match head.chars().next()? {
            '#' => Kind::Request,
            '=' => Kind::Reply,
            '+' => Kind::Data,
            '!' => Kind::Event,
            '$' => Kind::Dose,
            _ => return None,
        };
        Some(Self {
            kind,
            number: head[1..].parse().ok()?,
            rest: words.map(str::to_owned).collect(),
        })
    }

    /// The line that says so.
    pub fn line(&self) -> Vec<u8> {
        let mark = match self.kind {
            Kind::Request => '#',
            Kind::Reply => '=',
            Kind::Data => '+',
            Kind::Event => '!',
            Kind::Dose => '$',
        };
        let mut body = format!("{mark}{}", self.number);
        for word in &self.rest {
            body.push(' ');
            body.push_str(word);
        }
        format!("{body} *{:04X}\r\n", crc16(body.as_bytes())).into_bytes()
    }

    /// The value of a field.
    pub fn field(&self, key: &str) -> Option<&str> {
        self.rest
            .iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    /// Gives a field another value; whether it is there.
    pub fn set(&mut self, key: &str, value: &str) -> bool {
        let place = self
            .rest
            .iter()
            .position(|word| word.strip_prefix(key).is_some_and(|rest| rest.starts_with('=')));
        if let Some(place) = place {
            self.rest[place] = format!("{key}={value}");
        }
        place.is_some()
    }

    /// The first word: a verb, `ok` or `err`, the kind of an event.
    pub fn first(&self) -> &str {
        // The time stands before an event's kind.
        let words = self
            .rest
            .iter()
            .filter(|word| self.kind != Kind::Event || !word.starts_with("t="));
        words.map(String::as_str).next().unwrap_or_default()
    }

    /// Which record it is: live, or out of a log. Events and dose entries are counted apart.
    pub fn record(&self) -> Option<(Kind, u64)> {
        match self.kind {
            Kind::Event | Kind::Dose => Some((self.kind, self.number)),
            Kind::Data => {
                let number = self.field("n")?.parse().ok()?;
                let kind = if self.field("event").is_some() {
                    Kind::Event
                } else {
                    Kind::Dose
                };
                Some((kind, number))
            }
            Kind::Request | Kind::Reply => None,
        }
    }

    /// The same with another time.
    pub fn later_ms(&self, ms: i64) -> Self {
        let mut words = self.clone();
        if let Some((t, unit)) = self.field("t").and_then(measured) {
            words.set("t", &format!("{}{unit}", t.saturating_add(ms)));
        }
        words
    }

    /// What a record says, alike for one that is told live and one out of a log.
    pub fn content(&self) -> Vec<String> {
        let mut words: Vec<String> = self
            .rest
            .iter()
            .filter(|word| !word.starts_with("n="))
            .cloned()
            .collect();
        if self.kind == Kind::Event && words.len() > 1 {
            words[1] = format!("event={}", words[1]);
        }
        words.sort();
        words
    }
}

/// A number and its unit: `500nl`, `3`.
pub fn measured(value: &str) -> Option<(i64, &str)> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    Some((value[..digits].parse().ok()?, &value[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_same_live_and_out_of_the_log() {
        let words = |body: &str| Words::of(format!("{body} *{:04X}\r\n", crc16(body.as_bytes())).as_bytes()).unwrap();
        let live = words("!7 t=60000ms state from=stopped to=running cause=command");
        let log = words("+3 n=7 t=60000ms event=state from=stopped to=running cause=command");
        assert_eq!((live.record(), live.content()), (log.record(), log.content()));
        assert_eq!(Words::of(&live.line()), Some(live));
    }
}
