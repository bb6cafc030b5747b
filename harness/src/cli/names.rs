//! Which scenarios a folder has, by their names: read off the files without judging them, so that one that is wrong keeps nobody from naming another.

use crate::files::ScenarioFolder;
use pump_hil_language::scenario::Source as _;
use std::path::{Path, PathBuf};

/// The names of the scenarios in a folder, with their files, by name.
pub(super) fn names(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(source) = ScenarioFolder::open(folder) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    // What cannot be taken is told when the folder itself is run.
    for file in source.list().unwrap_or_default() {
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
