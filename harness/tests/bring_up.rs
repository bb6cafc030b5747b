//! The page that takes a person to a board says what is shipped and what the program says.

use pump_hil_testing::repository::root;
use std::fs;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn the_udev_rule_on_the_page_is_the_one_that_is_shipped() {
    let rule = read("fixtures/udev/70-pump-hil.rules");
    assert!(read("docs/bring-up.md").contains(&format!("```\n{rule}```\n")));
}

#[test]
fn every_file_that_the_page_names_is_there() {
    let page = read("docs/bring-up.md");
    let words = page.split(|c: char| c.is_whitespace() || "`(),:|".contains(c));
    let paths = words.filter(|word| {
        ["fixtures/", "scenarios/", "firmware-stub/", "docs/"]
            .iter()
            .any(|folder| word.starts_with(folder))
    });
    let paths: Vec<&str> = paths.filter(|path| !path.contains("/target/")).collect();
    assert!(paths.len() >= 8, "{paths:?}");
    for path in paths {
        assert!(root().join(path).exists(), "{path}");
    }
}

/// All sources below a folder, but those of tests.
fn sources_of(folder: &str) -> String {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let mut all = String::new();
    for entry in entries {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            all += &sources_of(&path);
        } else if !name.contains("tests") {
            all += &read(&path);
        }
    }
    all
}

#[test]
fn every_error_that_the_page_explains_is_one_that_the_program_has() {
    let page = read("docs/bring-up.md");
    let list = page.split("## What it says, and what to do").nth(1).expect("the list");
    let list = list.split("\n## ").next().expect("its end");
    let sources = sources_of("harness/rig/src") + &sources_of("harness/firmware/src");
    let mut told = 0;
    for row in pump_hil::pages::entries(list) {
        for quoted in row.head.split('`').skip(1).step_by(2) {
            // What stands between what varies.
            for part in quoted.split("...").flat_map(|part| part.split("nRF51822_xxAA")) {
                let part =
                    part.trim_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == ',' || c == ';' || c == ':');
                if part.len() > 3 {
                    told += 1;
                    assert!(sources.contains(part), "`{part}` of: {row:?}");
                }
            }
        }
    }
    assert!(told >= 18, "{told}");
}
