use super::{ReconcileSettings, Reconciler};
use pump_hil_model::case::Case;
use pump_hil_testing::situation::{HOUR, Run, case};

fn found(case: &Case, run: &mut Run) -> Vec<String> {
    let mut reconciler = Reconciler::new(case, ReconcileSettings::default());
    for event in run.ended() {
        reconciler.on_event(&event);
    }
    reconciler
        .finish()
        .into_iter()
        .map(|(_, f)| f.came.to_string())
        .collect()
}

#[test]
fn three_volumes_that_agree_are_right() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(24 * HOUR);
    assert_eq!(found(&case(vec![]), &mut run), [""; 0]);
}

#[test]
fn over_delivery_is_found_though_the_pumps_own_log_looks_right() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(12 * HOUR);
    run.delivered_extra = 40_000;
    run.basal_until(24 * HOUR);
    let found = found(&case(vec![]), &mut run);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("delivered 300 uL is 40 uL above reported 260 uL at 13:00:00.000"),
        "{found:?}"
    );
}

#[test]
fn a_reported_stroke_that_moved_nothing_is_found() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(12 * HOUR);
    run.delivered_extra = -60_000;
    run.basal_until(13 * HOUR);
    assert!(found(&case(vec![]), &mut run)[0].contains("below reported"));
}

#[test]
fn a_case_that_says_so_is_not_reconciled_with_what_was_delivered() {
    let mut off = case(vec![]);
    off.reconcile = None;
    let mut run = Run::begun();
    run.start(480_000).basal_until(12 * HOUR);
    run.delivered_extra = 100_000;
    run.basal_until(24 * HOUR);
    assert_eq!(found(&off, &mut run), [""; 0]);
    run.actuated_extra = 5_000;
    run.basal_until(36 * HOUR);
    assert!(
        found(&off, &mut run)[0].contains("apart from reported"),
        "strokes are still compared"
    );
}

#[test]
fn strokes_that_a_held_rotor_did_not_make_are_no_difference() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(2 * HOUR).arm("motor-stall");
    run.actuated_extra = 10_000;
    run.at(3 * HOUR)
        .entry("periodic")
        .disarm("motor-stall")
        .basal_until(10 * HOUR);
    assert_eq!(found(&case(vec![]), &mut run), [""; 0]);
    run.actuated_extra = 14_000;
    run.basal_until(12 * HOUR);
    assert_eq!(found(&case(vec![]), &mut run).len(), 1);
}

#[test]
fn what_primes_the_catheter_is_not_delivered_yet() {
    let mut run = Run::begun();
    run.give(4, 380_000);
    run.delivered_extra = -380_000;
    run.entry("bolus-end").start(480_000).basal_until(5 * HOUR);
    assert_eq!(found(&case(vec![]), &mut run), [""; 0]);
}

#[test]
fn what_leaves_after_the_last_entry_and_was_not_moved_is_found() {
    let mut run = Run::begun();
    run.start(480_000).basal_until(12 * HOUR);
    run.delivered_extra = 40_000;
    run.at(12 * HOUR + HOUR / 2).sample();
    let found = found(&case(vec![]), &mut run);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains("delivered 280 uL is 40 uL above actuated 240 uL at 12:30:00.000"),
        "{found:?}"
    );
}
