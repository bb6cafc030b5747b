//! `pump-hil check`: everything that is wrong with scenarios, without running them.

use super::args::Check;
use super::chosen::Chosen;
use super::exit::{CliError, Exit};
use super::inputs;
use super::print::{eprint, eprint_styled, print};
use super::snapshots;
use crate::report::counted;
use pump_hil_language::plan::missing;
use pump_hil_model::case::Case;
use pump_hil_rig::RigFile;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn check(args: &Check, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let chosen = Chosen::of(&args.select)?;
    let fixtures = inputs::fixtures(fixtures, &chosen.paths)?;
    let rigs = match inputs::rigs(&args.rig, None)? {
        Ok(rigs) => rigs,
        Err(diagnostics) => {
            eprint(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    match chosen.load(&fixtures, &rigs)? {
        Ok(groups) => {
            let wrong = snapshots::wrong(&groups)?;
            if !wrong.is_empty() {
                wrong.iter().for_each(|what| eprint(&format!("error: {what}\n")));
                eprint(&format!("{}\n", counted(wrong.len(), "error")));
                return Ok(Exit::Usage);
            }
            let cases = groups.iter().map(|group| group.cases.len()).sum();
            let files =
                |group: &inputs::Group| group.cases.iter().map(|case| &case.file).collect::<BTreeSet<_>>().len();
            let files = groups.iter().map(files).sum();
            print(&format!(
                "{} with {}: nothing wrong\n",
                counted(files, "file"),
                counted(cases, "case")
            ))?;
            for rig in &rigs {
                print(&skipped(rig, groups.iter().flat_map(|group| &group.cases)))?;
            }
            Ok(Exit::Passed)
        }
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            Ok(Exit::Usage)
        }
    }
}

/// What a run on this rig would skip, and for want of what; nothing where it plays all.
fn skipped<'c>(rig: &RigFile, cases: impl Iterator<Item = &'c Case>) -> String {
    let can = rig.capabilities();
    let lacks: Vec<_> = cases
        .map(|case| missing(&case.needs, &can))
        .filter(|lacks| !lacks.is_empty())
        .collect();
    if lacks.is_empty() {
        return String::new();
    }
    let count = counted(lacks.len(), "case");
    let names: BTreeSet<String> = lacks.iter().flatten().map(ToString::to_string).collect();
    let names: Vec<String> = names.into_iter().collect();
    format!("rig `{}` skips {count}: it cannot do {}\n", rig.name, names.join(", "))
}
