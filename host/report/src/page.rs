//! A page for people: lines of toned pieces of text. All text that reaches a terminal goes through here, and is cleaned here.

use owo_colors::Style as Paint;

use crate::text;

/// How a page looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to write colour codes.
    pub colour: bool,
    /// Columns of the terminal. Below 40 it counts as 40.
    pub width: usize,
}

impl Style {
    /// No colour, 120 columns: for files and pipes.
    pub const PLAIN: Self = Self { colour: false, width: 120 };

    pub(crate) fn columns(self) -> usize {
        self.width.max(40)
    }
}

/// What a piece of text means, and so its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Strong,
    Good,
    Bad,
    Doubt,
    Faint,
}

impl Tone {
    fn paint(self) -> Paint {
        match self {
            Self::Plain => Paint::new(),
            Self::Strong => Paint::new().bold(),
            Self::Good => Paint::new().green(),
            Self::Bad => Paint::new().red().bold(),
            Self::Doubt => Paint::new().yellow(),
            Self::Faint => Paint::new().dimmed(),
        }
    }
}

/// Lines under construction.
pub struct Page {
    style: Style,
    out: String,
}

impl Page {
    /// An empty page.
    pub fn new(style: Style) -> Self {
        Self { style, out: String::new() }
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A line that is cut at the edge of the terminal.
    pub fn line(&mut self, pieces: &[(Tone, &str)]) {
        self.pieces(pieces, self.style.columns());
    }

    /// A line that a person will copy, such as a command. The terminal wraps it.
    pub fn copyable(&mut self, pieces: &[(Tone, &str)]) {
        self.pieces(pieces, 1_000);
    }

    /// A text of several lines, each indented, the first one behind a label.
    pub fn block(&mut self, tone: Tone, label: &str, text: &str) {
        let indent = " ".repeat(label.chars().count());
        for (number, line) in text::block(text).iter().enumerate() {
            let label = if number == 0 { label } else { &indent };
            self.copyable(&[(Tone::Faint, label), (tone, line)]);
        }
    }

    fn pieces(&mut self, pieces: &[(Tone, &str)], width: usize) {
        let mut room = width;
        let mut written = String::new();
        for (tone, text) in pieces {
            let text = text::line(text);
            let length = text.chars().count();
            if room == 0 {
                break;
            }
            let text = text::clip(text, room);
            room = room.saturating_sub(length);
            if self.style.colour && *tone != Tone::Plain && !text.is_empty() {
                written.push_str(&tone.paint().style(text).to_string());
            } else {
                written.push_str(&text);
            }
        }
        self.out.push_str(written.trim_end());
        self.out.push('\n');
    }

    /// The text.
    pub fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(style: Style) -> String {
        let mut page = Page::new(style);
        page.line(&[(Tone::Plain, "  "), (Tone::Bad, "fail\u{1b}[0m"), (Tone::Plain, &"x".repeat(100))]);
        page.finish()
    }

    #[test]
    fn cuts_at_the_edge_and_cleans() {
        assert_eq!(page(Style { colour: false, width: 10 }), format!("  fail␛[0m{}…\n", "x".repeat(29)));
    }

    #[test]
    fn colours_only_when_asked() {
        let coloured = page(Style { colour: true, width: 40 });
        assert!(coloured.starts_with("  \u{1b}[31;1mfail␛[0m\u{1b}[0mxx"), "{coloured:?}");
    }

    #[test]
    fn a_block_stands_under_its_label() {
        let mut page = Page::new(Style::PLAIN);
        page.block(Tone::Plain, "  why  ", "one\ntwo");
        assert_eq!(page.finish(), "  why  one\n       two\n");
    }
}
