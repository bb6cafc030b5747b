//! `pump-hil explain`: what a word or a code means, and the line of a run that names the words in it.

use super::args::Explain;
use super::exit::{CliError, Exit};
use super::print::print;
use crate::pages::{DIAGNOSTICS, Entry, GLOSSARY, TROUBLES, entries};
use crate::report::{ScenarioResult, cause_first, kind};
use pump_hil_model::diagnostic::nearest;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::{ReasonKind, Verdict};
use std::borrow::Borrow;
use std::collections::BTreeSet;

/// Columns of what is printed: what every terminal has.
const WIDTH: usize = 80;
/// What an entry of each page is.
const OF_PAGES: [&str; 3] = [
    "a word",
    "the code of a mistake in a file",
    "the code of what can break a run",
];
/// Words that a run names at most.
const NAMED: usize = 4;

pub(super) fn explain(args: &Explain) -> Result<Exit, CliError> {
    let pages = [GLOSSARY, DIAGNOSTICS, TROUBLES].map(entries);
    if args.words.is_empty() {
        let names = |page: &[Entry]| page.iter().flat_map(Entry::names).collect::<Vec<_>>().join(", ");
        let [words, diagnostics, troubles] = pages.each_ref().map(|page| folded(&names(page), "  "));
        print(&format!(
            "Words:\n{words}\nCodes of mistakes in a file:\n{diagnostics}\nCodes of what can break a run:\n{troubles}"
        ))?;
        return Ok(Exit::Passed);
    }
    let mut told = Vec::new();
    for word in &args.words {
        let all = pages
            .iter()
            .zip(OF_PAGES)
            .flat_map(|(page, of)| page.iter().map(move |entry| (entry, of)));
        let found: Vec<(&Entry, &str)> = all.filter(|(entry, _)| entry.is(word)).collect();
        if found.is_empty() {
            let meant = nearest(word, pages.iter().flatten().flat_map(Entry::names));
            let meant = meant.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            return Err(CliError::usage(format!(
                "there is no explanation of `{}`{meant}; `pump-hil explain` lists all words and codes",
                safe(word)
            )));
        }
        // Where one word has several meanings, each says which it is.
        let several = found.len() > 1;
        told.extend(found.into_iter().map(|(entry, of)| text(entry, several.then_some(of))));
    }
    print(&told.join("\n"))?;
    Ok(Exit::Passed)
}

/// An entry as it is printed.
fn text(entry: &Entry, of: Option<&str>) -> String {
    let of = of.map_or(String::new(), |of| format!(" ({of})"));
    let mut text = format!(
        "{}{of}\n{}",
        entry.names().collect::<Vec<_>>().join(", "),
        folded(&entry.means, "  ")
    );
    for item in &entry.more {
        text.push_str(&folded(&without_links(item), "  "));
    }
    text
}

/// Without links to files, which an installed program does not have.
fn without_links(text: &str) -> String {
    match text.split_once(" ([") {
        Some((before, after)) => {
            let rest = after.split_once("))").map_or("", |(_, rest)| rest);
            format!("{before}{rest}")
        }
        None => text.to_owned(),
    }
}

/// A text in lines that begin with `indent`.
fn folded(text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > indent.len() && line + 1 + word.chars().count() > WIDTH {
            lines.push(indent.to_owned());
        }
        if let Some(line) = lines.last_mut() {
            let blank = if line.len() > indent.len() { " " } else { "" };
            line.push_str(blank);
            line.push_str(word);
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// How to have the words explained that say why cases did not pass; nothing where all did.
pub(super) fn words_of(results: &[impl Borrow<ScenarioResult>]) -> String {
    let mut words = BTreeSet::new();
    for result in results.iter().map(Borrow::borrow) {
        match &result.outcome.verdict {
            _ if result.is_new() => drop(words.insert("new".to_owned())),
            Verdict::Passed => {}
            // That an expectation did not hold says itself what it is.
            Verdict::Failed { reasons } => {
                let first = cause_first(reasons)
                    .into_iter()
                    .next()
                    .filter(|reason| reason.kind != ReasonKind::Expectation);
                words.extend(first.map(kind));
            }
            Verdict::Inconclusive { why } => words.extend(why.first().map(|why| why.code().as_str().to_owned())),
            Verdict::Skipped { why } => {
                let words_of = why.split([' ', ',']).filter(|word| *word != "rig");
                words.extend(words_of.map(str::to_owned));
            }
        }
    }
    if words.is_empty() {
        return String::new();
    }
    let known = [GLOSSARY, TROUBLES].map(entries).concat();
    words.retain(|word| known.iter().any(|entry| entry.is(word)));
    let named: Vec<String> = words.into_iter().take(NAMED).collect();
    match named.is_empty() {
        true => String::new(),
        false => format!("What this means: pump-hil explain {}\n", named.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pump_hil_model::quantity::Span;
    use pump_hil_model::verdict::{Came, Expected, Reason};
    use pump_hil_model::words::CAPABILITIES;
    use pump_hil_verdict::judge::Outcome;
    use std::time::Duration;

    fn result(verdict: Verdict) -> ScenarioResult {
        let case = pump_hil_testing::situation::case(Vec::new());
        ScenarioResult::new(&case, "sim", Duration::ZERO, Outcome::without_run(&case, verdict))
    }

    fn failed(kind: ReasonKind) -> Verdict {
        let reason = Reason {
            kind,
            t: Span(0),
            in_set_up: false,
            step: None,
            line: None,
            expected: Expected::NamedAlarmsOnly,
            came: Came::Start,
        };
        Verdict::Failed { reasons: vec![reason] }
    }

    #[test]
    fn each_kind_of_failure_is_explained() {
        use ReasonKind as Kind;
        let kinds = [
            Kind::Expectation,
            Kind::Refusal,
            Kind::Invariant,
            Kind::UnexpectedAlarm,
            Kind::Oracle,
            Kind::Reconciliation,
            Kind::Gap,
            Kind::Record,
            Kind::Clock,
            Kind::NoReply,
            Kind::FirmwareFault,
            Kind::UnaskedStart,
            Kind::Hang,
            Kind::NotStopped,
            Kind::Snapshot,
        ];
        for kind in kinds {
            let line = words_of(&[result(failed(kind))]);
            if kind == Kind::Expectation {
                assert_eq!(line, "");
                continue;
            }
            assert!(
                line.starts_with("What this means: pump-hil explain "),
                "{kind:?}: {line}"
            );
        }
        // Derived order: what is behind the last one would be missing here.
        assert_eq!(kinds.len(), Kind::Snapshot as usize + 1);
    }

    #[test]
    fn what_a_rig_lacks_is_explained_and_a_pass_needs_no_words() {
        let skipped = Verdict::Skipped {
            why: "rig `bare` cannot do test-block, fault:motor-stall".to_owned(),
        };
        let told = words_of(&[result(skipped), result(Verdict::Passed)]);
        assert_eq!(told, "What this means: pump-hil explain test-block\n");
        assert_eq!(words_of(&[result(Verdict::Passed)]), "");
        for &capability in CAPABILITIES {
            assert!(
                entries(GLOSSARY).iter().any(|entry| entry.is(capability)),
                "{capability}"
            );
        }
    }

    #[test]
    fn a_text_is_folded_and_a_link_left_out() {
        let text = "word ".repeat(40);
        assert!(
            folded(&text, "  ")
                .lines()
                .all(|line| line.len() <= WIDTH && line.starts_with("  word"))
        );
        assert_eq!(without_links("`a: b` ([name](../name.yaml)), so"), "`a: b`, so");
    }
}
