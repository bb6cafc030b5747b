//! The hand-worked sums of `docs/oracle.md`, row by row as scenarios that hold the oracle and the pump to its numbers.

use pump_hil::pages::{Entry, entries};
use std::fmt::Write;

const CLASSES: [(&str, &str); 5] = [
    ("patient", "patient-boluses"),
    ("periodic", "periodic-boluses"),
    ("clinician", "clinician-boluses"),
    ("prime", "prime"),
    ("bridge", "bridge"),
];

/// A row, and the scenario that it means.
pub struct Row {
    pub name: String,
    pub scenario: String,
}

/// All rows.
///
/// # Errors
/// A row that cannot be read, with the row.
pub fn rows(page: &str) -> Result<Vec<Row>, String> {
    let rows = entries(page).into_iter().filter(|entry| entry.head.starts_with("row "));
    rows.map(|entry| row(&entry).ok_or_else(|| format!("cannot read this row of docs/oracle.md: {entry:?}")))
        .collect()
}

fn row(entry: &Entry) -> Option<Row> {
    let number = entry.head.strip_prefix("row ")?;
    let [events, then, _because] = &entry.more[..] else {
        return None;
    };
    let (at, then) = then.strip_prefix("at ")?.split_once(": basal ")?;
    let (basal, then) = then.split_once(", bolus ")?;
    let (boluses, then) = then.split_once(", rate ")?;
    let (rate, state) = then.split_once(", ")?;
    let rx = &entry.means;
    let mut text = format!("scenario: row-{number}\nsummary: A row of the hand-worked table.\nreservoir: 20 mL\n");
    let drug = "drug: baclofen-500-mcg-per-mL";
    let _ = writeln!(text, "prescription: {{{drug}, {}}}", rx.trim_matches('`'));
    text.push_str(
        "allow-alarms: [battery-reset, trial-ended, dose-limit, refill-discrepancy, eri, end-of-service, occlusion, \
         reservoir-low, reservoir-empty, stopped-48h]\ntimeline:\n",
    );
    for event in events.split("; ") {
        step(&mut text, event, drug)?;
    }
    let mut sum = thousandths(basal)?;
    let (state, running) = state.split_once(" with ").unwrap_or((state, "none"));
    let resets = events.contains("brown-out") || events.contains("probe reset");
    let apart = if resets { "1500 nL" } else { "1 uL" };
    let mut expect = format!("basal: {basal} uL +- {apart}, state: {state}, bolus: {running}");
    for (kind, measure) in CLASSES {
        let given = boluses
            .split("; ")
            .find_map(|bolus| bolus.strip_prefix(kind)?.strip_prefix(' '));
        let given = given.unwrap_or("0");
        let _ = write!(expect, ", {measure}: {given} uL +- {apart}");
        sum += thousandths(given)?;
    }
    if rate != "-" {
        let _ = write!(expect, ", rate: {rate} uL/day");
    }
    let _ = write!(expect, ", prescribed: {sum} nL +- 100 nL");
    let _ = writeln!(text, "  - at: {}\n    expect: {{{expect}}}", spaceless(at)?);
    text.push_str("snapshot: none\n");
    Some(Row {
        name: format!("row {number}"),
        scenario: text,
    })
}

/// `1 h 30 min` in minutes, and what follows.
fn time(words: &str) -> Option<(u64, &str)> {
    let (mut minutes, mut seconds, mut rest) = (0, 0, words);
    while let Some((number, after)) = rest.split_once(' ')
        && let Ok(number) = number.parse::<u64>()
    {
        let (unit, after) = after.split_once(' ').unwrap_or((after, ""));
        match unit {
            "h" => minutes += number * 60,
            "min" => minutes += number,
            "s" => seconds += number,
            _ => return None,
        }
        rest = after;
    }
    Some((minutes * 60 + seconds, rest))
}

fn spaceless(at: &str) -> Option<String> {
    let (seconds, rest) = time(at)?;
    rest.is_empty().then(|| format!("{seconds} s"))
}

/// One event: a time, a verb, and what it takes.
fn step(text: &mut String, event: &str, drug: &str) -> Option<()> {
    let (at, words) = time(event)?;
    let (words, refused) = words
        .split_once(" refused ")
        .map_or((words, None), |(w, code)| (w, Some(code)));
    let (verb, with) = words.split_once(' ').unwrap_or((words, ""));
    let _ = writeln!(text, "  - at: {at} s");
    let _ = match verb {
        "program" => writeln!(text, "    program: {{{drug}, {}", with.strip_prefix('{')?),
        "inject" => match with.split_once(' ') {
            Some((fault, with)) => writeln!(text, "    inject: {fault}\n    with: {with}"),
            None => writeln!(text, "    inject: {with}"),
        },
        "probe" => writeln!(text, "    probe: {with}"),
        "set-clock" => writeln!(text, "    do: set-clock\n    with: {{to: \"{with}\"}}"),
        "refill" => writeln!(text, "    do: refill\n    with: {{added: {with}}}"),
        _ if with.is_empty() => writeln!(text, "    do: {verb}"),
        _ => writeln!(text, "    do: {verb}\n    with: {with}"),
    };
    if let Some(code) = refused {
        let _ = writeln!(text, "    refused: {code}");
    }
    Some(())
}

/// Microlitres with up to three decimals, in nanolitres.
fn thousandths(number: &str) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    Some(whole.parse::<u64>().ok()? * 1_000 + format!("{part:0<3}").parse::<u64>().ok()?)
}
