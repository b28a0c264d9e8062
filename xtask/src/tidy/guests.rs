//! Every guest has a test on the host's side: its module is named by one.

use super::sources::Source;

pub(super) fn check(short_names: &[String], sources: &[Source]) -> Vec<String> {
    let tests: Vec<&Source> = sources.iter().filter(|source| is_host_test(source)).collect();
    let named = |short: &String| {
        let ways = [format!("\"{short}.wasm\""), format!("guest(\"{short}\")"), format!("guest: \"{short}\"")];
        tests.iter().any(|test| ways.iter().any(|way| test.text.contains(way)))
    };
    short_names
        .iter()
        .filter(|short| !named(short))
        .map(|short| {
            format!("guest {short}: no host test names it; write one in tests/e2e or host/*/tests with \"{short}.wasm\" or guest(\"{short}\")")
        })
        .collect()
}

fn is_host_test(source: &Source) -> bool {
    let of_host = source.path.starts_with("host/") && source.path.contains("/tests/");
    source.is_rust() && (source.path.starts_with("tests/e2e/") || of_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_without_a_host_test_is_named() {
        let sources = [
            Source::new("tests/e2e/tests/crash.rs", "let module = guest(\"crash\");"),
            Source::new("host/engine/tests/health.rs", "load(\"health.wasm\")"),
            Source::new("scripts/phases/config/src/tests.rs", "guest(\"config\")"),
        ];
        let wrong = check(&["crash", "health", "config"].map(str::to_owned), &sources);
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].starts_with("guest config: no host test names it"));
    }
}
