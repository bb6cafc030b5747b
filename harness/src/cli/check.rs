//! `pump-hil check`: everything that is wrong with scenarios, without running them.

use super::args::Check;
use super::exit::{CliError, Exit};
use super::inputs;
use super::print::{eprint, eprint_styled, print};
use super::snapshots;
use crate::report::counted;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn check(args: &Check, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let fixtures = inputs::fixtures(fixtures, &args.paths.paths)?;
    let loaded = match inputs::rigs(&args.rig, None)? {
        Ok(rigs) => inputs::load(&args.paths.paths, &fixtures, &rigs)?,
        Err(diagnostics) => Err(diagnostics),
    };
    match loaded {
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
            Ok(Exit::Passed)
        }
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            Ok(Exit::Usage)
        }
    }
}
