//! Journals of each format that there was, with their verdict: all of them are judged for ever (`docs/formats.md`).

use crate::kept_journal;
use pump_hil::journal::judge_file;
use pump_hil_verdict::journal::{FORMAT, OLDEST};

/// File, format, verdict, and a part of its first finding.
const KEPT: &[(&str, u32, &str, &str)] = &[
    ("format-1-basal.jsonl", 1, "passed", ""),
    ("format-1-occlusion.jsonl", 1, "passed", ""),
    ("format-1-fails.jsonl", 1, "FAILED", "state stopped"),
    // From before troubles had codes.
    ("format-1-line-lost.jsonl", 1, "INCONCLUSIVE", "the line is gone"),
    ("format-2-basal.jsonl", 2, "passed", ""),
    ("format-2-occlusion.jsonl", 2, "passed", ""),
    ("format-2-fails.jsonl", 2, "FAILED", "state stopped"),
    ("format-3-basal.jsonl", 3, "passed", ""),
    ("format-3-occlusion.jsonl", 3, "passed", ""),
    ("format-3-fails.jsonl", 3, "FAILED", "state running"),
    // Of a pump that is asked every so often, beside a balance; the second one gives less than it says.
    ("format-3-asked.jsonl", 3, "passed", ""),
    (
        "format-3-asked-fails.jsonl",
        3,
        "FAILED",
        "delivered within 3.1 uL of reported",
    ),
];

#[test]
fn journals_of_each_format_are_judged_as_they_were() {
    for (file, format, word, finding) in KEPT {
        let judged = judge_file(&kept_journal(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(judged.header.pump_hil_journal, *format, "{file}");
        let verdict = judged.outcome.verdict;
        assert_eq!(verdict.word(), *word, "{file}: {verdict:?}");
        let why = match &verdict {
            pump_hil_model::verdict::Verdict::Failed { reasons } => reasons[0].expected.to_string(),
            pump_hil_model::verdict::Verdict::Inconclusive { why } => why[0].to_string(),
            _ => String::new(),
        };
        assert!(why.contains(finding), "{file}: {why}");
    }
    for format in OLDEST..=FORMAT {
        assert!(
            KEPT.iter().any(|kept| kept.1 == format),
            "no journal of format {format} is kept"
        );
    }
}
