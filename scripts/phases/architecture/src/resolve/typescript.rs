//! TypeScript: relative specifiers, and those that begin as `paths` says. Everything else is a package.

use std::collections::BTreeMap;

use super::{Target, directory};
use crate::tree::Tree;

const ENDINGS: [&str; 9] = ["ts", "tsx", "d.ts", "mts", "cts", "js", "jsx", "mjs", "cjs"];

/// What TypeScript is written as, where code names what it is compiled to.
const COMPILED: [(&str, &[&str]); 4] =
    [(".js", &[".ts", ".tsx"]), (".jsx", &[".tsx"]), (".mjs", &[".mts"]), (".cjs", &[".cts"])];

pub(super) fn resolve(tree: &Tree, paths: &BTreeMap<String, String>, file: &str, specifier: &str) -> Target {
    // Bundlers take a question behind the name: `./logo.svg?url`.
    let specifier = specifier.split('?').next().unwrap_or_default();
    let relative = specifier == "." || specifier == ".." || specifier.starts_with("./") || specifier.starts_with("../");
    let path = if relative {
        walk(directory(file), specifier)
    } else {
        match mapped(paths, specifier) {
            Some(path) => walk(Vec::new(), &path),
            None => return Target::Outside,
        }
    };
    let Some(path) = path else { return Target::Unknown(format!("imports {specifier}, which leads out of the tree")) };
    match existing(tree, &path) {
        Some(found) => Target::Inside(vec![found]),
        // A file or a directory: both are meant.
        None => Target::Inside(vec![format!("{path}/index.ts"), path]),
    }
}

fn walk<'a>(mut at: Vec<&'a str>, way: &'a str) -> Option<String> {
    for part in way.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                at.pop()?;
            }
            part => at.push(part),
        }
    }
    Some(at.join("/"))
}

/// The longest prefix counts, as in a tsconfig.
fn mapped(paths: &BTreeMap<String, String>, specifier: &str) -> Option<String> {
    if let Some(path) = paths.get(specifier) {
        return Some(path.clone());
    }
    let fits = paths.iter().filter_map(|(from, to)| Some((from, specifier.strip_prefix(from.strip_suffix('*')?)?, to)));
    let (_, rest, to) = fits.max_by_key(|(from, ..)| from.len())?;
    Some(to.replacen('*', rest, 1))
}

fn existing(tree: &Tree, path: &str) -> Option<String> {
    let compiled = COMPILED.iter().filter_map(|(end, sources)| Some((path.strip_suffix(end)?, *sources)));
    let sources = compiled.flat_map(|(stem, sources)| sources.iter().map(move |end| format!("{stem}{end}")));
    let files = ENDINGS.iter().map(|end| format!("{path}.{end}"));
    let indices = ENDINGS.iter().map(|end| format!("{path}/index.{end}"));
    [path.to_owned()].into_iter().chain(files).chain(sources).chain(indices).find(|file| tree.has(file))
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use crate::resolve::Target;
    use crate::tree::Tree;

    #[test]
    fn specifiers_lead_to_files() {
        let tree = Tree::made_of(&["web/src/api/client.ts", "web/src/api/index.ts", "web/src/ui/Chat.tsx"]);
        let paths = [("@/*", "web/src/*"), ("@/generated/*", "web/generated/*"), ("config", "web/config.ts")];
        let paths = paths.map(|(from, to)| (from.to_owned(), to.to_owned())).into();
        for (specifier, expected) in [
            ("./Chat", &["web/src/ui/Chat.tsx"][..]),
            ("../api/client", &["web/src/api/client.ts"]),
            ("../api/client.js", &["web/src/api/client.ts"]),
            ("../api", &["web/src/api/index.ts"]),
            ("@/api/client", &["web/src/api/client.ts"]),
            ("@/generated/schema", &["web/generated/schema/index.ts", "web/generated/schema"]),
            ("config", &["web/config.ts/index.ts", "web/config.ts"]),
            ("./logo.svg?url", &["web/src/ui/logo.svg/index.ts", "web/src/ui/logo.svg"]),
        ] {
            let target = resolve(&tree, &paths, "web/src/ui/Thread.tsx", specifier);
            assert_eq!(target, Target::Inside(expected.iter().map(|path| (*path).to_owned()).collect()), "{specifier}");
        }
        assert_eq!(resolve(&tree, &paths, "web/a.ts", "react"), Target::Outside);
        assert!(matches!(resolve(&tree, &paths, "web/a.ts", "../../x"), Target::Unknown(_)));
    }
}
