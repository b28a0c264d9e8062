//! ID tokens that prove to a service who asks. Where they come from is the operator's affair; a guest never holds one.

use std::time::Duration;

use holdpoint_gate::{BackendError, Boxed};
use holdpoint_model::ServiceName;
use url::Url;

/// Shorter ones can't be told from other text.
const SHORTEST: usize = 8;
const LONGEST: usize = 16 << 10;

/// A token. Nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken(String);

impl IdToken {
    /// Takes the text of a token, perhaps with a line end behind it. The error never repeats the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim_end_matches(['\r', '\n']);
        if text.len() < SHORTEST {
            return Err("it has fewer than 8 characters, and could not be told from other text");
        }
        if text.len() > LONGEST {
            return Err("it is longer than 16 KiB");
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
            return Err("it has characters that no token has");
        }
        Ok(Self(text.to_owned()))
    }

    /// The token, to be sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where tokens come from.
pub trait IdTokens: Send + Sync + 'static {
    /// A token for a service, made for its URL. The error says why there is none; it holds no part of a token.
    fn token<'a>(&'a self, service: &'a ServiceName, audience: &'a Url) -> Boxed<'a, Result<IdToken, String>>;
}

/// A host that has no tokens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoIdTokens;

impl IdTokens for NoIdTokens {
    fn token<'a>(&'a self, _: &'a ServiceName, _: &'a Url) -> Boxed<'a, Result<IdToken, String>> {
        Box::pin(async { Err("this host has none".into()) })
    }
}

/// A token, or why nothing was sent.
pub(crate) async fn fetch(
    tokens: &dyn IdTokens,
    service: &ServiceName,
    audience: &Url,
    limit: Duration,
) -> Result<IdToken, BackendError> {
    let none = |why: &str| BackendError::NotSent(format!("no ID token for service {service}: {why}"));
    match tokio::time::timeout(limit, tokens.token(service, audience)).await {
        Ok(Ok(token)) => Ok(token),
        Ok(Err(why)) => Err(none(&why)),
        Err(_) => Err(none(&format!("it did not come within {} ms", limit.as_millis()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_looks_like_a_token() {
        for text in ["eyJhbGciOi.eyJhdWQiOi.c2ln-_~", "abcd+/==", "12345678\r\n"] {
            assert_eq!(IdToken::parse(text).ok().unwrap().as_str(), text.trim_end());
        }
        for text in ["", "1234567\n\n", "token with blanks", "line\nbreak-in-it", "é-is-no-part", &"x".repeat(16_385)]
        {
            assert!(IdToken::parse(text).is_err(), "{text:?}");
        }
    }
}
