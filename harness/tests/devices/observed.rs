//! Pumps that tell nothing by themselves: the harness asks them every so often, and what it does not see between two questions it does not claim.

use crate::bench::{Bench, Played, all_at_once, at, rig};

/// What is asked of the pump with registers.
const ASKED: &str = "observe:
  reported: {ask: status, every: 200 ms, resolution: 1 uL}
  alarms: {ask: status, every: 200 ms}
";

/// Plays steps on an emulator that is asked.
fn played(misbehave: Option<&str>, steps: &str, rules: &str) -> Played {
    let bench = Bench::new();
    let rig = bench.observed("slip-pump", ASKED);
    let pump = bench.emulated("slip-registers", misbehave);
    let text = format!("scenario: asked\nsummary: A pump that is asked.\ndevice: slip-pump\n{rules}timeline:\n{steps}");
    let scenario = bench.file("asked.yaml", &text);
    bench.play(&scenario, &rig, &["--port", &at(pump.port), "-v"])
}

/// A dose of 50 uL in 3 s, and nothing that looks at the pump meanwhile.
const DOSE: &str = "  - do: single-bolus
    with: {dose: 50 uL, over: 3 s}
  - wait: 4 s
";

/// What is played: how the pump misbehaves, steps, rules, the verdict, and words that must be told.
type Play = (
    Option<&'static str>,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

#[test]
fn a_pump_that_is_asked_is_judged_by_what_it_answers() {
    let plays: Vec<Play> = vec![
        (
            None,
            "  - expect: {reported: 50.9 uL .. 52 uL}\n",
            "",
            "passed",
            &["compared with +- 1 uL and +- 200 ms", "asked for `status` every 200 ms"],
        ),
        (
            None,
            "  - expect: {reported: 51.1 uL .. 52 uL}\n",
            "",
            "failed",
            &["got reported 50 uL"],
        ),
        // Nobody looks at its alarms but who asks it every so often.
        (Some("stalls-at:20"), "", "", "failed", &["alarm `occlusion`"]),
        (
            Some("stalls-at:20"),
            "  - expect: {alarm: occlusion}\n",
            "",
            "passed",
            &[],
        ),
        (
            Some("stalls-at:20"),
            "  - expect: {no-alarm: occlusion}\n",
            "",
            "failed",
            &["no alarm `occlusion`"],
        ),
        // That none came between two looks nobody knows.
        (None, "", "always: [no alarm]\n", "passed", &["1 check not shown"]),
        (None, "  - expect: {no-alarm: any}\n", "", "passed", &[]),
        (
            Some("silent-after:12"),
            "",
            "",
            "failed",
            &[
                "an answer to `status`, which is asked every 200 ms",
                "none to 3 in a row",
            ],
        ),
        // One in five is lost, as on a bad line.
        (Some("no-answer:5"), "", "", "passed", &[]),
    ];
    all_at_once(plays, |(misbehave, steps, rules, verdict, told)| {
        let played = played(misbehave, &format!("{DOSE}{steps}"), rules);
        let words = played.words();
        let good = played.verdict == verdict && told.iter().all(|told| words.contains(told));
        (!good).then(|| format!("{misbehave:?} {steps} {rules}: must have {verdict} and tell {told:?}: {played:?}"))
    });
}

/// A dose log that is made of the total, and a dose of 50 uL in 5 s.
const SAMPLED: &str = "dose-log: {from: reported, entry-per: 10 uL}
";
const LOGGED: &str = "scenario: logged
summary: A dose whose log is made of samples.
device: slip-pump
timeline:
  - do: single-bolus
    with: {dose: 50 uL, over: 5 s}
  - wait: 6 s
";

#[test]
fn a_dose_log_out_of_samples_is_accepted_once_and_compared_then() {
    let bench = Bench::new();
    let rig = bench.observed("slip-pump", &[ASKED, SAMPLED].concat());
    let scenario = bench.file("logged.yaml", LOGGED);
    let played = |misbehave: Option<&str>, more: &[&str]| {
        let pump = bench.emulated("slip-registers", misbehave);
        bench.play(&scenario, &rig, &[&["--port", &at(pump.port), "-v"], more].concat())
    };
    let first = played(None, &["--accept", "--reason", "its sums are right"]);
    assert_eq!(first.verdict, "passed", "{first:?}");
    assert!(
        first.words().contains("the dose log is sampled: a row for each 10 uL"),
        "{first:?}"
    );
    let again = played(None, &[]);
    assert_eq!(again.verdict, "passed", "{again:?}");
    let fast = played(Some("runs-fast:100"), &[]);
    assert!(
        fast.verdict == "failed" && fast.words().contains("time: expected"),
        "{fast:?}"
    );
}

/// The heartbeat of `aa-pump` is promised while it runs (`lost-after`); no step looks for it.
const RUNS: &str = "scenario: runs
summary: It runs for eight seconds.
device: aa-pump
timeline:
  - do: run
    with: {rate: 20 mL/h}
  - expect: {state: running}
  - wait: 8 s
  - do: stop
  - wait: 4 s
";

#[test]
fn a_heartbeat_that_is_promised_may_not_stay_away_while_the_pump_runs() {
    all_at_once(vec![None, Some("no-heartbeat")], |misbehave| {
        let bench = Bench::new();
        let pump = bench.emulated("binary", misbehave);
        let scenario = bench.file("runs.yaml", RUNS);
        let played = bench.play(&scenario, &rig("aa-pump"), &["--port", &at(pump.port)]);
        let lost = played.words().contains("`beat` at least every 3 s, by itself");
        let good = match misbehave {
            None => played.verdict == "passed" && !lost,
            Some(_) => played.verdict == "failed" && lost,
        };
        (!good).then(|| format!("{misbehave:?}: {played:?}"))
    });
}
