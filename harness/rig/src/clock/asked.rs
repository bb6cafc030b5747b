//! Time that a chip lets pass when it is asked through its test block: no call reaches it.

use super::grants::Grants;
use crate::chip::Chip;
use crate::error::RigError;
use crate::link::Line;
use crate::received::End;
use async_trait::async_trait;
use pump_hil_model::quantity::Span;
use std::time::Duration;

/// Granted by requests.
#[derive(Debug, Default)]
pub struct Asked {
    /// Where it is.
    now_ms: u64,
}

#[async_trait]
impl Grants for Asked {
    fn now(&self) -> Span {
        Span(i64::try_from(self.now_ms).unwrap_or(i64::MAX))
    }

    fn is_asked(&self) -> bool {
        true
    }

    async fn settle(
        &mut self,
        line: &mut Line,
        chip: &mut Chip,
        until: Span,
        bytes: &mut Vec<u8>,
    ) -> Result<End, RigError> {
        // What lies before the first power is past: nothing is granted for it.
        let until_ms = u64::try_from(until.0).unwrap_or(0);
        chip.grant(line, &mut self.now_ms, Some(until_ms), bytes).await
    }

    async fn hear(
        &mut self,
        line: &mut Line,
        chip: &mut Chip,
        _: Duration,
        bytes: &mut Vec<u8>,
    ) -> Result<(), RigError> {
        chip.grant(line, &mut self.now_ms, None, bytes).await?;
        Ok(())
    }
}
