//! What a rig can do of a suite, before anything is played: which cases, for want of what the others are left out, and how long each takes.

use super::inputs::Group;
use super::waits::{Wait, wait};
use crate::report::counted;
use pump_hil_language::plan::{cannot, length, unmet};
use pump_hil_language::shown;
use pump_hil_model::capability::Capability;
use pump_hil_model::case::Case;
use pump_hil_model::quantity::Span;
use pump_hil_model::rough_time::rough_time;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::RigFile;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Each case with what becomes of it on this rig, and how many of them it can play.
pub(super) fn table(groups: &[Group], rig: &RigFile) -> String {
    let can = rig.capabilities();
    let cases: Vec<&Case> = groups.iter().flat_map(|group| &group.cases).collect();
    let width = cases.iter().map(|case| case.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    for case in &cases {
        let lacks = unmet(case, &can);
        let says = match lacks.as_slice() {
            [] => played(case, rig),
            lacks => format!("skipped: the rig {}", cannot(lacks)),
        };
        // To write into a `String` never fails.
        let _ = writeln!(text, "{:<width$}  {says}", safe(&case.name()));
    }
    text + &sums(groups, rig)
}

/// How many of the files and cases this rig can play, and why not the others.
pub(super) fn sums(groups: &[Group], rig: &RigFile) -> String {
    let can = rig.capabilities();
    let (mut files, mut of_files, mut played, mut in_part, mut all) = (0, 0, 0, 0, Span(0));
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut skipped = 0;
    for group in groups {
        let mut of_group = BTreeSet::new();
        for case in &group.cases {
            let lacks = unmet(case, &can);
            if !lacks.is_empty() {
                skipped += 1;
                for word in coarse(&lacks) {
                    *reasons.entry(word).or_default() += 1;
                }
                continue;
            }
            of_group.insert(&case.file);
            played += 1;
            in_part += usize::from(!shown(case, &can).not_shown.is_empty());
            all = Span(all.0.saturating_add(length(case).0));
        }
        files += of_group.len();
        of_files += group.cases.iter().map(|case| &case.file).collect::<BTreeSet<_>>().len();
    }
    let cases: usize = groups.iter().map(|group| group.cases.len()).sum();
    let part = match in_part {
        0 => String::new(),
        number => format!(", {number} of them with checks that are not shown"),
    };
    let takes = match played {
        0 => String::new(),
        _ => format!("; all of them take {}", takes(all, rig)),
    };
    let mut text = format!(
        "rig `{}` can play {files} of {} and {played} of {}{part}{takes}\n",
        safe(&rig.name),
        counted(of_files, "file"),
        counted(cases, "case"),
    );
    let played: Vec<&Case> = groups
        .iter()
        .flat_map(|group| &group.cases)
        .filter(|case| unmet(case, &can).is_empty())
        .collect();
    for line in waits(&played, rig).into_iter().chain(too_long(&played, rig)) {
        let _ = writeln!(text, "{line}");
    }
    let mut reasons: Vec<(String, usize)> = reasons.into_iter().collect();
    // It is stable: what is as frequent keeps the order of the words.
    reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    if skipped > 0 {
        let reasons = reasons.iter().map(|(word, number)| format!("{word} ({number})"));
        let reasons = reasons.collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "it skips {}, because it lacks: {reasons}",
            counted(skipped, "case")
        );
    }
    text
}

fn played(case: &Case, rig: &RigFile) -> String {
    let here = shown(case, &rig.capabilities());
    let part = match here.not_shown.len() {
        0 => String::new(),
        number => format!("; {} not shown", counted(number, "check")),
    };
    let before = match wait(case, rig) {
        Wait::None => String::new(),
        Wait::UpTo(most) => format!("; set-up may wait {}", takes(most, rig)),
        Wait::TooLong(need) => format!("; not within {} after a dose", takes(need, rig)),
    };
    format!("takes {}{part}{before}", takes(length(case), rig))
}

/// That set-up waits before these cases until what the pump gave before counts no more, and how long at most.
fn waits(cases: &[&Case], rig: &RigFile) -> Option<String> {
    let all = cases.iter().filter_map(|case| match wait(case, rig) {
        Wait::UpTo(most) => Some(most.0),
        Wait::None | Wait::TooLong(_) => None,
    });
    let all: Vec<i64> = all.collect();
    let sum = Span(all.iter().copied().fold(0, i64::saturating_add));
    (!all.is_empty()).then(|| {
        format!(
            "before {} set-up waits until earlier doses count no more (lockout, window, interval): up to {} in all",
            counted(all.len(), "case"),
            takes(sum, rig)
        )
    })
}

/// That set-up would have to wait longer before some of these cases than it may.
pub(super) fn too_long(cases: &[&Case], rig: &RigFile) -> Option<String> {
    let all = cases.iter().filter_map(|case| match wait(case, rig) {
        Wait::TooLong(need) => Some((need, case.name())),
        Wait::None | Wait::UpTo(_) => None,
    });
    let all: Vec<(Span, String)> = all.collect();
    let (need, first) = all.iter().max_by_key(|(need, _)| *need)?;
    let which = match all.len() {
        1 => format!("`{}`", safe(first)),
        many => format!("{} (such as `{}`)", counted(many, "case"), safe(first)),
    };
    let how = if rig.limits.settle_is_said {
        "raise `settle` in the rig file, or choose fewer cases"
    } else {
        "`run --yes` lets it wait"
    };
    Some(format!(
        "{which} cannot begin within {} after a dose of this pump, in this run or before it: set-up would wait until earlier doses count no more, \
         and may wait {}; {how}",
        takes(*need, rig),
        takes(rig.limits.settle, rig)
    ))
}

/// How long so much of the pump's time takes here.
fn takes(length: Span, rig: &RigFile) -> String {
    let pump = rough_time(length);
    match rig.clock.scale() {
        None => format!("{pump} of virtual time"),
        Some(1) => pump,
        Some(scale) => {
            let host = rough_time(Span(length.0 / i64::from(scale)));
            format!("{host} ({pump} at {scale} times the pace)")
        }
    }
}

/// In few words what a case is skipped for.
fn coarse(lacks: &[Capability]) -> BTreeSet<String> {
    let word = |capability: &Capability| match capability {
        Capability::Fault(_) => "faults".to_owned(),
        other => other.to_string(),
    };
    let mut words: BTreeSet<String> = lacks.iter().map(word).collect();
    if words.contains("faults") {
        // It is what causes them.
        words.remove("test-block");
    }
    words
}
