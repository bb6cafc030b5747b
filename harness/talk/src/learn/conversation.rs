//! Both sides of a transcript: what each says, and what of it both have in common.

use super::ends::{STREAM_LEAST, framing};
use super::framing::{Cutting, FRAMES_LEAST, Framing, cut, enough};
use super::layout::Layout;
use super::messages::{Likely, messages};
use super::transcript::{Form, Piece, Side, Transcript, Untaught};

/// What a transcript shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub(super) form: Form,
    pub(super) left_out: Option<(usize, usize)>,
    /// The frames of the pump, or of both sides.
    pub(super) heard: Layout,
    /// The frames that are sent, where they are others; `None`: they are as those that are heard, or nothing was sent.
    pub(super) sent: Option<Layout>,
    /// What the pump says.
    pub(super) said: Vec<Likely>,
    /// Frames of the pump that no message is proposed for.
    pub(super) unlike: usize,
    /// What was sent.
    pub(super) asked: Vec<Likely>,
    /// Pieces of the pump, and of the host.
    pub(super) pieces: (usize, usize),
    /// Which pieces of the pump did not come right behind something that was sent; nothing of a stream, or of one that echoes.
    pub(super) unprompted: Vec<bool>,
    /// The pump says again what it was sent.
    pub(super) echo: bool,
}

impl Proposal {
    /// What a transcript shows.
    ///
    /// # Errors
    /// Why it shows nothing.
    pub fn of(transcript: &Transcript) -> Result<Self, Untaught> {
        let echo = is_echoed(&transcript.pieces);
        let pump = if echo {
            without_echo(&transcript.pieces)
        } else {
            owned(transcript.of(Side::Pump))
        };
        let pump: Vec<&[u8]> = pump.iter().map(Vec::as_slice).collect();
        let host: Vec<&[u8]> = transcript.of(Side::Host).collect();
        let split = transcript.form != Form::Capture;
        if pump.is_empty() {
            return Err(Untaught::Silent);
        }
        if split && pump.len() < FRAMES_LEAST {
            return Err(Untaught::Short {
                pieces: format!("{} message", pump.len()),
                least: FRAMES_LEAST,
            });
        }
        let heard = framing(&pump, split).ok_or(Untaught::NoFrames)?;
        if !split && heard.frames.len() < STREAM_LEAST {
            return Err(Untaught::Short {
                pieces: format!("{} frames", heard.frames.len()),
                least: STREAM_LEAST,
            });
        }
        let (heard, sent) = sides(heard, &pump, &host);
        let (heard, sent) = (Layout::new(heard), sent.map(Layout::new));
        let (heard, sent) = match sent {
            None => parted(heard, &pump, &host),
            sent => (heard, sent),
        };
        // Frames of both are one kind, and the more there are the surer it is.
        let of_side = |side: Side| match (&sent, side) {
            (Some(sent), Side::Host) => messages(sent, side),
            (Some(_), Side::Pump) => messages(&heard, side),
            (None, _) => {
                let mut mine = heard.clone();
                let is_mine = |piece: usize| (piece < pump.len()) == (side == Side::Pump);
                mine.cutting.frames.retain(|frame| is_mine(frame.piece));
                messages(&mine, side)
            }
        };
        let ((said, unlike), (asked, _)) = (of_side(Side::Pump), of_side(Side::Host));
        Ok(Self {
            form: transcript.form,
            left_out: transcript.left_out,
            heard,
            sent,
            said,
            unlike: unlike.len(),
            asked,
            pieces: (pump.len(), host.len()),
            unprompted: match echo || host.is_empty() {
                true => Vec::new(),
                false => unprompted(&transcript.pieces),
            },
            echo,
        })
    }
}

/// How the frames of both sides are cut; without a second one both have the same, those of the host behind those of the pump.
fn sides(heard: Cutting, pump: &[&[u8]], host: &[&[u8]]) -> (Cutting, Option<Cutting>) {
    if host.is_empty() {
        return (heard, None);
    }
    let both: Vec<&[u8]> = pump.iter().chain(host).copied().collect();
    let own = framing(host, true);
    // A prompt is the pump's alone.
    let mut shared = heard.framing.clone();
    shared.prompts.clear();
    let known = |cutting: &Cutting| !cutting.framing.by_silence;
    // Lines that end otherwise could be cut alike, with a part of their end left in them.
    let ends = |cutting: &Cutting| cutting.framing.ends.first() == shared.ends.first();
    let alike = shared.length.is_some() || own.as_ref().is_none_or(ends);
    if known(&heard) && heard.framing.prompts.is_empty() && alike && cut(&without_sync(&shared), host).holds() {
        let again = framing(&both, true).filter(|again| again.framing.length == shared.length && known(again));
        return (again.unwrap_or_else(|| cut(&without_sync(&shared), &both)), None);
    }
    match own {
        // What is sent has more to compare.
        Some(own) if !known(&heard) && known(&own) && cut(&without_sync(&own.framing), pump).holds() => {
            (framing(&both, true).unwrap_or_else(|| cut(&own.framing, &both)), None)
        }
        Some(own) if !known(&heard) && !known(&own) => (cut(&own.framing, &both), None),
        own => (heard, own),
    }
}

/// Frames of both sides, or those of each apart where only one side has a check.
fn parted(both: Layout, pump: &[&[u8]], host: &[&[u8]]) -> (Layout, Option<Layout>) {
    if both.check.is_some() || host.is_empty() {
        return (both, None);
    }
    let part = |pieces: &[&[u8]]| Layout::new(cut(&both.cutting.framing, pieces));
    let (heard, sent) = (part(pump), part(host));
    match heard.check.is_some() || sent.check.is_some() {
        true => (heard, Some(sent)),
        false => (both, None),
    }
}

/// The same without what all frames of one side with a length begin with: of both sides that may be less.
fn without_sync(framing: &Framing) -> Framing {
    let mut without = framing.clone();
    if without.length.is_some() {
        without.sync.clear();
    }
    without
}

fn owned<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Vec<u8>> {
    pieces.map(<[u8]>::to_vec).collect()
}

/// Which pieces of the pump came without something that was sent right before them.
fn unprompted(pieces: &[Piece]) -> Vec<bool> {
    let mut behind_request = false;
    let mut found = Vec::new();
    for piece in pieces {
        if piece.from == Side::Pump {
            found.push(!behind_request);
        }
        behind_request = piece.from == Side::Host;
    }
    found
}

/// What was sent, and what the pump said next.
fn exchanges(pieces: &[Piece]) -> impl Iterator<Item = (&[u8], &[u8])> {
    pieces.windows(2).filter_map(|pair| match pair {
        [sent, came] if sent.from == Side::Host && came.from == Side::Pump => Some((&sent.bytes[..], &came.bytes[..])),
        _ => None,
    })
}

/// What stands behind an echo in what came.
fn behind_echo<'a>(sent: &[u8], came: &'a [u8]) -> Option<&'a [u8]> {
    let len = sent.iter().rposition(|byte| *byte >= 0x20)?.saturating_add(1);
    let behind = came.strip_prefix(sent.get(..len)?)?;
    let ends = behind
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count()
        .min(2);
    behind.get(ends..)
}

/// Whether the pump says again what it was sent; a reply that is nothing but that may be an answer.
fn is_echoed(pieces: &[Piece]) -> bool {
    let all = exchanges(pieces).count();
    let echoed = exchanges(pieces)
        .filter_map(|(sent, came)| behind_echo(sent, came))
        .filter(|behind| !behind.is_empty());
    all >= FRAMES_LEAST && enough(echoed.count(), all)
}

fn without_echo(pieces: &[Piece]) -> Vec<Vec<u8>> {
    let mut before: Option<&Piece> = None;
    let mut left = Vec::new();
    for piece in pieces {
        if piece.from == Side::Pump {
            let sent = before.filter(|before| before.from == Side::Host);
            let behind = sent.and_then(|sent| behind_echo(&sent.bytes, &piece.bytes));
            let behind = behind.unwrap_or(&piece.bytes);
            left.extend((!behind.is_empty()).then(|| behind.to_vec()));
        }
        before = Some(piece);
    }
    left
}
