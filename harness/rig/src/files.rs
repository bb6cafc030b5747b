//! Files that people and linkers wrote, read with a bound.

use pump_hil_model::yaml::tree::BYTES_MAX;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Reads a file that a person wrote, and no device or pipe that never ends.
///
/// # Errors
/// It is no file, cannot be read, or is larger than [`BYTES_MAX`].
pub fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    read_at_most(path, BYTES_MAX)
}

/// As [`read_bounded`], with a limit of one's own, in bytes: for what a linker wrote.
///
/// # Errors
/// As [`read_bounded`].
pub fn read_at_most(path: &Path, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    // One byte more tells a file that is too large from one that just fits. Its size is not asked: it may grow meanwhile.
    file.take(bytes_max as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max {
        return Err(std::io::Error::other(format!("larger than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// A path without the `FOLDER/..` in it, as people write it, where that leads to the same place: of a link to a folder it may not.
#[must_use]
pub fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match (part, tidied.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                tidied.pop();
            }
            _ => tidied.push(part),
        }
    }
    if tidied.canonicalize().ok() == path.canonicalize().ok() {
        tidied
    } else {
        path.to_owned()
    }
}

/// Whether a program of this name is in one of the folders of `PATH`.
#[must_use]
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_tidied_where_it_stays_the_same_place() {
        let tidied = |path: &str| tidy(Path::new(path)).display().to_string();
        assert_eq!(tidied("no/rigs/../../such/pump.elf"), "such/pump.elf");
        assert_eq!(tidied("../such/./pump.elf"), "../such/pump.elf");
        assert_eq!(tidied("/../a/../../pump.elf"), "/../../pump.elf");
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let there = write("far/away/pump.elf");
        let near = write("near/rig.yaml").with_file_name("link");
        std::os::unix::fs::symlink(there.parent().unwrap(), &near).unwrap();
        let by_link = near.join("../away/pump.elf");
        assert_eq!(tidy(&by_link), by_link, "`near/away` is another place");
    }
}
