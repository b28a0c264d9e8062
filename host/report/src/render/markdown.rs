//! Texts of others within Markdown as GitHub reads it. Every result is one line, also within the cell of a table.

use crate::text;

/// A text that is shown as it is written, in a code span: nothing in one is markup, a link or a mention.
pub(super) fn code(said: &str, width: usize) -> String {
    let said = text::short(said, width);
    if said.is_empty() {
        return said;
    }
    let longest = said.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A backtick at an end would join the fence; a reader takes one space off at either side.
    let space = if said.starts_with('`') || said.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{said}{space}{fence}")
}

/// As [`code`], within the cell of a table: cells are cut at bars before code is looked for, and the backslash is taken off again.
pub(super) fn cell(said: &str, width: usize) -> String {
    code(said, width).replace('|', "\\|")
}

/// A text in prose, behind something else on its line: every sign that could mean something there is escaped.
pub(super) fn prose(said: &str, width: usize) -> String {
    let mut out = String::new();
    let said = text::short(said, width);
    let mut last = ' ';
    let mut rest = said.chars().peekable();
    while let Some(c) = rest.next() {
        let means = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '$' => true,
            // Where an address could begin, GitHub makes a link of it.
            ':' => rest.peek().is_some_and(|next| *next != ' '),
            '.' => last.eq_ignore_ascii_case(&'w'),
            _ => false,
        };
        match c {
            // Escaped or not, this one would still name somebody.
            '@' => out.push_str("`@`"),
            c if means => out.extend(['\\', c]),
            c => out.push(c),
        }
        last = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_keeps_what_is_written() {
        assert_eq!(code("200 in 5 ms", 100), "`200 in 5 ms`");
        assert_eq!(code("a`b``c", 100), "```a`b``c```");
        assert_eq!(code("`x`", 100), "`` `x` ``");
        assert_eq!(code("a|b\nc", 100), "`a|b c`");
        assert_eq!(cell("a|b", 100), "`a\\|b`");
        assert_eq!(code("", 100), "");
    }

    #[test]
    fn prose_means_nothing() {
        assert_eq!(prose("[a](http://b) *c* @d", 100), "\\[a\\](http\\://b) \\*c\\* `@`d");
        assert_eq!(prose("see www.example.com", 100), "see www\\.example.com");
        assert_eq!(prose("health: endpoints, 100 %.", 100), "health: endpoints, 100 %.");
    }
}
