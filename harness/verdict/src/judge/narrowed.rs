//! What a verdict does not say, because the pump lacks what would show it.

use super::observed::Observed;
use pump_hil_model::case::Case;
use pump_hil_model::lack::Lack;

/// What could not be made safe, where that was not told before anything was started.
pub(super) fn surprise(not_safe: &[String], is_told: bool) -> &[String] {
    if is_told { &[] } else { not_safe }
}

/// Each claim that is not made, with its reason, for people.
pub(super) fn narrowed(seen: &Observed, case: &Case) -> Vec<String> {
    let (lacks, observing) = (&seen.lacks, &seen.observing);
    // How much wider it is than of a pump that tells all by itself.
    let mut notes = observing.told();
    let mut note = |is_so: bool, what: &str, lack: Lack| {
        if is_so {
            notes.push(format!("{what} (this pump has {})", lacks.told(lack)));
        }
    };
    note(
        lacks.has(Lack::MAKE_SAFE),
        "nothing on the line makes the pump safe: whoever runs this sees to it",
        Lack::MAKE_SAFE,
    );
    note(lacks.has(Lack::IDENTIFY), "the pump was not identified", Lack::IDENTIFY);
    let unread = case.prescription.is_some() && lacks.has(Lack::READ_BACK) && !lacks.has(Lack::PROGRAM);
    note(unread, "the prescription was not read back", Lack::READ_BACK);
    let silent = if lacks.has(Lack::EVENTS) {
        Lack::EVENTS
    } else {
        Lack::UNASKED
    };
    let what = match observing.alarms {
        Some(_) => "therapy that ends by itself is not seen: a dose is held to what it may be at most",
        None => "alarms, and therapy that ends by itself, are not seen: a dose is held to what it may be at most",
    };
    note(!lacks.tells_events(), what, silent);
    let (no_entries, no_totals) = (!lacks.tells_entries(), lacks.has(Lack::TOTALS));
    let quiet = if lacks.has(Lack::DOSE_ENTRIES) {
        Lack::DOSE_ENTRIES
    } else {
        Lack::UNASKED
    };
    note(
        no_entries && no_totals,
        "what the pump reports to have given is compared with nothing",
        quiet,
    );
    note(
        no_entries && !no_totals,
        "the dose is held to the pump's totals, where they were asked, and to no entries",
        quiet,
    );
    let unkept = case.snapshot.is_none() && !lacks.gives_dose_log() && observing.entry_per.is_none();
    let of_log = [quiet, silent, Lack::LOG_EVERY, Lack::STATUS, Lack::SET_CLOCK];
    if let Some(lack) = of_log.into_iter().find(|lack| lacks.has(*lack)) {
        note(unkept, "no dose log is compared", lack);
    }
    for log in [Lack::DOSE_LOG, Lack::EVENT_LOG] {
        note(
            lacks.has(log) && !lacks.has(Lack::UNASKED),
            "what a line loses cannot be read back",
            log,
        );
    }
    note(
        lacks.has(Lack::STATUS),
        "what the pump says of its state when it is stopped is not read back",
        Lack::STATUS,
    );
    notes
}
