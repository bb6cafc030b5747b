//! `pump-hil.toml`.

use super::attack::Target;
use super::{seeds, told};
use pump_hil::project;
use pump_hil_testing::repository::root;
use std::path::Path;

#[test]
fn a_project_of_any_text_is_one_or_mistakes_with_their_places() {
    let mut seeds = seeds::texts("harness/template", "toml");
    seeds.push(b"scenarios = ['scenarios', \"docs\"]\nrig = [\"sim\", \"fixtures/rigs/serial.yaml\"]\nfixtures = 3\n[out]\na.b = {c = [1, 2.5, 2026-01-01]}\n".to_vec());
    Target {
        name: "project",
        inputs: 1_500,
        seeds,
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(diagnostics) = project::read(Path::new("changed.toml"), text, &root()) {
        told::holds(&diagnostics, |name| (name == "changed.toml").then_some(bytes));
    }
}
