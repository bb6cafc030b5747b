//! A proposal, as a profile that was loaded, and its frames beside those of another.

use super::devices::Talk;
use pump_hil_model::quantity::Span;
use pump_hil_talk::device::Profile;
use pump_hil_talk::frames::{Check, FrameKind, Mark, Number, Piece, Stuffing};
use pump_hil_talk::learn::{Proposal, Transcript, profile};
use pump_hil_talk::protocol::{Codec, Wanted};
use pump_hil_testing::repository::root;
use std::sync::Arc;

/// A profile that was proposed.
pub struct Learned {
    pub text: String,
    pub profile: Profile,
}

/// What is learned of a transcript. It must load.
pub fn learned(transcript: &[u8]) -> Learned {
    let transcript = Transcript::read(transcript, None).unwrap();
    let text = profile(&Proposal::of(&transcript).unwrap(), "our-pump", "transcript.txt");
    let profile = Profile::parse(&text, "our-pump.yaml").unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    Learned { text, profile }
}

/// A profile of `fixtures/devices`.
pub fn shipped(name: &str) -> Profile {
    let path = root().join(format!("fixtures/devices/{name}.yaml"));
    Profile::parse(&std::fs::read_to_string(path).unwrap(), name).unwrap()
}

impl Learned {
    /// What the device said and the proposal does not read.
    pub fn unread(&self, talk: &Talk) -> Vec<String> {
        let mut codec = Codec::new(Arc::clone(&self.profile.protocol));
        let mut lines = Vec::new();
        let mut now = Span(0);
        for (is_sent, bytes) in &talk.pieces {
            if *is_sent {
                let echo = self.text.contains("echo: true");
                let body = bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec();
                let echo = echo.then_some(body);
                codec.want(
                    Wanted {
                        echo,
                        ..Wanted::default()
                    },
                    None,
                );
                continue;
            }
            codec.feed(bytes, now, |line| lines.push(line));
            now = Span(now.0 + 10_000);
            codec.handle_timeout(now, |line| lines.push(line));
        }
        assert!(lines.len() >= talk.said().len(), "{lines:?}");
        let wrong = lines
            .into_iter()
            .filter_map(|line| Some(format!("{}: {}", line.text, line.heard.err()?)));
        wrong.collect()
    }
}

/// What tells frames apart, by where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Frames {
    sync: Vec<u8>,
    ends: Vec<Vec<u8>>,
    escape: Option<Stuffing>,
    silence: bool,
    /// Place, form, and bytes that it counts besides the body.
    length: Option<(usize, Number, usize)>,
    /// Which, its form, and where what it is over begins.
    check: Option<(Check, Number, usize)>,
}

impl Frames {
    /// The frame of this name.
    pub fn of(profile: &Profile, name: &str) -> Self {
        let kinds = &profile.protocol.kinds;
        let kind = kinds.iter().find(|kind| kind.name == name);
        Self::of_kind(kind.unwrap_or_else(|| panic!("no frame {name}: {kinds:?}")))
    }

    /// Of this frame.
    pub fn of_kind(kind: &FrameKind) -> Self {
        let (mut length, mut check) = (None, None);
        let places = |pieces: &[Piece], from: usize| {
            let sizes = pieces.iter().scan(from, |at, piece| {
                *at += piece.size();
                Some(*at - piece.size())
            });
            sizes.collect::<Vec<_>>()
        };
        let before = places(&kind.before, kind.sync.len());
        for (piece, at) in kind
            .before
            .iter()
            .chain(&kind.after)
            .zip(before.iter().chain(&[usize::MAX; 8]))
        {
            match piece {
                Piece::Length { number, besides } => length = Some((*at, *number, *besides)),
                Piece::Check {
                    check: which,
                    number,
                    over,
                } => {
                    check = Some((which.clone(), *number, begin(kind, over.0, &before)));
                }
                _ => {}
            }
        }
        Self {
            sync: kind.sync.clone(),
            ends: kind.ends.clone(),
            escape: kind.stuffing,
            silence: kind.silence.is_some(),
            length,
            check,
        }
    }
}

fn begin(kind: &FrameKind, mark: Mark, before: &[usize]) -> usize {
    match mark {
        Mark::Start => 0,
        Mark::Before(place) => before[place],
        Mark::Body => kind.head_len(),
        Mark::After(_) => usize::MAX,
    }
}
