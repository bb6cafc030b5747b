//! `pump-hil new`: a folder to start in, whose one scenario passes at once.

use super::args::New;
use super::exit::{CliError, Exit};
use super::print::print;
use crate::report::quoted;
use pump_hil_model::safe_text::safe_path;
use std::path::Path;

macro_rules! template {
    ($($to:literal from $file:literal),* $(,)?) => {
        &[$(($to, include_str!(concat!("../../template/", $file)))),*]
    };
}

/// The files of a new folder. A test plays what stands in it, so that its dose log is the one that was accepted.
const FILES: &[(&str, &str)] = template![
    "README.md" from "README.md",
    "pump-hil.toml" from "pump-hil.toml",
    ".gitignore" from "gitignore",
    ".github/workflows/pump.yml" from ".github/workflows/pump.yml",
    "fixtures/rigs/desk.yaml" from "fixtures/rigs/desk.yaml",
    "fixtures/rigs/bench.yaml" from "fixtures/rigs/bench.yaml",
    "scenarios/first-day.yaml" from "scenarios/first-day.yaml",
    "scenarios/snapshots/first-day.snap" from "scenarios/snapshots/first-day.snap",
    "scenarios/snapshots/ACCEPTED.jsonl" from "scenarios/snapshots/ACCEPTED.jsonl",
];

pub(super) fn new(args: &New) -> Result<Exit, CliError> {
    let folder = safe_path(&args.folder);
    let cannot =
        |path: &Path, error: std::io::Error| CliError::usage(format!("cannot make `{}`: {error}", safe_path(path)));
    std::fs::create_dir_all(&args.folder).map_err(|error| cannot(&args.folder, error))?;
    let entries = std::fs::read_dir(&args.folder).map_err(|error| cannot(&args.folder, error))?;
    // A repository that was just made is empty.
    let others = |entry: &std::io::Result<std::fs::DirEntry>| entry.as_ref().map_or(true, |e| e.file_name() != ".git");
    if entries.into_iter().any(|entry| others(&entry)) {
        return Err(CliError::usage(format!(
            "`{folder}` is not empty; name a folder that is not there yet, or an empty one"
        )));
    }
    for (name, text) in FILES {
        let path = args.folder.join(name);
        let folder = path.parent().unwrap_or(&args.folder);
        std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
        std::fs::write(&path, text).map_err(|error| cannot(&path, error))?;
    }
    let names = FILES.iter().map(|(name, _)| format!("  {name}\n")).collect::<String>();
    let here = args.folder == Path::new(".");
    let cd = if here {
        String::new()
    } else {
        format!("  cd {}\n", quoted(&folder))
    };
    print(&format!("made in {folder}:\n{names}Start with:\n{cd}  pump-hil run\n"))?;
    Ok(Exit::Passed)
}
