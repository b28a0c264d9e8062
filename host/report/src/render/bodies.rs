//! A body of a call, for people: its text if it is one, else what can be said of it.

use holdpoint_model::Digest;

use crate::{
    Style,
    page::{Page, Tone},
    text,
};

/// Most lines, and characters of a line, that are shown of a body.
const LINES: usize = 400;
const WIDTH: usize = 2_000;

/// A body with its name (`request`, `answer`).
pub fn body_in_full(name: &str, bytes: &[u8], style: Style) -> String {
    let mut page = Page::new(style);
    let title = format!("  {name} body, {} bytes", bytes.len());
    match std::str::from_utf8(bytes) {
        Ok(content) => {
            page.copyable(&[(Tone::Faint, &title)]);
            for line in text::bounded_block(content, LINES, WIDTH) {
                page.copyable(&[(Tone::Plain, "    "), (Tone::Plain, &line)]);
            }
        }
        Err(_) => page.copyable(&[(Tone::Faint, &format!("{title}, no text, {}", Digest::of(bytes)))]),
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned_and_bytes_are_only_described() {
        insta::assert_snapshot!(body_in_full("answer", b"{\n  \"a\": \"\x1b[31m\"\n}", Style::PLAIN), @r#"
          answer body, 18 bytes
            {
              "a": "␛[31m"
            }
        "#);
        assert!(
            body_in_full("answer", &[0xff, 0xfe], Style::PLAIN).starts_with("  answer body, 2 bytes, no text, sha256:")
        );
    }
}
