//! `pump-hil replay`: judges journals again.

use super::args::Replay;
use super::exit::{Came, CliError, Exit};
use super::print::eprint;
use super::progress::{Lines, To};
use crate::report::ScenarioResult;
use crate::reporter::{Reporter as _, RunEvent};
use crate::suite;
use pump_hil_model::safe_text::safe_path;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn replay(args: &Replay) -> Result<Exit, CliError> {
    let mut came = Came::new(false);
    let mut lines = Lines::of_all(To::Output);
    let mut untold = None;
    for (case, path) in journals(&args.journals)?.into_iter().enumerate() {
        match suite::judge_file(&path) {
            Ok((header, outcome)) => {
                let mut result = ScenarioResult::new(&header.case, &header.rig, Duration::ZERO, outcome);
                result.journal = Some(safe_path(&path));
                came.count(&result);
                let result = Arc::new(result);
                // Where nothing can be printed, the other journals are judged all the same: the exit code is of them all.
                if let Err(error) = lines.on(&RunEvent::CaseEnded { case, result }) {
                    untold.get_or_insert(error);
                }
            }
            Err(error) => {
                eprint(&format!("error: {error}\n"));
                came.broke = true;
            }
        }
    }
    if let Some(error) = untold {
        eprint(&format!("error: {error}\n"));
        came.broke = true;
    }
    Ok(came.exit())
}

/// The files named, and those in the folders named, sorted.
fn journals(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(in_folder(path)?);
        } else if path.exists() {
            found.push(path.clone());
        } else {
            return Err(CliError::no_such_path(path));
        }
    }
    if found.is_empty() {
        return Err(CliError::usage("no journal (*.jsonl) in what was named"));
    }
    Ok(found)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let cannot = |e: std::io::Error| CliError::usage(format!("cannot read the folder `{}`: {e}", safe_path(folder)));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
