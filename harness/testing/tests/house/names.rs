//! What a name in a module means: the module that defines it, through `use`, re-exports and globs.

use crate::modules::Tree;
use crate::tokens::{self, Seen};
use std::collections::{HashMap, HashSet};
use syn::{ForeignItem, Item, UseTree, Visibility};

/// What every program has in scope; a macro's tokens that have such a word do not define it.
const PRELUDE: &[&str] = &[
    "Option", "Some", "None", "Result", "Ok", "Err", "String", "Vec", "Box", "Self",
];

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A module of the crate.
    Module(usize),
    /// Something that this module defines, or something inside of it.
    Item(usize, String),
    /// Nothing of this crate.
    Outside(Vec<String>),
}

/// What a name is bound to in a module.
enum Binding {
    Module(usize),
    Item(usize),
    Import(Import),
}

/// A `use`: of one name, or of all.
struct Import {
    path: Vec<String>,
    /// Others than the modules below see it too.
    open: bool,
}

/// The names that a module's own text binds.
#[derive(Default)]
struct Scope {
    bindings: HashMap<String, Vec<Binding>>,
    globs: Vec<Import>,
    /// Names that a macro may define: they stand in the tokens of one that is called among the items.
    of_macros: HashSet<String>,
    variants: HashMap<String, HashSet<String>>,
    macros: HashSet<String>,
    defines: bool,
}

/// The names of all modules of a crate.
pub struct Names<'t, 's> {
    /// The crate.
    pub tree: &'t Tree<'s>,
    scopes: Vec<Scope>,
}

impl<'t, 's> Names<'t, 's> {
    /// Reads what each module binds.
    pub fn of(tree: &'t Tree<'s>) -> Self {
        let mut scopes: Vec<Scope> = tree.modules.iter().map(|_| Scope::default()).collect();
        for (index, module) in tree.modules.iter().enumerate() {
            for &child in &module.children {
                let name = tree.modules[child].path.last().expect("a child has a name").clone();
                scopes[index].bind(name, Binding::Module(child));
            }
            for item in module.items() {
                if is_exported_macro(item) {
                    let name = defined(item).expect("a rule has a name");
                    scopes[0].bind(name, Binding::Item(index));
                }
                scopes[index].take(item, index);
            }
        }
        Self { tree, scopes }
    }

    /// What a path in a module's text names: nothing, one thing, or several in several namespaces.
    pub fn resolve(&self, from: usize, path: &[String]) -> Vec<Named> {
        self.follow(from, path, &mut Vec::new())
    }

    /// Where a macro that is called by one name is defined: it may be in scope without any `use`.
    pub fn macro_home(&self, from: usize, name: &str) -> Option<Named> {
        let found = self.look_up(from, name, from, &mut Vec::new());
        let by_use = found.into_iter().find(|n| !matches!(n, Named::Module(_)));
        by_use.or_else(|| {
            let above = std::iter::successors(Some(from), |&m| self.tree.modules[m].parent);
            let home = above.filter_map(|module| self.textual(module, name)).next();
            home.map(|module| Named::Item(module, name.to_owned()))
        })
    }

    /// Whether a module defines anything but modules.
    pub fn defines(&self, module: usize) -> bool {
        self.scopes[module].defines
    }

    fn textual(&self, module: usize, name: &str) -> Option<usize> {
        if self.scopes[module].macros.contains(name) {
            return Some(module);
        }
        let children = self.tree.modules[module].children.iter().copied();
        children
            .filter(|&child| self.tree.modules[child].macro_use)
            .find_map(|child| self.textual(child, name))
    }

    fn follow(&self, from: usize, path: &[String], seen: &mut Vec<(usize, String)>) -> Vec<Named> {
        let Some((first, rest)) = path.split_first() else {
            return Vec::new();
        };
        let mut at = match first.as_str() {
            "" => return vec![Named::Outside(rest.to_vec())],
            "crate" => vec![Named::Module(0)],
            "self" | "super" => self.step(&Named::Module(from), first, from, seen),
            name => self.look_up(from, name, from, seen),
        };
        if at.is_empty() {
            return vec![Named::Outside(path.to_vec())];
        }
        for segment in rest {
            // A function may be called as a module beside it, and nothing lies in a function.
            if at.iter().any(|named| matches!(named, Named::Module(_))) {
                at.retain(|named| matches!(named, Named::Module(_)));
            }
            at = at
                .iter()
                .flat_map(|named| self.step(named, segment, from, seen))
                .collect();
        }
        at
    }

    fn step(&self, at: &Named, segment: &str, from: usize, seen: &mut Vec<(usize, String)>) -> Vec<Named> {
        match at {
            Named::Module(module) if segment == "self" => vec![Named::Module(*module)],
            Named::Module(module) if segment == "super" => {
                vec![Named::Module(self.tree.modules[*module].parent.unwrap_or(0))]
            }
            Named::Module(module) => {
                let found = self.look_up(*module, segment, from, seen);
                // The compiler has found it there: so it comes from a macro.
                match found.is_empty() {
                    true => vec![Named::Item(*module, segment.to_owned())],
                    false => found,
                }
            }
            Named::Item(..) => vec![at.clone()],
            Named::Outside(path) => vec![Named::Outside(
                path.iter().cloned().chain([segment.to_owned()]).collect(),
            )],
        }
    }

    /// What a name is in a module, for one who stands in `from`. `seen` is what is being looked up: a `use` may name itself.
    fn look_up(&self, module: usize, name: &str, from: usize, seen: &mut Vec<(usize, String)>) -> Vec<Named> {
        let key = (module, name.to_owned());
        if seen.contains(&key) {
            return Vec::new();
        }
        seen.push(key);
        let scope = &self.scopes[module];
        let visible = |import: &Import| import.open || self.tree.is_within(from, module);
        let mut found = Vec::new();
        for binding in scope.bindings.get(name).into_iter().flatten() {
            match binding {
                Binding::Module(child) => found.push(Named::Module(*child)),
                Binding::Item(home) => found.push(Named::Item(*home, name.to_owned())),
                Binding::Import(import) if visible(import) => {
                    for named in self.follow(module, &import.path, seen) {
                        // What is not ours is defined, for the others, where it is handed on.
                        let handed_on = matches!(named, Named::Outside(_)) && import.open && from != module;
                        found.push(if handed_on {
                            Named::Item(module, name.to_owned())
                        } else {
                            named
                        });
                    }
                }
                Binding::Import(_) => {}
            }
        }
        if found.is_empty() {
            for glob in scope.globs.iter().filter(|glob| visible(glob)) {
                for named in self.follow(module, &glob.path, seen) {
                    match named {
                        Named::Module(other) => found.extend(self.look_up(other, name, module, seen)),
                        Named::Item(home, kind) if self.has_variant(home, &kind, name) => {
                            found.push(Named::Item(home, kind));
                        }
                        _ => {}
                    }
                }
            }
        }
        if found.is_empty() && scope.of_macros.contains(name) {
            found.push(Named::Item(module, name.to_owned()));
        }
        seen.pop();
        found
    }

    fn has_variant(&self, module: usize, kind: &str, name: &str) -> bool {
        let variants = self.scopes[module].variants.get(kind);
        variants.is_some_and(|variants| variants.contains(name))
    }
}

impl Scope {
    fn bind(&mut self, name: String, binding: Binding) {
        self.bindings.entry(name).or_default().push(binding);
    }

    fn take(&mut self, item: &Item, index: usize) {
        match item {
            Item::Mod(_) => return,
            Item::Use(used) => {
                let open = !matches!(used.vis, Visibility::Inherited);
                for leaf in leaves(used) {
                    let import = Import { path: leaf.path, open };
                    match leaf.name {
                        Some(name) => self.bind(name, Binding::Import(import)),
                        None => self.globs.push(import),
                    }
                }
                return;
            }
            Item::Enum(item) => {
                let variants = item.variants.iter().map(|v| v.ident.to_string()).collect();
                self.variants.insert(item.ident.to_string(), variants);
            }
            Item::ForeignMod(block) => {
                for item in &block.items {
                    if let ForeignItem::Fn(item) = item {
                        self.bind(item.sig.ident.to_string(), Binding::Item(index));
                    }
                }
            }
            Item::Macro(item) if item.ident.is_none() => {
                for (_, seen) in tokens::read(item.mac.tokens.clone()) {
                    if let Seen::Path { names, .. } = seen
                        && let [name] = names.as_slice()
                        && name.starts_with(char::is_uppercase)
                        && !PRELUDE.contains(&name.as_str())
                    {
                        self.of_macros.insert(name.clone());
                    }
                }
            }
            Item::Macro(item) => {
                self.macros.extend(item.ident.as_ref().map(ToString::to_string));
            }
            _ => {}
        }
        self.defines = true;
        if let Some(name) = defined(item) {
            self.bind(name, Binding::Item(index));
        }
    }
}

/// A name that a `use` brings; `None`: all that are there. `_` is a name too, which nobody can say.
pub struct Leaf {
    /// How it is called here.
    pub name: Option<String>,
    /// What it names, as it is written.
    pub path: Vec<String>,
    /// Line of its name.
    pub line: usize,
}

/// The names that a `use` brings.
pub fn leaves(used: &syn::ItemUse) -> Vec<Leaf> {
    let mut found = Vec::new();
    let start = used.leading_colon.map(|_| String::new());
    gather(&used.tree, &start.into_iter().collect::<Vec<_>>(), &mut found);
    found
}

fn gather(tree: &UseTree, before: &[String], found: &mut Vec<Leaf>) {
    let with = |ident: &syn::Ident| -> Vec<String> {
        // `a::{self}` is `a`.
        let own = (ident != "self" || before.is_empty()).then(|| ident.to_string());
        before.iter().cloned().chain(own).collect()
    };
    let mut leaf = |name: Option<String>, path: Vec<String>, line: usize| found.push(Leaf { name, path, line });
    match tree {
        UseTree::Path(path) => gather(&path.tree, &with(&path.ident), found),
        UseTree::Group(group) => group.items.iter().for_each(|item| gather(item, before, found)),
        UseTree::Name(name) => {
            let path = with(&name.ident);
            leaf(path.last().cloned(), path, name.ident.span().start().line);
        }
        UseTree::Rename(rename) => {
            let line = rename.ident.span().start().line;
            leaf(Some(rename.rename.to_string()), with(&rename.ident), line);
        }
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            leaf(None, before.to_vec(), line);
        }
    }
}

/// The name that an item defines in its module.
pub fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Fn(i) => &i.sig.ident,
        Item::Macro(i) => i.ident.as_ref()?,
        Item::Static(i) => &i.ident,
        Item::Struct(i) => &i.ident,
        Item::Trait(i) => &i.ident,
        Item::TraitAlias(i) => &i.ident,
        Item::Type(i) => &i.ident,
        Item::Union(i) => &i.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn is_exported_macro(item: &Item) -> bool {
    matches!(item, Item::Macro(i) if i.ident.is_some() && i.attrs.iter().any(|a| a.path().is_ident("macro_export")))
}
