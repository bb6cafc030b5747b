//! An instrument beside the pump, such as a balance: where it is, and one that is open and can be read. It is no pump: nothing is asked of it that moves anything.

use super::error::RigError;
use super::host_time;
use super::link::{Line, LinkAt, LinkError};
use super::options::RigLimits;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::Measure;
use pump_hil_model::event::{Body, ReplyFields};
use pump_hil_model::observing::Observing;
use pump_hil_model::quantity::{Mass, Span};
use pump_hil_talk::device::{Profile, request_of};
use pump_hil_talk::session::{RequestEnd, Session, SessionEvent};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is seen of a pump because it is observed so: by an instrument, where the rig has it, and by a probe.
pub(super) fn observed(observing: &Observing, weighs: bool, probe: bool) -> impl Iterator<Item = Capability> {
    let counts = probe && observing.actuated.is_some();
    let can = [
        (observing.alarms.is_some(), Capability::PolledAlarms),
        (observing.entry_per.is_some(), Capability::SampledLog),
        (weighs, Capability::Shows(Measure::Delivered)),
        (counts, Capability::Shows(Measure::Actuated)),
    ];
    can.into_iter().filter(|(is_so, _)| *is_so).map(|(_, can)| can)
}

/// An instrument of a rig; nothing is opened yet.
#[derive(Debug, Clone)]
pub struct InstrumentAt {
    /// Its name in the rig file.
    pub name: String,
    /// By how much a mass may be off.
    pub resolution: Mass,
    pub(super) profile: Arc<Profile>,
    pub(super) at: LinkAt,
}

/// An instrument that is open.
#[derive(Debug)]
pub struct Instrument {
    name: String,
    session: Session,
    line: Line,
    opened: Instant,
}

/// What an instrument said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When it was asked, and when its answer was whole, on the host's clock.
    pub asked: Instant,
    /// As above.
    pub came: Instant,
    /// Its words, escaped.
    pub said: String,
    /// What they mean; `Err`: why they mean nothing.
    pub fields: Result<ReplyFields, String>,
}

impl InstrumentAt {
    /// Opens it.
    ///
    /// # Errors
    /// [`RigError::Instrument`]: its line cannot be opened.
    pub async fn open(&self, limits: RigLimits) -> Result<Instrument, RigError> {
        let opened = self.at.open(limits).await;
        let line = opened.map_err(|error| lost(&self.name, &error))?;
        Ok(Instrument {
            name: self.name.clone(),
            session: Session::new(Arc::clone(&self.profile)),
            line,
            opened: host_time::now(),
        })
    }
}

fn lost(name: &str, error: &LinkError) -> RigError {
    RigError::Instrument {
        name: name.to_owned(),
        why: error.to_string(),
    }
}

impl Instrument {
    /// Reads it once.
    ///
    /// # Errors
    /// [`RigError::Instrument`]: its line is gone.
    pub async fn read(&mut self) -> Result<Reading, RigError> {
        let asked = host_time::now();
        let now = self.now();
        let taken = self.session.ask(&request_of("read"), true, now);
        taken.map_err(|why| RigError::Instrument {
            name: self.name.clone(),
            why: why.to_string(),
        })?;
        let mut said = String::new();
        loop {
            while let Some(bytes) = self.session.poll_transmit() {
                let sent = self.line.send(&bytes).await;
                sent.map_err(|error| lost(&self.name, &error))?;
            }
            while let Some(event) = self.session.poll_event() {
                match event {
                    SessionEvent::Journal(Body::Received { bytes, .. }) => said.push_str(&bytes),
                    SessionEvent::Journal(_) => {}
                    SessionEvent::Done { end, .. } => {
                        return Ok(Reading {
                            asked,
                            came: host_time::now(),
                            said,
                            fields: meant(end),
                        });
                    }
                }
            }
            let due = self.session.poll_timeout().unwrap_or_else(|| self.now());
            let wait = u64::try_from(due.0.saturating_sub(self.now().0)).unwrap_or(0);
            match host_time::within(Duration::from_millis(wait), self.line.receive()).await {
                Some(received) => {
                    let bytes = received.map_err(|error| lost(&self.name, &error))?.to_vec();
                    let now = self.now();
                    self.session.handle_bytes(&bytes, now);
                }
                None => {
                    let now = self.now();
                    self.session.handle_timeout(now);
                }
            }
        }
    }

    /// Milliseconds since it was opened.
    fn now(&self) -> Span {
        Span(i64::try_from(self.opened.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

/// What the end of a request means.
fn meant(end: RequestEnd) -> Result<ReplyFields, String> {
    match end {
        RequestEnd::Ok { fields } => Ok(fields),
        RequestEnd::Refused { reason, .. } => Err(reason),
        RequestEnd::NoReply { .. } => Err("it does not answer".to_owned()),
        RequestEnd::CutOff { .. } | RequestEnd::Abandoned | RequestEnd::NotSent { .. } => {
            Err("it could not be asked".to_owned())
        }
    }
}
