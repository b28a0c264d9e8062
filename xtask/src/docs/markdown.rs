//! Pieces of Markdown.

/// What stands below the title of every page, so that nobody mends the page instead of its source.
pub(super) fn head(title: &str, source: &str) -> String {
    format!("# {title}\n\nMade by `cargo xtask docs` from {source}; it is not edited by hand.\n")
}

/// A text as the cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// A row of a table.
pub(super) fn row(cells: &[&str]) -> String {
    let mut row = "|".to_owned();
    for cell in cells {
        row.push(' ');
        row.push_str(cell);
        row.push_str(if cell.is_empty() { "|" } else { " |" });
    }
    row + "\n"
}

/// A block of text as it is, without spaces at the ends of its lines.
pub(super) fn block(language: &str, text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    format!("```{language}\n{}\n```\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_one_line_and_keeps_its_bars() {
        assert_eq!(cell("a |\n  b"), "a \\| b");
        assert_eq!(row(&["`a`", "", "b"]), "| `a` | | b |\n");
    }

    #[test]
    fn a_block_has_no_spaces_at_its_ends() {
        assert_eq!(block("text", "a  \n\n b\n\n"), "```text\na\n\n b\n```\n");
    }
}
