//! Files of requirements.

use super::attack::Target;
use super::{seeds, told};
use pump_hil_language::catalog::load::Loader;

#[test]
fn requirements_of_any_text_are_a_catalogue_or_mistakes_with_their_places() {
    Target {
        name: "requirements",
        inputs: 400,
        seeds: seeds::texts("fixtures/requirements", "yaml"),
        read: &read,
    }
    .run();
}

fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut loader = Loader::new();
    loader.requirements("changed.yaml", text.to_owned());
    if let Err(diagnostics) = loader.finish() {
        told::holds(&diagnostics, |name| (name == "changed.yaml").then_some(bytes));
    }
}
