//! Names of phases and bundles: what can be a phase's id, a folder and a crate.

use holdpoint_model::PhaseId;

use crate::Error;

/// Rows are named after it, and ids of rows have at most 64 characters.
const LONGEST: usize = 40;

/// Words of the language, crates that a phase uses, and folders of Cargo: none of them can be a crate of one's own.
const TAKEN: [&str; 62] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "holdpoint",
    "holdpoint-sdk",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "sdk",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "target",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "virtual",
    "where",
    "while",
];

/// Checks a name.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let refuse = |why: String| Err(Error::Name { name: name.chars().take(80).collect(), why });
    if let Err(e) = PhaseId::parse(name) {
        return refuse(e.to_string());
    }
    if name.len() > LONGEST {
        return refuse(format!("it has more than {LONGEST} characters"));
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.ends_with('-') || name.contains("--") {
        return refuse("begin with a letter, and put single - only between letters and digits".to_owned());
    }
    if TAKEN.contains(&name) || name == "yield" {
        return refuse("Rust or Cargo uses the word itself; choose another, e.g. with what it checks".to_owned());
    }
    Ok(())
}

/// The row that a new phase judges.
pub(crate) fn row(name: &str) -> String {
    format!("{}-1", name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_an_id_a_folder_and_a_crate() {
        for good in ["hello", "my-check", "p3-1"] {
            assert!(check(good).is_ok(), "{good}");
        }
        let long = "a".repeat(41);
        for bad in ["", "Hello", "../x", "a/b", "1st", "-a", "a-", "a--b", "fn", "test", "serde", "yield", &long] {
            let error = check(bad).unwrap_err().to_string();
            assert!(error.contains("is no name for it: "), "{error}");
        }
    }

    #[test]
    fn a_row_is_named_after_its_phase() {
        assert_eq!(row("my-check"), "MY-CHECK-1");
    }
}
