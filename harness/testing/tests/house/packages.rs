//! The packages of the repository and what each builds: found by looking.

use crate::manifest::Manifest;
use std::fs;
use std::path::{Path, PathBuf};

/// A package.
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder from the root of the repository.
    pub folder: String,
    /// What its `Cargo.toml` says.
    pub manifest: Manifest,
    /// What is built: a name for people, and the root file from the root of the repository.
    pub crates: Vec<(String, String)>,
}

/// All packages, in the order of their folders.
pub fn find(root: &Path) -> Vec<Package> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in listed(&folder) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                folders.push(path);
            } else if name == "Cargo.toml" {
                found.extend(package(root, &folder));
            }
        }
    }
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    found
}

fn package(root: &Path, folder: &Path) -> Option<Package> {
    let text = fs::read_to_string(folder.join("Cargo.toml")).expect("it can be read");
    let manifest = Manifest::read(&text);
    let name = manifest.get("package", "name")?.to_owned();
    let inside = |path: &Path| path.strip_prefix(root).expect("it is inside").display().to_string();
    let mut crates = Vec::new();
    let mut add = |kind: &str, path: PathBuf| {
        let file = inside(&path);
        if path.exists() && !crates.iter().any(|(_, known)| *known == file) {
            crates.push((format!("{name}{kind}"), file));
        }
    };
    add("", folder.join(manifest.get("lib", "path").unwrap_or("src/lib.rs")));
    add(" (program)", folder.join("src/main.rs"));
    for section in ["bin", "test", "bench", "example"] {
        for said in manifest.all(section, "path") {
            add(&format!(" ({said})"), folder.join(said));
        }
    }
    for kind in ["tests", "benches", "examples", "src/bin"] {
        for path in listed(&folder.join(kind)) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let kind = format!(" ({kind}/{name})");
            match path.is_dir() {
                true => add(&kind, path.join("main.rs")),
                false if path.extension().is_some_and(|e| e == "rs") => add(&kind, path),
                false => {}
            }
        }
    }
    Some(Package {
        name: name.clone(),
        folder: inside(folder),
        manifest,
        crates,
    })
}

/// What lies in a folder, in order; nothing where there is none.
fn listed(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}
