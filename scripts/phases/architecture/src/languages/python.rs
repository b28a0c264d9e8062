//! Python by ruff's parser, which takes the newest syntax.
//!
//! Docstrings count as comments. An import counts wherever it stands, also in a function, under a condition, and as a literal given
//! to `importlib.import_module` or `__import__`.

use ruff_python_ast::visitor::source_order::{self, SourceOrderVisitor};
use ruff_python_ast::{
    BytesLiteral, Expr, ExprCall, Identifier, InterpolatedStringElement, Stmt, StmtImport, StmtImportFrom,
    StringLiteral,
};
use ruff_text_size::{Ranged, TextSize};

use super::aliases::Aliases;
use super::lines::Lines;
use crate::source::{Function, Import, Module, Source, TypeName, Unparsable, Use, UseKind};

pub(super) fn read(text: &str) -> Result<Source, Unparsable> {
    let lines = Lines::of(text);
    let parsed = ruff_python_parser::parse_module(text)
        .map_err(|error| Unparsable { line: lines.at(error.location.start()), why: error.error.to_string() })?;
    let mut reader = Reader { lines, source: Source::default(), scope: Vec::new(), aliases: Aliases::default() };
    reader.visit_body(&parsed.syntax().body);
    let Reader { mut source, aliases, .. } = reader;
    aliases.expand(&mut source.uses);
    Ok(source)
}

struct Reader {
    lines: Lines,
    source: Source,
    /// The classes and functions around.
    scope: Vec<String>,
    aliases: Aliases,
}

impl Reader {
    fn note(&mut self, at: TextSize, kind: UseKind, name: impl Into<String>) {
        self.source.uses.push(Use { line: self.lines.at(at), kind, name: name.into(), in_test: false });
    }

    fn scoped(&self, name: &str) -> String {
        self.scope.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join(".")
    }

    fn within(&mut self, name: &str, statement: &Stmt) {
        self.scope.push(name.to_owned());
        source_order::walk_stmt(self, statement);
        self.scope.pop();
    }

    fn import(&mut self, at: TextSize, level: usize, path: &str, names: Vec<String>) {
        let path = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let module = Module::Python { level, path, names };
        self.source.imports.push(Import { line: self.lines.at(at), module });
    }

    fn plain_import(&mut self, statement: &StmtImport) {
        for alias in &statement.names {
            self.import(statement.start(), 0, &alias.name, Vec::new());
            if let Some(local) = &alias.asname {
                self.aliases.add(local.as_str(), alias.name.as_str());
            }
        }
    }

    fn import_from(&mut self, statement: &StmtImportFrom) {
        let level = usize::try_from(statement.level).unwrap_or(usize::MAX);
        let module = statement.module.as_ref().map_or("", Identifier::as_str);
        let names = statement.names.iter().map(|alias| alias.name.to_string()).collect();
        self.import(statement.start(), level, module, names);
        for alias in statement.names.iter().filter(|_| level == 0) {
            let local = alias.asname.as_ref().unwrap_or(&alias.name);
            self.aliases.add(local.as_str(), format!("{module}.{}", alias.name));
        }
    }

    fn call(&mut self, call: &ExprCall) {
        let name = dotted(&call.func);
        let loads = name == "__import__" || name.rsplit('.').next() == Some("import_module");
        if let (true, Some(Expr::StringLiteral(literal))) = (loads, call.arguments.args.first()) {
            let module = literal.value.to_str();
            let path = module.trim_start_matches('.');
            self.import(call.func.start(), module.len() - path.len(), path, Vec::new());
        }
        self.note(call.func.start(), UseKind::Call, name);
    }
}

impl<'a> SourceOrderVisitor<'a> for Reader {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                let line = self.lines.at(function.name.start());
                let lines = self.lines.at(function.end()) + 1 - line;
                self.source.functions.push(Function { name: self.scoped(&function.name), line, lines });
                self.within(&function.name, statement);
            }
            Stmt::ClassDef(class) => {
                let line = self.lines.at(class.name.start());
                self.source.types.push(TypeName { name: self.scoped(&class.name), line });
                self.within(&class.name, statement);
            }
            Stmt::TypeAlias(alias) => {
                let line = self.lines.at(alias.name.start());
                self.source.types.push(TypeName { name: self.scoped(&dotted(&alias.name)), line });
                source_order::walk_stmt(self, statement);
            }
            Stmt::Import(import) => self.plain_import(import),
            Stmt::ImportFrom(import) => self.import_from(import),
            Stmt::Expr(expression) if expression.value.is_string_literal_expr() => {}
            _ => source_order::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(call) => self.call(call),
            Expr::Attribute(attribute) => self.note(attribute.attr.start(), UseKind::Member, dotted(expression)),
            Expr::Name(name) => self.note(name.start(), UseKind::Identifier, name.id.as_str()),
            // As a whole: what is written in several pieces is one text.
            Expr::StringLiteral(literal) => return self.note(literal.start(), UseKind::Text, literal.value.to_str()),
            _ => {}
        }
        source_order::walk_expr(self, expression);
    }

    fn visit_identifier(&mut self, identifier: &'a Identifier) {
        self.note(identifier.start(), UseKind::Identifier, identifier.as_str());
    }

    fn visit_string_literal(&mut self, literal: &'a StringLiteral) {
        self.note(literal.start(), UseKind::Text, &*literal.value);
    }

    fn visit_bytes_literal(&mut self, literal: &'a BytesLiteral) {
        self.note(literal.start(), UseKind::Text, String::from_utf8_lossy(&literal.value));
    }

    fn visit_interpolated_string_element(&mut self, element: &'a InterpolatedStringElement) {
        if let InterpolatedStringElement::Literal(literal) = element {
            self.note(literal.start(), UseKind::Text, &*literal.value);
        }
        source_order::walk_interpolated_string_element(self, element);
    }
}

fn dotted(expression: &Expr) -> String {
    match expression {
        Expr::Name(name) => name.id.to_string(),
        Expr::Attribute(attribute) => format!("{}.{}", dotted(&attribute.value), attribute.attr),
        _ => "_".to_owned(),
    }
}
