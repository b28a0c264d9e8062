//! Python: dots count from the file's package, other imports begin in a root.

use super::{Target, directory, join};
use crate::tree::Tree;

pub(super) fn resolve(
    tree: &Tree,
    roots: &[String],
    file: &str,
    level: usize,
    path: &[String],
    names: &[String],
) -> Target {
    let base = match level {
        0 => match root(tree, roots, path) {
            Some(root) => root.split('/').collect(),
            None => return Target::Outside,
        },
        level => {
            let mut package = directory(file);
            if level > package.len() + 1 {
                return Target::Unknown(format!("imports with {level} dots, which lead out of the tree"));
            }
            package.truncate(package.len() + 1 - level);
            package
        }
    };
    let module = join(&base, path);
    let mut targets: Vec<String> = Vec::new();
    for name in names {
        // What is imported from a package is a module in it, or else something that the package has.
        let submodule = existing(tree, &join(&[&module], &[name]));
        let target = submodule.unwrap_or_else(|| of_module(tree, &module));
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if targets.is_empty() {
        targets.push(of_module(tree, &module));
    }
    Target::Inside(targets)
}

/// The root that has the first part of an absolute import.
fn root<'r>(tree: &Tree, roots: &'r [String], path: &[String]) -> Option<&'r str> {
    let first = path.first()?;
    let has = |root: &&str| existing(tree, &join(&[root], &[first])).is_some();
    if roots.is_empty() { Some("").filter(has) } else { roots.iter().map(String::as_str).find(has) }
}

/// The file of a module, whether it is there or not.
fn of_module(tree: &Tree, module: &str) -> String {
    existing(tree, module).unwrap_or_else(|| format!("{module}.py"))
}

fn existing(tree: &Tree, module: &str) -> Option<String> {
    let files = ["/__init__.py", "/__init__.pyi", ".py", ".pyi"].map(|end| format!("{module}{end}"));
    // A package needs no `__init__.py`.
    let package = || tree.has_below(module).then(|| format!("{module}/__init__.py"));
    files.into_iter().find(|file| tree.has(file)).or_else(package)
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use crate::resolve::Target;
    use crate::tree::Tree;

    #[test]
    fn imports_lead_to_files() {
        let tree = Tree::made_of(&[
            "backend/app/__init__.py",
            "backend/app/api/routes.py",
            "backend/app/domain/session.py",
            "backend/app/store.py",
        ]);
        let roots = ["backend".to_owned()];
        let file = "backend/app/domain/session.py";
        for (level, path, names, expected) in [
            (0, "app.store", "", &["backend/app/store.py"][..]),
            (0, "app", "store", &["backend/app/store.py"]),
            (
                0,
                "app",
                "store,version,api",
                &["backend/app/store.py", "backend/app/__init__.py", "backend/app/api/__init__.py"],
            ),
            (0, "app.api.routes", "router", &["backend/app/api/routes.py"]),
            (0, "app.generated", "x", &["backend/app/generated.py"]),
            (0, "app", "*", &["backend/app/__init__.py"]),
            (1, "", "session", &["backend/app/domain/session.py"]),
            (2, "api", "routes", &["backend/app/api/routes.py"]),
            (2, "api.routes", "router", &["backend/app/api/routes.py"]),
            (3, "tools", "", &["backend/tools.py"]),
        ] {
            let split = |text: &str, by: char| -> Vec<String> {
                text.split(by).filter(|part| !part.is_empty()).map(str::to_owned).collect()
            };
            let target = resolve(&tree, &roots, file, level, &split(path, '.'), &split(names, ','));
            assert_eq!(
                target,
                Target::Inside(expected.iter().map(|path| (*path).to_owned()).collect()),
                "{path} {names}"
            );
        }
        let os = ["os".to_owned()];
        assert_eq!(resolve(&tree, &roots, file, 0, &os, &[]), Target::Outside);
        assert!(matches!(resolve(&tree, &roots, file, 5, &os, &[]), Target::Unknown(_)));
        assert_eq!(
            resolve(&tree, &[], "x.py", 0, &["backend".to_owned(), "app".to_owned()], &[]),
            Target::Inside(vec!["backend/app/__init__.py".to_owned()]),
            "without roots, imports begin in the tree itself"
        );
    }
}
