//! The contract with guests, from the packages in wit/: every package, interface, type and function with what it says of itself.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, Resolve, SourceMap, Type, TypeDef, TypeDefKind, TypeId,
    UnresolvedPackageGroup, World, WorldItem,
};

use super::markdown::{block, cell, head, row};

/// The page of all packages below a folder.
pub(super) fn page(folder: &Path) -> Result<String> {
    let groups = paths(folder)?.iter().filter(|path| path.is_dir()).map(|path| group(path)).collect::<Result<_>>()?;
    let mut page = head("The contract with guests", "[wit/](../../wit)");
    page.push_str(&packages(groups)?);
    Ok(page)
}

/// What lies in a folder, by name.
fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// The package in a folder, of all its files.
fn group(folder: &Path) -> Result<UnresolvedPackageGroup> {
    let mut sources = SourceMap::default();
    for path in paths(folder)?.iter().filter(|path| path.extension().is_some_and(|extension| extension == "wit")) {
        let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        sources.push_str(&path.display().to_string(), text);
    }
    sources.parse().map_err(|(sources, error)| anyhow!("{}", error.render(&sources)))
}

fn packages(mut groups: Vec<UnresolvedPackageGroup>) -> Result<String> {
    let mut resolve = Resolve::default();
    // Which one is called the main one plays no part: all of them are sorted by what they use.
    let main = groups.pop().context("wit/ has a package")?;
    resolve.push_groups(main, groups).map_err(|e| anyhow!("{e}"))?;
    let mut names: Vec<_> = resolve.package_names.iter().collect();
    names.sort_by_key(|(name, _)| name.to_string());
    let mut page = String::new();
    for (name, id) in names {
        let package = &resolve.packages[*id];
        page.push_str(&format!("\n## `{name}`\n{}", prose(&package.docs)));
        for world in package.worlds.values() {
            page.push_str(&self::world(&resolve, &resolve.worlds[*world]));
        }
        for (name, interface) in &package.interfaces {
            page.push_str(&self::interface(&resolve, name, &resolve.interfaces[*interface]));
        }
    }
    Ok(page)
}

/// What an item says of itself, as a paragraph.
fn prose(docs: &Docs) -> String {
    docs.contents.as_deref().map(|text| format!("\n{}\n", text.trim())).unwrap_or_default()
}

/// What an item says of itself, for a cell.
fn said(docs: &Docs) -> String {
    cell(docs.contents.as_deref().unwrap_or_default())
}

fn world(resolve: &Resolve, world: &World) -> String {
    let mut text = format!("\n### world `{}`\n{}\n", world.name, prose(&world.docs));
    for (verb, items) in [("imports", &world.imports), ("exports", &world.exports)] {
        for (key, item) in items {
            match item {
                WorldItem::Interface { .. } => {
                    text.push_str(&format!("- {verb} `{}`\n", resolve.name_world_key(key)));
                }
                WorldItem::Function(function) => {
                    let says = function.docs.contents.as_deref().map(|text| format!(": {}", cell(text)));
                    text.push_str(&format!(
                        "- {verb} `{}`{}\n",
                        signature(resolve, function),
                        says.unwrap_or_default()
                    ));
                }
                WorldItem::Type { id, .. } => {
                    text.push_str(&format!("- {verb} the type `{}`\n", of_id(resolve, *id)));
                }
            }
        }
    }
    text
}

fn interface(resolve: &Resolve, name: &str, interface: &Interface) -> String {
    let mut text = format!("\n### interface `{name}`\n{}", prose(&interface.docs));
    for (name, id) in &interface.types {
        text.push_str(&of_type(resolve, name, &resolve.types[*id]));
        let methods = interface.functions.values().filter(|function| resource_of(function) == Some(*id));
        methods.for_each(|function| text.push_str(&self::function(resolve, function)));
    }
    let free = interface.functions.values().filter(|function| resource_of(function).is_none());
    free.for_each(|function| text.push_str(&self::function(resolve, function)));
    text
}

fn resource_of(function: &Function) -> Option<TypeId> {
    match function.kind {
        FunctionKind::Freestanding | FunctionKind::AsyncFreestanding => None,
        FunctionKind::Method(id)
        | FunctionKind::AsyncMethod(id)
        | FunctionKind::Static(id)
        | FunctionKind::AsyncStatic(id)
        | FunctionKind::Constructor(id) => Some(id),
    }
}

fn function(resolve: &Resolve, function: &Function) -> String {
    let line = signature(resolve, function) + ";";
    format!("\n#### `{}`\n\n{}{}", function.item_name(), block("wit", &line), prose(&function.docs))
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let params: Vec<String> =
        function.params.iter().map(|param| format!("{}: {}", param.name, of(resolve, &param.ty))).collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", of(resolve, ty))).unwrap_or_default();
    format!("{}: func({}){result}", function.item_name(), params.join(", "))
}

/// A type with its parts. One that is taken from another interface is named and no more.
fn of_type(resolve: &Resolve, name: &str, def: &TypeDef) -> String {
    let rows = |header: &str, rows: Vec<String>| {
        let what = def.kind.as_str();
        format!("\n#### {what} `{name}`\n{}\n{header}{}", prose(&def.docs), rows.concat())
    };
    const TYPED: &str = "| | type | |\n|---|---|---|\n";
    const PLAIN: &str = "| | |\n|---|---|\n";
    match &def.kind {
        TypeDefKind::Type(Type::Id(id)) if resolve.types[*id].owner != def.owner => {
            format!("\nUses `{name}` of {}.\n", owner(resolve, &resolve.types[*id]))
        }
        TypeDefKind::Record(record) => {
            let row = |field: &wit_parser::Field| {
                row(&[&format!("`{}`", field.name), &format!("`{}`", of(resolve, &field.ty)), &said(&field.docs)])
            };
            rows(TYPED, record.fields.iter().map(row).collect())
        }
        TypeDefKind::Variant(variant) => {
            let row = |case: &wit_parser::Case| {
                let ty = case.ty.as_ref().map(|ty| format!("`{}`", of(resolve, ty))).unwrap_or_default();
                row(&[&format!("`{}`", case.name), &ty, &said(&case.docs)])
            };
            rows(TYPED, variant.cases.iter().map(row).collect())
        }
        TypeDefKind::Enum(words) => {
            rows(PLAIN, words.cases.iter().map(|case| row(&[&format!("`{}`", case.name), &said(&case.docs)])).collect())
        }
        TypeDefKind::Flags(flags) => {
            rows(PLAIN, flags.flags.iter().map(|flag| row(&[&format!("`{}`", flag.name), &said(&flag.docs)])).collect())
        }
        TypeDefKind::Resource => format!("\n#### resource `{name}`\n{}", prose(&def.docs)),
        kind => {
            let line = format!("type {name} = {};", of_kind(resolve, kind));
            format!("\n#### type `{name}`\n\n{}{}", block("wit", &line), prose(&def.docs))
        }
    }
}

fn owner(resolve: &Resolve, def: &TypeDef) -> String {
    match def.owner {
        wit_parser::TypeOwner::Interface(id) => {
            resolve.id_of(id).map_or_else(|| "another interface".to_owned(), |id| format!("`{id}`"))
        }
        _ => "another package".to_owned(),
    }
}

/// A type as the contract writes it.
fn of(resolve: &Resolve, ty: &Type) -> String {
    let word = match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(id) => return of_id(resolve, *id),
    };
    word.to_owned()
}

fn of_id(resolve: &Resolve, id: TypeId) -> String {
    let def = &resolve.types[id];
    def.name.clone().unwrap_or_else(|| of_kind(resolve, &def.kind))
}

fn of_kind(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| of(resolve, ty));
    match kind {
        TypeDefKind::List(ty) => format!("list<{}>", of(resolve, ty)),
        TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", of(resolve, ty)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", of(resolve, key), of(resolve, value)),
        TypeDefKind::Option(ty) => format!("option<{}>", of(resolve, ty)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".to_owned(),
            (ok, None) => format!("result<{}>", maybe(ok)),
            (ok, err) => format!("result<{}, {}>", maybe(ok), maybe(err)),
        },
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(|ty| of(resolve, ty)).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Handle(Handle::Own(id)) => of_id(resolve, *id),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", of_id(resolve, *id)),
        TypeDefKind::Type(ty) => of(resolve, ty),
        TypeDefKind::Future(ty) => format!("future<{}>", maybe(ty)),
        TypeDefKind::Stream(ty) => format!("stream<{}>", maybe(ty)),
        named => named.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_there_with_its_words() {
        let text = "/// A package.\npackage a:b@0.1.0;\n/// An interface.\ninterface i {\n\
            /// A record.\nrecord r {\n/// A field.\nf: option<list<u8>>,\n}\nenum e { x, y }\n\
            resource s {\n/// Makes one.\nconstructor(n: u32);\n/// Reads.\nread: func() -> result<string, e>;\n}\n\
            /// Does it.\ndo-it: func(r: r, s: borrow<s>) -> result<_, e>;\n}\nworld w { import i; export run: func(); }\n";
        let mut sources = SourceMap::new();
        sources.push_str("b.wit", text);
        let group = sources.parse().map_err(|(_, error)| error).unwrap();
        let page = packages(vec![group]).unwrap();
        for wanted in [
            "## `a:b@0.1.0`\n\nA package.\n",
            "### world `w`\n\n- imports `a:b/i@0.1.0`\n- exports `run: func()`\n",
            "### interface `i`\n\nAn interface.\n",
            "#### record `r`\n\nA record.\n\n| | type | |\n|---|---|---|\n| `f` | `option<list<u8>>` | A field. |\n",
            "#### enum `e`\n\n| | |\n|---|---|\n| `x` | |\n| `y` | |\n",
            "#### `read`\n\n```wit\nread: func(self: borrow<s>) -> result<string, e>;\n```\n\nReads.\n",
            "#### `do-it`\n\n```wit\ndo-it: func(r: r, s: borrow<s>) -> result<_, e>;\n```\n\nDoes it.\n",
        ] {
            assert!(page.contains(wanted), "{wanted}\nis not in\n{page}");
        }
    }
}
