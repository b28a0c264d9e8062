//! The ways in which TypeScript and JavaScript name another module, and the local names that come of it.

use oxc_ast::ast::{
    Argument, BindingPattern, CallExpression, Expression, ImportDeclaration, ImportDeclarationSpecifier,
    VariableDeclarator,
};

use super::aliases::Aliases;

/// The local names of an import.
pub(super) fn declared(import: &ImportDeclaration<'_>, aliases: &mut Aliases) {
    let Some(module) = package(import.source.value.as_str()) else { return };
    for specifier in import.specifiers.iter().flatten() {
        let local = specifier.local().name.as_str();
        match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(one) => {
                aliases.add(local, format!("{module}.{}", one.imported.name()));
            }
            ImportDeclarationSpecifier::ImportDefaultSpecifier(_)
            | ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => aliases.add(local, module),
        }
    }
}

/// The local names of `const x = require("y")` and `const { x } = require("y")`.
pub(super) fn required(declarator: &VariableDeclarator<'_>, aliases: &mut Aliases) {
    let Some(Expression::CallExpression(call)) = &declarator.init else { return };
    let Some(module) = require(call).and_then(package) else { return };
    match &declarator.id {
        BindingPattern::BindingIdentifier(id) => aliases.add(id.name.as_str(), module),
        BindingPattern::ObjectPattern(pattern) => {
            for property in &pattern.properties {
                if let (Some(name), BindingPattern::BindingIdentifier(id)) =
                    (property.key.static_name(), &property.value)
                {
                    aliases.add(id.name.as_str(), format!("{module}.{name}"));
                }
            }
        }
        _ => {}
    }
}

/// The module that is named by `require("…")`.
pub(super) fn require<'a>(call: &'a CallExpression<'_>) -> Option<&'a str> {
    let named = matches!(&call.callee, Expression::Identifier(id) if id.name == "require");
    match call.arguments.first() {
        Some(Argument::StringLiteral(literal)) if named => Some(literal.value.as_str()),
        _ => None,
    }
}

/// The text of an expression that is nothing but text.
pub(super) fn literal<'a>(expression: &'a Expression<'_>) -> Option<&'a str> {
    match expression {
        Expression::StringLiteral(literal) => Some(literal.value.as_str()),
        Expression::TemplateLiteral(template) => match (&template.quasis[..], &template.expressions[..]) {
            ([only], []) => only.value.cooked.as_ref().map(|text| text.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// A module from elsewhere by its name; `node:fs` is `fs`.
fn package(specifier: &str) -> Option<&str> {
    let relative = specifier.starts_with(['.', '/']);
    (!relative).then(|| specifier.strip_prefix("node:").unwrap_or(specifier))
}
