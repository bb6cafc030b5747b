//! The page of what can break a run has each code that the program has, and no other.

use pump_hil::pages::entries;
use pump_hil_testing::repository::root;
use std::collections::BTreeSet;
use std::path::Path;

/// Codes of the sources below a folder: what `TroubleCode::of` is given, and what a rig's errors answer.
fn codes(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            codes(&path, found);
        } else if name.ends_with(".rs") && !name.contains("tests") {
            let text = std::fs::read_to_string(&path).unwrap();
            // Examples in the docs are none.
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for before in ["TroubleCode::of(\"", "Self::of(\"", "=> \"rig-", "str = \"rig-"] {
                    let Some(at) = line.find(before) else { continue };
                    let rest = &line[at + before.find('"').unwrap() + 1..];
                    found.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
}

#[test]
fn the_page_has_each_code_and_no_other() {
    let mut here = BTreeSet::new();
    for folder in [
        "harness/rig/src",
        "harness/model/src",
        "harness/verdict/src",
        "harness/src",
    ] {
        codes(&root().join(folder), &mut here);
    }
    let page = std::fs::read_to_string(root().join("docs/troubles.md")).unwrap();
    let there: BTreeSet<String> = entries(&page)
        .iter()
        .flat_map(|entry| entry.names().map(str::to_owned))
        .collect();
    assert!(there.len() > 50, "{there:?}");
    assert_eq!(here, there);
}
