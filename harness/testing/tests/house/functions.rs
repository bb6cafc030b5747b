//! How long functions are.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Signature, Type};

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, after the names of what it stands in.
    pub name: String,
    /// Lines from `fn` to the brace that closes it.
    pub lines: usize,
}

/// Every function of a file, those of tests too.
pub fn of_file(file: &syn::File) -> Vec<Function> {
    let mut reader = Reader::default();
    reader.visit_file(file);
    reader.found
}

#[derive(Default)]
struct Reader {
    /// Names of what is around.
    around: Vec<String>,
    found: Vec<Function>,
}

impl Reader {
    fn within(&mut self, name: String, read: impl FnOnce(&mut Self)) {
        self.around.push(name);
        read(self);
        self.around.pop();
    }

    fn function(&mut self, signature: &Signature, body: &Block, read: impl FnOnce(&mut Self)) {
        let first = signature.fn_token.span.start().line;
        let last = body.brace_token.span.close().end().line;
        self.within(signature.ident.to_string(), |reader| {
            reader.found.push(Function {
                name: reader.around.join("::"),
                lines: last - first + 1,
            });
            read(reader);
        });
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.within(item.ident.to_string(), |r| visit::visit_item_mod(r, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.within(type_name(&item.self_ty), |r| visit::visit_item_impl(r, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.within(item.ident.to_string(), |r| visit::visit_item_trait(r, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block, |r| visit::visit_item_fn(r, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block, |r| visit::visit_impl_item_fn(r, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(&item.sig, body, |r| visit::visit_trait_item_fn(r, item));
        }
    }
}

fn type_name(kind: &Type) -> String {
    match kind {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map_or_else(String::new, |s| s.ident.to_string()),
        other => other.span().source_text().unwrap_or_default(),
    }
}
