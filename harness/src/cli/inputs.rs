//! What the commands read: fixtures and scenarios.

use super::bench::ByProfile;
use super::colour;
use super::exit::CliError;
use super::print::eprint;
use super::width;
use crate::files;
use pump_hil_language::catalog::{BUILT_IN, Catalog};
use pump_hil_model::case::Case;
use pump_hil_model::device_words::{DeviceWords, Devices};
use pump_hil_model::diagnostic::{self, Diagnostic};
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::{Given, KnownDrug, RigError, RigFile, Shelf};
use pump_hil_talk::device::{Profile, own_words};
use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Requirements, drugs, and the symbols that a scenario may name: those of the stub, and of `rigs`.
pub(crate) fn catalog(shelf: &Shelf, rigs: &[RigFile]) -> Result<Result<Catalog, String>, CliError> {
    Fixtures::of(shelf).catalog(shelf, rigs)
}

/// Requirements and drugs that are read while something else is done.
pub(crate) struct Fixtures(JoinHandle<Result<Catalog, Vec<Diagnostic>>>);

impl Fixtures {
    /// Begins to read them.
    pub fn of(shelf: &Shelf) -> Self {
        let own = shelf.own().map(Path::to_owned);
        Self(std::thread::spawn(move || files::catalog(own.as_deref())))
    }

    /// With the symbols that a scenario may name: those of the stub, and of `rigs`.
    pub fn catalog(self, shelf: &Shelf, rigs: &[RigFile]) -> Result<Result<Catalog, String>, CliError> {
        match self.0.join() {
            Ok(Ok(catalog)) => Ok(Ok(with_rigs(catalog, shelf, rigs))),
            Ok(Err(diagnostics)) => Ok(Err(render(&diagnostics))),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn with_rigs(mut catalog: Catalog, shelf: &Shelf, rigs: &[RigFile]) -> Catalog {
    let symbols: BTreeSet<String> = rigs
        .iter()
        .flat_map(|rig| rig.profile.symbols.keys())
        .filter(|symbol| !catalog.symbols().contains(symbol))
        .cloned()
        .collect();
    catalog.add_symbols(symbols);
    for rig in rigs {
        catalog.add_bench(Arc::new(ByProfile::new(rig)));
        if let Some(image) = &rig.image {
            catalog.add_image(&rig.name, Arc::clone(image));
        }
    }
    catalog.set_devices(Arc::new(OnShelf(shelf.clone())));
    catalog
}

/// The drugs of the user's own, which a simulated pump is to know.
pub(crate) fn own_drugs(catalog: &Catalog) -> Vec<KnownDrug> {
    let own = catalog.drugs().filter(|drug| catalog.from(&drug.id) != Some(BUILT_IN));
    own.map(|drug| KnownDrug {
        id: drug.id.clone(),
        concentration: drug.concentration,
        soft_rate: drug.soft_rate,
        hard_rate: drug.hard_rate,
        soft_bolus: drug.soft_bolus,
        hard_bolus: drug.hard_bolus,
    })
    .collect()
}

/// Tells these rigs, of which the simulated ones can make use of it, which drugs the user has of their own.
pub(crate) fn tell_drugs(rigs: &mut [RigFile], catalog: &Catalog) {
    let drugs: Arc<[KnownDrug]> = own_drugs(catalog).into();
    rigs.iter_mut().for_each(|rig| rig.drugs = Arc::clone(&drugs));
}

/// The devices of a shelf, as the scenario language asks about them.
#[derive(Debug)]
struct OnShelf(Shelf);

impl Devices for OnShelf {
    fn words(&self, device: &str) -> Result<DeviceWords, String> {
        let profile = self.0.profile(device).map_err(|error| error.to_string())?;
        Ok(own_words(&profile))
    }
}

/// The rigs of these files, with what the command line says before them; or everything that is wrong with them, rendered.
pub(crate) fn rigs(shelf: &Shelf, files: &[PathBuf], given: &Given) -> Result<Result<Vec<RigFile>, String>, CliError> {
    let (mut rigs, mut wrong) = (Vec::new(), Vec::new());
    for file in files {
        match RigFile::find(shelf, file, given) {
            Ok(rig) => rigs.push(rig),
            Err(RigError::Wrong(file)) => wrong.extend(file.0),
            Err(error) => return Err(CliError::usage(error)),
        }
    }
    if !wrong.is_empty() {
        return Ok(Err(render(&wrong)));
    }
    match namesakes(files, &rigs) {
        Some(what) => Err(CliError::usage(what)),
        None => Ok(Ok(rigs)),
    }
}

/// The profile of a device, by its name or its path; or everything that is wrong with it, rendered.
pub(crate) fn profile(shelf: &Shelf, device: &str) -> Result<Result<Profile, String>, CliError> {
    match shelf.profile(device) {
        Ok(profile) => Ok(Ok(profile)),
        Err(RigError::Wrong(wrong)) => Ok(Err(render(&wrong.0))),
        Err(error) => Err(CliError::usage(error)),
    }
}

/// No file of these starts a program that nobody allowed: told once, and before anything is played.
pub(crate) fn are_trusted(rigs: &[RigFile]) -> Result<(), CliError> {
    let untrusted = |rig: &RigFile| Some(format!("{}: {}", safe_path(&rig.path), rig.untrusted()?));
    match rigs.iter().find_map(untrusted) {
        Some(what) => Err(CliError::usage(what)),
        None => Ok(()),
    }
}

/// Two rigs of one name, if there are: whatever is kept of a rig is kept by its name.
fn namesakes(files: &[PathBuf], rigs: &[RigFile]) -> Option<String> {
    let mut seen = BTreeMap::new();
    files.iter().zip(rigs).find_map(|(file, rig)| {
        let before: &PathBuf = seen.insert(&rig.name, file)?;
        let (before, file, name) = (safe_path(before), safe_path(file), &rig.name);
        Some(format!(
            "`{before}` and `{file}` are both the rig `{name}`, and the journals of one would overwrite the other's; \
             name each rig once, and give each its own `rig:`"
        ))
    })
}

/// Cases whose files stand in one folder of scenarios.
#[derive(Debug)]
pub(crate) struct Group {
    /// The folder, as seen from here; empty: the present one.
    pub folder: PathBuf,
    /// Its cases, sorted by name.
    pub cases: Vec<Case>,
    /// Whether all scenarios of the folder were read.
    pub whole: bool,
}

/// Every case of the files and folders named, by folder of scenarios; or everything that is wrong with them, rendered.
pub(crate) fn cases(paths: &[PathBuf], catalog: &Catalog) -> Result<Result<Vec<Group>, String>, CliError> {
    for path in paths {
        if !path.exists() {
            return Err(CliError::no_such_path(path));
        }
    }
    let loaded = files::load_paths(paths, catalog);
    for warning in &loaded.warnings {
        eprint(&format!("warning: {warning}\n"));
    }
    if !loaded.diagnostics.is_empty() {
        return Ok(Err(render(&loaded.diagnostics)));
    }
    let named: Vec<PathBuf> = paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let mut groups: BTreeMap<PathBuf, Group> = BTreeMap::new();
    for found in loaded.cases {
        let whole = named.contains(&found.folder);
        let folder = match here.as_ref().and_then(|here| found.folder.strip_prefix(here).ok()) {
            Some(relative) => relative.to_owned(),
            None => found.folder,
        };
        let group = groups.entry(folder).or_insert_with_key(|folder| Group {
            folder: folder.clone(),
            cases: Vec::new(),
            whole,
        });
        group.cases.push(found.case);
    }
    let sorted = |mut group: Group| {
        group.cases.sort_by_cached_key(Case::name);
        group
    };
    Ok(Ok(groups.into_values().map(sorted).collect()))
}

pub(crate) fn render(diagnostics: &[Diagnostic]) -> String {
    let stream = std::io::stderr();
    let columns = width::columns(&stream);
    let mut told = diagnostic::render_within(diagnostics, colour::wanted(stream.is_terminal()), columns);
    if let Some(first) = diagnostics.first() {
        let means = format!("What this means: pump-hil explain {}\n", first.code);
        told.push_str(&match columns {
            Some(columns) => width::fit(&means, columns),
            None => means,
        });
    }
    told
}

/// Processors to use.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
