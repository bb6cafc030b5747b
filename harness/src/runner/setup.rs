//! Before the scenario begins: who is there, and the prescription, clock and reservoir that the scenario starts from.

use super::exchange::Exchange;
use super::stopped::Stopped;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Case, Request, Verb};
use pump_hil_model::event::Body;
use pump_hil_model::quantity::Volume;
use pump_hil_model::trouble::TroubleCode;
use pump_hil_talk::session::RequestEnd;
use std::sync::Arc;

/// Identifies the pump, then brings it to where the scenario begins.
pub(super) async fn set_up(pump: &mut Exchange<'_>, case: &Case) -> Result<(), Stopped> {
    for opened in pump.rig().take_opened() {
        pump.note(opened)?;
    }
    pump.boot().await?;
    match pump.request(&Request::Identify).await? {
        RequestEnd::Ok { fields } => {
            pump.note(Body::Identified {
                fields: Arc::clone(&fields),
            })?;
            pump.rig().agrees(&fields)?;
        }
        other => return Err(cannot_set_up(pump, Verb::Identify, &other)?),
    }
    let mut requests = vec![
        Request::SetClock { to_s: case.start_s },
        Request::LogEvery {
            interval: case.log_every,
        },
    ];
    // A pump counts its reservoir as empty until a refill says otherwise (TEST-BLOCK.md, "Refill").
    if let Some(added) = case.reservoir {
        requests.push(Request::Refill {
            removed: Some(Volume(0)),
            added,
        });
    }
    if let Some(prescription) = &case.prescription {
        let program = Request::Program {
            prescription: Box::new(prescription.clone()),
            cut_after: None,
        };
        requests.push(program);
    }
    // By the host's clock what a pump says of a commit may come behind the reply to it; to a later question it says that first.
    if !pump.rig().capabilities().contains(&Capability::VirtualTime) {
        requests.push(Request::Status);
    }
    for request in requests {
        let outcome = pump.request(&request).await?;
        if !matches!(outcome, RequestEnd::Ok { .. }) {
            return Err(cannot_set_up(pump, request.verb(), &outcome)?);
        }
    }
    pump.at().begin()
}

/// Notes which step of the set-up failed. That is the rig's trouble, not a verdict on the pump: nothing was tested yet.
fn cannot_set_up(pump: &mut Exchange<'_>, verb: Verb, outcome: &RequestEnd) -> Result<Stopped, Stopped> {
    let why = match outcome {
        RequestEnd::Refused { reason, .. } => {
            format!("the pump refused `{verb}`: {reason}; check that the scenario's prescription suits this pump")
        }
        RequestEnd::NotSent { why } => why.to_string(),
        RequestEnd::NoReply { tries } => {
            format!("no answer to `{verb}` in {tries} tries; check the cable, the port and the speed in the rig file")
        }
        RequestEnd::Ok { .. } | RequestEnd::CutOff { .. } | RequestEnd::Abandoned => {
            format!("`{verb}` did not come to its end")
        }
    };
    pump.note(Body::RigTrouble {
        code: Some(TroubleCode::of("set-up")),
        what: format!("set-up: {why}"),
    })?;
    Ok(Stopped::Setup(why))
}
