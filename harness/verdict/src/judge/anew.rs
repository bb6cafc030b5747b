//! What a pump's past is to a verdict: nothing, but for firmware that fails and numbers that cannot be.

use super::Judge;
use super::findings::Findings;
use pump_hil_model::verdict::ReasonKind;

/// Set-up has settled the past: all that counts begins anew, and what is known of the run goes on.
pub(super) fn begin_anew(judge: &mut Judge) {
    let mut fresh = Judge::new(&judge.case);
    fresh.observed.now = judge.observed.now;
    fresh.observed.keep_counts(&judge.observed);
    std::mem::swap(&mut fresh.clocks, &mut judge.clocks);
    std::mem::swap(&mut fresh.garbage, &mut judge.garbage);
    std::mem::swap(&mut fresh.line, &mut judge.line);
    std::mem::swap(&mut fresh.last_events, &mut judge.last_events);
    std::mem::swap(&mut fresh.crashes, &mut judge.crashes);
    fresh.findings = without_past(std::mem::take(&mut judge.findings));
    fresh.frozen = fresh.findings.has_reason();
    *judge = fresh;
}

fn without_past(mut findings: Findings) -> Findings {
    findings.keep_only(|kind| matches!(kind, ReasonKind::FirmwareFault | ReasonKind::Hang | ReasonKind::Record));
    findings
}
