//! `pump-hil runs`: the runs that are kept here, and which of them are taken away.

use super::args::{Runs, RunsDo};
use super::exit::{CliError, Exit};
use super::print::{print, print_fitted, print_painted};
use super::project::Project;
use super::width;
use crate::report::counted;
use crate::runs::{self, RunFolder};
use pump_hil_model::safe_text::{safe, safe_path};
use std::fmt::Write as _;

pub(super) fn runs(args: &Runs, project: &Project) -> Result<Exit, CliError> {
    let folder = args.folder.clone().unwrap_or_else(|| project.runs());
    let all = runs::list(&folder).map_err(|e| {
        let folder = safe_path(&folder);
        CliError::usage(format!(
            "there are no runs in `{folder}`: {e}; `pump-hil run` makes them, `--folder` names another place"
        ))
    })?;
    match &args.to_do {
        None => print_painted(&table(&all, is_narrow()))?,
        Some(RunsDo::Prune(prune)) => {
            for run in runs::to_prune(&all, prune.keep.into()) {
                if prune.dry_run {
                    print_fitted(&format!("would delete {}\n", line(run, is_narrow())))?;
                    continue;
                }
                let cannot = |e| CliError::rig(format!("cannot delete the run `{}`: {e}", safe_path(&run.path)));
                runs::remove(run).map_err(cannot)?;
                print_fitted(&format!("deleted {}\n", line(run, is_narrow())))?;
            }
            print(&kept(&all, prune.keep.into()))?;
        }
    }
    Ok(Exit::Passed)
}

/// Columns below which a row does not repeat when its run began: the folder's name says that, too.
const NARROW: usize = 100;

/// Whether the terminal is narrow.
fn is_narrow() -> bool {
    width::columns(std::io::stdout()).is_some_and(|columns| columns < NARROW)
}

/// All of them, the newest last, where it is seen.
fn table(all: &[RunFolder], narrow: bool) -> String {
    let mut text = String::new();
    if !all.is_empty() {
        let _ = writeln!(text, "{}", row("begun", "folder", "size", "what came of it", narrow));
    }
    for run in all {
        let _ = writeln!(text, "{}", line(run, narrow));
    }
    let bytes = all.iter().map(|run| run.bytes).sum();
    let _ = writeln!(text, "{}, {}", counted(all.len(), "run"), size(bytes));
    text
}

fn line(run: &RunFolder, narrow: bool) -> String {
    let name = run.path.file_name().unwrap_or_default().to_string_lossy();
    let mut came = String::new();
    match &run.results {
        Some(results) => {
            let words = ["passed", "new", "failed", "inconclusive", "skipped"];
            let all = results.counts.iter().zip(words);
            // How many passed is told also where none did.
            let told = all.filter(|(count, word)| **count > 0 || *word == words[0]);
            let mut told: Vec<String> = told.map(|(count, word)| format!("{count} {word}")).collect();
            if results.not_run > 0 {
                told.push(format!("{} not run", results.not_run));
            }
            came.push_str(&told.join(", "));
            // Of a part of a suite that holds no case there is no rig.
            if !results.rigs.is_empty() {
                let _ = write!(came, " on {}", safe(&results.rigs.join(", ")));
            }
        }
        None if run.goes_on => came.push_str("goes on"),
        None => came.push_str("without results: it was killed"),
    }
    if run.kept {
        came.push_str("  (kept)");
    }
    let begun = run.begun.as_deref().unwrap_or("-");
    row(begun, &safe(&name), &size(run.bytes), &came, narrow)
}

fn row(begun: &str, folder: &str, size: &str, came: &str, narrow: bool) -> String {
    match narrow {
        true => format!("{folder:<24} {size:>7}  {came}"),
        false => format!("{begun:<23}  {folder:<24} {size:>7}  {came}"),
    }
}

/// What stays though it is old, and why.
fn kept(all: &[RunFolder], keep: usize) -> String {
    let old = &all[..all.len().saturating_sub(keep)];
    let mut text = String::new();
    for run in old.iter().filter(|run| run.kept || run.goes_on) {
        let why = if run.kept { "it holds a file KEEP" } else { "it goes on" };
        let _ = writeln!(text, "`{}` stays: {why}", safe_path(&run.path));
    }
    text
}

/// Bytes as people write them.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
