//! The documents: short lines, links that lead somewhere, and each of them on the map, `docs/README.md`.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Characters of a line. More than fit beside a diff on a screen are read by nobody.
pub const LINE_MAX: usize = 99;
/// Where the reader finds each document.
const MAP: &str = "docs/README.md";
/// Folders that hold no documents of ours: what is built, and what git and runs keep.
const LEFT_OUT: &[&str] = &["target", "node_modules", "pump-hil-runs"];

/// A document, by its path in the repository.
pub struct Document {
    pub name: String,
    pub text: String,
}

/// All documents below a folder, sorted.
pub fn all(root: &Path) -> Vec<Document> {
    let mut found = Vec::new();
    below(root, root, &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn below(root: &Path, folder: &Path, found: &mut Vec<Document>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() && !name.starts_with('.') && !LEFT_OUT.contains(&&*name) {
            below(root, &path, found);
        } else if kind.is_file() && name.ends_with(".md") {
            found.push(Document {
                name: path
                    .strip_prefix(root)
                    .expect("below it")
                    .to_string_lossy()
                    .into_owned(),
                text: std::fs::read_to_string(&path).expect("a text"),
            });
        }
    }
}

/// Lines that are too long, as `file:line`.
pub fn long_lines(documents: &[Document]) -> Vec<String> {
    let of = |document: &Document| -> Vec<String> {
        let lines = document.text.lines().enumerate();
        let long = lines.filter(|(_, line)| line.chars().count() > LINE_MAX);
        long.map(|(at, line)| format!("{}:{}: {} characters", document.name, at + 1, line.chars().count()))
            .collect()
    };
    documents.iter().flat_map(of).collect()
}

/// The files that a document links to, by their paths in the repository.
fn links(document: &Document) -> Vec<String> {
    let folder = Path::new(&document.name).parent().unwrap_or(Path::new(""));
    let targets = document
        .text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let files = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    files
        .map(|target| plain(&folder.join(target.split('#').next().unwrap_or(target))))
        .collect()
}

/// A path without `..`.
fn plain(path: &Path) -> String {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain.to_string_lossy().into_owned()
}

/// Links that lead nowhere, and documents that are not on the map.
pub fn lost(root: &Path, documents: &[Document]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut mapped = BTreeSet::from([MAP.to_owned()]);
    for document in documents {
        for link in links(document) {
            if !root.join(&link).exists() {
                wrong.push(format!("{}: there is no {link}", document.name));
            }
            if document.name == MAP {
                mapped.insert(link);
            }
        }
    }
    let unmapped = documents.iter().filter(|document| !mapped.contains(&document.name));
    wrong.extend(unmapped.map(|document| format!("{MAP} does not say what {} is for", document.name)));
    wrong
}

#[test]
fn a_line_that_is_too_long_and_a_link_that_leads_nowhere_are_found() {
    let document = |name: &str, text: &str| Document {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let long = document("docs/a.md", &format!("short\n{}\n", "ä".repeat(LINE_MAX + 1)));
    assert_eq!(long_lines(&[long]), ["docs/a.md:2: 100 characters"]);
    assert!(long_lines(&[document("a.md", &"ä".repeat(LINE_MAX))]).is_empty());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let map = document(MAP, "[a](../README.md) [b](nowhere.md#part) [c](https://example.org)");
    let told = lost(&root, &[map, document("README.md", ""), document("docs/b.md", "")]);
    let expected = [
        "docs/README.md: there is no docs/nowhere.md",
        "docs/README.md does not say what docs/b.md is for",
    ];
    assert_eq!(told, expected);
}
