//! What stands in the log: each trouble once, and again when it is another or none.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

/// Lines of the log. A phase has 10,000 statements, and who comes and goes must not use them up.
const MOST_LINES: u32 = 1_000;
/// The longest line in bytes of what others said.
const LONGEST_LINE: usize = 1_000;

/// What was told last, by what it is about.
#[derive(Debug, Default)]
pub(crate) struct Told {
    now: BTreeMap<String, String>,
    lines: u32,
}

impl Told {
    /// Tells the trouble with something, or that there is none any more.
    pub(crate) fn tell(&mut self, cx: &Context, about: &str, trouble: Option<String>) {
        let trouble = trouble.map(cut);
        if self.now.get(about) == trouble.as_ref() {
            return;
        }
        match trouble {
            Some(trouble) => {
                self.line(cx, Level::Warn, format!("{about}: {trouble}"));
                self.now.insert(about.to_owned(), trouble);
            }
            None => {
                self.line(cx, Level::Info, format!("{about}: well again"));
                self.now.remove(about);
            }
        }
    }

    fn line(&mut self, cx: &Context, level: Level, text: String) {
        self.lines = self.lines.saturating_add(1);
        if self.lines < MOST_LINES {
            cx.log(level, text);
        } else if self.lines == MOST_LINES {
            cx.log(Level::Warn, format!("more than {MOST_LINES} changes; no more of them are told"));
        }
    }
}

/// At a character's boundary.
fn cut(mut text: String) -> String {
    if text.len() > LONGEST_LINE {
        let end = (0..=LONGEST_LINE).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}
