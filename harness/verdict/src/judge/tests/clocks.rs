//! The pump's clock beside the host's: one that drifts, and a line that is slow.

use super::heard::{codes, rate, reply, sent, timed};
use super::judge_journal;
use pump_hil_model::case::Case;
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::{Percent, Span};
use pump_hil_model::verdict::Verdict;
use pump_hil_testing::situation::{HOUR, MINUTE, Run, case};
use std::collections::BTreeMap;

/// A pump that is asked for its civil time every half hour for `hours`, and runs at `permille` of the host's pace; each line comes `late` ms after it
/// was sent, `late_at_the_end` in the last hour.
fn asked_for_its_time(scale: u32, permille: i64, hours: i64, late: i64, late_at_the_end: i64) -> Run {
    let mut run = timed(Some(scale));
    for half in 0..=2 * hours {
        let t = half * HOUR / 2;
        let late = if half >= 2 * hours - 2 { late_at_the_end } else { late };
        let spoke = Said::Other {
            kind: "muted".into(),
            fields: BTreeMap::new(),
        };
        run.at(t.max(run.t)).said(spoke).push(sent());
        let said = (t + late) * permille / 1_000;
        let rtc = format!("{}s", 820_886_400 + said / 1_000);
        run.at(run.t + 2 * late).push(reply("status", &[("rtc", &rtc)]));
    }
    run
}

/// A case in which no dose entry is due.
fn without_entries() -> Case {
    Case {
        log_every: Span(1_000 * HOUR),
        ..case(vec![])
    }
}

#[test]
fn a_clock_that_drifts_beyond_the_limit_is_a_failure_with_both_clocks() {
    let case = without_entries();
    for (permille, words) in [
        (950, "the host's clock went on by "),
        (100, "`scale` in the rig file: it says 600, and 60 would fit"),
        (1_050, "the host's clock went on by "),
        (
            10_000,
            "10 times faster than the rig says; look at `scale` in the rig file: it says 600, and 6000 would fit",
        ),
        (
            250,
            "4 times slower than the rig says; look at `scale` in the rig file: it says 600, and 150 would fit",
        ),
    ] {
        let run = asked_for_its_time(600, permille, 8, 0, 0);
        let Verdict::Failed { reasons } = judge_journal(&case, { run }.ended()).verdict else {
            panic!("{permille} passed");
        };
        assert_eq!((reasons.len(), reasons[0].code()), (1, "clock-drift"), "{permille}");
        let came = reasons[0].came.to_string();
        assert!(came.contains(words), "{permille}: {came}");
        assert_eq!(came.contains("scale"), words.contains("scale"), "{permille}: {came}");
    }
    for permille in [995, 1_000, 1_005] {
        let run = asked_for_its_time(1, permille, 48, 0, 0);
        assert_eq!(codes(&case, run), Vec::<String>::new(), "{permille}");
    }
    let granted = {
        let mut run = asked_for_its_time(1, 500, 8, 0, 0);
        run.events[0].body = Body::Timing {
            scale: None,
            drift: Percent(1_000),
        };
        run
    };
    assert_eq!(
        codes(&case, granted),
        Vec::<String>::new(),
        "granted time is the pump's own"
    );
}

#[test]
fn a_clock_that_set_up_finds_wrong_on_a_pump_with_a_past_is_found() {
    // The pump is watched for 10 s until its past is settled: its clock is known to be wrong by then, and is told only once.
    let case = without_entries();
    let settled = |pace: i64| {
        let mut run = timed(Some(1));
        let begun = run.events.pop().unwrap();
        for t in [0, 10_000] {
            let rtc = format!("{}s", 820_000_000 + t / 1_000 * pace);
            run.at(t).push(sent()).push(reply("status", &[("rtc", &rtc)]));
        }
        let (found, did) = (Vec::new(), Vec::new());
        run.push(Body::Past { found, did }).sample().push(begun.body);
        run
    };
    assert_eq!(codes(&case, settled(600)), ["clock-drift"]);
    let Verdict::Failed { reasons } = judge_journal(&case, settled(600).ended()).verdict else {
        panic!("it passed");
    };
    assert!(reasons[0].in_set_up, "its time is not the scenario's: {:?}", reasons[0]);
    assert_eq!(codes(&case, settled(1)), Vec::<String>::new());
}

#[test]
fn a_slow_line_is_no_slow_clock_also_where_it_becomes_slow_on_the_way() {
    let case = without_entries();
    for (late, at_the_end) in [(2_000, 2_000), (0, 2_000), (2_000, 0)] {
        // As slow for a scale of 600: two seconds of the host are twenty minutes of the pump.
        let run = asked_for_its_time(600, 1_000, 8, late * 300, at_the_end * 300);
        assert_eq!(codes(&case, run), Vec::<String>::new(), "{late} {at_the_end}");
    }
}

#[test]
fn a_clock_that_its_records_show_to_drift_is_found_and_one_late_record_is_not() {
    let case = without_entries();
    let run = |permille: i64, late: &[i64]| {
        let mut run = timed(Some(1));
        for hour in 1..=10_i64 {
            let t = hour * HOUR;
            run.at(t - MINUTE).push(sent()).push(reply("totals", &[]));
            let late = if late.contains(&hour) { 5 * MINUTE } else { 0 };
            let n = u64::try_from(hour).unwrap();
            run.at(t).push(rate(n, (t - late) * permille / 1_000));
        }
        run
    };
    assert_eq!(codes(&case, run(1_000, &[])), Vec::<String>::new());
    assert_eq!(codes(&case, run(950, &[])), ["clock-drift"]);
    assert_eq!(codes(&case, run(1_050, &[])), ["clock-drift"]);
    assert_eq!(
        codes(&case, run(1_000, &[5])),
        Vec::<String>::new(),
        "it was overtaken by a reply"
    );
}
