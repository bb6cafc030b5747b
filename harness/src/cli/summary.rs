//! What a person sees when a run is over: what did not pass, and what is not safe.

use super::explain::words_of;
use super::print::{eprint_painted, print_painted};
use super::width;
use crate::report::{ScenarioResult, counted, summary, terminal};
use crate::reporter::{ReportError, Reporter, RunEvent};
use crate::snapshot;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::Verdict;
use pump_hil_rig::files::read_bounded;
use pump_hil_rig::host_time;
use pump_hil_verdict::snapshot::Accepted;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Cases up to which each is named: who plays one or two wants to see that it was these.
const FEW: usize = 12;

/// Accepted dose logs that are named.
const ACCEPTED: usize = 20;

/// Prints what came of all cases.
pub(super) struct Summary {
    /// Each case, and all that is to be said of those that did not pass.
    verbose: bool,
    begun: Instant,
}

impl Summary {
    /// Of a run that begins now.
    pub fn new(verbose: bool) -> Self {
        Self {
            verbose,
            begun: host_time::now(),
        }
    }
}

impl Reporter for Summary {
    fn on(&mut self, event: &RunEvent) -> Result<(), ReportError> {
        let RunEvent::Ended(ended) = event else {
            return Ok(());
        };
        let mut text = String::new();
        let width = width::columns(std::io::stdout()).unwrap_or(width::OF_FILES);
        if self.verbose || (1..=FEW).contains(&ended.results.len()) {
            text.push_str(&terminal::table(&ended.results, width));
        }
        text.push_str(&summary(
            &ended.results,
            self.begun.elapsed(),
            &line_of,
            self.verbose,
            width,
        ));
        if let Some(by) = ended.interrupted {
            text.push_str(&format!(
                "Interrupted by {by}: {} not run\n",
                counted(ended.not_run.len(), "case")
            ));
        }
        if let (None, false) = (ended.interrupted, ended.not_run.is_empty()) {
            text.push_str(&format!(
                "Ended at the first case that did not pass: {} not run\n",
                counted(ended.not_run.len(), "case")
            ));
        }
        text.push_str(&uneven(&ended.results));
        text.push_str(&accepted(&ended.results));
        text.push_str(&words_of(&ended.results));
        let printed = print_painted(&text);
        // Last, so that nobody overlooks it.
        eprint_painted(&terminal::not_safe(&ended.results));
        printed
    }
}

/// A line of a scenario's file, if it is still there.
fn line_of(file: &str, line: u32) -> Option<String> {
    let text = String::from_utf8(read_bounded(Path::new(file)).ok()?).ok()?;
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    text.lines().nth(at).map(str::to_owned)
}

/// The dose logs that this run accepted, and what they are beside the ones before; nothing where it accepted none.
fn accepted(results: &[Arc<ScenarioResult>]) -> String {
    let all: Vec<(String, &Accepted)> = results
        .iter()
        .filter_map(|result| Some((safe(&result.shown()), result.accepted.as_deref()?)))
        .collect();
    let Some((_, Accepted { acceptance, .. })) = all.first() else {
        return String::new();
    };
    let (count, who) = (counted(all.len(), "dose log"), safe(&acceptance.who));
    let mut text = match &acceptance.reason {
        Some(reason) => format!("Accepted {count} as {who}: {}\n", safe(reason)),
        None => format!("Accepted {count} as {who}, {}\n", snapshot::NO_REASON),
    };
    for (name, accepted) in all.iter().take(ACCEPTED) {
        text.push_str(&format!("  {name}: {}\n", safe(&accepted.change())));
    }
    if all.len() > ACCEPTED {
        text.push_str(&format!("  and {} more\n", all.len() - ACCEPTED));
    }
    text
}

/// Cases that were played several times and did not come out the same each time; nothing where there are none.
fn uneven(results: &[Arc<ScenarioResult>]) -> String {
    let mut passed: BTreeMap<(&str, &str), Vec<bool>> = BTreeMap::new();
    for result in results.iter().filter(|result| result.round.is_some()) {
        let all = passed.entry((&result.name, &result.rig)).or_default();
        all.push(matches!(result.outcome.verdict, Verdict::Passed));
    }
    let count = |all: &[bool]| all.iter().filter(|passed| **passed).count();
    let uneven = passed.iter().filter(|(_, all)| ![0, all.len()].contains(&count(all)));
    let line = |((name, rig), all): (&(&str, &str), &Vec<bool>)| {
        let (name, rig, count) = (safe(name), safe(rig), count(all));
        format!(
            "Not the same each time: {name} on {rig} passed {count} of {} times\n",
            all.len()
        )
    };
    uneven.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_verdict::judge::Outcome;
    use std::time::Duration;

    #[test]
    fn a_case_that_passes_now_and_then_is_named() {
        let one = |scenario: &str, round, verdict| {
            let mut case = pump_hil_testing::situation::case(Vec::new());
            case.scenario = scenario.to_owned();
            let outcome = Outcome::without_run(&case, verdict);
            let mut result = ScenarioResult::new(&case, "sim", Duration::ZERO, outcome);
            result.round = round;
            Arc::new(result)
        };
        let failed = || Verdict::Failed { reasons: Vec::new() };
        let results = [
            one("even", Some(1), Verdict::Passed),
            one("even", Some(2), Verdict::Passed),
            one("never", Some(1), failed()),
            one("never", Some(2), failed()),
            one("flaky", Some(1), Verdict::Passed),
            one("flaky", Some(2), failed()),
            one("once", None, failed()),
        ];
        assert_eq!(
            uneven(&results),
            "Not the same each time: flaky on sim passed 1 of 2 times\n"
        );
    }
}
