//! What a reader sees of a document: its text, without what only programs read. Pure.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// Elements that do not part words.
const WITHIN_WORDS: [&str; 22] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "kbd", "label", "mark", "q", "s", "small",
    "span", "strong", "sub", "sup", "u", "wbr",
];

/// The text of a document, with one space between words.
pub(crate) fn visible(document: &str) -> String {
    let tokenizer = Tokenizer::new(Reader::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(document));
    // The reader stops at nothing, so this is the whole document.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    words(&tokenizer.sink.text.borrow())
}

/// A text with one space between its words.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
struct Reader {
    text: RefCell<String>,
    /// Elements around this place that nobody is shown.
    hidden: Cell<usize>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) if self.hidden.get() == 0 => self.text.borrow_mut().push_str(&text),
            Token::TagToken(tag) => return self.pass(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Reader {
    fn pass(&self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if !WITHIN_WORDS.contains(&name) {
            self.text.borrow_mut().push(' ');
        }
        let depth = self.hidden.get();
        match tag.kind {
            TagKind::StartTag => {
                if is_hidden(name) {
                    self.hidden.set(depth + 1);
                }
                raw(name).map_or(TokenSinkResult::Continue, TokenSinkResult::RawData)
            }
            TagKind::EndTag => {
                if is_hidden(name) {
                    self.hidden.set(depth.saturating_sub(1));
                }
                TokenSinkResult::Continue
            }
        }
    }
}

fn is_hidden(name: &str) -> bool {
    matches!(name, "script" | "style" | "template" | "title" | "noscript" | "iframe" | "noembed" | "noframes")
}

/// How the content of an element is read that is no markup.
fn raw(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(RawKind::ScriptData),
        "style" | "noscript" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "title" | "textarea" => Some(RawKind::Rcdata),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn a_reader_sees_texts_and_their_words() {
        assert_eq!(visible("<h1>Netra</h1><p>Log\n  in</p>"), "Netra Log in");
        assert_eq!(visible("<p>L<b>og</b><!-- --> in&nbsp;&amp; out<br>now</p>"), "Log in & out now");
        assert_eq!(visible("<textarea><b>as it is</b></textarea>"), "<b>as it is</b>");
        assert_eq!(visible("no markup"), "no markup");
        assert_eq!(visible(""), "");
    }

    #[test]
    fn what_only_programs_read_is_not_seen() {
        for hidden in [
            "<script>document.write('<p>Log in</p>')</script>",
            "<script type=\"application/json\">{\"text\":\"Log in\"}</script>",
            "<style>p::before { content: 'Log in' }</style>",
            "<template><p>Log in</p><template>Log in</template></template>",
            "<title>Log in</title>",
            "<noscript><p>Log in</p></noscript>",
            "<!-- Log in -->",
            "<a href=\"Log in\"></a>",
            "<script>Log in",
        ] {
            assert_eq!(visible(hidden), "", "{hidden}");
        }
        assert_eq!(visible("<script>a</script>b<style>c</style>d</template>e"), "b d e");
    }

    #[test]
    fn a_document_that_nests_without_end_is_read_all_the_same() {
        let deep = format!("{}in{}", "<div>".repeat(200_000), "<template>".repeat(200_000));
        assert_eq!(visible(&deep), "in");
    }
}
