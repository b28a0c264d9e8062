//! Rust by syn. What stands in the arguments of a macro is read as expressions or statements where it can be; `rust_macros` knows
//! the rest.
//!
//! A path such as `crate::store::open()` in the midst of code counts as an import.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, ExprCall, ExprField, ExprMethodCall, ExprPath, Ident, ImplItemFn, ItemEnum, ItemFn,
    ItemImpl, ItemMod, ItemStruct, ItemTrait, ItemType, ItemUnion, ItemUse, LitByteStr, LitStr, Macro, Member, Path,
    Signature, TraitItemFn, Type, UseTree,
};

use super::aliases::Aliases;
use super::rust_macros;
use crate::source::{Function, Import, Module, Source, TypeName, Unparsable, Use, UseKind};

pub(super) fn read(text: &str, crates: &[&str]) -> Result<Source, Unparsable> {
    let read = parse(text, crates);
    // The parser keeps every text that its places belong to; none of them is needed any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    read
}

fn parse(text: &str, crates: &[&str]) -> Result<Source, Unparsable> {
    let file = syn::parse_file(text)
        .map_err(|error| Unparsable { line: error.span().start().line, why: error.to_string() })?;
    let mut reader = Reader {
        crates,
        source: Source::default(),
        scope: Vec::new(),
        modules: Vec::new(),
        tests: 0,
        aliases: Aliases::default(),
    };
    reader.visit_file(&file);
    let Reader { mut source, aliases, .. } = reader;
    aliases.expand(&mut source.uses);
    Ok(source)
}

pub(super) struct Reader<'c> {
    crates: &'c [&'c str],
    source: Source,
    /// The modules, types and functions around.
    scope: Vec<String>,
    /// The modules of this file around.
    modules: Vec<String>,
    /// How many of them are only compiled for tests.
    tests: usize,
    aliases: Aliases,
}

impl Reader<'_> {
    pub(super) fn note(&mut self, span: Span, kind: UseKind, name: impl Into<String>) {
        let (line, in_test) = (span.start().line, self.tests > 0);
        self.source.uses.push(Use { line, kind, name: name.into(), in_test });
    }

    /// A path that is written out in code names a module if it begins in one of the tree.
    pub(super) fn path(&mut self, span: Span, segments: Vec<String>) {
        let Some(first) = segments.first().filter(|_| segments.len() > 1) else { return };
        if matches!(first.as_str(), "crate" | "super") || self.crates.contains(&first.as_str()) {
            self.import(span, segments);
        }
    }

    fn import(&mut self, span: Span, path: Vec<String>) {
        let module = Module::Rust { within: self.modules.clone(), path };
        self.source.imports.push(Import { line: span.start().line, module });
    }

    fn scoped(&self, name: &str) -> String {
        self.scope.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::")
    }

    fn within(&mut self, name: String, attributes: &[Attribute], walk: impl FnOnce(&mut Self)) {
        let test = usize::from(attributes.iter().any(is_test));
        self.tests += test;
        self.scope.push(name);
        walk(self);
        self.scope.pop();
        self.tests -= test;
    }

    fn function(
        &mut self,
        signature: &Signature,
        body: &Block,
        attributes: &[Attribute],
        walk: impl FnOnce(&mut Self),
    ) {
        let line = signature.ident.span().start().line;
        let lines = body.brace_token.span.close().end().line + 1 - line;
        let name = signature.ident.to_string();
        self.source.functions.push(Function { name: self.scoped(&name), line, lines });
        self.within(name, attributes, walk);
    }

    fn type_name(&mut self, ident: &Ident) {
        self.source.types.push(TypeName { name: self.scoped(&ident.to_string()), line: ident.span().start().line });
    }

    fn tree(&mut self, tree: &UseTree, before: &[String]) {
        let with = |ident: &Ident| [before, &[ident.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => self.leaf(&name.ident, before.to_vec(), None),
            UseTree::Name(name) => self.leaf(&name.ident, with(&name.ident), None),
            UseTree::Rename(rename) if rename.ident == "self" => {
                self.leaf(&rename.ident, before.to_vec(), Some(&rename.rename));
            }
            UseTree::Rename(rename) => self.leaf(&rename.ident, with(&rename.ident), Some(&rename.rename)),
            UseTree::Glob(glob) => self.import(glob.star_token.span(), before.to_vec()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, before)),
        }
    }

    fn leaf(&mut self, ident: &Ident, path: Vec<String>, rename: Option<&Ident>) {
        let local = rename.map(ToString::to_string).or_else(|| path.last().cloned());
        if let Some(local) = local.filter(|_| !matches!(path[0].as_str(), "crate" | "super" | "self")) {
            self.aliases.add(local, path.join("::"));
        }
        self.import(ident.span(), path);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    /// Attributes hold documentation and settings, no code.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_item_fn(&mut self, it: &'ast ItemFn) {
        self.function(&it.sig, &it.block, &it.attrs, |reader| visit::visit_item_fn(reader, it));
    }

    fn visit_impl_item_fn(&mut self, it: &'ast ImplItemFn) {
        self.function(&it.sig, &it.block, &it.attrs, |reader| visit::visit_impl_item_fn(reader, it));
    }

    fn visit_trait_item_fn(&mut self, it: &'ast TraitItemFn) {
        match &it.default {
            Some(body) => self.function(&it.sig, body, &it.attrs, |reader| visit::visit_trait_item_fn(reader, it)),
            None => visit::visit_trait_item_fn(self, it),
        }
    }

    fn visit_item_impl(&mut self, it: &'ast ItemImpl) {
        let name = match &*it.self_ty {
            Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
            _ => None,
        };
        let name = name.unwrap_or_else(|| "_".to_owned());
        self.within(name, &it.attrs, |reader| visit::visit_item_impl(reader, it));
    }

    fn visit_item_mod(&mut self, it: &'ast ItemMod) {
        self.modules.push(it.ident.to_string());
        self.within(it.ident.to_string(), &it.attrs, |reader| visit::visit_item_mod(reader, it));
        self.modules.pop();
    }

    fn visit_item_trait(&mut self, it: &'ast ItemTrait) {
        self.type_name(&it.ident);
        self.within(it.ident.to_string(), &it.attrs, |reader| visit::visit_item_trait(reader, it));
    }

    fn visit_item_struct(&mut self, it: &'ast ItemStruct) {
        self.type_name(&it.ident);
        visit::visit_item_struct(self, it);
    }

    fn visit_item_enum(&mut self, it: &'ast ItemEnum) {
        self.type_name(&it.ident);
        visit::visit_item_enum(self, it);
    }

    fn visit_item_union(&mut self, it: &'ast ItemUnion) {
        self.type_name(&it.ident);
        visit::visit_item_union(self, it);
    }

    fn visit_item_type(&mut self, it: &'ast ItemType) {
        self.type_name(&it.ident);
        visit::visit_item_type(self, it);
    }

    fn visit_item_use(&mut self, it: &'ast ItemUse) {
        self.tree(&it.tree, &[]);
    }

    fn visit_path(&mut self, it: &'ast Path) {
        self.path(it.span(), segments(it));
        visit::visit_path(self, it);
    }

    fn visit_expr_call(&mut self, it: &'ast ExprCall) {
        self.note(it.func.span(), UseKind::Call, named(&it.func));
        visit::visit_expr_call(self, it);
    }

    fn visit_expr_method_call(&mut self, it: &'ast ExprMethodCall) {
        self.note(it.method.span(), UseKind::Call, format!("{}.{}", named(&it.receiver), it.method));
        visit::visit_expr_method_call(self, it);
    }

    fn visit_expr_field(&mut self, it: &'ast ExprField) {
        if let Member::Named(name) = &it.member {
            self.note(name.span(), UseKind::Member, format!("{}.{name}", named(&it.base)));
        }
        visit::visit_expr_field(self, it);
    }

    fn visit_expr_path(&mut self, it: &'ast ExprPath) {
        if it.path.segments.len() > 1 {
            self.note(it.span(), UseKind::Member, segments(&it.path).join("::"));
        }
        visit::visit_expr_path(self, it);
    }

    fn visit_macro(&mut self, it: &'ast Macro) {
        self.note(it.path.span(), UseKind::Macro, segments(&it.path).join("::"));
        visit::visit_macro(self, it);
        rust_macros::read(self, it);
    }

    fn visit_ident(&mut self, it: &'ast Ident) {
        self.note(it.span(), UseKind::Identifier, it.to_string());
    }

    fn visit_lit_str(&mut self, it: &'ast LitStr) {
        self.note(it.span(), UseKind::Text, it.value());
    }

    fn visit_lit_byte_str(&mut self, it: &'ast LitByteStr) {
        self.note(it.span(), UseKind::Text, String::from_utf8_lossy(&it.value()));
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`.
fn is_test(attribute: &Attribute) -> bool {
    let path = attribute.path();
    if path.is_ident("cfg") {
        return attribute.parse_args::<Ident>().is_ok_and(|ident| ident == "test");
    }
    path.segments.last().is_some_and(|segment| segment.ident == "test")
}

fn segments(path: &Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn named(expression: &Expr) -> String {
    match expression {
        Expr::Path(path) => segments(&path.path).join("::"),
        Expr::Field(field) => match &field.member {
            Member::Named(name) => format!("{}.{name}", named(&field.base)),
            Member::Unnamed(index) => format!("{}.{}", named(&field.base), index.index),
        },
        Expr::Paren(paren) => named(&paren.expr),
        Expr::Reference(reference) => named(&reference.expr),
        Expr::Try(inner) => named(&inner.expr),
        _ => "_".to_owned(),
    }
}
