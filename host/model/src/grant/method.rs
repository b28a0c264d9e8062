//! HTTP methods.

use std::fmt;

use super::GrantError;
use crate::Class;

/// An upper-case method. `CONNECT` and `TRACE` are none: one turns a request into a tunnel, the other echoes credentials.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(String);

impl Method {
    /// Checks the characters and the length.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, "an HTTP method", why));
        if text.is_empty() || text.len() > 20 || !text.chars().all(|c| c.is_ascii_uppercase() || c == '-') {
            return refuse("use 1 to 20 upper-case letters, e.g. GET");
        }
        if matches!(text, "CONNECT" | "TRACE") {
            return refuse("it is never sent");
        }
        Ok(Self(text.to_owned()))
    }

    /// The method as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a request of this method does to the world unless its grant says otherwise.
    pub fn class(&self) -> Class {
        match self.0.as_str() {
            "GET" | "HEAD" | "OPTIONS" => Class::Read,
            _ => Class::Effect,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_methods_are_effects() {
        for (text, class) in
            [("GET", Class::Read), ("OPTIONS", Class::Read), ("POST", Class::Effect), ("PURGE", Class::Effect)]
        {
            assert_eq!(Method::parse(text).unwrap().class(), class, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_never_sent() {
        for bad in ["", "get", "CONNECT", "TRACE", "GET ", "G\r\nX", "*"] {
            assert!(Method::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }
}
