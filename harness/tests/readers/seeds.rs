//! Where inputs come from: what the repository has of each kind.

use pump_hil_testing::repository;
use std::path::{Path, PathBuf};

/// Journals of each format, kept for good.
pub const JOURNALS: &str = "harness/tests/journals";

/// The files of a folder of the repository with this ending, by their names.
pub fn files(folder: &str, ending: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = repository::root().join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|is| is == ending));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), bytes(&path))).collect()
}

/// Their texts alone.
pub fn texts(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    files(folder, ending).into_iter().map(|(_, bytes)| bytes).collect()
}

/// A file of the repository.
pub fn file(path: &str) -> Vec<u8> {
    bytes(&repository::root().join(path))
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines in the golden files of the protocol, from the pump or to it.
pub fn golden_lines(from: &str) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for file in ["fixtures/wire/good.txt", "fixtures/wire/bad.txt"] {
        let text = String::from_utf8(self::file(file)).expect("a text");
        let blocks = text
            .split("\n\n")
            .filter(|block| block.lines().any(|line| line == format!("from: {from}")));
        lines.extend(blocks.filter_map(|block| {
            let bytes = block.lines().find_map(|line| line.strip_prefix("bytes: "))?;
            Some(unescaped(bytes))
        }));
    }
    lines
}

fn unescaped(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b'x') => {
                    let digits: String = rest.by_ref().take(2).map(char::from).collect();
                    u8::from_str_radix(&digits, 16).expect("two digits")
                }
                other => other.expect("a character behind `\\`"),
            },
            other => other,
        });
    }
    bytes
}
