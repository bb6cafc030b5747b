//! The hostile pump: a true one behind somebody who changes what is said, keeps it back, says more, and asks things of its own.

use super::book::{Book, Row};
use super::deeds::{in_the_log, is_judged, is_of_a_deed};
use super::dice::Dice;
use super::lie::{LIES, Lie};
use super::noise::Noise;
use super::words::{Kind, Words, measured};
use pump_hil_model::quantity::Span;
use pump_hil_rig::{Between, Way};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Numbers of the requests that the liar makes itself: the harness does not come so far.
const OWN: u64 = 60_001;
/// What a stroke moves, in nanolitres.
const STROKE_NL: i64 = 500;
/// Words that a pump may say of a state, a cause or an alarm.
const STATES: &[&str] = &["stopped", "running", "minimum-rate"];
const ALARMS: &[&str] = &["occlusion", "reservoir-low", "motor-stall", "eri", "watchdog-reset"];
/// Numbers that no pump can have.
const ABSURD: &[&str] = &[
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "4611686018427387904",
    "-5",
    "-9223372036854775808",
];
/// What moves drug or changes what the pump does: to say that it was done, and not to do it, is the worst that a pump can do.
const DEEDS: &[&str] = &[
    "start",
    "stop",
    "minimum-rate",
    "bolus",
    "patient-bolus",
    "prime",
    "bridge",
    "refill",
    "clock-set",
    "log-every",
    "clear-alarm",
    "commit",
];

/// One that is planned: it is told at the first line that fits, once so many lines were said.
#[derive(Debug, Clone, Copy)]
struct Planned {
    lie: Lie,
    after: u64,
}

/// The hostile pump's plan, and what it wrote down.
#[derive(Debug)]
pub struct Plan {
    dice: Dice,
    lies: Vec<Planned>,
    lies_planned: bool,
    noise: Noise,
    lines: u64,
    /// Records that are told otherwise, or (`None`) never.
    false_records: BTreeMap<(Kind, u64), Option<Words>>,
    /// Whether a lie is told in the log as well.
    log_lies: bool,
    /// Verbs of the harness's requests that wait.
    asked: BTreeMap<u64, String>,
    clock_ms: i64,
    silent: bool,
    secret: bool,
    /// When it asked for something of its own last.
    own_at: Option<Span>,
    book: Book,
}

/// The plan as the rig holds it.
#[derive(Debug, Clone)]
pub struct Liar(pub Arc<Mutex<Plan>>);

impl Liar {
    /// Of this seed; on a rig with a probe nothing can be done in secret.
    pub fn new(seed: u64, probe: bool) -> Self {
        let mut dice = Dice(seed);
        let count = if dice.in_thousand(120) { 0 } else { 1 + dice.below(3) };
        let mut lies = Vec::new();
        for _ in 0..count {
            let lie = dice.of(LIES);
            let after = if dice.in_thousand(200) {
                0
            } else {
                dice.below(120) as u64
            };
            // What is done and kept back altogether only a probe can see.
            let lie = if lie == Lie::Secret && !probe { Lie::Own } else { lie };
            lies.push(Planned { lie, after });
        }
        let share = dice.of(&[0, 0, 2, 10, 40]);
        let log_lies = dice.in_thousand(600);
        Self(Arc::new(Mutex::new(Plan {
            noise: Noise::new(dice.any(), share),
            dice,
            lies_planned: !lies.is_empty(),
            lies,
            lines: 0,
            false_records: BTreeMap::new(),
            log_lies,
            asked: BTreeMap::new(),
            clock_ms: 0,
            silent: false,
            secret: false,
            own_at: None,
            book: Book::default(),
        })))
    }

    /// Whether it meant to lie.
    pub fn lied(&self) -> bool {
        self.plan().lies_planned
    }

    /// Marks where the harness is.
    pub fn mark(&self, mark: &str) {
        self.plan().note(Span(0), true, None, None, mark);
    }

    /// What was written down.
    pub fn book(&self) -> Book {
        self.plan().book.clone()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Between for Liar {
    fn plugged(&self) -> Box<dyn Between> {
        Box::new(self.clone())
    }

    fn take(&mut self, way: Way, line: Vec<u8>, now: Span, onward: &mut Vec<(Way, Span, Vec<u8>)>) {
        let mut plan = self.plan();
        let mut out = Out { now, onward };
        match way {
            Way::ToPump => plan.asked(&line, &mut out),
            Way::FromPump => plan.said(&line, &mut out),
        }
    }
}

/// Where lines go on to.
struct Out<'a> {
    now: Span,
    onward: &'a mut Vec<(Way, Span, Vec<u8>)>,
}

impl Plan {
    /// The next lie that is due, if it is of one of these kinds.
    fn due(&mut self, kinds: &[Lie]) -> Option<Lie> {
        let fits = |planned: &Planned| planned.after <= self.lines && kinds.contains(&planned.lie);
        let place = self.lies.iter().position(fits)?;
        Some(self.lies.remove(place).lie)
    }

    /// It does not fit this line: the next one.
    fn later(&mut self, lie: Lie) {
        self.lies.push(Planned {
            lie,
            after: self.lines + 1,
        });
    }

    fn note(&mut self, now: Span, to_pump: bool, was: Option<&[u8]>, came: Option<&[u8]>, why: &str) {
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        self.book.0.push(Row {
            t_ms: now.0,
            to_pump,
            was: was.map(text),
            came: came.map(text),
            why: why.to_owned(),
        });
    }

    /// The harness asks.
    fn asked(&mut self, line: &[u8], out: &mut Out<'_>) {
        self.lines += 1;
        let words = Words::of(line);
        if let Some(words) = words.as_ref().filter(|words| words.kind == Kind::Request) {
            self.asked.insert(words.number, words.first().to_owned());
            if DEEDS.contains(&words.first()) && self.due(&[Lie::Forged]).is_some() {
                let forged = Words {
                    kind: Kind::Reply,
                    number: words.number,
                    rest: vec!["ok".to_owned()],
                };
                self.note(out.now, true, Some(line), None, "forged");
                self.note(out.now, false, None, Some(&forged.line()), "forged");
                out.onward.push((Way::FromPump, out.now, forged.line()));
                return;
            }
        }
        self.note(out.now, true, Some(line), Some(line), "");
        out.onward.push((Way::ToPump, out.now, line.to_vec()));
        if let Some(lie) = self.due(&[Lie::Own, Lie::Secret]) {
            self.asks_itself(lie, out);
        }
    }

    /// The liar asks the pump for something of its own.
    fn asks_itself(&mut self, lie: Lie, out: &mut Out<'_>) {
        self.secret |= lie == Lie::Secret;
        self.own_at = Some(out.now);
        let dose = 60_000 + 10_000 * self.dice.below(30);
        let deed = match self.dice.below(4) {
            0 => "stop".to_owned(),
            1 => "minimum-rate".to_owned(),
            _ => format!("bolus dose={dose}nl over={}s", 60 + self.dice.below(1_200)),
        };
        let request = Words {
            kind: Kind::Request,
            number: OWN + self.lines % 5_000,
            rest: deed.split(' ').map(str::to_owned).collect(),
        };
        self.note(out.now, true, None, Some(&request.line()), "own");
        out.onward.push((Way::ToPump, out.now, request.line()));
    }

    /// The pump says something.
    fn said(&mut self, line: &[u8], out: &mut Out<'_>) {
        self.lines += 1;
        let Some(was) = Words::of(line) else {
            // The true pump says no such line, but for what a fault of the scenario does to it.
            self.note(out.now, false, None, Some(line), "");
            return out.onward.push((Way::FromPump, out.now, line.to_vec()));
        };
        if self.due(&[Lie::Silent]).is_some() {
            self.silent = true;
        }
        if self.silent {
            return self.note(out.now, false, Some(line), None, "silent");
        }
        if was.kind == Kind::Reply && was.number >= OWN {
            return self.note(out.now, false, Some(line), None, "its own");
        }
        let (came, why) = self.told(&was, out.now);
        let Some(came) = came else {
            return self.note(out.now, false, Some(line), None, why);
        };
        let bytes = if came == was { line.to_vec() } else { came.line() };
        if let Some(invented) = self.invented(&was) {
            self.note(out.now, false, None, Some(&invented.line()), "invented");
            out.onward.push((Way::FromPump, out.now, invented.line()));
        }
        for (was, came, at, why) in self.noise.disturb(line, bytes, out.now, why) {
            self.note(out.now, false, was.as_deref(), came.as_deref(), why);
            out.onward.extend(came.map(|came| (Way::FromPump, at, came)));
        }
    }

    /// What is told in its place; `None`: nothing.
    fn told(&mut self, was: &Words, now: Span) -> (Option<Words>, &'static str) {
        let Some(record) = was.record() else {
            return self.told_of_an_answer(was, now);
        };
        if self.secret && is_of_a_deed(was) {
            self.false_records.insert(record, None);
        }
        let live = was.kind != Kind::Data;
        if live {
            self.lie_in_a_record(was, record);
        }
        match self.false_records.get(&record) {
            _ if !live && !self.log_lies && !self.secret => (Some(was.clone()), ""),
            Some(None) => (None, "kept back"),
            Some(Some(false_one)) if live => (Some(false_one.clone()), "a lie"),
            Some(Some(false_one)) => (Some(in_the_log(false_one, was)), "a lie in the log"),
            None => (Some(was.clone()), ""),
        }
    }

    fn lie_in_a_record(&mut self, was: &Words, record: (Kind, u64)) {
        if self.due(&[Lie::Clock]).is_some() {
            let minutes = [10, 60, 1_440, -10, 100_000, 10_000_000];
            self.clock_ms = self.dice.of(&minutes) * 60_000;
        }
        let mut came = was.clone();
        if self.clock_ms != 0
            && let Some((t, _)) = was.field("t").and_then(measured)
        {
            came.set("t", &format!("{}ms", t.saturating_add(self.clock_ms).max(0)));
        }
        let kinds: &[Lie] = match was.kind {
            Kind::Dose => &[Lie::Dose, Lie::Kept, Lie::Absurd],
            _ => &[Lie::Event, Lie::Kept, Lie::Absurd],
        };
        match self.due(kinds) {
            Some(Lie::Kept) => drop(self.false_records.insert(record, None)),
            Some(lie) => {
                if self.alter(&mut came, lie) {
                    self.false_records.insert(record, Some(came));
                } else {
                    self.later(lie);
                }
            }
            None if came != *was => drop(self.false_records.insert(record, Some(came))),
            None => {}
        }
    }

    fn told_of_an_answer(&mut self, was: &Words, now: Span) -> (Option<Words>, &'static str) {
        let verb = self.asked.get(&was.number).cloned().unwrap_or_default();
        let mut came = was.clone();
        if was.kind == Kind::Reply && DEEDS.contains(&verb.as_str()) && self.due(&[Lie::Contrary]).is_some() {
            came.rest = match was.first() {
                "ok" => vec![
                    "err".to_owned(),
                    format!("code={}", self.dice.of(&["busy", "stopped", "alarm-active", "lockout"])),
                ],
                _ => vec!["ok".to_owned()],
            };
            return (Some(came), "the contrary");
        }
        if was.kind == Kind::Reply
            && matches!(verb.as_str(), "status" | "totals")
            // What it does at this very moment may make the lie true.
            && self.own_at != Some(now)
            && let Some(lie) = self.due(&[Lie::Status, Lie::Absurd])
        {
            if self.alter(&mut came, lie) {
                return (Some(came), "a lie");
            }
            self.later(lie);
        }
        (Some(was.clone()), "")
    }

    /// Changes one field so that it is a lie of this kind; whether there is one to change.
    fn alter(&mut self, words: &mut Words, lie: Lie) -> bool {
        let fields: Vec<(String, String)> = words
            .rest
            .iter()
            .filter_map(|word| word.split_once('='))
            .filter(|(key, _)| is_judged(words.kind, key))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let fits = |(_, value): &&(String, String)| lie != Lie::Absurd || measured(value).is_some();
        let fields: Vec<&(String, String)> = fields.iter().filter(fits).collect();
        if fields.is_empty() {
            return false;
        }
        let (key, value) = fields[self.dice.below(fields.len())];
        let other = match (measured(value), lie) {
            (Some((_, unit)), Lie::Absurd) => format!("{}{unit}", self.dice.of(ABSURD)),
            (Some((number, unit)), _) => format!("{}{unit}", self.other_number(number, key, unit)),
            (None, _) => self.other_word(key, value),
        };
        other != *value && words.set(key, &other)
    }

    fn other_number(&mut self, number: i64, key: &str, unit: &str) -> i64 {
        // Whole strokes, so that only the volume itself is wrong; far beyond what a case allows.
        let by = match unit {
            "nl" => (number / 2 + 100_000) / STROKE_NL * STROKE_NL * self.dice.of(&[1, 2, 40]),
            "nl/d" => number / 2 + 100_000,
            _ if key == "strokes" => number / 2 + 300,
            _ => number / 2 + 600,
        };
        let less = number - by;
        if less >= 0 && self.dice.in_thousand(500) {
            less
        } else {
            number + by
        }
    }

    fn other_word(&mut self, key: &str, value: &str) -> String {
        let words: &[&str] = match key {
            "state" | "to" => STATES,
            "id" | "alarms" => ALARMS,
            "bolus" => &["none", "clinician", "patient"],
            "priority" => &["critical", "non-critical"],
            "mode" => &["continuous", "flex", "periodic", "none"],
            _ => &["complete", "stopped", "alarm", "command", "occlusion"],
        };
        let mut other = self.dice.of(words);
        while other == value {
            other = self.dice.of(words);
        }
        other.to_owned()
    }

    /// A record that the pump never made, before this line.
    fn invented(&mut self, next: &Words) -> Option<Words> {
        if !matches!(next.kind, Kind::Event | Kind::Dose) || self.due(&[Lie::Invented]).is_none() {
            return None;
        }
        let t = next.field("t")?;
        let text = match self.dice.below(4) {
            0 => format!("t={t} alarm id={} priority=critical", self.dice.of(ALARMS)),
            1 => format!("t={t} state from=running to={} cause=command", self.dice.of(STATES)),
            2 => format!("t={t} bolus-start kind=clinician dose=80000nl over=600s"),
            _ => format!("t={t} boot reason=watchdog"),
        };
        Some(Words {
            kind: Kind::Event,
            number: match next.kind {
                Kind::Event => next.number,
                _ => next.number + 100,
            },
            rest: text.split(' ').map(str::to_owned).collect(),
        })
    }
}
