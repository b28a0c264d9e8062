//! Answers that carry what another user has sent, and a list of them, so that whoever searches for leaks can be
//! compared with what really leaked.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Texts of recent exchanges out of which one leaks.
const RECENT: usize = 64;
const LONGEST_TEXT: usize = 2_048;
/// Crossings that are listed; the newest.
const LISTED: usize = 10_000;
const PIECE: usize = 16;

/// One answer in so many carries another user's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leak {
    /// One in how many answers, counted over all users.
    pub one_in: u32,
    /// In which shape.
    pub form: LeakForm,
}

/// In which shape a text leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeakForm {
    /// As it was sent.
    Plain,
    /// In capitals.
    Upper,
    /// Every character as `\u0000` in JSON.
    JsonEscaped,
    /// In base64; by turns at each of the three alignments.
    Base64,
    /// As it was sent, in a body that is compressed.
    Gzip,
    /// Sixteen characters of its longest word.
    Piece,
    /// In the header `x-recent`.
    Header,
    /// In an event of a chat.
    Frame,
}

impl LeakForm {
    /// All shapes.
    pub const ALL: [LeakForm; 8] = [
        LeakForm::Plain,
        LeakForm::Upper,
        LeakForm::JsonEscaped,
        LeakForm::Base64,
        LeakForm::Gzip,
        LeakForm::Piece,
        LeakForm::Header,
        LeakForm::Frame,
    ];

    /// As in queries and lists.
    pub fn name(self) -> &'static str {
        match self {
            LeakForm::Plain => "plain",
            LeakForm::Upper => "upper",
            LeakForm::JsonEscaped => "json-escaped",
            LeakForm::Base64 => "base64",
            LeakForm::Gzip => "gzip",
            LeakForm::Piece => "piece",
            LeakForm::Header => "header",
            LeakForm::Frame => "frame",
        }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.form == LeakForm::Frame { "chat event" } else { "answer" };
        write!(f, ", 1 {place} in {} holds another user's text, {}", self.one_in, self.form.name())
    }
}

/// One leak that happened.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Crossing {
    /// Which of all, from 1.
    pub number: u64,
    /// Whose text it is.
    pub from: String,
    /// Who got it.
    pub to: String,
    /// In the answer of which route.
    pub route: &'static str,
    /// In which shape.
    pub form: LeakForm,
    /// As it was sent, at most 2,048 bytes of it.
    pub text: String,
}

/// What an answer was for, noted with it.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    pub(crate) user: String,
    pub(crate) text: String,
}

impl Own {
    pub(crate) fn new(user: &str, text: &str) -> Self {
        let mut end = text.len().min(LONGEST_TEXT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Own { user: user.to_owned(), text: text[..end].to_owned() }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Crossings(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    recent: VecDeque<Own>,
    listed: VecDeque<Crossing>,
    happened: u64,
    /// Strikes that found nobody else yet.
    owed: u64,
}

impl Book {
    fn note(&mut self, own: Own) {
        if own.text.is_empty() {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(own);
    }
}

impl Crossings {
    /// Notes an exchange, and gives what leaks into it: when it is struck, or when an earlier one was that met
    /// nobody else's text.
    pub(crate) fn turn(&self, own: Own, route: &'static str, form: LeakForm, is_struck: bool) -> Option<Crossing> {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.owed += u64::from(is_struck);
        let other = (book.owed > 0).then(|| book.recent.iter().rev().find(|other| other.user != own.user)).flatten();
        let crossing = other.map(|other| Crossing {
            number: book.happened + 1,
            from: other.user.clone(),
            to: own.user.clone(),
            route,
            form,
            text: other.text.clone(),
        });
        if let Some(crossing) = &crossing {
            book.owed -= 1;
            book.happened += 1;
            if book.listed.len() == LISTED {
                book.listed.pop_front();
            }
            book.listed.push_back(crossing.clone());
        }
        book.note(own);
        crossing
    }

    /// Notes an exchange that nothing leaks into.
    pub(crate) fn note(&self, own: Own) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).note(own);
    }

    pub(crate) fn all(&self) -> Vec<Crossing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).listed.iter().cloned().collect()
    }

    /// Forgets texts of before, so that a fault that is switched on leaks nothing older than itself.
    pub(crate) fn begin(&self) {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.recent.clear();
        book.owed = 0;
    }
}

impl Crossing {
    /// The text as JSON in the shape in which it leaks.
    pub(crate) fn json(&self) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self.form {
            LeakForm::Upper => quoted(&self.text.to_uppercase()),
            LeakForm::JsonEscaped => {
                let escaped: String = self.text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                format!("\"{escaped}\"")
            }
            LeakForm::Base64 => {
                let before = &"__"[..usize::try_from(self.number % 3).unwrap_or(0)];
                quoted(&STANDARD.encode(format!("{before}{}", self.text)))
            }
            LeakForm::Piece => quoted(piece(&self.text)),
            LeakForm::Plain | LeakForm::Gzip | LeakForm::Header | LeakForm::Frame => quoted(&self.text),
        }
    }

    /// An answer with the text in it. One that is no JSON object gets it in its header.
    pub(crate) async fn leaked_into(&self, response: Response<Body>) -> Response<Body> {
        let (mut head, body) = response.into_parts();
        // Bodies of the API are whole already.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let is_json = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
        let open = body.strip_suffix(b"}").filter(|_| is_json && self.form != LeakForm::Header);
        let Some(open) = open else {
            let visible: String = self.text.chars().filter(|c| c.is_ascii_graphic()).collect();
            if let Ok(value) = HeaderValue::from_str(&visible) {
                head.headers.insert("x-recent", value);
            }
            return Response::from_parts(head, Body::from(body));
        };
        head.headers.remove(CONTENT_LENGTH);
        let mut whole = open.to_vec();
        whole.extend(format!(",\"recent\":{}}}", self.json()).into_bytes());
        if self.form == LeakForm::Gzip {
            head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            whole = compressed(&whole);
        }
        Response::from_parts(head, Body::from(Bytes::from(whole)))
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // A vector takes whatever is written.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Sixteen characters from within the longest word, where a canary most likely is.
fn piece(text: &str) -> &str {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let word = text.split(|c| !is_word(c)).max_by_key(|word| word.len()).unwrap_or_default();
    let from = word.len().saturating_sub(PIECE) / 2;
    &word[from..(from + PIECE).min(word.len())]
}

#[cfg(test)]
mod tests {
    use super::{Crossings, LeakForm, Own, piece};

    #[test]
    fn a_strike_waits_until_there_is_another_user() {
        let crossings = Crossings::default();
        let turn = |user, struck| crossings.turn(Own::new(user, user), "me", LeakForm::Plain, struck);
        assert_eq!(turn("a", true), None);
        let crossing = turn("b", false).expect("it is owed");
        assert_eq!((crossing.from.as_str(), crossing.to.as_str()), ("a", "b"));
        assert_eq!(turn("c", false), None);
        assert_eq!(crossings.all().len(), 1);
    }

    #[test]
    fn a_piece_is_sixteen_characters_of_the_longest_word() {
        assert_eq!(piece("hello 0123456789abcdefghij there"), "23456789abcdefgh");
        assert_eq!(piece("short"), "short");
        assert_eq!(piece(""), "");
    }
}
