//! Expressions, and what they select.

use super::*;
use crate::plan::tests::case;
use pump_hil_model::capability::Capability;
use pump_hil_model::fault::FaultName;

fn cases() -> Vec<Case> {
    let one = |scenario: &str, row: Option<&str>, tags: &[&str], fault: Option<&str>| {
        let mut case = case(Vec::new());
        case.scenario = scenario.to_owned();
        case.case = row.map(str::to_owned);
        case.file = format!("{scenario}.yaml");
        case.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        case.verifies = vec!["GIP-1.10.2".to_owned()];
        case.covers = vec!["SF04".to_owned()];
        let fault = fault.and_then(FaultName::find).map(Capability::Fault);
        case.needs = fault.into_iter().collect();
        case
    };
    vec![
        one("flex-day", None, &[], None),
        one("flex-midnight", Some("a | b"), &["slow"], None),
        one("ten-years", None, &["slow", "nightly"], None),
        one("occlusion", None, &[], Some("catheter-occlusion")),
    ]
}

/// The first letters of what is selected.
fn selected(text: &str) -> String {
    let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let cases = cases();
    let letters = ["d", "m", "t", "o"];
    let chosen = cases.iter().zip(letters).filter(|(case, _)| filter.selects(case, &[]));
    chosen.map(|(_, letter)| letter).collect()
}

#[test]
fn an_expression_selects_what_it_says() {
    for (text, expected) in [
        ("flex", "dm"),
        ("flex day", "d"),
        ("flex !day", "m"),
        ("! flex", "to"),
        ("not flex", "to"),
        ("not not flex", "dm"),
        ("flex or ten", "dmt"),
        ("flex|ten", "dmt"),
        ("flex || ten", "dmt"),
        ("flex and day", "d"),
        ("flex && day", "d"),
        ("flex & !day", "m"),
        ("flex*", "dm"),
        ("*-day", "d"),
        ("f*x-m*", "m"),
        ("name:flex", ""),
        ("name:flex-day", "d"),
        ("name:flex-midnight[a | b]", "m"),
        ("name(flex-midnight)", "m"),
        ("name(\"flex-midnight[a | b]\")", "m"),
        ("name(/^flex/)", "dm"),
        ("name(/FLEX/)", ""),
        ("name(/(?i)FLEX/)", "dm"),
        ("tag(slow)", "mt"),
        ("tag(slow) and not tag(nightly)", "m"),
        ("name(/flex/) or tag(slow)", "dmt"),
        ("(flex or ten) and tag(slow)", "mt"),
        ("flex or ten and tag(nightly)", "dmt"),
        ("verifies:GIP-1.10.2", "dmto"),
        ("verifies(GIP-1.*)", "dmto"),
        ("covers:SF04 !flex", "to"),
        ("fault:catheter-occlusion", "o"),
        ("fault(catheter-*)", "o"),
        ("needs(fault:catheter-occlusion)", "o"),
        ("file(/years/)", "t"),
        ("not (flex or ten)", "o"),
        ("!(flex|ten)", "o"),
        // A name may hold a word of the expression.
        ("order", ""),
        ("notch", ""),
    ] {
        assert_eq!(selected(text), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_place_and_what_is_known() {
    for (text, at, what) in [
        ("", 1, "a word is missing"),
        ("!", 2, "a word is missing"),
        ("flex and", 9, "a word is missing"),
        ("flex or", 8, "a word is missing"),
        ("(flex", 6, "a `)` is missing"),
        ("flex)", 5, "`)` cannot be here"),
        ("tag(slow", 9, "a `)` is missing"),
        ("tag()", 5, "a word is missing between the parentheses"),
        ("name:", 1, "`name:` asks for nothing; write `name(...)`"),
        (
            "colour(red)",
            1,
            "`colour` is not known; use a part of a name, name(...)",
        ),
        ("cover:SF04", 1, "did you mean `covers(...)`?"),
        ("flex or tags(slow)", 9, "did you mean `tag(...)`?"),
        ("name(/flex)", 6, "the second `/` is missing"),
        ("name(/[/)", 6, "is not a pattern: unclosed character class"),
        ("\u{e4}\u{e4} or !", 8, "a word is missing"),
        ("flex or or day", 9, "a word is missing before `or`"),
        ("or day", 1, "a word is missing before `or`"),
        ("and flex", 1, "a word is missing before `and`"),
        ("flex OR ptm", 6, "`OR` is written `or`, in lower case"),
        ("NOT flex", 1, "`NOT` is written `not`"),
        (
            "flex,ptm",
            1,
            "words are joined by `or` and not by a comma: `flex or ...`",
        ),
    ] {
        match text.parse::<Filter>() {
            Err(SelectError::At {
                at: place, what: told, ..
            }) => {
                assert_eq!(place, at, "{text}: {told}");
                assert!(told.contains(what), "{text}: {told}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let deep = "(".repeat(100_000);
    assert!(deep.parse::<Filter>().is_err());
    let negated = format!("{}flex", "!".repeat(100_001));
    assert_eq!(selected(&negated), "to");
}

#[test]
fn a_selection_of_nothing_says_which_part_selects_nothing() {
    let cases = cases();
    let all: Vec<(&Case, Vec<String>)> = cases.iter().map(|case| (case, Vec::new())).collect();
    let filter: Filter = "tag(slwo) and name(/flex/) or covers(SF4)".parse().unwrap();
    assert_eq!(
        filter.why_none(&all),
        "`tag(slwo)` alone selects 0 (did you mean `slow`?), `name(/flex/)` alone selects 2, `covers(SF4)` alone selects 0 (did you mean `SF04`?)"
    );
}

#[test]
fn a_part_that_selects_nothing_is_told_though_others_select_something() {
    let cases = cases();
    let all: Vec<(&Case, Vec<String>)> = cases.iter().map(|case| (case, Vec::new())).collect();
    let idle = |text: &str| text.parse::<Filter>().unwrap().idle(&all).join("; ");
    for (text, told) in [
        ("tag(slow) or flex", ""),
        ("tag(slwo) or flex", "`tag(slwo)` selects no case; did you mean `slow`?"),
        ("flex or nothing-like-it", "`nothing-like-it` selects no case"),
        // Nothing to leave out is no mistake; a word that is nearly a tag is one.
        ("flex and not tag(board)", ""),
        (
            "flex and not tag(slwo)",
            "`tag(slwo)` selects no case; did you mean `slow`?",
        ),
    ] {
        assert_eq!(idle(text), told, "{text}");
    }
    let why = |text: &str| text.parse::<Filter>().unwrap().why_none(&all);
    for (text, told) in [
        ("name:flex", "(`flex`, without `name`, takes all names that hold it)"),
        ("fault(occlusion)", "(did you mean `catheter-occlusion`?)"),
        ("verifies(GIP-1.10)", "(did you mean `GIP-1.10.2`?)"),
        ("FLEX", "(did you mean `flex`?)"),
        (
            "flex ten",
            "all words must be in the name: write `or` between them to take either",
        ),
    ] {
        assert!(why(text).contains(told), "{text}: {}", why(text));
    }
}

#[test]
fn a_file_is_named_by_each_path_that_leads_to_it() {
    let cases = cases();
    let paths = [
        "scenarios/flex-day.yaml".to_owned(),
        "/bench/scenarios/flex-day.yaml".to_owned(),
    ];
    for (text, is) in [
        ("file(flex-day.yaml)", true),
        ("file(scenarios/flex-day.yaml)", true),
        ("file(scenarios/flex*)", true),
        ("file:scenarios/flex-day.yaml", true),
        ("file(/bench/scenarios/flex-day.yaml)", true),
        ("file(/bench/scenarios/flex-day.yaml) and not tag(x)", true),
        ("file(/bench/other.yaml)", false),
        ("file(/flex/)", true),
        ("file( /flex/ )", true),
        ("file(scenarios/flex.yaml)", false),
        ("file(flex)", false),
    ] {
        let filter: Filter = text.parse().unwrap();
        assert_eq!(filter.selects(&cases[0], &paths), is, "{text}");
    }
}

#[test]
fn every_case_is_in_exactly_one_shard() {
    for at in 0..100 {
        let parts = (1..=7).filter(|part| format!("{part}/7").parse::<Shard>().unwrap().selects(at));
        assert_eq!(parts.count(), 1, "{at}");
    }
}

#[test]
fn a_shard_that_does_not_exist_is_refused() {
    for text in [
        "0/3",
        "4/3",
        "3",
        "a/b",
        "1/0",
        "-1/2",
        "+1/2",
        "1/2/3",
        "1/",
        "1/99999999999999999999",
    ] {
        assert!(text.parse::<Shard>().is_err(), "{text}");
    }
}
