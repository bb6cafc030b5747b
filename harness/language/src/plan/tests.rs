use super::*;

fn step(when: When, action: Action) -> Step {
    Step { line: 1, when, action }
}

fn wait(when: When) -> Step {
    step(when, Action::Mark("m".to_owned()))
}

pub(crate) fn case(steps: Vec<Step>) -> Case {
    Case {
        scenario: "c".to_owned(),
        case: None,
        file: String::new(),
        sha256: String::new(),
        summary: String::new(),
        verifies: Vec::new(),
        covers: Vec::new(),
        device: None,
        tags: Vec::new(),
        units: Vec::new(),
        needs: BTreeSet::new(),
        start_s: 0,
        seed: 1,
        prescription: None,
        reservoir: None,
        log_every: Span(3_600_000),
        clock_drift: None,
        steps,
        watch: Vec::new(),
        always: Vec::new(),
        not_shown: Vec::new(),
        allow_alarms: BTreeSet::new(),
        firmware_may_fault: false,
        may_start_again: false,
        reconcile: None,
        snapshot: None,
    }
}

/// Walks with steps that take `takes` each.
fn walk(case: &Case, takes: i64) -> Vec<(String, i64)> {
    let mut cursor = Cursor::new(case);
    let mut now = Span(0);
    let mut seen = Vec::new();
    while let Some(due) = cursor.next(now) {
        seen.push((due.id.0, due.at.0));
        now = Span(due.at.0.max(now.0) + takes);
    }
    seen
}

fn repeat(times: u32, every: Option<i64>, steps: Vec<Step>) -> Action {
    Action::Repeat {
        times,
        every: every.map(Span),
        steps,
    }
}

#[test]
fn steps_follow_each_other_and_fixed_times_stand() {
    let case = case(vec![
        wait(When::After(Span(0))),
        wait(When::After(Span(5))),
        wait(When::At(Span(100))),
    ]);
    assert_eq!(walk(&case, 1), [("1".into(), 0), ("2".into(), 6), ("3".into(), 100)]);
}

#[test]
fn rounds_begin_at_their_interval_and_times_inside_count_from_there() {
    let inner = vec![wait(When::At(Span(1))), wait(When::After(Span(2)))];
    let case = case(vec![
        step(When::At(Span(10)), repeat(2, Some(20), inner)),
        wait(When::After(Span(0))),
    ]);
    let expected = [
        ("1#1.1".into(), 11),
        ("1#1.2".into(), 13),
        ("1#2.1".into(), 31),
        ("1#2.2".into(), 33),
        ("2".into(), 33),
    ];
    assert_eq!(walk(&case, 0), expected);
}

#[test]
fn a_round_that_takes_too_long_moves_the_next_one() {
    let case = case(vec![step(
        When::At(Span(0)),
        repeat(3, Some(10), vec![wait(When::After(Span(0)))]),
    )]);
    assert_eq!(
        walk(&case, 25),
        [("1#1.1".into(), 0), ("1#2.1".into(), 25), ("1#3.1".into(), 50)]
    );
}

#[test]
fn repeats_nest() {
    let inner = step(
        When::After(Span(0)),
        repeat(2, Some(5), vec![wait(When::After(Span(0)))]),
    );
    let case = case(vec![step(When::At(Span(0)), repeat(2, Some(100), vec![inner]))]);
    let expected = [
        ("1#1.1#1.1".into(), 0),
        ("1#1.1#2.1".into(), 5),
        ("1#2.1#1.1".into(), 100),
        ("1#2.1#2.1".into(), 105),
    ];
    assert_eq!(walk(&case, 0), expected);
}

#[test]
fn a_case_is_as_long_as_its_last_step_is_late() {
    let day = || step(When::At(Span(0)), repeat(3, Some(20), vec![wait(When::At(Span(7)))]));
    assert_eq!(length(&case(vec![day()])), Span(47));
    assert_eq!(length(&case(vec![day(), wait(When::After(Span(5)))])), Span(52));
    let many = step(
        When::At(Span(0)),
        repeat(u32::MAX, None, vec![wait(When::After(Span(0)))]),
    );
    assert_eq!(length(&case(vec![many])), Span(0), "it is bounded");
}

#[test]
fn what_a_rig_lacks_is_named() {
    let needs = BTreeSet::from([Capability::Probe, Capability::TestBlock]);
    let rig = BTreeSet::from([Capability::Probe]);
    assert_eq!(missing(&needs, &rig), [Capability::TestBlock]);
    let lacks = [Capability::TestBlock, Capability::Shows(Measure::Delivered)];
    assert_eq!(cannot(&lacks), "cannot do test-block, and cannot show delivered");
    assert_eq!(cannot(&lacks[1..]), "cannot show delivered");
    let button = Lack::find("patient-bolus").expect("a verb");
    let lacks = [Capability::Probe, Capability::Lacks(button)];
    assert_eq!(cannot(&lacks), "cannot do probe, and has a pump with no patient-bolus");
}

#[test]
fn a_case_asks_of_its_pump_what_its_steps_do() {
    let ask = |request| {
        step(
            When::After(Span(0)),
            Action::Do {
                request,
                refused: None,
                keep: std::collections::BTreeMap::new(),
            },
        )
    };
    let inner = vec![ask(Request::PatientBolus), ask(Request::ReadLog)];
    let case = case(vec![
        ask(Request::Start),
        wait(When::After(Span(0))),
        step(When::After(Span(0)), repeat(2, None, inner)),
    ]);
    let of = |names: &[&str]| {
        let can = names
            .iter()
            .map(|name| Capability::Lacks(Lack::find(name).expect("a name")))
            .collect();
        lacking(&case, &can).into_iter().map(Lack::name).collect::<Vec<_>>()
    };
    assert_eq!(of(&[]), Vec::<&str>::new());
    assert_eq!(of(&["mute", "program", "events", "refill"]), Vec::<&str>::new());
    assert_eq!(
        of(&["patient-bolus", "dose-log", "mute"]),
        ["dose-log", "patient-bolus"]
    );
    let can = BTreeSet::from([Capability::Lacks(Lack::DOSE_LOG)]);
    assert_eq!(unmet(&case, &can), [Capability::Lacks(Lack::DOSE_LOG)]);
    assert!(starts(&case, &|_| false) && !starts(&case, &|_| true));
    assert!(!starts(&super::tests::case(vec![ask(Request::Mute)]), &|_| false));
}
