//! How long files may be: no file of Rust above 500 lines, and a `lib.rs` or `mod.rs` of the host stays documentation and re-exports.

use super::sources::Source;

const MOST_LINES: usize = 500;
const MOST_LINES_OF_A_ROOT: usize = 120;
/// A phase is a page, and the page is its `lib.rs`; a crate of macros has to define them there.
const PAGES: [&str; 3] = ["scripts/", "tests/guests/", "guest-sdk/rust/macros/"];

pub(super) fn check(sources: &[Source]) -> Vec<String> {
    sources.iter().filter(|source| source.is_rust()).filter_map(one).collect()
}

fn one(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    let path = source.path.as_str();
    let is_root = path.ends_with("/lib.rs") || path.ends_with("/mod.rs");
    if lines > MOST_LINES {
        Some(format!("{path}: has {lines} lines, more than {MOST_LINES}; split it by purpose"))
    } else if is_root && lines > MOST_LINES_OF_A_ROOT && !PAGES.iter().any(|page| path.starts_with(page)) {
        Some(format!(
            "{path}: has {lines} lines, more than {MOST_LINES_OF_A_ROOT}; move its logic into files of its own"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_named() {
        let of = |path: &str, lines: usize| Source::new(path, &"x\n".repeat(lines));
        let sources = [
            of("host/gate/src/permit.rs", 500),
            of("host/gate/src/gate.rs", 501),
            of("host/gate/src/lib.rs", 121),
            of("host/model/src/lib.rs", 120),
            of("scripts/phases/health/src/lib.rs", 400),
            of("README.md", 900),
        ];
        assert_eq!(
            check(&sources),
            [
                "host/gate/src/gate.rs: has 501 lines, more than 500; split it by purpose",
                "host/gate/src/lib.rs: has 121 lines, more than 120; move its logic into files of its own",
            ]
        );
    }
}
