//! Texts made of pieces that matter to a parser, so that inputs are near the border between right and wrong more often than random
//! bytes are.

use std::fmt;

use arbitrary::{Arbitrary, Result, Unstructured};

/// At most so many pieces make a text.
const MOST: usize = 12;

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, [$($piece:literal),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(pub String);

        impl<'a> Arbitrary<'a> for $name {
            fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
                text(u, &[$($piece),*]).map(Self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

fn text(u: &mut Unstructured<'_>, pieces: &[&str]) -> Result<String> {
    let mut text = String::new();
    for _ in 0..u.int_in_range(0..=MOST)? {
        // One piece in sixteen is any character at all.
        if u.ratio(1, 16)? {
            text.push(char::arbitrary(u)?);
        } else {
            text.push_str(u.choose(pieces)?);
        }
    }
    Ok(text)
}

text!(
    /// A host, a pattern of hosts, or nearly one.
    HostText,
    [
        "a", "b", "example", "evil", ".", ".", "com", ".com", "example.com", "*.", "*", "-", "_", "xn--", "localhost",
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "8.8.8.8", "0x7f", "0177", "1", "256", "4294967295", "[::1]", "[::ffff:",
        "]", "::", "[", "7f00:1", ":", ":80", ":443", ":8443", ":0", ":65536", "@", "%2e", "%00", "A", "。", "１", "ß", "/"
    ]
);
text!(
    /// A path, a prefix of paths, or nearly one.
    PathText,
    [
        "/", "/", "/a", "/a/b", "/ab", "a", "b", ".", "..", "/..", ";", "?", "#", "%2e", "%2F", "%5c", "%41", "%61", "%25", "%",
        "\\", "//", "{key}", "*", "~", "-", "\"", "'", "<", " ", "é", "=", "&", "@", ":"
    ]
);
text!(
    /// An absolute URL, a pattern of URLs, or nearly one.
    UrlText,
    [
        "https://", "http://", "HTTPS://", "ftp://", "//", "/", "a.example.com", "example.com", "app-", "*", "-x", ".a.run.app",
        "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", ":", ":80", ":443", ":8443", ":*", "@", "user", "\\",
        "?", "#", "x=1", "..", "%2e%2e", "%40", "%2f", "\t", "\n", ".", "。", "evil.org", "é", "xn--9ca", " "
    ]
);
text!(
    /// A name of a service, of a phase or of an environment, or nearly one.
    NameText,
    ["a", "b", "backend", "auth", "-", "0", "A", ".", "_", "/", "..", "é", "\"", "\n"]
);
text!(
    /// A method, or nearly one.
    MethodText,
    ["GET", "POST", "HEAD", "PUT", "CONNECT", "TRACE", "G", "T", "-", " ", "get", "\r\n", "/"]
);
text!(
    /// A value of a header.
    HeaderText,
    ["a", "b", " ", ":", "\r", "\n", "\r\n", "\0", "é", "host", "x", "hp-secret.", "hp-session.", ".", "0", "{}", ",", ";", "="]
);
