//! The manifest of a run's folder.

use super::attack::Target;
use super::seeds::{self, JOURNALS};
use pump_hil::journal::judge_file;
use pump_hil::manifest::{self, Entry, Found, Manifest, Read};
use pump_hil_verdict::journal::sha256_hex;
use std::path::Path;

#[test]
fn a_manifest_of_any_bytes_is_told_or_says_what_the_run_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("junit.xml"), "<testsuites/>").expect("a report");
    let (mut files, mut found) = (vec![entry("junit.xml", b"<testsuites/>")], Vec::new());
    for (path, bytes) in seeds::files(JOURNALS, "jsonl")
        .into_iter()
        .filter(|(path, _)| is_new(path))
    {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let judged = judge_file(&path).expect("it is kept");
        std::fs::write(folder.path().join(&name), &bytes).expect("a journal");
        files.push(Entry {
            case: Some(judged.header.case.name()),
            rig: Some(judged.header.rig.clone()),
            chain: judged.evidence.chain.clone(),
            ..entry(&name, &bytes)
        });
        found.push((name, Some(Read::of(&judged))));
    }
    let whole = Manifest {
        pump_hil_manifest: manifest::VERSION,
        harness: "a harness".to_owned(),
        finished: true,
        files,
    };
    let text = serde_json::to_vec_pretty(&whole).expect("it can be written");
    let begun = Manifest {
        finished: false,
        ..whole.clone()
    };
    let begun = serde_json::to_vec(&begun).expect("it can be written");
    assert_eq!(compared(folder.path(), &text, &found), Vec::<String>::new());
    Target {
        name: "manifest",
        inputs: 700,
        seeds: vec![text, begun],
        read: &|bytes| read(folder.path(), bytes, &found, &whole),
    }
    .run();
}

fn is_new(path: &Path) -> bool {
    !path.to_string_lossy().contains("format-1")
}

fn entry(name: &str, bytes: &[u8]) -> Entry {
    Entry {
        file: name.to_owned(),
        bytes: bytes.len() as u64,
        sha256: sha256_hex(bytes),
        case: None,
        rig: None,
        chain: None,
    }
}

fn compared(folder: &Path, bytes: &[u8], found: &[Found]) -> Vec<String> {
    std::fs::write(folder.join(manifest::NAME), bytes).expect("a manifest");
    manifest::compare(folder, found)
}

fn read(folder: &Path, bytes: &[u8], found: &[Found], whole: &Manifest) {
    let told = compared(folder, bytes, found);
    assert!(told.len() < 40, "{} findings", told.len());
    for told in &told {
        assert!(!told.chars().any(char::is_control), "{told:?}");
    }
    if told.is_empty() {
        let same: Manifest = serde_json::from_slice(bytes).expect("it was read");
        let of = |manifest: &Manifest| {
            let journals = manifest.files.iter().filter(|entry| entry.case.is_some());
            let mut journals: Vec<Entry> = journals.cloned().collect();
            journals.sort_by(|a, b| a.file.cmp(&b.file));
            journals.dedup();
            journals
        };
        // A report may be left out of it, and the program may have another name: all journals are as they were.
        assert_eq!(
            (of(&same), same.finished),
            (of(whole), true),
            "a manifest that nobody wrote is right"
        );
    }
}
