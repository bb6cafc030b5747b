//! What is read beside the pump's line before it is compared: a balance at rest, and the motor's count in memory.

use super::exchange::Exchange;
use crate::safety::Stopped;
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Span;
use pump_hil_model::trouble::TroubleCode;
use std::sync::Arc;

/// How long a balance may take to come to rest, beyond its `settle`.
const UNREST: i64 = 20_000;

/// Waits until the balance, where there is one, shows at rest what left the pump up to now; and reads what its motor moved.
pub(super) async fn weigh(pump: &mut Exchange<'_>) -> Result<(), Stopped> {
    let profile = Arc::clone(pump.rig().profile());
    if let Some(counts) = &profile.observing.actuated
        && pump.unprompted().counts
    {
        let value = pump.rig().read_value(&counts.memory)?;
        let at = counts.memory.clone();
        pump.note(Body::MemoryRead { at, value })?;
    }
    let weighs = profile.observing.delivered.as_ref();
    let Some(weighs) = weighs.filter(|_| pump.unprompted().weigher.is_open()) else {
        return Ok(());
    };
    let from = pump.after(weighs.settle);
    let is_there = move |pump: &Exchange<'_>| pump.judge().observed().weighed_at().is_some_and(|at| at >= from);
    pump.pass_time_unless(Span(from.0.saturating_add(UNREST)), is_there)
        .await?;
    if !is_there(pump) {
        let name = &weighs.instrument;
        let what = match pump.judge().observed().weighs_nothing() {
            Some(why) => {
                format!("instrument `{name}` tells no mass: {why}; is it switched on, and its cable plugged in?")
            }
            None => format!(
                "instrument `{name}` does not come to rest within {}: is there a draught or a vibration, or does the pump still run?",
                Span(weighs.settle.0.saturating_add(UNREST))
            ),
        };
        let code = Some(TroubleCode::of("rig-instrument"));
        pump.note(Body::RigTrouble { code, what })?;
    }
    Ok(())
}
