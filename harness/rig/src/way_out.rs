//! What the way to safety needs of a bench, and nothing else does.

use super::chip::Chip;
use super::clock::{Clock, ClockKind};
use super::error::RigError;
use super::file::RigFile;
use super::link::{Line, LinkAt};
use super::options::RigLimits;
use super::right::Right;
use pump_hil_model::quantity::Span;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// How long a pump is watched at most by the host's clock, where the rig file does not say. A stroke of a slow rate takes longer; that is told.
const WATCH: Duration = Duration::from_secs(10);
/// The same of the pump's time where it is granted: a stroke at the stub's minimum rate, and what the stroke itself takes.
const WATCH_GRANTED: Span = Span(2 * 3_600_000 + 10_000);

/// What stays as the rig file has it.
#[derive(Debug)]
pub(super) struct Facts {
    /// The pump is a simulated one, or in an emulator.
    pub emulated: bool,
    /// How its time passes.
    pub clock: ClockKind,
    /// The port, where its line goes through one.
    pub port: Option<LinkAt>,
}

impl Facts {
    /// Those of this file; `port` is the one that was opened.
    pub fn of(file: &RigFile, port: Option<LinkAt>) -> Self {
        Self {
            emulated: file.is_simulated(),
            clock: file.clock,
            port,
        }
    }
}

/// A bench as the way to safety sees it.
pub struct WayOut<'a> {
    pub(super) facts: &'a Facts,
    pub(super) limits: RigLimits,
    pub(super) line: &'a mut Line,
    pub(super) clock: &'a dyn Clock,
    pub(super) chip: &'a mut Chip,
}

impl WayOut<'_> {
    /// Whether the pump is emulated: it delivers nothing to anybody, and ends with the rig.
    #[must_use]
    pub fn is_emulated(&self) -> bool {
        self.facts.emulated
    }

    /// The longest that a pump is watched after it was told to stop, in its own time. By the host's clock that is `scale` times as long as the host's; where
    /// time is granted nobody waits for it.
    #[must_use]
    pub fn watch(&self) -> Span {
        let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let asked = self.limits.watch;
        match self.facts.clock.scale() {
            None => asked.map_or(WATCH_GRANTED, |watch| Span(ms(watch))),
            Some(scale) => Span(ms(asked.unwrap_or(WATCH)).saturating_mul(i64::from(scale))),
        }
    }

    /// Nobody else reads along on the pump's port: a program that does takes away what the pump says.
    ///
    /// # Errors
    /// Who does.
    pub fn line_is_ours(&self) -> Result<(), RigError> {
        Ok(self.line.is_ours()?)
    }

    /// What its line goes through, where that can be opened again.
    #[must_use]
    pub fn port(&self) -> Option<LinkAt> {
        self.facts.port.clone()
    }

    /// The port's descriptor, for a guard.
    ///
    /// # Errors
    /// The system gives no further one.
    pub fn port_for_guard(&self) -> std::io::Result<OwnedFd> {
        self.line.for_guard()
    }

    /// From here on it is spoken only with this right.
    pub fn speak_with(&mut self, right: Right) {
        self.line.speak_with(right);
    }

    /// Whether it may still be spoken.
    ///
    /// # Errors
    /// The guard took over.
    pub fn may_speak(&self) -> Result<(), RigError> {
        Ok(self.line.taken_over()?)
    }

    /// Waits until a line that is gone is back, for as long as a port may take to open; tells how long it was not there.
    ///
    /// # Errors
    /// It has no port, is not back in time, or the pump's time is granted: then more was lost than the line.
    pub async fn line_back(&mut self) -> Result<Span, RigError> {
        let lost = |what: &str| RigError::Lacks {
            rig: String::new(),
            part: "port that could come back",
            wanted: what.to_owned(),
        };
        let Some(port) = self.facts.port.as_ref().filter(|_| !self.facts.clock.is_granted()) else {
            return Err(lost("the line"));
        };
        let since = self.clock.now();
        self.line.hang_up();
        let line = port.open(self.limits).await?;
        self.line.go_on_through(line);
        Ok(Span(self.clock.now().0.saturating_sub(since.0)))
    }

    /// The probe is gone: from here on it is not asked any more, so that the line can be.
    pub fn forget_probe(&mut self) {
        self.chip.inside.forget_probe();
    }
}
