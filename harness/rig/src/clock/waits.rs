//! What a clock is to a rig. Line and clock belong together: what was sent is answered before granted time moves.

use crate::chip::Chip;
use crate::error::RigError;
use crate::link::{Line, LinkError};
use crate::received::Received;
use async_trait::async_trait;
use pump_hil_model::quantity::Span;
use std::fmt::Debug;
use std::time::Duration;

/// A rig's clock.
#[async_trait]
pub trait Clock: Debug + Send {
    /// Milliseconds since the pump was powered, as far as the rig knows.
    fn now(&self) -> Span;

    /// Whether time is granted by requests in the test block, which must take them then.
    fn is_asked(&self) -> bool {
        false
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// The line is gone, or takes nothing.
    async fn send(&mut self, line: &mut Line, bytes: &[u8]) -> Result<(), LinkError> {
        line.send(bytes).await
    }

    /// Takes back what was granted and is not over, as nobody waits for it any more.
    fn take_back(&mut self) {}

    /// Lets time pass until bytes come, or to `until`. Under a granted clock everything that was sent is taken and answered first, at the present
    /// instant; only if nothing came of it does time move. By the wall clock a wait ends early now and then where a probe has something to look after.
    ///
    /// # Errors
    /// The line or the pump is gone, or granted time does not pass.
    async fn receive(&mut self, line: &mut Line, chip: &mut Chip, until: Span) -> Result<Received, RigError>;

    /// Waits for the reply to what was just sent. Granted time stands still, and everything that the pump says at this instant is received, whole: a
    /// reply costs no call beside the line's. `limit` is host time by the wall clock; where it runs out nothing is lost, and [`Clock::receive`] makes of
    /// the silence what it is. Under a granted clock it decides nothing: a busy host gives the same events.
    ///
    /// # Errors
    /// As [`Clock::receive`].
    async fn reply_wait(&mut self, line: &mut Line, chip: &mut Chip, limit: Duration) -> Result<Received, RigError>;
}
