//! Which scenarios a folder has, by their names: read off the files without judging them, so that one that is wrong keeps nobody from naming another.

use super::{NOT_SEARCHED, ScenarioFolder, search};
use pump_hil_language::scenario::Source as _;
use std::path::{Path, PathBuf};

/// The names of the scenarios in a folder, with their files, by name.
#[must_use]
pub fn names(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(source) = ScenarioFolder::open(folder) else {
        return Vec::new();
    };
    let found = search::search(source.root(), source.root(), NOT_SEARCHED).map(|found| found.files);
    let mut names = Vec::new();
    for file in found.unwrap_or_default() {
        let Ok(bytes) = source.read(&file) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        // At the begin of a line: everything deeper is another key.
        if let Some(name) = text.lines().find_map(|line| line.strip_prefix("scenario:")) {
            let name = name.split(" #").next().unwrap_or("").trim().trim_matches(['"', '\'']);
            names.push((name.to_owned(), folder.join(&file)));
        }
    }
    names.sort();
    names
}
