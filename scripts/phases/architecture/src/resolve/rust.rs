//! Rust: `crate`, `super`, `self`, the crates of the tree by name, and modules beside the file. The rest is a package.
//!
//! A path leads to the file of the deepest module in it that has one. `#[path]` is not followed.

use std::collections::BTreeMap;

use super::{Target, join};
use crate::tree::Tree;

pub(super) fn resolve(
    tree: &Tree,
    crates: &BTreeMap<String, String>,
    file: &str,
    within: &[String],
    path: &[String],
) -> Target {
    let (Some(first), rest) = (path.first(), path.get(1..).unwrap_or_default()) else { return Target::Outside };
    if let Some(root) = crates.get(first) {
        return Target::Inside(vec![file_of(tree, root, rest)]);
    }
    let Some((root, own)) = place(crates, file) else {
        return match first.as_str() {
            "crate" | "super" => Target::Unknown(format!(
                "imports {}, and the file is in no crate; name its crate in config.roots.rust",
                path.join("::")
            )),
            _ => Target::Outside,
        };
    };
    let mut here: Vec<&str> = own.into_iter().chain(within.iter().map(String::as_str)).collect();
    match first.as_str() {
        "crate" => Target::Inside(vec![file_of(tree, root, rest)]),
        "self" | "super" => {
            let ups = path.iter().skip_while(|part| *part == "self").take_while(|part| *part == "super").count();
            let down = path.iter().skip_while(|part| matches!(part.as_str(), "self" | "super"));
            if ups > here.len() {
                return Target::Unknown(format!("imports {}, which leads out of its crate", path.join("::")));
            }
            here.truncate(here.len() - ups);
            here.extend(down.map(String::as_str));
            Target::Inside(vec![file_of(tree, root, &here)])
        }
        beside => {
            here.push(beside);
            match of_module(tree, root, &here) {
                Some(_) => {
                    here.extend(rest.iter().map(String::as_str));
                    Target::Inside(vec![file_of(tree, root, &here)])
                }
                None => Target::Outside,
            }
        }
    }
}

/// The `src` that a file lies in, and its module there.
fn place<'a>(crates: &'a BTreeMap<String, String>, file: &'a str) -> Option<(&'a str, Vec<&'a str>)> {
    let named =
        crates.values().filter(|root| file.strip_prefix(root.as_str()).is_some_and(|rest| rest.starts_with('/')));
    let root = match named.max_by_key(|root| root.len()) {
        Some(root) => root.as_str(),
        None => usual(file)?,
    };
    let mut parts: Vec<&str> = file[root.len()..].trim_start_matches('/').strip_suffix(".rs")?.split('/').collect();
    match (parts.len(), parts.last().copied()) {
        (1, Some("lib" | "main")) | (_, Some("mod")) => {
            parts.pop();
        }
        _ => {}
    }
    Some((root, parts))
}

/// Where nothing is said, the innermost `src` is a crate's.
fn usual(file: &str) -> Option<&str> {
    match file.rfind("/src/") {
        Some(at) => Some(&file[..at + 4]),
        None => file.starts_with("src/").then_some("src"),
    }
}

fn file_of<T: AsRef<str>>(tree: &Tree, root: &str, path: &[T]) -> String {
    let found = (1..=path.len()).rev().find_map(|depth| of_module(tree, root, &path[..depth]));
    let roots = || [join(&[root], &["lib.rs"]), join(&[root], &["main.rs"])];
    found.or_else(|| roots().into_iter().find(|file| tree.has(file))).unwrap_or_else(|| join(&[root], &["lib.rs"]))
}

fn of_module<T: AsRef<str>>(tree: &Tree, root: &str, path: &[T]) -> Option<String> {
    let module = join(&[root], path);
    [format!("{module}.rs"), format!("{module}/mod.rs")].into_iter().find(|file| tree.has(file))
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use crate::resolve::Target;
    use crate::tree::Tree;

    #[test]
    fn paths_lead_to_files() {
        let tree = Tree::made_of(&[
            "worker/src/main.rs",
            "worker/src/jobs/mod.rs",
            "worker/src/jobs/compact.rs",
            "worker/src/store.rs",
            "queue/src/lib.rs",
            "queue/src/job.rs",
        ]);
        let crates = [("netra_queue".to_owned(), "queue/src".to_owned())].into();
        for (file, within, path, expected) in [
            ("worker/src/jobs/compact.rs", "", "crate::store::Store", "worker/src/store.rs"),
            ("worker/src/jobs/compact.rs", "", "super::Job", "worker/src/jobs/mod.rs"),
            ("worker/src/jobs/compact.rs", "", "super::super::store", "worker/src/store.rs"),
            ("worker/src/jobs/compact.rs", "tests", "super::super::Job", "worker/src/jobs/mod.rs"),
            ("worker/src/jobs/compact.rs", "tests", "super::compact", "worker/src/jobs/compact.rs"),
            ("worker/src/jobs/mod.rs", "", "compact::run", "worker/src/jobs/compact.rs"),
            ("worker/src/jobs/mod.rs", "", "self::compact::run", "worker/src/jobs/compact.rs"),
            ("worker/src/jobs/mod.rs", "", "crate::Settings", "worker/src/main.rs"),
            ("worker/src/main.rs", "", "netra_queue::job::Job", "queue/src/job.rs"),
            ("worker/src/main.rs", "", "netra_queue::Queue", "queue/src/lib.rs"),
            ("queue/src/job.rs", "", "crate::Queue", "queue/src/lib.rs"),
        ] {
            let split = |text: &str| -> Vec<String> {
                text.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()
            };
            let target = resolve(&tree, &crates, file, &split(within), &split(path));
            assert_eq!(target, Target::Inside(vec![expected.to_owned()]), "{file} {path}");
        }
        let std = ["std", "env"].map(str::to_owned);
        assert_eq!(resolve(&tree, &crates, "worker/src/main.rs", &[], &std), Target::Outside);
        let up = ["super", "x"].map(str::to_owned);
        assert!(matches!(resolve(&tree, &crates, "worker/src/main.rs", &[], &up), Target::Unknown(_)));
        assert!(matches!(resolve(&tree, &crates, "build.rs", &[], &up), Target::Unknown(_)));
    }
}
