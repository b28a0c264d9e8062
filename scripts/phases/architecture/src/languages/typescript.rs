//! TypeScript, TSX, JavaScript and JSX by oxc's parser.
//!
//! Functions without a name count as well; they get the name that they are bound to, if there is one. `import type`, `export … from`,
//! `import("…")`, `require("…")` and types by `import("…")` are imports like any other.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    ArrowFunctionExpression, AssignmentExpression, BindingIdentifier, CallExpression, Class, ComputedMemberExpression,
    ExportAllDeclaration, ExportFromDeclaration, Expression, Function as FunctionNode, IdentifierName,
    IdentifierReference, ImportDeclaration, ImportExpression, JSXIdentifier, MethodDefinition, NewExpression,
    ObjectProperty, PropertyDefinition, StaticMemberExpression, StringLiteral, TSEnumDeclaration,
    TSExternalModuleReference, TSImportType, TSInterfaceDeclaration, TSNamespaceDeclaration, TSTypeAliasDeclaration,
    TemplateElement, VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType, Span};
use oxc_syntax::scope::ScopeFlags;

use super::aliases::Aliases;
use super::lines::Lines;
use super::typescript_imports::{declared, literal, require, required};
use crate::source::{Function, Import, Module, Source, TypeName, Unparsable, Use, UseKind};

const UNNAMED: &str = "unnamed function";

pub(super) fn read(path: &str, text: &str) -> Result<Source, Unparsable> {
    let lines = Lines::of(text);
    let kind = SourceType::from_path(path).map_err(|error| Unparsable { line: 1, why: error.to_string() })?;
    // Many write JSX into files whose ending does not say so; in JavaScript it can be nothing else.
    let kind = if kind.is_typescript() { kind } else { kind.with_jsx(true) };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, kind).parse();
    if let Some(error) = parsed.diagnostics.first() {
        let line = error.labels.first().map_or(1, |label| lines.at(label.offset()));
        return Err(Unparsable { line, why: error.message.to_string() });
    }
    if parsed.panicked {
        return Err(Unparsable { line: 1, why: "the parser gave up".to_owned() });
    }
    let mut reader =
        Reader { lines, source: Source::default(), scope: Vec::new(), bound: None, aliases: Aliases::default() };
    reader.visit_program(&parsed.program);
    let Reader { mut source, aliases, .. } = reader;
    aliases.expand(&mut source.uses);
    Ok(source)
}

struct Reader {
    lines: Lines,
    source: Source,
    /// The classes, functions and namespaces around.
    scope: Vec<String>,
    /// The name that the next function is bound to.
    bound: Option<String>,
    aliases: Aliases,
}

impl Reader {
    fn line(&self, span: Span) -> usize {
        self.lines.at(span.start)
    }

    fn note(&mut self, span: Span, kind: UseKind, name: impl Into<String>) {
        self.source.uses.push(Use { line: self.line(span), kind, name: name.into(), in_test: false });
    }

    fn import(&mut self, span: Span, specifier: &str) {
        let module = Module::TypeScript(specifier.to_owned());
        self.source.imports.push(Import { line: self.line(span), module });
    }

    fn scoped(&self, name: &str) -> String {
        self.scope.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
    }

    fn within(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.scope.push(name);
        walk(self);
        self.scope.pop();
    }

    fn function(&mut self, name: String, span: Span, walk: impl FnOnce(&mut Self)) {
        let line = self.line(span);
        // The end is the first byte behind.
        let lines = self.lines.at(span.end.saturating_sub(1)) + 1 - line;
        self.source.functions.push(Function { name: self.scoped(&name), line, lines });
        self.within(name, walk);
    }

    fn type_name(&mut self, id: &BindingIdentifier<'_>) {
        let line = self.line(id.span);
        self.source.types.push(TypeName { name: self.scoped(id.name.as_str()), line });
    }

    /// Keeps a name for the function that a value is, if it is one.
    fn bind(&mut self, name: Option<String>, value: Option<&Expression<'_>>) {
        if value.is_some_and(|value| {
            matches!(value, Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_))
        }) {
            self.bound = name;
        }
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_function(&mut self, it: &FunctionNode<'a>, flags: ScopeFlags) {
        let bound = self.bound.take();
        if it.body.is_none() {
            return walk::walk_function(self, it, flags);
        }
        let own = it.id.as_ref().map(|id| id.name.to_string());
        let name = own.or(bound).unwrap_or_else(|| UNNAMED.to_owned());
        self.function(name, it.span, |reader| walk::walk_function(reader, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        let name = self.bound.take().unwrap_or_else(|| UNNAMED.to_owned());
        self.function(name, it.span, |reader| walk::walk_arrow_function_expression(reader, it));
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        required(it, &mut self.aliases);
        self.bind(it.id.get_identifier_name().map(|name| name.to_string()), it.init.as_ref());
        walk::walk_variable_declarator(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        let name = it.left.as_member_expression().and_then(|member| member.static_property_name());
        self.bind(name.map(str::to_owned), Some(&it.right));
        walk::walk_assignment_expression(self, it);
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        self.bind(it.key.name().map(String::from), Some(&it.value));
        walk::walk_object_property(self, it);
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        self.bind(it.key.name().map(String::from), it.value.as_ref());
        walk::walk_property_definition(self, it);
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        self.bound = it.key.name().map(String::from);
        walk::walk_method_definition(self, it);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        let name = it.id.as_ref().map_or_else(|| "unnamed class".to_owned(), |id| id.name.to_string());
        if let Some(id) = &it.id {
            self.type_name(id);
        }
        self.within(name, |reader| walk::walk_class(reader, it));
    }

    fn visit_ts_interface_declaration(&mut self, it: &TSInterfaceDeclaration<'a>) {
        self.type_name(&it.id);
        walk::walk_ts_interface_declaration(self, it);
    }

    fn visit_ts_type_alias_declaration(&mut self, it: &TSTypeAliasDeclaration<'a>) {
        self.type_name(&it.id);
        walk::walk_ts_type_alias_declaration(self, it);
    }

    fn visit_ts_enum_declaration(&mut self, it: &TSEnumDeclaration<'a>) {
        self.type_name(&it.id);
        walk::walk_ts_enum_declaration(self, it);
    }

    fn visit_ts_namespace_declaration(&mut self, it: &TSNamespaceDeclaration<'a>) {
        self.within(it.id.name.to_string(), |reader| walk::walk_ts_namespace_declaration(reader, it));
    }

    fn visit_import_declaration(&mut self, it: &ImportDeclaration<'a>) {
        self.import(it.span, it.source.value.as_str());
        declared(it, &mut self.aliases);
    }

    fn visit_export_from_declaration(&mut self, it: &ExportFromDeclaration<'a>) {
        self.import(it.span, it.source.value.as_str());
    }

    fn visit_export_all_declaration(&mut self, it: &ExportAllDeclaration<'a>) {
        self.import(it.span, it.source.value.as_str());
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        if let Some(specifier) = literal(&it.source) {
            self.import(it.span, specifier);
        }
        walk::walk_import_expression(self, it);
    }

    fn visit_ts_import_type(&mut self, it: &TSImportType<'a>) {
        self.import(it.span, it.source.value.as_str());
        walk::walk_ts_import_type(self, it);
    }

    fn visit_ts_external_module_reference(&mut self, it: &TSExternalModuleReference<'a>) {
        self.import(it.span, it.expression.value.as_str());
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        if let Some(specifier) = require(it) {
            self.import(it.span, specifier);
        }
        self.note(it.callee.span(), UseKind::Call, dotted(&it.callee));
        walk::walk_call_expression(self, it);
    }

    fn visit_new_expression(&mut self, it: &NewExpression<'a>) {
        self.note(it.span, UseKind::Call, dotted(&it.callee));
        walk::walk_new_expression(self, it);
    }

    fn visit_static_member_expression(&mut self, it: &StaticMemberExpression<'a>) {
        let name = format!("{}.{}", dotted(&it.object), it.property.name);
        self.note(it.property.span, UseKind::Member, name);
        walk::walk_static_member_expression(self, it);
    }

    fn visit_computed_member_expression(&mut self, it: &ComputedMemberExpression<'a>) {
        if let Some(name) = literal(&it.expression) {
            self.note(it.span, UseKind::Member, format!("{}.{name}", dotted(&it.object)));
        }
        walk::walk_computed_member_expression(self, it);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        self.note(it.span, UseKind::Identifier, it.name.as_str());
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        self.note(it.span, UseKind::Identifier, it.name.as_str());
    }

    fn visit_identifier_name(&mut self, it: &IdentifierName<'a>) {
        self.note(it.span, UseKind::Identifier, it.name.as_str());
    }

    fn visit_jsx_identifier(&mut self, it: &JSXIdentifier<'a>) {
        self.note(it.span, UseKind::Identifier, it.name.as_str());
    }

    fn visit_string_literal(&mut self, it: &StringLiteral<'a>) {
        self.note(it.span, UseKind::Text, it.value.as_str());
    }

    fn visit_template_element(&mut self, it: &TemplateElement<'a>) {
        let text = it.value.cooked.as_ref().unwrap_or(&it.value.raw);
        self.note(it.span, UseKind::Text, text.as_str());
    }
}

fn dotted(expression: &Expression<'_>) -> String {
    match expression {
        Expression::Identifier(id) => id.name.to_string(),
        Expression::ThisExpression(_) => "this".to_owned(),
        Expression::StaticMemberExpression(member) => format!("{}.{}", dotted(&member.object), member.property.name),
        Expression::ComputedMemberExpression(member) => {
            format!("{}.{}", dotted(&member.object), literal(&member.expression).unwrap_or("_"))
        }
        Expression::ParenthesizedExpression(inner) => dotted(&inner.expression),
        Expression::TSNonNullExpression(inner) => dotted(&inner.expression),
        Expression::TSAsExpression(inner) => dotted(&inner.expression),
        _ => "_".to_owned(),
    }
}
