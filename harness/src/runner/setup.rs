//! Before the scenario begins: who is there, and the prescription, clock and reservoir that the scenario starts from.

use super::at_rest;
use super::exchange::Exchange;
use super::past;
use super::weigher::Weigher;
use crate::safety::{Done, Reach as _, Stopped, end_therapy};
use pump_hil_language::plan::starts;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Case, Request, Verb};
use pump_hil_model::event::Body;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::trouble::TroubleCode;
use pump_hil_rig::InstrumentAt;
use pump_hil_talk::device::Profile;
use pump_hil_talk::session::{RequestEnd, only_reads};
use std::sync::Arc;
use std::time::Duration;

/// How often the clocks are set at most: on a line that is always slow no answer is prompt.
const CLOCK_TRIES: u32 = 3;
/// Within what of the pump's time an answer is prompt.
const PROMPT: Span = Span(500);

/// Identifies the pump, then brings it to where the scenario begins.
pub(super) async fn set_up(pump: &mut Exchange<'_>, case: &Case, balance: Option<InstrumentAt>) -> Result<(), Stopped> {
    note_opened(pump)?;
    pump.boot().await?;
    note_opened(pump)?;
    let (scale, _) = pump.rig().timing;
    open_beside(pump, balance).await?;
    note_lacks(pump, Some(case))?;
    note_timing(pump, case)?;
    identify(pump).await?;
    // A pump counts its reservoir as empty until a refill says otherwise (TEST-BLOCK.md, "Refill").
    let held = past::settle(pump, case).await?;
    if !pump.rig().is_new {
        // All that counts begins anew behind the past.
        note_timing(pump, case)?;
        note_lacks(pump, None)?;
    }
    for request in brought_about(pump, case, held) {
        carried_out(pump, &request).await?;
    }
    if scale.is_some() || pump.in_doubt {
        // A line may be lost: from here on the pump's logs tell what was.
        pump.catch_up().await?;
    }
    past::come_to_whole_hour(pump).await?;
    set_clocks(pump, case).await?;
    if !pump.lacks().is_empty() {
        // Where nothing was asked, what it said of its start is still on the line.
        pump.settle().await?;
    }
    at_rest::weigh(pump).await?;
    pump.at().begin()?;
    let profile = Arc::clone(pump.rig().profile());
    let begun = pump.now();
    pump.unprompted().begin(begun, &profile.observing);
    let now = pump.now();
    if pump.lacks().can_read_back_any() {
        let every = pump.lacks().tells_in_time().then_some(case.log_every);
        pump.listening().begin(now, every, scale);
    }
    Ok(())
}

/// Whether a case may make a pump of this profile deliver.
pub(super) fn may_start(case: &Case, profile: &Profile) -> bool {
    starts(case, &|request| only_reads(request, profile))
}

/// Opens what reads beside the pump's line: a balance, and the place in memory where its motor counts.
async fn open_beside(pump: &mut Exchange<'_>, balance: Option<InstrumentAt>) -> Result<(), Stopped> {
    let profile = Arc::clone(pump.rig().profile());
    let limits = pump.rig().limits;
    if let (Some(at), Some(weighs)) = (&balance, &profile.observing.delivered) {
        let every = Duration::from_millis(u64::try_from(weighs.every.0).unwrap_or(0));
        pump.unprompted().weigher = Weigher::open(at, limits, every).await?;
    }
    if let Some(counts) = &profile.observing.actuated
        && pump.rig().capabilities().contains(&Capability::Probe)
    {
        pump.watch(std::slice::from_ref(&counts.memory))?;
        pump.unprompted().counts = true;
    }
    Ok(())
}

/// Notes what the pump lacks, and what it is asked for every so often, by its profile; and where this case may start what nothing can stop, that.
fn note_lacks(pump: &mut Exchange<'_>, case: Option<&Case>) -> Result<(), Stopped> {
    let profile = Arc::clone(pump.rig().profile());
    if !profile.observing.is_nothing() {
        let mut how = profile.observing.clone();
        // What the rig does not have tells nothing.
        how.actuated = how.actuated.filter(|_| pump.unprompted().counts);
        if let Some(weighs) = &mut how.delivered {
            weighs.resolution = pump.unprompted().weigher.resolution();
        }
        pump.note(Body::Observing { how })?;
    }
    let what = profile.lacks.clone();
    if what.is_empty() {
        return Ok(());
    }
    let why = what.told(Lack::MAKE_SAFE);
    let on_its_own = what.has(Lack::MAKE_SAFE)
        && !pump.rig().capabilities().contains(&Capability::TestBlock)
        && !pump.rig().way_out().is_emulated();
    pump.note(Body::Lacks { what })?;
    if on_its_own && case.is_some_and(|case| may_start(case, pump.rig().profile())) {
        let why =
            format!("this pump has {why}; whoever runs this case must switch the pump off by hand when it is over");
        pump.note(Body::NotSafeByLine { why })?;
    }
    Ok(())
}

/// Asks who is there, where the pump can say it.
async fn identify(pump: &mut Exchange<'_>) -> Result<(), Stopped> {
    if pump.lacks().has(Lack::IDENTIFY) {
        return Ok(());
    }
    match pump.request(&Request::Identify).await? {
        RequestEnd::Ok { fields } => {
            pump.note(Body::Identified {
                fields: Arc::clone(&fields),
            })?;
            pump.rig().agrees(&fields)?;
            pump.is_known();
            Ok(())
        }
        other => Err(cannot_set_up(pump, Verb::Identify, &other)?),
    }
}

/// What brings a pump to where the case begins, behind its past; it held this much.
fn brought_about(pump: &mut Exchange<'_>, case: &Case, held: Volume) -> Vec<Request> {
    let mut requests = Vec::new();
    if let Some(added) = case.reservoir.filter(|_| !pump.lacks().has(Lack::REFILL)) {
        requests.push(Request::Refill {
            removed: Some(held),
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
    let is_granted = pump.rig().capabilities().contains(&Capability::VirtualTime);
    if !is_granted && !pump.lacks().has(Lack::STATUS) && !pump.lacks().is_plain() {
        requests.push(Request::Status);
    }
    // Where no entry tells it, what it gave before.
    if !pump.lacks().tells_entries() && !pump.lacks().has(Lack::TOTALS) {
        requests.push(Request::Totals);
    }
    requests
}

/// Notes how the rig was opened, or how its firmware started.
fn note_opened(pump: &mut Exchange<'_>) -> Result<(), Stopped> {
    for opened in pump.rig().take_opened() {
        pump.note(opened)?;
    }
    Ok(())
}

/// Notes how time passes.
fn note_timing(pump: &mut Exchange<'_>, case: &Case) -> Result<(), Stopped> {
    let (scale, drift) = pump.rig().timing;
    let drift = case.clock_drift.unwrap_or(drift);
    Ok(pump.note(Body::Timing { scale, drift })?)
}

/// Civil time and the interval of the dose entries count from when the pump takes them, and the scenario from its begin: both last, and once more where an
/// answer came late.
async fn set_clocks(pump: &mut Exchange<'_>, case: &Case) -> Result<(), Stopped> {
    let interval = case.log_every;
    let clocks = [Request::SetClock { to_s: case.start_s }, Request::LogEvery { interval }];
    let lacks = pump.lacks();
    let clocks = clocks
        .into_iter()
        .filter(|request| !lacks.is_plain() && !lacks.has_named(request.verb().word()));
    let clocks: Vec<Request> = clocks.collect();
    for _ in 0..CLOCK_TRIES {
        let before = pump.now();
        for request in &clocks {
            carried_out(pump, request).await?;
        }
        if pump.now().0 - before.0 <= PROMPT.0 {
            break;
        }
    }
    Ok(())
}

/// Asks for a part of the set-up, which must be carried out.
async fn carried_out(pump: &mut Exchange<'_>, request: &Request) -> Result<(), Stopped> {
    match pump.request(request).await? {
        RequestEnd::Ok { .. } => Ok(()),
        outcome => Err(cannot_set_up(pump, request.verb(), &outcome)?),
    }
}

/// An earlier run did not come to its end: before anything else its pump is made safe.
pub(super) async fn make_safe_first(pump: &mut Exchange<'_>, what: String) -> Result<(), Stopped> {
    pump.boot().await?;
    // It may have been killed in the middle of a line.
    pump.line_is_back();
    let Done { did, failed } = end_therapy(pump).await;
    let why = failed.join("; ");
    pump.note(Body::EarlierRun { what, did, failed })?;
    // One that nothing can stop was left as it had to be: that is told, and would be so for ever.
    if why.is_empty() || pump.lacks().has(Lack::MAKE_SAFE) {
        return Ok(());
    }
    let why = format!("an earlier run left the pump, and it cannot be made safe: {why}");
    pump.note(Body::RigTrouble {
        code: Some(TroubleCode::of("earlier-run")),
        what: why.clone(),
    })?;
    Err(Stopped::Setup(why))
}

/// Notes which step of the set-up failed. A pump that was found well and refuses is unfit; all else is the rig's trouble: nothing was tested yet.
fn cannot_set_up(pump: &mut Exchange<'_>, verb: Verb, outcome: &RequestEnd) -> Result<Stopped, Stopped> {
    if let (RequestEnd::Refused { reason, .. }, true) = (outcome, pump.is_well()) {
        return pump.refused_set_up(verb, reason);
    }
    let why = match outcome {
        RequestEnd::Refused { reason, .. } => {
            format!(
                "the device at the far end refused `{verb}`: {reason}; is it this pump, and the right device profile?"
            )
        }
        RequestEnd::NotSent { why } => why.to_string(),
        RequestEnd::NoReply { tries } if pump.is_well() => {
            format!("no answer to `{verb}` in {tries} tries, though the pump answers: what became of it is not known")
        }
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
