//! What the operator says about a secret: its value, and where it may go.

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
