//! Files of drugs.

use super::attack::Target;
use super::{seeds, told};
use pump_hil_language::catalog::load::Loader;

#[test]
fn drugs_of_any_text_are_a_library_or_mistakes_with_their_places() {
    let mut texts = seeds::texts("fixtures/drugs", "yaml");
    texts.push(seeds::file("fixtures/requirements/seed.yaml"));
    Target {
        name: "drugs",
        inputs: 1_500,
        seeds: texts,
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut loader = Loader::new();
    loader.drugs("changed.yaml", text.to_owned());
    if let Err(diagnostics) = loader.finish() {
        told::holds(&diagnostics, |name| (name == "changed.yaml").then_some(bytes));
    }
}
