//! What was expected, and came too late: the finding tells by how much, so that nobody takes it for never.

use super::checks::{Look, Windows};
use super::findings::Findings;
use super::observed::Observed;
use pump_hil_model::case::Check;
use pump_hil_model::quantity::Span;
use pump_hil_model::verdict::{Came, Expected};
use std::ops::Range;

/// Checks that are looked for at most.
const LATE_MAX: usize = 64;

/// Checks that did not hold at their end.
#[derive(Debug, Clone, Default)]
pub(super) struct Late(Vec<Missed>);

/// A check that did not hold at its end.
#[derive(Debug, Clone)]
struct Missed {
    /// Which of the findings it is.
    finding: usize,
    windows: Windows,
    /// It had time to come.
    waited: bool,
    /// Its end.
    t: Span,
}

impl Late {
    /// Findings at the end of an expectation. One that had no time to wait in counts only where it is of something that comes: a volume grows by itself.
    pub fn missed(&mut self, findings: Range<usize>, windows: Windows, waited: bool, t: Span) {
        let all = findings.map(|finding| Missed {
            finding,
            windows,
            waited,
            t,
        });
        self.0.extend(all.take(LATE_MAX.saturating_sub(self.0.len())));
    }

    /// A step acts on the pump: what had no time to wait in and comes from here on may come of that, and was not late.
    pub fn acted(&mut self) {
        self.0.retain(|missed| missed.waited);
    }

    /// Takes the next event, after it is observed.
    pub fn on_event(&mut self, t: Span, seen: &Observed, prescribed: Option<i64>, out: &mut Findings) {
        self.0.retain(|missed| {
            let Some(finding) = out.reason_mut(missed.finding) else {
                return false;
            };
            let (Expected::Check(check), Came::Seen(instead)) = (&finding.expected, &finding.came) else {
                return false;
            };
            if !missed.waited && !comes(check) {
                return false;
            }
            let windows = missed.windows;
            let look = Look {
                seen,
                windows,
                prescribed,
            };
            let holds = look.holds(check);
            if holds {
                let by = Span(t.0.saturating_sub(missed.t.0));
                finding.came = Came::Late {
                    instead: instead.clone(),
                    by,
                };
            }
            !holds
        });
    }
}

/// Whether it is of something that comes at an instant.
fn comes(check: &Check) -> bool {
    matches!(
        check,
        Check::Alarm { .. }
            | Check::AlarmCleared { .. }
            | Check::Event { .. }
            | Check::State(_)
            | Check::Mode(_)
            | Check::Bolus(_)
    )
}
