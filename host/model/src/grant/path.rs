//! Paths of requests and the prefixes that cover them.
//!
//! A server may read a path in another way than the gate (dot segments, encoded slashes, double encoding), so every path that has two
//! readings is refused instead of interpreted.

use std::fmt;

use super::GrantError;

/// The path of a request in its one reading, without query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestPath(String);

impl RequestPath {
    /// Reads a path with an optional query, and forgets the query.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let path = text.split_once('?').map_or(text, |(path, _)| path);
        normal(path).map(Self).map_err(|why| GrantError::new(text, "a path", why))
    }

    /// The path with unreserved characters decoded, those that no URL has escaped, and escapes in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A prefix of paths on the borders of segments: `/health` covers `/health` and `/health/x`, not `/healthz`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Reads a prefix.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, "a path prefix", why));
        if text.contains(['*', '?']) {
            return refuse("it is a prefix without stars and query");
        }
        if text != "/" && text.ends_with('/') {
            return refuse("write it without the last slash; it covers what lies below");
        }
        normal(text).map(Self).map_err(|why| GrantError::new(text, "a path prefix", why))
    }

    /// The prefix of every path.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Whether a request may ask for it.
    pub fn covers(&self, path: &RequestPath) -> bool {
        starts(&path.0, &self.0)
    }

    /// Whether everything that `other` covers is covered.
    pub fn contains(&self, other: &Self) -> bool {
        starts(&other.0, &self.0)
    }

    /// The prefix as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn starts(path: &str, prefix: &str) -> bool {
    prefix == "/" || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The one reading of a path, or why it has none.
fn normal(path: &str) -> Result<String, &'static str> {
    if path.len() > 8_192 {
        return Err("it is longer than 8,192 bytes");
    }
    if !path.starts_with('/') {
        return Err("it begins with a slash");
    }
    let mut out = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = [bytes.next(), bytes.next()].map(|d| d.and_then(|d| (d as char).to_digit(16)));
                let [Some(high), Some(low)] = digits else { return Err("a % is followed by two hexadecimal digits") };
                let decoded = char::from((high * 16 + low) as u8);
                match decoded {
                    '/' | '\\' => return Err("an encoded slash can be read in two ways"),
                    '%' => return Err("an encoded % can be read in two ways"),
                    '\0'..='\x1f' | '\x7f' => return Err("it has an encoded control character"),
                    c if c.is_ascii_alphanumeric() || "-._~".contains(c) => out.push(c),
                    _ => out.push_str(&format!("%{:X}{:X}", high, low)),
                }
            }
            b'\\' => return Err("a backslash can be read as a slash"),
            b'#' | b'?' => return Err("it has no query and no fragment"),
            // No URL has these as they are; whoever mends one writes them so.
            b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' => out.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => out.push(char::from(byte)),
            _ => return Err("spaces, control characters and letters outside of ASCII are written with %"),
        }
    }
    for segment in out.split('/') {
        // Some servers cut `;parameters` off before they look for dots.
        if matches!(segment.split(';').next(), Some("." | "..")) {
            return Err("`.` and `..` are not followed");
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers() {
        for (prefix, path, expected) in [
            ("/health", "/health", true),
            ("/health", "/health?full=1", true),
            ("/health", "/health/ready", true),
            ("/health", "/healthz", false),
            ("/health", "/", false),
            ("/health", "//health", false),
            ("/health", "/%68ealth", true),
            ("/%68ealth", "/health", true),
            ("/a", "/a;x=1", false),
            ("/a\"b", "/a%22b", true),
            ("/a%7bb", "/a{b/c", true),
            ("/", "/anything", true),
        ] {
            let asked = RequestPath::parse(path).unwrap();
            assert_eq!(PathPrefix::parse(prefix).unwrap().covers(&asked), expected, "{prefix} {path}");
        }
    }

    #[test]
    fn refuses_paths_with_two_readings() {
        for bad in [
            "",
            "health",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2e/b",
            "/a/.%2E",
            "/a/..;/b",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/a%252e",
            "/a%00",
            "/a%0d%0a",
            "/a b",
            "/é",
            "/a#b",
            "/%zz",
            "/%2",
        ] {
            assert!(RequestPath::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn a_prefix_has_no_last_slash() {
        assert!(PathPrefix::parse("/health/").is_err());
        assert!(PathPrefix::parse("/health*").is_err());
        assert!(PathPrefix::parse("/").is_ok());
    }
}
