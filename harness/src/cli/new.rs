//! `pump-hil new`: a folder to start in, whose one scenario passes at once; or one for a pump of one's own.

use super::adapt_args::{Link, New};
use super::exit::{CliError, Exit};
use super::inputs::render;
use super::own_pump;
use super::print::{eprint_styled, print};
use super::project::Project;
use crate::report::quoted;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::{Given, RigError, RigFile, Shelf};
use std::borrow::Cow;
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
/// Files of a folder for a pump of one's own, whichever link it has.
const OF_OWN_PUMP: &[(&str, &str)] = template![
    "README.md" from "own/README.md",
    "pump-hil.toml" from "own/pump-hil.toml",
    ".gitignore" from "gitignore",
];
/// What is run at night where the pump is simulated, and where it is on a bench.
const CI: [&str; 2] = [
    include_str!("../../template/.github/workflows/pump.yml"),
    include_str!("../../template/own/workflows/bench.yml"),
];

/// The file of a new folder, and what stands in it.
type File = (&'static str, Cow<'static, str>);

pub(super) fn new(args: &New, project: &Project) -> Result<Exit, CliError> {
    let (files, firmware): (Vec<File>, _) = match (args.link, &args.device) {
        (Some(link), Some(device)) => match own_pump_files(link, device, project)? {
            Some(files) => (files, args.elf.as_deref()),
            None => return Ok(Exit::Usage),
        },
        _ => (
            FILES.iter().map(|(name, text)| (*name, Cow::Borrowed(*text))).collect(),
            None,
        ),
    };
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
    let file = |name: &str| {
        let path = args.folder.join(name);
        let folder = path.parent().unwrap_or(&args.folder);
        std::fs::create_dir_all(folder)
            .map_err(|error| cannot(folder, error))
            .map(|()| path)
    };
    for (name, text) in &files {
        let path = file(name)?;
        std::fs::write(&path, text.as_bytes()).map_err(|error| cannot(&path, error))?;
    }
    let mut names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    if let Some(elf) = firmware {
        std::fs::copy(elf, file(own_pump::FIRMWARE)?).map_err(|error| cannot(elf, error))?;
        names.push(own_pump::FIRMWARE);
    }
    let names = names.iter().map(|name| format!("  {name}\n")).collect::<String>();
    let here = args.folder == Path::new(".");
    let cd = if here {
        String::new()
    } else {
        format!("  cd {}\n", quoted(&folder))
    };
    let first = if args.link.is_some() {
        "pump-hil doctor --rig bench"
    } else {
        "pump-hil run"
    };
    print(&format!("made in {folder}:\n{names}Start with:\n{cd}  {first}\n"))?;
    match args.link {
        Some(_) => is_right(&args.folder),
        None => Ok(Exit::Passed),
    }
}

/// The files for a pump of one's own; `None`: the profile is wrong, and that was told.
fn own_pump_files(link: Link, device: &Path, project: &Project) -> Result<Option<Vec<File>>, CliError> {
    let profile = match own_pump::profile(device, &project.shelf(&[])?) {
        Ok(profile) => profile,
        Err(RigError::Wrong(wrong)) => {
            eprint_styled(&render(&wrong.0));
            return Ok(None);
        }
        Err(error) => return Err(CliError::usage(error)),
    };
    if link == Link::Sim && !profile.is_of_the_simulator {
        return Err(CliError::usage(
            "the simulated pump talks as the device `stub`: take `--device stub`, or another `--link`",
        ));
    }
    let simulated = link == Link::Sim;
    let mut files: Vec<File> = OF_OWN_PUMP
        .iter()
        .map(|(name, text)| (*name, Cow::Borrowed(*text)))
        .collect();
    files.push((".github/workflows/pump.yml", Cow::Borrowed(CI[usize::from(!simulated)])));
    files.push(("fixtures/rigs/bench.yaml", Cow::Borrowed(own_pump::rig(link))));
    files.push(("scenarios/first.yaml", Cow::Owned(own_pump::scenario(&profile))));
    files.push(("fixtures/devices/my-pump.yaml", Cow::Owned(profile.text)));
    Ok(Some(files))
}

/// What was made is right as it is; else that is told.
fn is_right(folder: &Path) -> Result<Exit, CliError> {
    let shelf = Shelf::new(Some(folder.join("fixtures")));
    match RigFile::find(&shelf, Path::new("bench"), &Given::default()) {
        Ok(_) => Ok(Exit::Passed),
        Err(RigError::Wrong(wrong)) => {
            eprint_styled(&render(&wrong.0));
            Ok(Exit::Usage)
        }
        Err(error) => Err(CliError::usage(error)),
    }
}
