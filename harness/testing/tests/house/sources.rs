//! The Rust sources under a folder, taken apart by `syn`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Sources by their path from the root of the repository.
pub struct Sources {
    files: BTreeMap<String, Source>,
}

/// One file.
pub struct Source {
    /// Lines that it has.
    pub lines: usize,
    /// What stands in it.
    pub syntax: syn::File,
}

impl Sources {
    /// Every source of the package in `folder`, a path from `root`: a package inside of it is another one.
    pub fn of_package(root: &Path, folder: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![root.join(folder)];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(&next).expect("the folder is there") {
                let path = entry.expect("it can be listed").path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let hidden = name == "target" || name.starts_with('.');
                if path.is_dir() && !hidden && !path.join("Cargo.toml").exists() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let name = path.strip_prefix(root).expect("it is inside").display().to_string();
                    let text = fs::read_to_string(&path).expect("it can be read");
                    files.insert(name.clone(), read(&name, &text));
                }
            }
        }
        Self { files }
    }

    /// Sources that are made up.
    pub fn made_up(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), read(name, text)));
        Self { files: files.collect() }
    }

    /// The file of that name.
    pub fn get(&self, name: &str) -> Option<&Source> {
        self.files.get(name)
    }

    /// All of them, with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.files.iter().map(|(name, source)| (name.as_str(), source))
    }
}

fn read(name: &str, text: &str) -> Source {
    Source {
        lines: text.lines().count(),
        syntax: syn::parse_file(text).unwrap_or_else(|e| panic!("{name}:{}: {e}", e.span().start().line)),
    }
}
