//! Tokens that somebody has put into a file, one JSON value a line, a text or an object with `token`; and those of a login.

use std::collections::HashSet;

use serde_json::Value;

use crate::Error;

/// As many users as an index of canaries takes.
const MOST: usize = 1 << 20;
const SHORTEST: usize = 8;
const LONGEST: usize = 16 << 10;

/// The tokens of a file, in its order.
pub(crate) fn read(text: &str) -> Result<Vec<Box<str>>, Error> {
    let mut tokens = Tokens::default();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let refuse = |why| Error::Line { line, why };
        let token = match serde_json::from_str(text).map_err(|_| refuse("is no JSON"))? {
            Value::String(token) => token,
            Value::Object(mut object) => match object.remove("token") {
                Some(Value::String(token)) => token,
                _ => return Err(refuse("has no `token` that is a text")),
            },
            _ => return Err(refuse("is neither a text nor an object with `token`")),
        };
        tokens.take(token, refuse)?;
    }
    Ok(tokens.all)
}

/// Tokens that servers have handed out, in their order.
pub(crate) fn handed(given: impl IntoIterator<Item = String>) -> Result<Vec<Box<str>>, Error> {
    let mut tokens = Tokens::default();
    for (number, token) in (1..).zip(given) {
        tokens.take(token, |why| Error::Handed { number, why })?;
    }
    Ok(tokens.all)
}

/// Tokens, no two the same.
#[derive(Default)]
struct Tokens {
    all: Vec<Box<str>>,
    known: HashSet<Box<str>>,
}

impl Tokens {
    fn take(&mut self, token: String, refuse: impl Fn(&'static str) -> Error) -> Result<(), Error> {
        if !(SHORTEST..=LONGEST).contains(&token.len()) {
            return Err(refuse("has a token of fewer than 8 characters or more than 16 KiB"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse("has a token with characters that no header takes"));
        }
        if self.all.len() == MOST {
            return Err(Error::TooMany { most: MOST });
        }
        let token: Box<str> = token.into();
        if !self.known.insert(token.clone()) {
            return Err(refuse("repeats a token; two users with one identity can't be told apart"));
        }
        self.all.push(token);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_texts_and_objects_and_skips_empty_lines() {
        let tokens = read("\"token-one\"\n\n{\"token\": \"token-two\", \"user\": \"b\"}\r\n").unwrap();
        assert_eq!(tokens.iter().map(|token| &**token).collect::<Vec<_>>(), ["token-one", "token-two"]);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn names_the_line_and_never_the_token() {
        let long = format!("\"{}\"", "x".repeat(LONGEST + 1));
        for (text, why) in [
            ("token-one", "is no JSON"),
            ("7", "is neither a text"),
            ("{\"tokens\": \"token-one\"}", "has no `token`"),
            ("{\"token\": 7}", "has no `token`"),
            ("\"short\"", "fewer than 8"),
            (long.as_str(), "more than 16 KiB"),
            ("\"token one\"", "no header takes"),
            ("\"fine-token\"", "repeats a token"),
        ] {
            let error = read(&format!("\"fine-token\"\n{text}\n")).unwrap_err().to_string();
            assert!(error.starts_with("line 2 of the identities ") && error.contains(why), "{error}");
            assert!(!error.contains("token-one"), "{error}");
        }
    }

    #[test]
    fn tokens_of_a_login_have_the_same_bounds() {
        let handed = |tokens: &[&str]| handed(tokens.iter().map(|&token| token.to_owned()));
        assert_eq!(handed(&["token-one", "token-two"]).unwrap().len(), 2);
        for (token, why) in
            [("short", "fewer than 8"), ("token one", "no header takes"), ("token-one", "repeats a token")]
        {
            let error = handed(&["token-one", token]).unwrap_err().to_string();
            assert!(error.starts_with("token 2 of the login ") && error.contains(why), "{error}");
        }
    }
}
