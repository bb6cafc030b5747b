//! Boluses that ended early: each has a reason, which the pump or its clinician told around that instant.
//!
//! Invariant: the reason may stand before the end or behind it, so nothing is said before both had their time.

use super::ledger::{Bolus, KINDS};
use super::nominal::Nominal;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::verdict::{Allowed, Came, Did, Expected, Finding, ReasonKind};

/// A bolus that ended early.
#[derive(Debug, Clone)]
struct Cut {
    t: i64,
    kind: &'static str,
    dose: i64,
    given: i64,
    cause: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Cuts {
    open: Vec<Cut>,
    /// When there was last a reason of each kind.
    stopped: Option<i64>,
    alarmed: Option<i64>,
    reset: Option<i64>,
}

impl Cuts {
    /// Somebody stopped therapy, changed its state or its prescription.
    pub fn stopped(&mut self, t: i64) {
        self.stopped = Some(t);
    }

    /// An alarm came, or sounds.
    pub fn alarmed(&mut self, t: i64) {
        self.alarmed = Some(t);
    }

    /// The pump started anew.
    pub fn reset(&mut self, t: i64) {
        self.reset = Some(t);
    }

    /// A bolus ended, at that instant or a little later: it gave what was due until then, and where that is early it says why. Beside it is known whether
    /// an alarm sounds, and whether a fault may be why something lacks.
    pub fn ended(
        &mut self,
        now: &Nominal,
        (bolus, at): (Bolus, i64),
        given: i64,
        cause: &str,
        [alarm, excused]: [bool; 2],
        out: &mut Vec<Finding>,
    ) {
        let kind = KINDS[bolus.class];
        if alarm {
            self.alarmed(now.t);
        }
        let complete = cause == "complete";
        if !complete && !excused && !now.is_raw() {
            self.open.push(Cut {
                t: now.t,
                kind,
                dose: bolus.dose,
                given,
                cause: cause.to_owned(),
            });
        }
        // It ended then at the earliest, and now at the latest.
        let [least, most] = [at, now.t].map(|t| if complete { bolus.dose } else { bolus.given(t) });
        let slack = now.slack();
        // Basal goes first where both are more than the motor can make. A reset forgets what it had not stored.
        let basal = if complete {
            0
        } else {
            now.ledger.basal_since(bolus.start)
        };
        let lacks = given.saturating_add(basal) < least.saturating_sub(slack) && cause != "reset" && !excused;
        if given > most.saturating_add(slack) || lacks {
            let (expected, came) = instead(kind, if lacks { least } else { most }, given, cause);
            now.finding(out, expected, came);
        }
    }

    /// Those whose reason had its time, and did not come.
    pub fn check(&mut self, now: &Nominal, out: &mut Vec<Finding>) {
        let grace = now.settings.clock.0;
        let (stopped, alarmed, reset) = (self.stopped, self.alarmed, self.reset);
        let over = |cut: &mut Cut| now.t > cut.t.saturating_add(grace);
        for cut in self.open.extract_if(.., over) {
            let reason = match cut.cause.as_str() {
                "stopped" => stopped,
                "alarm" => alarmed,
                "reset" => reset,
                _ => None,
            };
            // The latest one: an older one was told before this bolus ended.
            if reason.is_some_and(|at| at >= cut.t.saturating_sub(grace)) || now.unknown {
                continue;
            }
            let (expected, came) = instead(cut.kind, cut.dose, cut.given, &cut.cause);
            out.push(Finding {
                kind: ReasonKind::Oracle,
                t: Span(cut.t),
                expected: Expected::Oracle(expected),
                came: Came::Did(came),
            });
        }
    }
}

/// What a bolus should have given, and what it gave.
fn instead(kind: &str, due: i64, given: i64, cause: &str) -> (Allowed, Did) {
    let expected = Allowed::Bolus {
        kind: kind.to_owned(),
        dose: Volume(due),
    };
    let came = Did::Gave {
        given: Volume(given),
        cause: cause.to_owned(),
    };
    (expected, came)
}
