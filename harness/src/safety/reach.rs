//! A pump that can be asked, and whose time passes: all that the way to safety needs.

use super::heard::Heard;
use super::stopped::Stopped;
use pump_hil_model::case::Request;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Span;
use pump_hil_rig::{Rig, RigError, host_time};
use pump_hil_talk::session::RequestEnd;

/// Behind which number a conversation asks that begins now. Two that follow one another have others: a pump answers the very same line from memory.
pub(crate) fn numbers() -> u16 {
    // Half of all numbers lie behind the largest of these.
    let ms = host_time::utc().as_millisecond().rem_euclid(32_768);
    u16::try_from(ms).unwrap_or_default()
}

/// A pump within reach.
pub(crate) trait Reach {
    /// Its bench.
    fn rig(&mut self) -> &mut Rig;

    /// What it said last.
    fn heard(&self) -> &Heard;

    /// Takes down what happened, as well as can be.
    fn take_down(&mut self, body: Body);

    /// Takes down that the rig broke, and what is known of why.
    fn rig_broke(&mut self, error: &RigError);

    /// The line was gone, and is back: what was said last may have been cut off.
    fn line_is_back(&mut self);

    /// Asks it to stop, as its profile has it.
    async fn ask_to_stop(&mut self) -> Result<RequestEnd, Stopped>;

    /// Asks it for something.
    async fn ask(&mut self, request: &Request) -> Result<RequestEnd, Stopped>;

    /// Lets so much of its time pass.
    async fn pass(&mut self, span: Span) -> Result<(), Stopped>;
}
