//! Accepted dose logs.

use super::attack::Target;
use super::seeds;
use pump_hil_model::case::Tolerance;
use pump_hil_model::quantity::{Percent, Span, Volume};
use pump_hil_verdict::dose::{DoseLog, compare};
use pump_hil_verdict::snapshot::Kept;

#[test]
fn a_dose_log_of_any_bytes_is_damaged_or_says_what_it_says() {
    let texts = seeds::texts("scenarios/snapshots", "snap");
    let whole = Kept::parse(&texts[0]).expect("a shipped one").log;
    Target {
        name: "snapshot",
        inputs: 1_500,
        seeds: texts,
        read: &|bytes| read(bytes, &whole),
    }
    .run();
}

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
    for difference in compare(&kept.log, whole, &exact) {
        let told = difference.to_string();
        assert!(!told.chars().any(char::is_control), "{told:?}");
    }
}
