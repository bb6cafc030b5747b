//! A crate as its tree of modules, without what exists only in tests.

use crate::sources::Sources;
use crate::test_only;
use syn::{Expr, Item, Lit, Meta};

/// A module: a file, or a `mod` with its text in place.
pub struct Module<'s> {
    /// Names from the root of the crate, which has none.
    pub path: Vec<String>,
    /// The file that it stands in.
    pub file: String,
    /// Index of the module that declares it.
    pub parent: Option<usize>,
    /// Indices of the modules that it declares.
    pub children: Vec<usize>,
    /// Its macros go on where it ends.
    pub macro_use: bool,
    items: &'s [Item],
}

impl<'s> Module<'s> {
    /// What it declares outside of tests.
    pub fn items(&self) -> impl Iterator<Item = &'s Item> + use<'s> {
        self.items
            .iter()
            .filter(|item| !test_only::is(test_only::of_item(item)))
    }

    /// Its path as one text.
    pub fn name(&self) -> String {
        match self.path.is_empty() {
            true => "(root)".to_owned(),
            false => self.path.join("::"),
        }
    }
}

/// A crate's modules; the first is the root.
pub struct Tree<'s> {
    /// Its modules, each after the one that declares it.
    pub modules: Vec<Module<'s>>,
}

impl<'s> Tree<'s> {
    /// The crate whose root is this file.
    pub fn read(root: &str, sources: &'s Sources) -> Self {
        let source = sources.get(root).unwrap_or_else(|| panic!("there is no {root}"));
        let mut tree = Self { modules: Vec::new() };
        if !test_only::is(&source.syntax.attrs) {
            let root_module = Module {
                path: Vec::new(),
                file: root.to_owned(),
                parent: None,
                children: Vec::new(),
                macro_use: false,
                items: &source.syntax.items,
            };
            tree.add(root_module, folder_of(root), sources);
        }
        tree
    }

    /// Whether a module is `above` or lies somewhere under it.
    pub fn is_within(&self, mut module: usize, above: usize) -> bool {
        while module != above {
            let Some(parent) = self.modules[module].parent else {
                return false;
            };
            module = parent;
        }
        true
    }

    /// Takes in a module and those under it; their files lie in `folder`.
    fn add(&mut self, module: Module<'s>, folder: &str, sources: &'s Sources) {
        let index = self.modules.len();
        let items: Vec<&Item> = module.items().collect();
        self.modules.push(module);
        for item in items {
            let Item::Mod(declared) = item else { continue };
            let parent = &self.modules[index];
            let name = declared.ident.to_string();
            let (file, items) = match &declared.content {
                Some((_, items)) => (parent.file.clone(), items.as_slice()),
                None => {
                    let file = file_of(declared, &parent.file, folder, sources);
                    let syntax = &sources.get(&file).expect("it was found").syntax;
                    // A file can also say of itself that it is a test.
                    if test_only::is(&syntax.attrs) {
                        continue;
                    }
                    (file, syntax.items.as_slice())
                }
            };
            let inside = match &declared.content {
                None if file.ends_with("/mod.rs") => folder_of(&file).to_owned(),
                None => file.trim_end_matches(".rs").to_owned(),
                Some(_) => format!("{folder}/{}", name.trim_start_matches("r#")),
            };
            let child = Module {
                path: parent.path.iter().cloned().chain([name]).collect(),
                file,
                parent: Some(index),
                children: Vec::new(),
                macro_use: declared.attrs.iter().any(|a| a.path().is_ident("macro_use")),
                items,
            };
            let next = self.modules.len();
            self.modules[index].children.push(next);
            self.add(child, &inside, sources);
        }
    }
}

/// The file of a module that is declared by its name alone.
fn file_of(declared: &syn::ItemMod, parent_file: &str, folder: &str, sources: &Sources) -> String {
    let said = declared.attrs.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(format!("{}/{}", folder_of(parent_file), text.value())),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let name = declared.ident.to_string();
    let name = name.trim_start_matches("r#");
    let candidates = match said {
        Some(path) => vec![path],
        None => vec![format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")],
    };
    let found = candidates.iter().find(|file| sources.get(file).is_some());
    found
        .unwrap_or_else(|| panic!("{parent_file} declares `mod {name}`, and there is none of {candidates:?}"))
        .clone()
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or(".", |(folder, _)| folder)
}
