//! `pump-hil explain`: what a word or a code means, and the line of a run that names the words in it.

use super::adapt_args::Explain;
use super::exit::{CliError, Exit};
use super::inputs;
use super::print::{eprint_styled, print};
use super::project::Project;
use crate::explained::{Explained, Of, all, of_device};
use crate::pages::{GLOSSARY, TROUBLES, entries};
use crate::report::{ScenarioResult, cause_first, kind};
use pump_hil_model::diagnostic::nearest;
use pump_hil_model::safe_text::safe;
use pump_hil_model::verdict::{ReasonKind, Verdict};
use std::borrow::Borrow;
use std::collections::BTreeSet;

/// Columns of what is printed: what every terminal has.
const WIDTH: usize = 80;
/// Words that a run names at most.
const NAMED: usize = 4;
/// A rig's capability to inject a fault is named so, with the fault behind.
const OF_A_FAULT: &str = "fault:";

pub(super) fn explain(args: &Explain, project: &Project) -> Result<Exit, CliError> {
    let mut known = all();
    if let Some(device) = &args.device {
        match inputs::profile(&project.shelf(&[])?, device)? {
            Ok(profile) => known.extend(of_device(&profile)),
            Err(diagnostics) => {
                eprint_styled(&diagnostics);
                return Ok(Exit::Usage);
            }
        }
    }
    if args.words.is_empty() {
        print(&list(&known))?;
        return Ok(Exit::Passed);
    }
    let mut told = Vec::new();
    for word in &args.words {
        told.extend(found(word, &known)?);
    }
    print(&told.join("\n"))?;
    Ok(Exit::Passed)
}

/// All that can be explained, by what it is.
fn list(known: &[Explained]) -> String {
    let of = |of: &Of| {
        let entries = known.iter().filter(|explained| explained.of == *of);
        let names = entries
            .flat_map(|explained| explained.entry.names())
            .collect::<BTreeSet<_>>();
        let names = names.into_iter().map(safe).collect::<Vec<_>>().join(", ");
        format!("{}:\n{}", of.words().1, folded(&names, "  "))
    };
    Of::ALL.iter().map(of).collect()
}

/// What a word means, each meaning as it is printed; else what may have been meant.
fn found(word: &str, known: &[Explained]) -> Result<Vec<String>, CliError> {
    let name = word.strip_prefix(OF_A_FAULT).unwrap_or(word);
    let mut found: Vec<&Explained> = known.iter().filter(|explained| explained.is(name)).collect();
    if found.is_empty() {
        found = known.iter().filter(|explained| explained.allows(name)).collect();
    }
    if found.is_empty() {
        let names = known.iter().flat_map(|explained| explained.entry.names());
        let meant = nearest(name, names).map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
        return Err(CliError::usage(format!(
            "there is no explanation of `{}`{meant}; `pump-hil explain` lists all words and codes",
            safe(word)
        )));
    }
    // Where one word has several meanings, each says which it is.
    let several = found.len() > 1;
    Ok(found.into_iter().map(|explained| text(explained, several)).collect())
}

/// An entry as it is printed.
fn text(explained: &Explained, several: bool) -> String {
    let Explained { of, inside, entry, .. } = explained;
    let is_word = matches!(of, Of::Word | Of::Mistake | Of::Trouble);
    let of = (several || !is_word).then_some(of.words().0);
    let said: Vec<&str> = of.into_iter().chain(inside.as_deref()).collect();
    let said = match said.as_slice() {
        [] => String::new(),
        said => format!(": {}", without_links(&said.join(", "))),
    };
    let head = entry.head.replace(['`', '*'], "");
    let mut text = folded(&format!("{head}{said}"), "");
    text.push_str(&folded(&without_links(&entry.means), "  "));
    for item in &entry.more {
        text.push_str(&folded(&without_links(item), "  "));
    }
    safe_lines(&text)
}

/// Harmless, line by line: a profile of somebody else has words of its own.
fn safe_lines(text: &str) -> String {
    text.lines().map(|line| safe(line) + "\n").collect()
}

/// Without links to files, which an installed program does not have.
fn without_links(text: &str) -> String {
    let text = match text.split_once(" ([") {
        Some((before, after)) => {
            let rest = after.split_once("))").map_or("", |(_, rest)| rest);
            format!("{before}{rest}")
        }
        None => text.to_owned(),
    };
    // A link in a sentence is its name.
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut told, part| {
        if let Some(at) = told.rfind('[') {
            told.remove(at);
        }
        told + part.split_once(')').map_or("", |(_, rest)| rest)
    })
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
        assert_eq!(without_links("[x] of [a.md](b/a.md), so"), "[x] of a.md, so");
    }
}
