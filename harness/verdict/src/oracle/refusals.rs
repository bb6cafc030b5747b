//! Requests that the scenario lets the pump refuse: whether it was right, whichever it did.
//!
//! Invariant: only what docs/oracle.md (Meetings) decides is decided here. Where what is in force changed just now both are right, and reasons that the
//! pump alone knows, such as a self-test that failed, are never doubted.

use super::nominal::{Nominal, State};
use pump_hil_model::case::{Request, Verb};
use pump_hil_model::verdict::{Allowed, Did, Finding};
use pump_hil_model::words::REFUSAL_ALLOWED;

/// Whether the scenario lets the pump refuse, by its word for that.
pub(super) fn may_be(word: Option<&str>) -> bool {
    word == Some(REFUSAL_ALLOWED)
}

/// Holds the answer to a request to what is in force. Beside it is known whether an alarm sounds, and whether a fault or a reset may be why it refuses.
pub(super) fn judge(
    now: &Nominal,
    request: &Request,
    refused: Option<&str>,
    [alarm, excused]: [bool; 2],
    out: &mut Vec<Finding>,
) {
    // The patient's bolus is weighed on its own, whatever the scenario says of it.
    if request.verb() == Verb::PatientBolus || !now.begun || now.blind || now.is_raw() || now.was().next().is_some() {
        return;
    }
    let verb = request.verb();
    match refused {
        None => {
            if let Some(why) = forbidden(now, request) {
                now.finding(out, Allowed::RefusedFor { verb, why }, Did::Granted);
            }
        }
        Some(code) => {
            if !excused && !may_refuse(now, verb, code, alarm) {
                let came = Did::Refused { code: code.to_owned() };
                now.finding(out, Allowed::CarriedOut { verb }, came);
            }
        }
    }
}

/// The code with which it must be refused, for sure.
fn forbidden(now: &Nominal, request: &Request) -> Option<&'static str> {
    let clock = now.settings.clock.0;
    let busy = now
        .ledger
        .active
        .iter()
        .any(|b| b.class != 2 && b.end() > now.t.saturating_add(clock));
    let busy = busy.then_some("bolus-active");
    let state = now.state;
    match request {
        Request::Start if state == State::Running => Some("not-stopped"),
        Request::Start if state == State::Stopped => busy,
        Request::PrimeBolus if state != State::Stopped => Some("not-stopped"),
        Request::BridgeBolus { .. } if state == State::Stopped => Some("stopped"),
        Request::BridgeBolus { .. } if state == State::Minimum => Some("not-allowed"),
        Request::SingleBolus { .. } | Request::PrimeBolus | Request::BridgeBolus { .. } => busy,
        _ => None,
    }
}

/// Whether it may be refused with this code.
fn may_refuse(now: &Nominal, verb: Verb, code: &str, alarm: bool) -> bool {
    let bolus = matches!(verb, Verb::SingleBolus | Verb::PrimeBolus | Verb::BridgeBolus);
    let (stopped, minimum) = (now.state == State::Stopped, now.state == State::Minimum);
    match code {
        // Nothing stands against a stop, ever.
        _ if verb == Verb::Stop => false,
        "not-stopped" => matches!(verb, Verb::Start | Verb::PrimeBolus) && !stopped,
        "stopped" => verb == Verb::BridgeBolus && stopped,
        "not-allowed" => verb == Verb::BridgeBolus && minimum,
        "bolus-active" => (bolus || verb == Verb::Start) && !now.ledger.active.is_empty(),
        "alarm-active" => alarm,
        "no-prescription" => now.rx.is_none(),
        "lockout" | "count" => !bolus && !matches!(verb, Verb::Start | Verb::MinimumRate),
        _ => true,
    }
}
