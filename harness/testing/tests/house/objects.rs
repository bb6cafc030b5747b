//! In how many files the inherent `impl` blocks of a type stand.

use crate::names::{Named, Names};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Item, Type};

/// The files of each type of a crate, by its path. Traits may be implemented anywhere.
pub fn files(names: &Names) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let modules = &names.tree.modules;
    for (index, module) in modules.iter().enumerate() {
        for item in module.items() {
            let Item::Impl(block) = item else { continue };
            let (None, Type::Path(kind)) = (&block.trait_, &*block.self_ty) else {
                continue;
            };
            let path: Vec<String> = kind.path.segments.iter().map(|s| s.ident.to_string()).collect();
            for named in names.resolve(index, &path) {
                if let Named::Item(home, name) = named {
                    let mut full = modules[home].path.clone();
                    full.push(name);
                    found.entry(full.join("::")).or_default().insert(module.file.clone());
                }
            }
        }
    }
    found
}
