//! The rules of the house, held by reading all sources: no circle between modules, small functions and files, one object in one file, and crates in
//! their order.

mod circles;
mod manifest;
mod modules;
mod names;
mod packages;
mod sources;
mod test_only;
mod tokens;
mod uses;

use std::fmt::Write;

#[test]
fn no_module_imports_back_up() {
    let root = packages::root();
    let mut all = String::new();
    for package in packages::find(&root) {
        let sources = sources::Sources::of_package(&root, &package.folder);
        for (name, file) in &package.crates {
            let tree = modules::Tree::read(name, file, &sources);
            let names = names::Names::of(&tree);
            let uses = uses::Uses::of(&names);
            for knot in circles::Graph::of_modules(&names, &uses).knots() {
                let _ = writeln!(all, "circle {name}: {}", knot.names.join(" "));
                all.extend(knot.circles);
            }
            for graph in circles::Graph::of_rooms(&names, &uses) {
                for knot in graph.knots() {
                    let _ = writeln!(all, "rooms {name}: {}", knot.names.join(" "));
                    all.extend(knot.circles);
                }
            }
        }
    }
    assert!(all.is_empty(), "\n{all}");
}
