//! Places in a JSON body: `$.access_token`, `$.data.session.token`.

use std::fmt;

use super::GrantError;

/// A path of object keys. Arrays on the way are walked through: `$.tokens.value` finds the value of every element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonPath(Vec<String>);

impl JsonPath {
    /// Reads `$` and one to sixteen keys of letters, digits, `_` and `-`, each after a dot.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, "a JSON path", why));
        let Some(rest) = text.strip_prefix("$.") else { return refuse("it begins with `$.`, as in $.access_token") };
        let keys: Vec<String> = rest.split('.').map(str::to_owned).collect();
        if keys.len() > 16 {
            return refuse("it has at most 16 keys");
        }
        let ok =
            |key: &String| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !keys.iter().all(ok) {
            return refuse("keys are letters, digits, _ and -, joined by dots");
        }
        Ok(Self(keys))
    }

    /// The keys from the root.
    pub fn keys(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$.{}", self.0.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dotted_keys() {
        assert_eq!(JsonPath::parse("$.data.token").unwrap().keys(), ["data", "token"]);
        for bad in ["", "$", "$.", "token", "$.a..b", "$.a[0]", "$.*"] {
            assert!(JsonPath::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }
}
