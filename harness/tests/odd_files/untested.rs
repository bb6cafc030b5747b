//! A run in which no case was played is not green.

use crate::bench::{Bench, SMALL};

fn needs(what: &str) -> String {
    SMALL.replace("scenario: small", "scenario: skipped") + &format!("needs: [{what}]\nsnapshot: none\n")
}

#[test]
fn what_was_skipped_is_told_with_its_reasons_and_a_run_of_nothing_else_is_not_green() {
    let bench = Bench::with_a_log();
    bench.write("scenarios/skipped.yaml", needs("symbols"));
    bench.run(&[]).is(0, "1 passed, 0 failed, 0 inconclusive, 1 skipped; ");
    bench.run(&[]).is(0, "skipped: rig `sim` cannot do symbols: 1 case");
    let all_skipped = bench.run(&["--filter", "name:skipped"]);
    let told = "error: no case was played, so nothing was tested: rig `sim` cannot do symbols: 1 case\n";
    all_skipped.is(4, told);
    assert!(all_skipped.text.ends_with(told), "not last: {}", all_skipped.text);
}

#[test]
fn a_part_of_a_run_that_has_no_case_is_nothing_wrong_and_leaves_its_reports() {
    let bench = Bench::with_a_log();
    bench
        .run(&["--filter", "name:small", "--shard", "2/2"])
        .is(0, "of 1 case, `--shard 2/2` holds none");
    let text = std::fs::read_to_string(bench.path("out/results.json")).unwrap();
    assert!(text.contains("\"results\": []"), "{text}");
    bench
        .run(&["--filter", "name:other", "--shard", "2/2"])
        .is(2, "selects none of 1 case");
}
