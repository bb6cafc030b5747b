//! Scenario files and fixtures on disk: the one place where scenarios meet the file system.

use crate::catalog::Catalog;
use crate::catalog::load::Loader;
use crate::diagnostic::Diagnostic;
use crate::scenario::{Source, SourceError};
use crate::yaml::tree::BYTES_MAX;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders that hold no scenarios of their own.
const NOT_SEARCHED: &[&str] = &["rejected", "shared", "snapshots", "target"];
/// Most levels of folders that are searched.
const DEPTH_MAX: usize = 16;

/// A folder of scenarios; nothing outside of it is ever read, whatever a file includes.
#[derive(Debug, Clone)]
pub struct ScenarioFolder {
    root: PathBuf,
}

impl ScenarioFolder {
    /// A folder.
    ///
    /// # Errors
    /// It does not exist or is no folder.
    pub fn open(root: &Path) -> std::io::Result<Self> {
        let root = root.canonicalize()?;
        if !root.is_dir() {
            return Err(std::io::Error::new(std::io::ErrorKind::NotADirectory, "not a folder"));
        }
        Ok(Self { root })
    }

    /// The folder, without symbolic links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Paths of all scenario files, relative to the folder, sorted. Folders named `shared`, `rejected` or `snapshots`, and hidden ones, are left out.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn list(&self) -> std::io::Result<Vec<String>> {
        let mut found = Vec::new();
        self.search(&self.root, 0, &mut found)?;
        found.sort();
        Ok(found)
    }

    fn search(&self, folder: &Path, depth: usize, found: &mut Vec<String>) -> std::io::Result<()> {
        if depth > DEPTH_MAX {
            return Ok(());
        }
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let kind = entry.file_type()?;
            if kind.is_dir() && !name.starts_with('.') && !NOT_SEARCHED.contains(&name.as_ref()) {
                self.search(&path, depth + 1, found)?;
            }
            let yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
            if !kind.is_dir()
                && yaml
                && !name.starts_with('.')
                && let Ok(relative) = path.strip_prefix(&self.root)
            {
                found.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
        Ok(())
    }
}

impl Source for ScenarioFolder {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let unreadable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => SourceError::NotFound(path.to_owned()),
            _ => SourceError::Unreadable {
                path: path.to_owned(),
                why: error.to_string(),
            },
        };
        // Through symbolic links too: a link must not lead outside.
        let real = self.root.join(path).canonicalize().map_err(unreadable)?;
        if !real.starts_with(&self.root) {
            return Err(SourceError::Outside(path.to_owned()));
        }
        let meta = std::fs::metadata(&real).map_err(unreadable)?;
        if !meta.is_file() {
            return Err(SourceError::Unreadable {
                path: path.to_owned(),
                why: "not a file".to_owned(),
            });
        }
        if meta.len() > BYTES_MAX as u64 {
            return Err(SourceError::TooLarge { bytes: meta.len() });
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&real).map_err(unreadable)?;
        file.take(BYTES_MAX as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        Ok(bytes)
    }
}

/// The catalogue of a `fixtures` folder: all files in its `requirements` and `drugs`.
///
/// # Errors
/// What is wrong with the files, or that they cannot be read.
pub fn catalog(fixtures: &Path) -> Result<Catalog, Vec<Diagnostic>> {
    let mut loader = Loader::new();
    for (folder, drugs) in [("requirements", false), ("drugs", true)] {
        let about = |path: &Path, error: &dyn std::fmt::Display| {
            vec![Diagnostic::about_file(
                &path.display().to_string(),
                error.to_string(),
                None,
            )]
        };
        let folder = fixtures.join(folder);
        let source = ScenarioFolder::open(&folder).map_err(|error| about(&folder, &error))?;
        for name in source.list().map_err(|error| about(&folder, &error))? {
            let path = folder.join(&name);
            let bytes = source.read(&name).map_err(|error| about(&path, &error))?;
            let text = String::from_utf8(bytes).map_err(|error| about(&path, &error))?;
            let shown = path.display().to_string();
            if drugs {
                loader.drugs(&shown, text);
            } else {
                loader.requirements(&shown, text);
            }
        }
    }
    loader.finish()
}
