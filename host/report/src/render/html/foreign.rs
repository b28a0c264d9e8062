//! Texts of others as markup: cleaned, bounded, escaped, and kept from turning the text around them.

use maud::{Markup, Render, html};

use crate::text;

/// Most characters of a text within a line, and the bounds of a text of several lines.
const LINE: usize = 300;
const LINES: usize = 20;
const WIDTH: usize = 300;

/// A text within a line or a cell.
pub(super) struct Line<'a>(pub(super) &'a str);

impl Render for Line<'_> {
    fn render(&self) -> Markup {
        // Letters that are read from the right stay within their own piece.
        html! { bdi { (text::short(self.0, LINE)) } }
    }
}

/// A text that may have several lines; it does not stand in a paragraph, for it may be a block.
pub(super) struct Block<'a>(pub(super) &'a str);

impl Render for Block<'_> {
    fn render(&self) -> Markup {
        let lines = text::bounded_block(self.0, LINES, WIDTH);
        match lines.as_slice() {
            [] => html! {},
            [line] => html! { bdi { (line) } },
            lines => html! { pre { (lines.join("\n")) } },
        }
    }
}

/// A command to copy.
pub(super) struct Command<'a>(pub(super) &'a str);

impl Render for Command<'_> {
    fn render(&self) -> Markup {
        html! { code { (text::short(self.0, LINE)) } }
    }
}

/// `… and 12 more rows`, or nothing.
pub(super) fn more(left_out: usize, noun: &str) -> Markup {
    html! {
        @if left_out > 0 {
            p.faint { "… and " (text::counted(left_out, &format!("more {noun}"))) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_of_others_is_text() {
        let written = Line("<script>alert(1)</script>&\"\u{202e}").render().into_string();
        assert_eq!(written, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;\u{fffd}</bdi>");
    }

    #[test]
    fn several_lines_are_a_block_and_end_somewhere() {
        assert_eq!(Block("one\ntwo").render().into_string(), "<pre>one\ntwo</pre>");
        assert_eq!(Block("").render().into_string(), "");
        let long = Block(&"x\n".repeat(1_000)).render().into_string();
        assert!(long.ends_with("… 980 more lines</pre>"), "{long}");
        assert!(Line(&"x".repeat(1_000_000)).render().into_string().len() < 400);
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(more(0, "row").into_string(), "");
        assert_eq!(more(1_200, "row").into_string(), "<p class=\"faint\">… and 1,200 more rows</p>");
    }
}
