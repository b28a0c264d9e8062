//! Programs and tests share the libraries that the engine is made of.
//!
//! Tests bring features of their own to libraries. Where a program is built without them, Cargo compiles the library, and all that stands on it, a
//! second time: for WebAssembly's compiler that is minutes. `tests/e2e/Cargo.toml` says such features for programs too.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::project::Project;

/// What `cargo tree` prints of a selection: a library, its version and its features a line.
pub(super) struct Trees {
    engine: String,
    programs: String,
    tests: String,
}

pub(super) fn read(project: &Project) -> Result<Trees> {
    let tree = |selection: &[&str], edges: &str| {
        let line = project.cargo("tidy").args(["tree", "--locked", "--prefix", "none", "--format", "{p} {f}"]);
        line.args(["--edges", edges]).args(selection).text()
    };
    Ok(Trees {
        engine: tree(&["--package", "holdpoint-engine"], "normal,no-proc-macro")?,
        programs: tree(&["--workspace"], "normal,no-proc-macro")?,
        tests: tree(&["--workspace"], "normal,dev,no-proc-macro")?,
    })
}

pub(super) fn check(trees: &Trees) -> Vec<String> {
    let engine: BTreeSet<&str> = lines(&trees.engine).filter_map(|line| line.split(' ').next()).collect();
    let tests: BTreeSet<&str> = lines(&trees.tests).collect();
    let programs: BTreeSet<&str> = lines(&trees.programs).collect();
    let alone =
        programs.difference(&tests).filter(|line| line.split(' ').next().is_some_and(|name| engine.contains(name)));
    alone
        .map(|line| format!("tests need other features than `{line}`, so the engine is compiled twice: name them in tests/e2e/Cargo.toml"))
        .collect()
}

fn lines(tree: &str) -> impl Iterator<Item = &str> {
    tree.lines().map(|line| line.trim_end_matches("(*)").trim_end()).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_of_the_engine_with_other_features_in_tests_is_named() {
        let trees = |programs: &str, tests: &str| Trees {
            engine: "holdpoint-engine v1 \ntokio v1 rt\n".to_owned(),
            programs: programs.to_owned(),
            tests: tests.to_owned(),
        };
        assert_eq!(check(&trees("tokio v1 rt (*)\nphf v1 \n", "tokio v1 rt\nphf v1 std\n")), [""; 0]);
        let found = check(&trees("tokio v1 rt\n", "tokio v1 rt,test-util\n"));
        assert!(found.len() == 1 && found[0].contains("`tokio v1 rt`"), "{found:?}");
    }
}
