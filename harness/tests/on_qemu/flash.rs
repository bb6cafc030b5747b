//! `--flash`: the image comes into a chip that holds another, not into one that has it already, and what runs then is that image.

use crate::bench;
use crate::names::{run_with, said, scenario};
use crate::start::{FAULT, journal};
use crate::variant::{image, rig, spoilt};
use pump_hil_model::event::{Body, InFlash};
use std::path::Path;
use std::process::Output;

/// A run on a rig whose chip begins with the image `first`, after `flash` is brought there.
fn run(root: &Path, folder: &Path, first: &Path, flash: &Path) -> Output {
    let [own, first] = [&image(root), first].map(|path| path.display().to_string());
    let rig = rig(root, folder, &[(&own, &first)]);
    let file = scenario(folder, "  - expect: {state: stopped}\n");
    let flash = ["--flash".to_owned(), flash.display().to_string()];
    run_with(root, &file, &rig, &folder.join("out"), &flash)
}

fn in_flash(folder: &Path) -> InFlash {
    let events = journal(&folder.join("out"));
    let mut told = events.iter().filter_map(|event| match &event.body {
        Body::Firmware { in_flash, .. } => Some(*in_flash),
        _ => None,
    });
    told.next().expect("the firmware is journaled")
}

#[test]
fn an_image_is_flashed_where_another_is_and_skipped_where_it_is_already() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (elf, other) = (image(&root), spoilt(&root, folder.path(), "Reset", FAULT));
    for (first, how) in [(&other, InFlash::Written), (&elf, InFlash::Already)] {
        let ran = run(&root, folder.path(), first, &elf);
        assert!(ran.status.success(), "{}", said(&ran));
        assert_eq!(in_flash(folder.path()), how);
    }
}

#[test]
fn firmware_that_faults_is_flashed_and_fails_and_a_file_that_is_none_is_told() {
    let Some(root) = bench() else { return };
    let folder = tempfile::tempdir().unwrap();
    let elf = image(&root);
    let ran = run(
        &root,
        folder.path(),
        &elf,
        &spoilt(&root, folder.path(), "Reset", FAULT),
    );
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    assert!(
        said(&ran).contains("the firmware faulted: HardFault in Reset"),
        "{}",
        said(&ran)
    );
    assert_eq!(in_flash(folder.path()), InFlash::Written);

    std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    let cut = folder.path().join("cut.elf");
    std::fs::write(&cut, &std::fs::read(&elf).unwrap()[..100]).unwrap();
    for (file, why) in [
        (&*cut, "cut.elf: the file is cut off, or broken"),
        (Path::new("absent.elf"), "cannot read `absent.elf`"),
    ] {
        let ran = run(&root, folder.path(), &elf, file);
        assert_eq!(ran.status.code(), Some(2), "{}", said(&ran));
        assert!(said(&ran).contains(why), "{}", said(&ran));
        assert!(!folder.path().join("out").exists(), "nothing was run");
    }
}
