//! What must not stand in a text: promises to do something later, tests that do not run, spaces at the end of a line.

use super::sources::Source;

// Put together here, or this file would be untidy itself.
const LATER: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
const IGNORED: &str = concat!("#[ig", "nore");

pub(super) fn check(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .flat_map(|source| source.lines().filter_map(move |(number, line)| one(source, number, line)))
        .collect()
}

fn one(source: &Source, number: usize, line: &str) -> Option<String> {
    let remark = &line[comment_start(&source.path, line)..];
    let why = if LATER.iter().any(|word| has_word(remark, word)) {
        "promises something for later; do it or leave it out"
    } else if source.is_rust() && line.trim_start().starts_with(IGNORED) {
        "has a test that does not run; make it run or take it out"
    } else if line.ends_with([' ', '\t']) {
        "has spaces at its end"
    } else {
        return None;
    };
    Some(format!("{}:{number}: {why}", source.path))
}

/// Where people speak in a line: in code only in comments, in prose everywhere. A value may well be such a word.
fn comment_start(path: &str, line: &str) -> usize {
    let mark = match path.rsplit('.').next() {
        Some("rs" | "wit") => "//",
        Some("toml" | "py") => "#",
        _ => return 0,
    };
    line.find(mark).unwrap_or(line.len())
}

/// Whether the word stands alone, and not within another.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(part_of_word) && !after.is_some_and(part_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_untidy_line_is_named() {
        let text = format!(
            "fn a() {{}}\n// {}: later\n    {}]\nlet b = 1; \nMASTODON\nlet c = \"{}\";\n",
            LATER[0], IGNORED, LATER[1]
        );
        assert_eq!(
            check(&[Source::new("a.rs", &text)]),
            [
                "a.rs:2: promises something for later; do it or leave it out",
                "a.rs:3: has a test that does not run; make it run or take it out",
                "a.rs:4: has spaces at its end",
            ]
        );
        assert_eq!(check(&[Source::new("a.md", "a text\twith tabs\n")]), [""; 0]);
    }
}
