//! What several reports say in the same words.

use super::result::ScenarioResult;
use super::units::told;
use pump_hil_model::safe_text::safe;
use pump_hil_model::trouble::Trouble;
use pump_hil_model::verdict::Reason;

/// Reasons of one result that are shown in full.
pub(super) const REASONS_SHOWN: usize = 12;

/// A reason in words: where, what was expected, what it got.
pub(super) fn reason_lines(result: &ScenarioResult, reason: &Reason) -> Vec<String> {
    let place = reason
        .line
        .map_or(String::new(), |line| format!(" at {}:{line}", safe(&result.file)));
    let step = reason
        .step
        .as_ref()
        .map_or(String::new(), |step| format!(", step {}", safe(&step.0)));
    let mut lines = vec![format!("{} {}{step}{place}", kind(reason), when(reason))];
    let (expected, got) = told(&result.units, reason);
    for (label, text) in [("expected", expected), ("got", got)] {
        for (i, line) in text.lines().enumerate() {
            let label = if i == 0 { label } else { "" };
            lines.push(format!("  {label:>8}  {}", safe(line)));
        }
    }
    lines
}

/// When it was: the times of set-up are not those of the scenario.
pub(super) fn when(reason: &Reason) -> String {
    let of = if reason.in_set_up { " of set-up" } else { "" };
    format!("at {}{of}", reason.t.clock())
}

/// The reasons, the cause of the others first: by a clock that counts in other units all else is too early or too late.
pub(crate) fn cause_first(reasons: &[Reason]) -> Vec<&Reason> {
    let mut all: Vec<&Reason> = reasons.iter().collect();
    // It is stable: the others keep the order of the journal.
    all.sort_by_key(|reason| !reason.came.is_another_clock());
    all
}

/// That the pump started again though nobody had asked for it; nothing where it did not.
pub(super) fn unasked_starts(result: &ScenarioResult) -> Option<String> {
    let times = result.outcome.unasked_starts;
    let told = || {
        format!(
            "the pump started again {}, and nobody had asked for it",
            counted(times as usize, "time")
        )
    };
    (times > 0).then(told)
}

/// The checks that the rig cannot show; nothing where it shows all.
pub(super) fn not_shown(result: &ScenarioResult) -> Vec<String> {
    let told = result.outcome.not_shown.iter();
    told.map(|check| {
        format!(
            "not shown: {} at {}:{}",
            safe(&check.text),
            safe(&result.file),
            check.line
        )
    })
    .collect()
}

/// That a case is right, and that nobody has accepted its dose log yet.
pub(super) fn new_in_words(result: &ScenarioResult) -> String {
    let hold = match result.outcome.not_shown.len() {
        0 => "all expectations hold".to_owned(),
        number => format!(
            "all expectations that this rig shows hold, {} not shown",
            counted(number, "check")
        ),
    };
    format!("{hold}; its dose log waits for a review")
}

/// What keeps a case from a verdict, with whose it is: never the pump's, and not the rig's where it is a file, this computer or the person.
pub(super) fn trouble_line(trouble: &Trouble) -> String {
    let code = trouble.code();
    let whose = match code.as_str() {
        "interrupted" => "the run was stopped",
        // That is a failure of the pump, which ends what can be said of it.
        "firmware-hangs" => "nothing more can be said",
        "not-safe" => "the end of the run",
        "journal" | "journal-swapped" => "this computer, not the pump",
        "broke-off" | "harness-failed" => "this program, not the pump",
        "babble" => "the limits of a run",
        code if code.starts_with("journal-") => "the journal, not the pump",
        code if code.starts_with("snapshot") => "the file, not the pump",
        _ => "the rig, not the pump",
    };
    format!("{whose}: {}", safe(&trouble.to_string()))
}

/// A reason's kind, as files have it.
pub(crate) fn kind(reason: &Reason) -> String {
    serde_json::to_value(reason.kind)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// `1 case`, `2 cases`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::trouble::TroubleCode;

    #[test]
    fn a_trouble_is_told_with_whose_it_is() {
        let of = |code: &'static str| trouble_line(&Trouble::told(TroubleCode::of(code), "so"));
        for (code, line) in [
            ("rig-line-lost", "the rig, not the pump: so"),
            ("set-up", "the rig, not the pump: so"),
            ("interrupted", "the run was stopped: so"),
            ("journal", "this computer, not the pump: so"),
            ("journal-torn", "the journal, not the pump: so"),
            ("snapshot-damaged", "the file, not the pump: so"),
            ("snapshot-not-accepted", "the file, not the pump: so"),
            ("harness-failed", "this program, not the pump: so"),
            ("firmware-hangs", "nothing more can be said: so"),
        ] {
            assert_eq!(of(code), line);
        }
    }
}
