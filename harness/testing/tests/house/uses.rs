//! What the text of each module names: other modules of the crate, other crates, and strings. What is not named is not seen: a method that is called on
//! a value, a type that the compiler finds out.

use crate::names::{Leaf, Named, Names, leaves};
use crate::test_only;
use crate::tokens::{self, Seen};
use std::collections::{HashMap, HashSet};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItem, Item, ItemMacro, LitStr, Macro, Pat, PatIdent, Stmt, TraitItem, Visibility};

/// What all modules of a crate name.
#[derive(Default)]
pub struct Uses {
    /// Paths and what they name.
    pub paths: Vec<Use>,
    /// Strings.
    pub strings: Vec<Text>,
}

/// One path.
pub struct Use {
    /// The module that names it.
    pub module: usize,
    /// The line of its file.
    pub line: usize,
    /// What is meant.
    pub named: Named,
}

/// One string.
pub struct Text {
    /// The module that it stands in.
    pub module: usize,
    /// The line of its file.
    pub line: usize,
    /// What it says.
    pub text: String,
}

impl Uses {
    /// Reads the text of every module.
    pub fn of(names: &Names) -> Self {
        let mut uses = Self::default();
        for (module, node) in names.tree.modules.iter().enumerate() {
            let mut reader = Reader {
                names,
                module,
                frames: Vec::new(),
                uses: &mut uses,
            };
            for item in node.items().filter(|item| !matches!(item, Item::Mod(_))) {
                reader.visit_item(item);
            }
        }
        uses
    }
}

/// What a function or a block knows by itself.
#[derive(Default)]
struct Frame {
    /// Variables: they hide a name that stands alone.
    variables: HashSet<String>,
    /// What its own `use` brings; `None`: an item that is defined here.
    names: HashMap<String, Option<Vec<String>>>,
}

struct Reader<'r, 't, 's> {
    names: &'r Names<'t, 's>,
    module: usize,
    frames: Vec<Frame>,
    uses: &'r mut Uses,
}

impl Reader<'_, '_, '_> {
    fn path(&mut self, path: &[String], line: usize) {
        let mut path = path.to_vec();
        for frame in self.frames.iter().rev() {
            if path.len() == 1 && frame.variables.contains(&path[0]) {
                return;
            }
            match frame.names.get(&path[0]) {
                Some(None) => return,
                Some(Some(start)) => {
                    path.splice(0..1, start.iter().cloned());
                    break;
                }
                None => {}
            }
        }
        for named in self.names.resolve(self.module, &path) {
            self.add(named, line);
        }
    }

    fn add(&mut self, named: Named, line: usize) {
        let module = self.module;
        self.uses.paths.push(Use { module, line, named });
    }

    fn macro_called(&mut self, name: &str, line: usize) {
        if let Some(home) = self.names.macro_home(self.module, name) {
            self.add(home, line);
        }
    }

    fn leaf(&mut self, leaf: &Leaf, handed_on: bool) {
        if leaf.name.is_some() {
            return self.path(&leaf.path, leaf.line);
        }
        for named in self.names.resolve(self.module, &leaf.path) {
            match named {
                // What a glob brings counts where it is named; but who hands all of it on names all of it.
                Named::Module(module) => {
                    if handed_on && self.names.defines(module) {
                        self.add(Named::Item(module, "*".to_owned()), leaf.line);
                    }
                }
                named => self.add(named, leaf.line),
            }
        }
    }

    /// Reads tokens; `absolute`: only paths that mean the same wherever they stand.
    fn tokens(&mut self, tokens: proc_macro2::TokenStream, absolute: bool) {
        for (line, seen) in tokens::read(tokens) {
            match seen {
                Seen::Text(text) => self.text(text, line),
                Seen::Path { names, .. } if names[0] == "crate" => self.path(&names, line),
                Seen::Path { .. } if absolute => {}
                Seen::Path {
                    names,
                    calls: Some('!'),
                } if names.len() == 1 => self.macro_called(&names[0], line),
                Seen::Path { names, calls } => {
                    // A small word alone may be anything: a field, a variable, a keyword.
                    let telling = names.len() > 1 || calls.is_some() || names[0].starts_with(char::is_uppercase);
                    if telling {
                        self.path(&names, line);
                    }
                }
            }
        }
    }

    fn text(&mut self, text: String, line: usize) {
        let module = self.module;
        self.uses.strings.push(Text { module, line, text });
    }

    fn within(&mut self, frame: Frame, read: impl FnOnce(&mut Self)) {
        self.frames.push(frame);
        read(self);
        self.frames.pop();
    }

    fn function(&mut self, variables: Variables, read: impl FnOnce(&mut Self)) {
        let frame = Frame {
            variables: variables.0,
            ..Frame::default()
        };
        self.within(frame, read);
    }
}

impl<'ast> Visit<'ast> for Reader<'_, '_, '_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !test_only::is(test_only::of_item(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !test_only::is(test_only::of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !test_only::is(test_only::of_trait_item(item)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if !test_only::is(test_only::of_statement(statement)) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !test_only::is(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        if !test_only::is(&variant.attrs) {
            visit::visit_variant(self, variant);
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if !test_only::is(&arm.attrs) {
            visit::visit_arm(self, arm);
        }
    }

    fn visit_item_use(&mut self, used: &'ast syn::ItemUse) {
        let handed_on = !matches!(used.vis, Visibility::Inherited);
        for leaf in leaves(used) {
            self.leaf(&leaf, handed_on);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(Variables::of(|v| v.visit_item_fn(item)), |r| {
            visit::visit_item_fn(r, item)
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(Variables::of(|v| v.visit_impl_item_fn(item)), |r| {
            visit::visit_impl_item_fn(r, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.function(Variables::of(|v| v.visit_trait_item_fn(item)), |r| {
            visit::visit_trait_item_fn(r, item);
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let mut frame = Frame::default();
        for statement in &block.stmts {
            match statement {
                Stmt::Item(Item::Use(used)) => {
                    let named = leaves(used)
                        .into_iter()
                        .filter_map(|leaf| Some((leaf.name?, Some(leaf.path))));
                    frame.names.extend(named);
                }
                Stmt::Item(item) => frame.names.extend(crate::names::defined(item).map(|name| (name, None))),
                _ => {}
            }
        }
        // What a `use` itself says is no name that it brings.
        for statement in &block.stmts {
            if let Stmt::Item(Item::Use(used)) = statement {
                self.visit_item_use(used);
            }
        }
        self.within(frame, |reader| {
            for statement in &block.stmts {
                if !matches!(statement, Stmt::Item(Item::Use(_))) {
                    reader.visit_stmt(statement);
                }
            }
        });
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let start = path.leading_colon.map(|_| String::new());
        let names = path.segments.iter().map(|segment| segment.ident.to_string());
        let names: Vec<String> = start.into_iter().chain(names).collect();
        if let Some(first) = path.segments.first() {
            self.path(&names, first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        match &path.qself {
            // `<Type>::name`: the type alone is named.
            Some(qself) if qself.position == 0 => self.visit_type(&qself.ty),
            _ => visit::visit_expr_path(self, path),
        }
    }

    fn visit_type_path(&mut self, path: &'ast syn::TypePath) {
        match &path.qself {
            Some(qself) if qself.position == 0 => self.visit_type(&qself.ty),
            _ => visit::visit_type_path(self, path),
        }
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = pattern.ident.to_string();
        if is_constant(&name) {
            self.path(&[name], pattern.ident.span().start().line);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        match called.path.get_ident() {
            Some(name) => self.macro_called(&name.to_string(), name.span().start().line),
            None => self.visit_path(&called.path),
        }
        self.tokens(called.tokens.clone(), false);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        match &item.ident {
            // The rules of a macro: its names mean what they mean where it is called.
            Some(_) => self.tokens(item.mac.tokens.clone(), true),
            None => self.visit_macro(&item.mac),
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let syn::Meta::List(list) = &attribute.meta else { return };
        for (line, seen) in tokens::read(list.tokens.clone()) {
            match seen {
                Seen::Path { names, .. } if names.len() > 1 => self.path(&names, line),
                // As in `#[serde(with = "crate::form")]`.
                Seen::Text(text) => {
                    if let Ok(path) = syn::parse_str::<syn::Path>(&text)
                        && path.segments.len() > 1
                    {
                        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
                        self.path(&names, line);
                    }
                }
                Seen::Path { .. } => {}
            }
        }
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.text(text.value(), text.span().start().line);
    }

    // `pub(in crate::a)` names no item.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

/// The variables that a function binds anywhere.
#[derive(Default)]
struct Variables(HashSet<String>);

impl Variables {
    fn of(read: impl FnOnce(&mut Self)) -> Self {
        let mut variables = Self::default();
        read(&mut variables);
        variables
    }
}

impl<'ast> Visit<'ast> for Variables {
    fn visit_pat(&mut self, pattern: &'ast Pat) {
        if let Pat::Ident(bound) = pattern {
            let name = bound.ident.to_string();
            if !is_constant(&name) {
                self.0.insert(name);
            }
        }
        visit::visit_pat(self, pattern);
    }
}

/// A name alone in a pattern that begins with a capital is a constant or a variant and binds nothing.
fn is_constant(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}
