//! Finds the YAML files under a folder. None that looks like one is left out in silence: a suite that shrinks unseen is green over tests that no longer run.

use crate::project;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// Why a folder is not searched.
pub(super) const NOT_FOLLOWED: &str =
    "a link to a folder is not followed; copy what it leads to, or name that folder itself";
/// Why a folder inside is not searched.
pub(crate) const OWN_PROJECT: &str = "it is a project of its own, with its own `pump-hil.toml`; name it by itself";
/// Why a file is not read.
pub(super) const NOT_UTF8: &str = "the name of this file is not UTF-8, so that nothing can name it; rename it";

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Paths of files relative to the root, sorted.
    pub files: Vec<String>,
    /// Links to folders elsewhere, which are not followed.
    pub links: Vec<PathBuf>,
    /// Files like the others whose names are no UTF-8.
    pub nameless: Vec<PathBuf>,
    /// Folders inside that are projects of their own, with rigs and settings of their own; they are not searched.
    pub projects: Vec<PathBuf>,
}

impl Found {
    /// What is not taken, and why.
    pub fn left_out(&self) -> Vec<(&Path, &'static str)> {
        let links = self.links.iter().map(|path| (path.as_path(), NOT_FOLLOWED));
        let nameless = self.nameless.iter().map(|path| (path.as_path(), NOT_UTF8));
        links.chain(nameless).collect()
    }
}

/// The files under `inside`, a folder in `root`, but for hidden ones and for folders of these names.
///
/// # Errors
/// A folder cannot be read.
pub(super) fn search(root: &Path, inside: &Path, without: &[&str]) -> io::Result<Found> {
    let mut found = Found::default();
    let searched = inside.canonicalize()?;
    in_folder(root, inside, &searched, without, &mut found)?;
    // readdir(3) gives them in any order, and the same folder must give the same run.
    found.files.sort();
    found.links.sort();
    found.nameless.sort();
    found.projects.sort();
    Ok(found)
}

fn in_folder(root: &Path, folder: &Path, searched: &Path, without: &[&str], found: &mut Found) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') || without.contains(&name.as_ref()) && path.is_dir() {
            continue;
        }
        // Of the entry itself, and not of what a link leads to: no folder is gone into by a link, so that no circle is.
        let kind = entry.file_type()?;
        if kind.is_dir() && path.join(project::FILE).is_file() {
            found.projects.push(path);
        } else if kind.is_dir() {
            in_folder(root, &path, searched, without, found)?;
        } else if path.is_dir() {
            // What lies in the searched folder is found there.
            if !path.canonicalize().is_ok_and(|real| real.starts_with(searched)) {
                found.links.push(path);
            }
        } else if is_yaml(&path) {
            match name_of(root, &path) {
                Some(name) => found.files.push(name),
                None => found.nameless.push(path),
            }
        }
    }
    Ok(())
}

/// By its ending, in upper case too: a copy over a Windows share may have made it so.
fn is_yaml(path: &Path) -> bool {
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    ending.is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// A file's path relative to `root`, with `/`; `None` where it is no UTF-8.
pub(super) fn name_of(root: &Path, path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root).unwrap_or(path);
    // By its parts, because a `\` inside a name is a letter like any other here.
    let parts: Option<Vec<&str>> = relative.iter().map(OsStr::to_str).collect();
    Some(parts?.join("/"))
}
