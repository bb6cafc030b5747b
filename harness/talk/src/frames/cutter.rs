//! Bytes as they come, cut into frames.

use super::endless::Endless;
use super::kind::FrameKind;
use super::step::{Content, Step, bad, by_length};
use super::wrong::Wrong;
use crate::wire::LINE_KEPT_MAX;
use memchr::memmem;
use pump_hil_model::quantity::Span;
use std::sync::Arc;

/// A frame, or bytes that are none.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'a> {
    /// The bytes as they came, with their end; of too many only the first.
    pub raw: &'a [u8],
    /// How many they were.
    pub total: usize,
    /// The frame.
    pub frame: Result<Frame<'a>, &'a Wrong>,
}

/// An intact frame.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Its place among the kinds.
    pub kind: usize,
    /// Everything without the end, with nothing standing for other bytes.
    pub content: &'a [u8],
    /// The body.
    pub body: &'a [u8],
}

/// A frame that silence ended, or why it is none.
struct Silent<'a>(Result<Frame<'a>, Wrong>);

impl<'a> Silent<'a> {
    fn as_cut(&'a self, raw: &'a [u8]) -> Cut<'a> {
        Cut {
            raw: raw.get(..raw.len().min(LINE_KEPT_MAX)).unwrap_or_default(),
            total: raw.len(),
            frame: self.0.as_ref().map(|frame| *frame),
        }
    }
}

/// Cuts bytes into frames, however they are split.
///
/// **Invariant:** holds at most one frame's bytes of the longest kind, and of a longer line the first [`LINE_KEPT_MAX`].
#[derive(Debug)]
pub struct Cutter {
    kinds: Arc<[FrameKind]>,
    /// The kinds that are heard, and the one without a begin of its own.
    hear: Vec<usize>,
    held: Vec<u8>,
    /// So many of the held bytes hold no end.
    scanned: usize,
    scratch: Vec<u8>,
    endless: Option<Endless>,
    /// Bytes that begin no frame, the first of them, and how many.
    junk: Vec<u8>,
    junk_total: usize,
    junk_why: Option<Wrong>,
    /// The kind that ends by silence, while it is awaited.
    awaited: Option<usize>,
    /// The only kind that is heard ends by silence: it is awaited always.
    usual: Option<usize>,
    /// When the last bytes came.
    last: Span,
}

impl Cutter {
    /// A cutter of these kinds, of which those at `hear` may come.
    #[must_use]
    pub fn new(kinds: Arc<[FrameKind]>, hear: Vec<usize>) -> Self {
        let by_silence = |place: &&usize| kinds.get(**place).is_some_and(|kind| kind.silence.is_some());
        let usual = match &hear[..] {
            [only] => Some(only).filter(by_silence).copied(),
            _ => None,
        };
        Self {
            kinds,
            hear,
            held: Vec::new(),
            scanned: 0,
            scratch: Vec::new(),
            endless: None,
            junk: Vec::new(),
            junk_total: 0,
            junk_why: None,
            awaited: usual,
            usual,
            last: Span(0),
        }
    }

    /// From now on everything that comes is of this kind, until nothing comes for a while; `None`: no more.
    pub fn await_silence(&mut self, kind: Option<usize>) {
        self.awaited = kind.or(self.usual);
    }

    /// Takes bytes that came at `now`, and gives each frame that they finish to `each`.
    pub fn feed(&mut self, bytes: &[u8], now: Span, mut each: impl FnMut(Cut<'_>)) {
        if bytes.is_empty() {
            return;
        }
        self.last = now;
        // Most often a frame is whole in what came: it is read where it stands, without a copy.
        let mut held = std::mem::take(&mut self.held);
        let used = if held.is_empty() {
            self.cut(bytes, &mut each)
        } else {
            held.extend_from_slice(bytes);
            self.cut(&held, &mut each)
        };
        if held.is_empty() {
            held.extend_from_slice(bytes.get(used..).unwrap_or_default());
        } else {
            held.drain(..used.min(held.len()));
        }
        self.held = held;
    }

    /// When [`Cutter::handle_timeout`] wants to be called; `None` while nothing is unfinished that time would finish.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Span> {
        let wait = if let Some(kind) = self.awaited {
            self.kinds.get(kind)?.silence.filter(|_| !self.held.is_empty())?
        } else if self.held.is_empty() {
            return (self.junk_total > 0).then_some(self.last);
        } else {
            self.patience()?
        };
        self.last.checked_add(wait)
    }

    /// How long what is held may stay unfinished.
    fn patience(&self) -> Option<Span> {
        let mine = self.hear.iter().filter_map(|place| self.kinds.get(*place));
        let waits = mine.filter(|kind| kind.may_begin(&self.held));
        waits.filter_map(|kind| kind.at_rest.or(kind.gap)).min()
    }

    /// Tells the time: what is unfinished for too long is bad, and what ends by silence is whole.
    pub fn handle_timeout(&mut self, now: Span, mut each: impl FnMut(Cut<'_>)) {
        if self.poll_timeout().is_none_or(|due| due > now) {
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        self.scanned = 0;
        if let Some(kind) = self.awaited {
            self.awaited = self.usual;
            each(self.by_silence(kind, &held).as_cut(&held));
            return;
        }
        if let Some(kind) = self.resting(&held) {
            let frame = Frame {
                kind,
                content: &held,
                body: &[],
            };
            self.tell_junk(&mut each);
            each(Cut {
                raw: &held,
                total: held.len(),
                frame: Ok(frame),
            });
            return;
        }
        // The first byte begins no frame after all; perhaps a later one does.
        while !held.is_empty() {
            self.throw(held.get(..1).unwrap_or_default(), Wrong::Unfinished);
            held.drain(..1);
            let used = self.cut(&held, &mut each);
            held.drain(..used.min(held.len()));
            // What is left began later, and yet no more came of it: all that is unfinished is as late.
        }
        self.tell_junk(&mut each);
    }

    /// What silence ended.
    fn by_silence<'a>(&self, place: usize, held: &'a [u8]) -> Silent<'a> {
        let body = self.kinds.get(place).map(|kind| kind.body_of(held));
        Silent(match body {
            Some(Ok(body)) => Ok(Frame {
                kind: place,
                content: held,
                body: held.get(body).unwrap_or_default(),
            }),
            Some(Err(why)) => Err(why),
            None => Err(Wrong::NoBegin),
        })
    }

    /// The kind that is whole because nothing follows.
    fn resting(&self, held: &[u8]) -> Option<usize> {
        self.hear.iter().copied().find(|place| {
            self.kinds
                .get(*place)
                .is_some_and(|kind| kind.at_rest.is_some() && kind.body_of(held).is_ok())
        })
    }

    /// The unfinished bytes, where there are some: what is left when nothing more will come.
    pub fn take_rest(&mut self) -> Option<(Vec<u8>, usize)> {
        self.scanned = 0;
        if let Some(endless) = self.endless.take() {
            return Some((endless.kept, endless.total));
        }
        let held = std::mem::take(&mut self.held);
        let mut junk = std::mem::take(&mut self.junk);
        let total = std::mem::take(&mut self.junk_total).saturating_add(held.len());
        junk.extend(held.iter().take(LINE_KEPT_MAX.saturating_sub(junk.len())));
        (total > 0).then_some((junk, total))
    }

    /// Whether what is unfinished may be the begin of a frame, by what frames begin with.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        if self.endless.is_some() { &[] } else { &self.held }
    }

    /// Cuts from the begin of `data`; gives how much was used.
    fn cut(&mut self, data: &[u8], each: &mut impl FnMut(Cut<'_>)) -> usize {
        if self.awaits_too_much(data, each) {
            return data.len();
        }
        let mut at = self.skip_endless(data, each);
        while self.awaited.is_none() && self.endless.is_none() {
            let rest = data.get(at..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            match self.step(rest) {
                Step::More => break,
                Step::Skip(len) => at = at.saturating_add(len.max(1)),
                Step::Whole {
                    kind,
                    len,
                    content,
                    body,
                } => {
                    self.tell_junk(each);
                    let content = match content {
                        Content::InPlace(len) => rest.get(..len).unwrap_or_default(),
                        Content::Scratch => &self.scratch,
                    };
                    let body = content.get(body).unwrap_or_default();
                    each(Cut {
                        raw: rest.get(..len).unwrap_or_default(),
                        total: len,
                        frame: Ok(Frame { kind, content, body }),
                    });
                    at = at.saturating_add(len.max(1));
                }
                Step::Bad { len, why } => {
                    let len = len.max(1);
                    let bad = rest.get(..len).unwrap_or_default();
                    if len > 1 {
                        self.tell_junk(each);
                        each(Cut {
                            raw: bad.get(..bad.len().min(LINE_KEPT_MAX)).unwrap_or_default(),
                            total: bad.len(),
                            frame: Err(&why),
                        });
                    } else {
                        self.throw(bad, why);
                    }
                    at = at.saturating_add(len);
                }
                Step::Endless { kind } => {
                    self.tell_junk(each);
                    self.endless = Some(Endless::of(kind));
                    at = at.saturating_add(self.skip_endless(rest, each));
                }
            }
            self.scanned = 0;
        }
        at
    }

    /// Whether what silence would end is too long already; it is told, and no more of it awaited.
    fn awaits_too_much(&mut self, data: &[u8], each: &mut impl FnMut(Cut<'_>)) -> bool {
        let max = self.awaited.and_then(|kind| self.kinds.get(kind)).map(|kind| kind.max);
        let Some(max) = max.filter(|max| data.len() > *max) else {
            return false;
        };
        self.awaited = self.usual;
        let len = data.len();
        each(Cut {
            raw: data.get(..len.min(LINE_KEPT_MAX)).unwrap_or_default(),
            total: len,
            frame: Err(&Wrong::TooLong { len, max }),
        });
        true
    }

    /// Throws a line away that is too long; gives how much of `data` was of it.
    fn skip_endless(&mut self, data: &[u8], each: &mut impl FnMut(Cut<'_>)) -> usize {
        let Some(mut endless) = self.endless.take() else {
            return 0;
        };
        let Some(kind) = self.kinds.get(endless.kind) else {
            return 0;
        };
        let (used, ended) = endless.take(kind, data);
        match ended {
            Some(why) => each(Cut {
                raw: &endless.kept,
                total: endless.total,
                frame: Err(&why),
            }),
            None => self.endless = Some(endless),
        }
        used
    }

    /// What stands at the begin of `data`.
    fn step(&mut self, data: &[u8]) -> Step {
        let mut unfinished = false;
        for at in 0..self.hear.len() {
            let Some(&place) = self.hear.get(at) else { break };
            let Some(kind) = self.kinds.get(place) else { continue };
            if kind.silence.is_some() || !kind.may_begin(data) {
                continue;
            }
            if data.len() < kind.sync.len() {
                unfinished = true;
                continue;
            }
            if kind.at_rest.is_some() {
                // Whole only when nothing follows; what does follow makes it the begin of something else.
                if data.len() <= kind.head_len() {
                    return Step::More;
                }
                continue;
            }
            let kinds = Arc::clone(&self.kinds);
            let Some(kind) = kinds.get(place) else { continue };
            return if kind.is_by_end() {
                self.by_end(place, kind, data)
            } else {
                by_length(place, kind, data)
            };
        }
        if unfinished {
            return Step::More;
        }
        Step::Bad {
            len: 1,
            why: Wrong::NoBegin,
        }
    }

    /// A frame that its last bytes end.
    fn by_end(&mut self, place: usize, kind: &FrameKind, data: &[u8]) -> Step {
        let begin = kind.sync.len();
        let shortest = kind.shortest_end();
        let from = self.scanned.max(begin);
        let found = memmem::find(data.get(from..).unwrap_or_default(), shortest);
        let Some(found) = found.map(|found| found.saturating_add(from)) else {
            if begin > 0 && data.len() > kind.max.saturating_add(shortest.len()) {
                let (len, max) = (data.len(), kind.max);
                return bad(kind, 1, Wrong::TooLong { len, max });
            }
            if data.len() > kind.max.saturating_mul(2).max(LINE_KEPT_MAX) {
                return Step::Endless { kind: place };
            }
            self.scanned = data.len().saturating_sub(shortest.len().saturating_sub(1));
            return Step::More;
        };
        let len = found.saturating_add(shortest.len());
        // The longest of the ends that the bytes have.
        let whole = data.get(..len).unwrap_or_default();
        let ends = kind.ends.iter().filter(|end| whole.ends_with(end));
        let end = ends.map(Vec::len).max().unwrap_or(shortest.len());
        let content_len = len.saturating_sub(end).max(begin);
        if content_len == begin && kind.skip_empty {
            return Step::Skip(len);
        }
        // Two frames may share the byte that ends one and begins the other; nothing stands between.
        if content_len == begin && begin > 0 && kind.stuffing.is_some() {
            return Step::Skip(found);
        }
        let content = match kind.stuffing {
            None => Content::InPlace(content_len),
            Some(stuffing) => {
                let mut inside = Vec::new();
                let stuffed = data.get(begin..content_len).unwrap_or_default();
                if let Err(why) = stuffing.read(stuffed, &mut inside) {
                    return bad(kind, len, Wrong::Stuffing(why));
                }
                self.scratch.clear();
                self.scratch.extend_from_slice(&kind.sync);
                self.scratch.append(&mut inside);
                Content::Scratch
            }
        };
        let bytes = match content {
            Content::InPlace(len) => data.get(..len).unwrap_or_default(),
            Content::Scratch => &self.scratch,
        };
        match kind.body_of(bytes) {
            Ok(body) => Step::Whole {
                kind: place,
                len,
                content,
                body,
            },
            Err(why) => bad(kind, len, why),
        }
    }

    fn throw(&mut self, bytes: &[u8], why: Wrong) {
        let room = LINE_KEPT_MAX.saturating_sub(self.junk.len());
        self.junk.extend(bytes.iter().take(room));
        self.junk_total = self.junk_total.saturating_add(bytes.len());
        // Why the first of them is none says the most; that others begin no frame follows from it.
        self.junk_why.get_or_insert(why);
    }

    fn tell_junk(&mut self, each: &mut impl FnMut(Cut<'_>)) {
        if self.junk_total == 0 {
            return;
        }
        let why = self.junk_why.take().unwrap_or(Wrong::NoBegin);
        each(Cut {
            raw: &self.junk,
            total: self.junk_total,
            frame: Err(&why),
        });
        self.junk.clear();
        self.junk_total = 0;
    }
}
