//! Programming a prescription: begin, stage, read back, compare field by field, commit with a checksum that the harness computed itself.

use super::exchange::{Answer, Cut, Next};
use super::request::{RequestEnd, RequestError};
use crate::device::{Limits, Part, Profile, Programming, StagedField, part_of};
use crate::protocol::{Fields, Protocol};
use crate::wire::Crc32;
use pump_hil_model::case::{FlexStep, Mode, Prescription, Verb};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// What a prescription means in a firmware's fields.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Intent {
    /// Fields of each line that stages, packed under the line limit.
    lines: Vec<Fields>,
    /// What must be read back, in its order.
    read_back: Fields,
    /// Fields that were not staged and may be read back with this value.
    defaults: Fields,
}

impl Intent {
    pub fn new(
        verb: &'static str,
        rx: &Prescription,
        profile: &Profile,
        programming: &Programming,
    ) -> Result<Self, RequestError> {
        let raw = |key: &str| rx.raw.iter().any(|(k, _)| k == key);
        let (mut stage, mut read_back, mut defaults) = (Fields::new(), Fields::new(), Fields::new());
        for field in &programming.fields {
            let unit = |why| RequestError::Unit {
                verb,
                key: field.key.clone(),
                why,
            };
            // What is sent raw stands in place of the field, at the field's place in the read-back: the checksum goes by that order.
            if raw(&field.key) {
                let values = rx.raw.iter().filter(|(k, _)| *k == field.key);
                read_back.extend(values.cloned());
                continue;
            }
            match (&field.step, &rx.mode) {
                (Some(_), Mode::Flex { steps }) => {
                    let (staged, expanded) = flex(programming, field, steps).map_err(unit)?;
                    stage.extend(staged);
                    read_back.extend(expanded);
                }
                _ => match part_of(rx, field.from) {
                    Some(value) => {
                        let mut text = value.write(&field.unit).map_err(unit)?;
                        // Only words have another name in a firmware; a number could look like one of them by chance.
                        if matches!(field.from, Part::Drug | Part::Mode | Part::ConfirmSoftLimits) {
                            text = profile.words.theirs(&text);
                        }
                        stage.push((field.key.clone(), text.clone()));
                        read_back.push((field.key.clone(), text));
                    }
                    None => defaults.extend(field.default.clone().map(|d| (field.key.clone(), d))),
                },
            }
        }
        stage.extend(rx.raw.iter().cloned());
        let known = |key: &str| programming.fields.iter().any(|f| f.key == key);
        read_back.extend(rx.raw.iter().filter(|(k, _)| !known(k)).cloned());
        let protocol = &profile.protocol;
        let lines = pack(protocol, &programming.stage, stage);
        for line in &lines {
            let pairs: Vec<(&str, &str)> = line.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            // Written here for its errors alone: what cannot be said is refused before a session is opened.
            let id = protocol.last_id();
            protocol
                .request(id, &programming.stage, &pairs)
                .map_err(|why| RequestError::Encode { verb, why })?;
        }
        Ok(Self {
            lines,
            read_back,
            defaults,
        })
    }

    /// What must be read back, given that `read` has some defaults or not; in the order of the read-back.
    fn expected(&self, programming: &Programming, read: &Fields) -> Fields {
        let mut expected = self.read_back.clone();
        let defaults = self.defaults.iter().filter(|(k, _)| read.iter().any(|(r, _)| r == k));
        expected.extend(defaults.cloned());
        // The sort is stable: the steps of a day schedule have one key and must keep their order. Raw keys that the profile does not know
        // come last.
        let place = |key: &str| programming.fields.iter().position(|f| f.key == key);
        expected.sort_by_key(|(key, _)| place(key).unwrap_or(usize::MAX));
        expected
    }
}

/// The steps of a day schedule: as they are staged, and as they are read back.
fn flex(
    programming: &Programming,
    field: &StagedField,
    steps: &[FlexStep],
) -> Result<(Fields, Fields), crate::device::UnitError> {
    let Some(pattern) = &field.step else {
        return Ok(Default::default());
    };
    let of_day = |day: u8| steps.iter().filter(move |s| s.day == day);
    let write = |name: &str, day: u8| -> Result<Fields, crate::device::UnitError> {
        of_day(day)
            .zip(1..)
            .map(|(s, i)| Ok((field.key.clone(), pattern.write(name, i, s.minute, s.rate.0)?)))
            .collect()
    };
    let mut read_back = Fields::new();
    for (day, name) in (0..7).zip(&programming.days) {
        read_back.extend(write(name, day)?);
    }
    // Seven days of up to 13 steps are many lines; `daily` says it in a seventh (PROTOCOL.md, `flex`).
    let same = |day: u8| {
        of_day(0)
            .map(|s| (s.minute, s.rate))
            .eq(of_day(day).map(|s| (s.minute, s.rate)))
    };
    let staged = match &programming.every_day {
        Some(name) if (1..7).all(same) => write(name, 0)?,
        _ => read_back.clone(),
    };
    Ok((staged, read_back))
}

/// Fields in lines, as many in each as fit; a key stands once in a line.
fn pack(protocol: &Protocol, verb: &str, fields: Fields) -> Vec<Fields> {
    let room = protocol.room(verb);
    let mut lines: Vec<Fields> = Vec::new();
    let mut len = 0_usize;
    for (key, value) in fields {
        let more = protocol.pair_len(&key, &value);
        let fits = |line: &Fields| len.saturating_add(more) <= room && line.iter().all(|(known, _)| *known != key);
        match lines.last_mut().filter(|line| fits(line)) {
            Some(line) => {
                len = len.saturating_add(more);
                line.push((key, value));
            }
            None => {
                len = more;
                lines.push(vec![(key, value)]);
            }
        }
    }
    lines
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begin,
    Staging,
    ReadBack,
    Commit,
    Abort,
}

/// A programming session, or a part of one.
#[derive(Debug)]
pub(super) struct ProgramJob {
    pub verb: Verb,
    programming: Programming,
    stage: Stage,
    intent: Option<Arc<Intent>>,
    lines: VecDeque<Fields>,
    /// Neither commits nor aborts.
    only_stage: bool,
    cut_after: Option<u32>,
    sent: u32,
    reads_left: u32,
    /// What ends the job once the session is aborted.
    failed: Option<RequestEnd>,
}

impl ProgramJob {
    pub fn program(programming: &Programming, limits: &Limits, intent: Arc<Intent>, cut_after: Option<u32>) -> Self {
        Self {
            cut_after,
            ..Self::new(programming, limits, Verb::Program, Stage::Begin, Some(intent))
        }
    }

    pub fn stage(programming: &Programming, limits: &Limits, intent: Arc<Intent>) -> Self {
        Self {
            only_stage: true,
            ..Self::new(programming, limits, Verb::Stage, Stage::Begin, Some(intent))
        }
    }

    pub fn commit(programming: &Programming, limits: &Limits, intent: Option<Arc<Intent>>) -> Self {
        Self::new(programming, limits, Verb::Commit, Stage::ReadBack, intent)
    }

    fn new(programming: &Programming, limits: &Limits, verb: Verb, stage: Stage, intent: Option<Arc<Intent>>) -> Self {
        Self {
            verb,
            programming: programming.clone(),
            stage,
            lines: intent.iter().flat_map(|i| i.lines.iter().cloned()).collect(),
            intent,
            only_stage: false,
            cut_after: None,
            sent: 0,
            reads_left: limits.tries,
            failed: None,
        }
    }

    pub fn intent_to_keep(&self) -> Option<Arc<Intent>> {
        self.intent.clone().filter(|_| self.only_stage)
    }

    pub fn cut(&mut self, len: usize) -> Option<Cut> {
        let left = self.cut_after?.saturating_sub(self.sent);
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.sent = self.sent.saturating_add(len.min(left));
        debug_assert!(Some(self.sent) <= self.cut_after, "no byte is sent beyond the cut");
        // `>=`: where the last byte of a request is the last one that is allowed, it is sent, and no answer is waited for.
        (len >= left).then_some(Cut {
            left: left as usize,
            sent: self.sent,
        })
    }

    pub fn first(&mut self) -> Next {
        match self.stage {
            Stage::ReadBack => self.read_back(),
            _ => send(&self.programming.begin, Vec::new()),
        }
    }

    pub fn answered(&mut self, answer: Answer, profile: &Profile) -> Next {
        if self.stage == Stage::Abort {
            // However the pump answers the abort: what is told is why the session was given up.
            let failed = self.failed.take().unwrap_or(RequestEnd::Abandoned);
            return Next::Done(failed);
        }
        if answer.refused.is_some() {
            return self.refused(answer, profile);
        }
        match self.stage {
            Stage::Begin | Stage::Staging => match self.lines.pop_front() {
                Some(fields) => {
                    self.stage = Stage::Staging;
                    send(&self.programming.stage, fields)
                }
                None if self.only_stage => Next::Done(answer.end(profile)),
                None => {
                    self.stage = Stage::ReadBack;
                    self.read_back()
                }
            },
            Stage::ReadBack => self.compare(&answer),
            Stage::Commit | Stage::Abort => Next::Done(answer.end(profile)),
        }
    }

    fn refused(&mut self, answer: Answer, profile: &Profile) -> Next {
        // By the harness's own words, as in a profile: a firmware's are its own.
        let at = match self.stage {
            Stage::Begin => "begin",
            Stage::Staging => "stage",
            Stage::ReadBack => "read-back",
            Stage::Commit => "commit",
            Stage::Abort => "abort",
        };
        self.give_up(answer.end_at(profile, at))
    }

    /// Leaves no session open behind a failure; a `Stage` and a session that never opened are left as they are.
    fn give_up(&mut self, end: RequestEnd) -> Next {
        if self.only_stage || self.stage == Stage::Begin || self.verb == Verb::Commit {
            return Next::Done(end);
        }
        self.failed = Some(end);
        self.stage = Stage::Abort;
        send(&self.programming.abort, Vec::new())
    }

    /// Reads back what is staged; where that cannot be, it is committed as it was meant.
    fn read_back(&mut self) -> Next {
        if let Some(read_back) = &self.programming.read_back {
            return send(&read_back.send, Vec::new());
        }
        let meant = self.intent.as_ref();
        let meant = meant.map(|intent| intent.expected(&self.programming, &Fields::new()));
        self.commit_as(&meant.unwrap_or_default())
    }

    /// Commits, with the checksum over these fields.
    fn commit_as(&mut self, fields: &Fields) -> Next {
        self.stage = Stage::Commit;
        let ours = checksum(&self.programming, fields);
        let with = vec![(self.programming.checksum_key.clone(), ours)];
        send(&self.programming.commit, with)
    }

    fn compare(&mut self, answer: &Answer) -> Next {
        let read: Fields = answer.data.iter().flatten().cloned().collect();
        let count_key = self
            .programming
            .read_back
            .as_ref()
            .map_or("", |at| at.count_key.as_str());
        let said = answer.field(count_key).and_then(|n| n.parse().ok());
        if said != Some(read.len()) {
            // Lines of the answer were lost on their way, or the count was: that says nothing of what is staged.
            if self.reads_left > 0 {
                self.reads_left = self.reads_left.saturating_sub(1);
                return self.read_back();
            }
            return self.differs("read-back-incomplete", [("read", read.len().to_string())]);
        }
        let expected = match &self.intent {
            Some(intent) => intent.expected(&self.programming, &read),
            // A `Commit` without a `Stage` before it: bytes that were sent raw may have staged something, and nobody said what is meant.
            None => read.clone(),
        };
        if let Some((field, intended, found)) = difference(&expected, &read) {
            return self.differs(
                "read-back-differs",
                [("field", field), ("intended", intended), ("read", found)],
            );
        }
        // Over what is meant, not over what was read. `difference` compares key by key; that the order is right as well shows only here.
        let ours = checksum(&self.programming, &expected);
        if let Some(theirs) = answer.field(&self.programming.checksum_key)
            && !theirs.eq_ignore_ascii_case(&ours)
        {
            return self.differs("read-back-crc", [("intended", ours), ("read", theirs.to_owned())]);
        }
        self.commit_as(&expected)
    }

    fn differs<const N: usize>(&mut self, reason: &str, fields: [(&str, String); N]) -> Next {
        let fields: BTreeMap<String, String> = fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        self.give_up(RequestEnd::Refused {
            reason: reason.to_owned(),
            fields: Arc::new(fields),
        })
    }
}

fn send(verb: &str, fields: Fields) -> Next {
    Next::Send {
        verb: verb.to_owned(),
        fields,
    }
}

/// The first field whose values differ: its key, what was meant, what was read.
fn difference(expected: &Fields, read: &Fields) -> Option<(String, String, String)> {
    let values = |fields: &Fields, key: &str| -> String {
        let of_key: Vec<&str> = fields
            .iter()
            .filter(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
            .collect();
        if of_key.is_empty() {
            "nothing".to_owned()
        } else {
            of_key.join(" ")
        }
    };
    // `read` as well: a field that nobody staged is a difference too.
    expected.iter().chain(read).find_map(|(key, _)| {
        let (intended, found) = (values(expected, key), values(read, key));
        (intended != found).then(|| (key.clone(), intended, found))
    })
}

/// CRC-32 over all fields, each as the profile says, as eight hex digits.
fn checksum(programming: &Programming, fields: &Fields) -> String {
    let [before, between, after] = &programming.checksum_over;
    let mut crc = Crc32::default();
    for (key, value) in fields {
        for part in [before, key, between, value, after] {
            crc.feed(part.as_bytes());
        }
    }
    format!("{:08X}", crc.value())
}
