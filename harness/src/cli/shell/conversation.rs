//! The conversation with the pump: what is sent, and each frame that comes, shown as it comes.

use super::frame_text::{came, quantity, sent, unfinished};
use super::screen::Screen;
use crate::interrupt::Interrupt;
use crate::safety::Stopped;
use pump_hil_model::case::Request;
use pump_hil_model::event::ReplyFields;
use pump_hil_model::quantity::Span;
use pump_hil_rig::{End, Rig};
use pump_hil_talk::device::Profile;
use pump_hil_talk::protocol::Viewer;
use pump_hil_talk::session::{RequestEnd, RequestId, Session, SessionEvent};
use std::collections::VecDeque;
use std::sync::Arc;

/// Silence behind bytes that were sent as they are, after which nothing more is expected.
const QUIET: Span = Span(400);
/// The longest for which that silence is waited for.
const QUIET_MOST: Span = Span(5_000);
/// Pieces of what went over the line that are kept, to be read again by a profile that was mended.
const KEPT_MAX: usize = 2_000;

/// Bytes that went over the line.
enum Piece {
    Sent { verb: String, bytes: Vec<u8> },
    Came { at: Span, bytes: Vec<u8> },
}

/// The conversation with the pump of a rig.
pub(super) struct Conversation {
    rig: Rig,
    profile: Arc<Profile>,
    session: Session,
    viewer: Viewer,
    interrupt: Interrupt,
    /// The verb that is asked for.
    verb: String,
    /// How often something was sent.
    sent: u64,
    pieces: VecDeque<Piece>,
    /// Pieces that are not kept any more.
    dropped: usize,
    /// When bytes came last.
    heard: Span,
}

impl Conversation {
    /// With the pump of an open rig. Nothing is said yet.
    pub fn new(rig: Rig, interrupt: Interrupt) -> Self {
        let profile = Arc::clone(rig.profile());
        Self {
            session: Session::new(Arc::clone(&profile)),
            viewer: Viewer::new(Arc::clone(&profile.protocol)),
            profile,
            heard: rig.now(),
            rig,
            interrupt,
            verb: String::new(),
            sent: 0,
            pieces: VecDeque::new(),
            dropped: 0,
        }
    }

    /// The rig.
    pub fn rig(&mut self) -> &mut Rig {
        &mut self.rig
    }

    /// How its pump talks, by the profile as it was saved last.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// How often something was sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// The pump's time.
    pub fn now(&self) -> Span {
        self.rig.now()
    }

    /// In so long.
    pub fn after(&self, span: Span) -> Span {
        Span(self.now().0.saturating_add(span.0))
    }

    /// Asks the pump for something, and waits until that is over.
    ///
    /// # Errors
    /// The rig broke, or somebody asked to stop.
    pub async fn ask(&mut self, request: &Request, screen: &mut Screen) -> Result<RequestEnd, Stopped> {
        request.name().clone_into(&mut self.verb);
        match self.session.request(request, self.rig.now()) {
            Ok(id) => {
                let end = self.talk(Span(i64::MAX), Some(id), screen).await?;
                // What stands behind an answer, as a prompt does, is shown with it.
                self.talk(self.now(), None, screen).await?;
                Ok(end.unwrap_or(RequestEnd::Abandoned))
            }
            Err(why) => Ok(RequestEnd::NotSent { why }),
        }
    }

    /// Sends bytes as they are, and shows what comes until the pump is silent.
    ///
    /// # Errors
    /// As [`Conversation::ask`].
    pub async fn send(&mut self, bytes: &[u8], screen: &mut Screen) -> Result<(), Stopped> {
        self.verb.clear();
        self.session.send_raw(bytes);
        self.heard = self.now();
        // By the host's clock, however fast the pump's runs: the line takes as long as ever.
        let (scale, _) = self.rig.timing;
        let scaled = |span: Span| span.0.saturating_mul(i64::from(scale.unwrap_or(1)));
        let limit = self.after(Span(scaled(QUIET_MOST)));
        while self.now() < limit {
            let quiet = Span(self.heard.0.saturating_add(scaled(QUIET))).min(limit);
            if self.now() >= quiet {
                break;
            }
            self.talk(quiet, None, screen).await?;
        }
        self.show_unfinished(screen);
        Ok(())
    }

    fn show_unfinished(&self, screen: &mut Screen) {
        if !self.viewer.held().is_empty() {
            screen.say(&unfinished(self.viewer.held()));
        }
    }

    /// Lets time pass until then, and shows what comes.
    ///
    /// # Errors
    /// As [`Conversation::ask`].
    pub async fn pass(&mut self, until: Span, screen: &mut Screen) -> Result<(), Stopped> {
        self.talk(until, None, screen).await.map(drop)
    }

    async fn talk(
        &mut self,
        until: Span,
        waits: Option<RequestId>,
        screen: &mut Screen,
    ) -> Result<Option<RequestEnd>, Stopped> {
        let mut first = true;
        loop {
            while let Some(event) = self.session.poll_event() {
                if let SessionEvent::Done { id, end } = event
                    && Some(id) == waits
                {
                    return Ok(Some(end));
                }
            }
            while let Some(bytes) = self.session.poll_transmit() {
                self.transmit(bytes, screen).await?;
            }
            if self.rig.now() >= until && !first {
                return Ok(None);
            }
            first = false;
            let timeouts = [self.session.poll_timeout(), self.viewer.poll_timeout()];
            let due = timeouts.into_iter().flatten().fold(until, Span::min);
            let received = tokio::select! {
                biased;
                received = self.rig.receive(due) => received?,
                by = self.interrupt.wait() => return Err(Stopped::Interrupted(by)),
            };
            match received.end {
                End::Bytes => {
                    self.heard = received.now;
                    let bytes = &received.bytes;
                    self.viewer.feed(bytes, received.now, |frame| screen.say(&came(&frame)));
                    self.session.handle_bytes(bytes, received.now);
                    self.keep(Piece::Came {
                        at: received.now,
                        bytes: received.bytes,
                    });
                }
                End::Deadline => {
                    self.viewer
                        .handle_timeout(received.now, |frame| screen.say(&came(&frame)));
                    self.session.handle_timeout(received.now);
                }
                End::Halted => return Ok(None),
            }
        }
    }

    async fn transmit(&mut self, bytes: Vec<u8>, screen: &mut Screen) -> Result<(), Stopped> {
        self.viewer.want(&self.verb, &bytes);
        screen.say(&sent(&bytes));
        // Before it is: of what breaks off nobody knows how much went out.
        self.sent += 1;
        self.rig.send(&bytes).await?;
        let verb = self.verb.clone();
        self.keep(Piece::Sent { verb, bytes });
        Ok(())
    }

    fn keep(&mut self, piece: Piece) {
        if self.pieces.len() >= KEPT_MAX {
            self.pieces.pop_front();
            self.dropped += 1;
        }
        self.pieces.push_back(piece);
    }

    /// The profile was saved: from here on the pump is talked to by it, and all that went over the line is shown as it reads it.
    pub fn read_again(&mut self, profile: Arc<Profile>, screen: &mut Screen) {
        self.rig.talk_by(Arc::clone(&profile));
        self.session = Session::new(Arc::clone(&profile));
        self.viewer = Viewer::new(Arc::clone(&profile.protocol));
        self.profile = profile;
        if self.dropped > 0 {
            screen.say(&format!("(the first {} pieces are not kept)\n", self.dropped));
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sent { verb, bytes } => {
                    self.viewer.want(verb, bytes);
                    screen.say(&sent(bytes));
                }
                Piece::Came { at, bytes } => {
                    // What was silent between two pieces was so then as well.
                    if self.viewer.poll_timeout().is_some_and(|due| due <= *at) {
                        self.viewer.handle_timeout(*at, |frame| screen.say(&came(&frame)));
                    }
                    self.viewer.feed(bytes, *at, |frame| screen.say(&came(&frame)));
                }
            }
        }
        let now = self.rig.now();
        self.viewer.handle_timeout(now, |frame| screen.say(&came(&frame)));
        self.show_unfinished(screen);
    }
}

/// How a request ended, for a person.
pub(super) fn ended(verb: &str, end: &RequestEnd) -> String {
    let with = |fields: &ReplyFields| {
        let fields = fields.iter().map(|(name, value)| format!("{name} {}", quantity(value)));
        let fields: Vec<String> = fields.collect();
        if fields.is_empty() {
            String::new()
        } else {
            format!(": {}", fields.join(", "))
        }
    };
    match end {
        RequestEnd::Ok { fields } => format!("{verb} was carried out{}\n", with(fields)),
        RequestEnd::Refused { reason, fields } => format!("{verb} was refused, {reason}{}\n", with(fields)),
        RequestEnd::NoReply { tries } => format!("{verb} was not answered; it was sent {tries} times\n"),
        RequestEnd::NotSent { why } => format!("not sent: {why}\n"),
        RequestEnd::CutOff { .. } | RequestEnd::Abandoned => format!("{verb} was given up\n"),
    }
}
