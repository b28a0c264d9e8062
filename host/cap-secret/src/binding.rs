//! What the operator says about a secret: its value, and where it may go.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use holdpoint_model::{ServiceName, grant::SecretName};

/// The shortest value that can be told from other text.
pub(crate) const SHORTEST: usize = 8;

/// A value that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// Takes a value in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is as secret as the value: of `name:password` in base64, as basic authentication has it, the two in plain and the password alone. A server
    /// that shows a password shows it so. What is too short to be told from other text, or a common word, is none of them.
    pub(crate) fn within(&self) -> Vec<String> {
        let text = self.0.trim();
        let decoded = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok();
        let Some(pair) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Vec::new() };
        let Some((name, password)) = pair.split_once(':').filter(|_| !pair.contains(char::is_control)) else {
            return Vec::new();
        };
        if name.is_empty() || password.is_empty() {
            return Vec::new();
        }
        let is_told = |text: &String| text.len() >= SHORTEST && !Self::new(text.as_str()).is_stand_in();
        [password.to_owned(), pair.clone()].into_iter().filter(is_told).collect()
    }

    /// Whether somebody forgot to put the real value in.
    pub(crate) fn is_stand_in(&self) -> bool {
        let value = self.0.trim().to_ascii_lowercase();
        let words = ["changeme", "change-me", "change_me", "todo", "placeholder", "example", "secret", "password"];
        let beginnings =
            ["your-", "your_", "xxx", "changeme", "placeholder", "example-", "example_", "todo-", "todo_", "todo:"];
        value.is_empty()
            || words.contains(&value.as_str())
            || beginnings.iter().any(|beginning| value.starts_with(beginning))
            || (value.starts_with('<') && value.ends_with('>'))
    }
}

/// A secret of the operator's file.
#[derive(Clone)]
pub struct SecretBinding {
    pub name: SecretName,
    /// Absent where this machine has none.
    pub value: Option<SecretValue>,
    /// Not secret at all: it is never taken out of answers and may be short.
    pub public: bool,
    /// The services that it may be sent to.
    pub services: Vec<ServiceName>,
    /// The header that it may be sent in.
    pub header: String,
    /// What is sent in the place of the placeholder, with `{}` for the value; the value alone if absent.
    pub format: Option<String>,
}

impl SecretBinding {
    /// Whether the value must be taken out of answers. A stand-in that is too short to be found is no secret.
    pub(crate) fn is_hidden(&self) -> bool {
        !self.public && self.value.as_ref().is_some_and(|value| value.as_str().len() >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_its_password_is_secret_in_plain_too() {
        // `alice:the-password-of-alice`, with and without its padding.
        let value = "YWxpY2U6dGhlLXBhc3N3b3JkLW9mLWFsaWNl";
        assert_eq!(SecretValue::new(value).within(), ["the-password-of-alice", "alice:the-password-of-alice"]);
        for value in [
            "Ym9iOnRoZS1wYXNzd29yZC1vZi1ib2I=",
            "Ym9iOnRoZS1wYXNzd29yZC1vZi1ib2I",
            "Ym9iOnRoZS1wYXNzd29yZC1vZi1ib2I=\n",
        ] {
            assert_eq!(
                SecretValue::new(value).within(),
                ["the-password-of-bob", "bob:the-password-of-bob"],
                "{value:?}"
            );
        }
        // `carol:pw`, `carol:password`: a field of many answers has that name.
        assert_eq!(SecretValue::new("Y2Fyb2w6cHc=").within(), ["carol:pw"]);
        assert_eq!(SecretValue::new("Y2Fyb2w6cGFzc3dvcmQ=").within(), ["carol:password"]);
        for value in ["", "sk-live-0123456789", "c29tZXRoaW5nIGVsc2U=", "OnNvbWV0aGluZw=="] {
            assert!(SecretValue::new(value).within().is_empty(), "{value:?}");
        }
    }

    #[test]
    fn knows_a_stand_in() {
        for value in [
            "",
            " ",
            "your-api-key",
            "YOUR_TOKEN_HERE",
            "changeme",
            "xxxxxxxx",
            "<api key>",
            "TODO",
            "placeholder",
            "example",
        ] {
            assert!(SecretValue::new(value).is_stand_in(), "{value:?}");
        }
        for value in ["sk-live-0123456789", "yours", "xx-1", "exampled"] {
            assert!(!SecretValue::new(value).is_stand_in(), "{value:?}");
        }
    }
}
