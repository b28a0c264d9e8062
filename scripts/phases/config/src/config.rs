//! What the bundle says about the scan: where, which files, what is excused and why.

use std::fmt;

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Granted directories to scan, or directories below them; all granted ones if it is empty.
    #[serde(default)]
    pub(crate) directories: Vec<String>,
    /// Patterns of the files to scan.
    #[serde(default = "usual_files")]
    pub(crate) include: Vec<String>,
    /// What is excused.
    #[serde(default)]
    pub(crate) exceptions: Vec<Exception>,
    /// Keys whose plain 0.0.0.0 is an address to listen on, in any spelling; a dotted path names one place.
    #[serde(default = "usual_listen_keys")]
    pub(crate) listen_keys: Vec<String>,
}

/// Excuses the findings of a file, of a key, or of a key in a file. `*` stands for anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    path: Option<String>,
    key: Option<String>,
    pub(crate) reason: String,
}

impl Config {
    pub(crate) fn validate(&self) -> Result<()> {
        if self.include.is_empty() {
            return Err(Error::new(
                "config.include is empty, so no file could be scanned; leave it out for the usual patterns",
            ));
        }
        for (at, exception) in self.exceptions.iter().enumerate() {
            if exception.reason.trim().is_empty() {
                return Err(Error::new(format!(
                    "config.exceptions[{at}].reason is empty; say why {exception} is excused"
                )));
            }
            if exception.path.is_none() && exception.key.is_none() {
                return Err(Error::new(format!(
                    "config.exceptions[{at}] has neither path nor key, so it would excuse everything"
                )));
            }
        }
        Ok(())
    }
}

impl Exception {
    pub(crate) fn covers(&self, path: &str, key: &str) -> bool {
        self.path.as_ref().is_none_or(|pattern| matches(pattern, path))
            && self.key.as_ref().is_none_or(|pattern| matches(pattern, key))
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, &self.key) {
            (Some(path), Some(key)) => write!(f, "{path} {key}"),
            (Some(one), None) | (None, Some(one)) => f.write_str(one),
            (None, None) => f.write_str("everything"),
        }
    }
}

/// Whether `text` is what a pattern with `*` describes.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

fn usual_files() -> Vec<String> {
    ["**/*.{yaml,yml,json,toml,env}", "**/.env*"].map(String::from).into()
}

fn usual_listen_keys() -> Vec<String> {
    [
        "host",
        "hostname",
        "addr",
        "address",
        "ip",
        "interface",
        "server_host",
        "app_host",
        "http_host",
        "api_host",
        "web_host",
        "uvicorn_host",
    ]
    .map(String::from)
    .into()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("a.b", "a.b", true),
            ("a.b", "a.bc", false),
            ("a.*", "a.b.c", true),
            ("*.c", "a.b.c", true),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("config/*.yaml", "config/x/y.yaml", true),
            ("aa*aa", "aaa", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
