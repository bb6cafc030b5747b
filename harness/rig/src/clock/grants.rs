//! What all granted clocks have in common, whoever they are granted through.

use super::waits::Clock;
use crate::chip::Chip;
use crate::error::RigError;
use crate::link::Line;
use crate::received::{End, Received};
use async_trait::async_trait;
use pump_hil_model::quantity::Span;
use std::time::Duration;

/// A clock that goes only as far as it is let.
#[async_trait]
pub trait Grants: std::fmt::Debug + Send {
    /// As [`Clock::now`].
    fn now(&self) -> Span;

    /// As [`Clock::is_asked`].
    fn is_asked(&self) -> bool;

    /// As [`Clock::take_back`].
    fn take_back(&mut self) {}

    /// Grants time to `until` and reads exactly what was sent meanwhile. What is due at this instant is done then: line and chip are settled, unless the
    /// core is halted.
    async fn settle(
        &mut self,
        line: &mut Line,
        chip: &mut Chip,
        until: Span,
        bytes: &mut Vec<u8>,
    ) -> Result<End, RigError>;

    /// Takes what the pump answers at this instant, without letting time run.
    async fn hear(
        &mut self,
        line: &mut Line,
        chip: &mut Chip,
        limit: Duration,
        bytes: &mut Vec<u8>,
    ) -> Result<(), RigError>;
}

#[async_trait]
impl<G: Grants> Clock for G {
    fn now(&self) -> Span {
        Grants::now(self)
    }

    fn is_asked(&self) -> bool {
        Grants::is_asked(self)
    }

    fn take_back(&mut self) {
        Grants::take_back(self);
    }

    async fn receive(&mut self, line: &mut Line, chip: &mut Chip, until: Span) -> Result<Received, RigError> {
        let mut bytes = Vec::new();
        let now = Grants::now(self);
        let mut end = End::Deadline;
        if !line.is_settled() || chip.inside.is_touched() {
            // How it ended does not matter: no time was to pass, and a core that is halted is found so by the next grant as well.
            self.settle(line, chip, now, &mut bytes).await?;
        }
        if bytes.is_empty() && until > now {
            end = self.settle(line, chip, until, &mut bytes).await?;
        }
        Ok(Received {
            // Bytes are handed over once; a core that stands is found again by the next wait.
            end: if bytes.is_empty() { end } else { End::Bytes },
            bytes,
            now: Grants::now(self),
            missed: false,
        })
    }

    async fn reply_wait(&mut self, line: &mut Line, chip: &mut Chip, limit: Duration) -> Result<Received, RigError> {
        let now = Grants::now(self);
        let mut bytes = Vec::new();
        line.unsettle();
        // What else is due at this instant is done when time is next granted, but not what the probe did: the pump may have something to say of it.
        if !chip.inside.is_touched() {
            self.hear(line, chip, limit, &mut bytes).await?;
        }
        if bytes.is_empty() || !line.is_settled() {
            self.settle(line, chip, now, &mut bytes).await?;
        }
        Ok(Received {
            end: if bytes.is_empty() { End::Deadline } else { End::Bytes },
            bytes,
            now,
            missed: false,
        })
    }
}
