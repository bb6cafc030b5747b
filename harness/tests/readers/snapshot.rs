//! Accepted dose logs.

use super::attack::Target;
use super::seeds;
use pump_hil_model::case::Tolerance;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_verdict::dose::{DoseLog, beside, compare};
use pump_hil_verdict::snapshot::{INFO, Kept, allowed};

#[test]
fn a_dose_log_of_any_bytes_is_damaged_or_says_what_it_says() {
    let mut texts = seeds::texts("scenarios/snapshots", "snap");
    // Those that were accepted before a head said what its log was made with have none.
    let made = texts.iter().take(8).map(|text| {
        let text = String::from_utf8_lossy(text);
        text.replacen("\n---\n", &format!("\n{INFO}{MADE}\n---\n"), 1)
            .into_bytes()
    });
    let made: Vec<_> = made.collect();
    assert!(Kept::parse(&made[0]).expect("one with a whole head").made.is_some());
    texts.extend(made);
    let whole = Kept::parse(&texts[0]).expect("a shipped one").log;
    Target {
        name: "snapshot",
        inputs: 1_500,
        seeds: texts,
        read: &|bytes| read(bytes, &whole),
    }
    .run();
}

/// What a head says of how its log was made.
const MADE: &str = r#"{"prescription":{"mode":"continuous","rate":"500 uL/day"},"scenario_sha256":"00","tolerance":{"volume":1000,"volume_floor":500,"time":2000},"late":7,"read_back":true,"carried":true}"#;

fn read(bytes: &[u8], whole: &DoseLog) {
    let kept = match Kept::parse(bytes) {
        Ok(kept) => kept,
        Err(damage) => {
            let told = damage.to_string();
            return assert!(!told.is_empty() && !told.chars().any(char::is_control), "{told:?}");
        }
    };
    let written = kept.log.to_string();
    let again = DoseLog::parse(&written).expect("what was written can be read");
    assert_eq!((&again.rows, &again.name), (&kept.log.rows, &kept.log.name));
    assert_eq!(again.to_string(), written);
    let exact = Tolerance {
        volume: Percent(0),
        volume_floor: Volume(0),
        time: Span(0),
    };
    assert_eq!(compare(&again, &kept.log, &exact), []);
    let said = kept
        .made
        .as_ref()
        .map_or(exact, |made| allowed(&kept.log, &made.tolerance));
    // As a review shows them: no row of either is lost.
    let rows = beside(whole, &kept.log, &said);
    let count = rows.iter().filter(|row| row.new.is_some()).count();
    assert!(count <= kept.log.rows.len() && (kept.made.is_some() || count == kept.log.rows.len()));
    for difference in compare(&kept.log, whole, &exact) {
        let told = difference.to_string();
        assert!(!told.chars().any(char::is_control), "{told:?}");
    }
}
