//! The addresses in a value: alone, in a URL or DSN, in a list, in a command line.
//!
//! A name such as `localhost` counts wherever it stands as a word of its own. Numbers that are addresses only in some eyes (`127.1`,
//! 2130706433) count where an address is meant. 0.0.0.0 counts where it is gone to. A network (`10.0.0.0/8`) is no address.

use std::net::Ipv6Addr;

use crate::address::{self, Meaning};
use crate::key::{Role, announces_host, is_remote};

/// An address, as it stands in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) meaning: Meaning,
    pub(crate) text: String,
}

/// The addresses in `value`, each once. `before` is the preceding element of a list: in `["--bind", "0.0.0.0:80"]` it says what follows.
pub(crate) fn addresses(value: &str, role: Role, before: Option<&str>) -> Vec<Found> {
    let mut found = Vec::new();
    let mut text = value.replace("\\/", "/");
    // A URL may stand in the query of another one, encoded, and that once more.
    for _ in 0..3 {
        search(&text, role, before, &mut found);
        match decoded(&text) {
            Some(decoded) => text = decoded,
            None => break,
        }
    }
    found
}

fn search(text: &str, role: Role, before: Option<&str>, found: &mut Vec<Found>) {
    let mut rest = text.to_owned();
    for (start, end) in v6_spans(text) {
        if let Ok(address) = text[start..end].parse::<Ipv6Addr>() {
            let place = Place::new(text, start, end, role, before);
            push(found, address::v6(address), &place, false);
            // An IPv4 address at its end is not a second one.
            rest.replace_range(start..end, &" ".repeat(end - start));
        }
    }
    for (start, end) in spans(&rest, |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) {
        // A sentence may end with the address, and a flag begin before it: `-hlocalhost` is not told apart.
        let start = start + rest[start..end].len() - rest[start..end].trim_start_matches(['-', '.']).len();
        let token = &rest[start..end];
        let place = Place::new(&rest, start, end, role, before);
        if let Some(meaning) = address::name(token) {
            push(found, Some(meaning), &place, false);
        } else if let Some(address) = address::any_form_of_v4(token) {
            let quad = token.trim_end_matches('.').matches('.').count() == 3;
            if quad || place.means_an_address(token) {
                push(found, address::v4(address), &place, !quad);
            }
        }
    }
}

fn push(found: &mut Vec<Found>, meaning: Option<Meaning>, place: &Place<'_>, odd: bool) {
    let Some(meaning) = meaning else { return };
    if place.is_path_segment() || place.is_network() {
        return;
    }
    if meaning == Meaning::Unspecified && !(if odd { place.in_authority() } else { place.is_gone_to() }) {
        return;
    }
    let one = Found { meaning, text: place.shown() };
    if !found.contains(&one) {
        found.push(one);
    }
}

/// Where a token stands.
struct Place<'a> {
    head: &'a str,
    token: &'a str,
    tail: &'a str,
    role: Role,
    before: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn new(text: &'a str, start: usize, end: usize, role: Role, before: Option<&'a str>) -> Self {
        let mut place = Self { head: &text[..start], token: &text[start..end], tail: &text[end..], role, before };
        if let (Some(head), Some(tail)) = (place.head.strip_suffix('['), place.tail.strip_prefix(']')) {
            (place.head, place.tail) = (head, tail);
        }
        place
    }

    /// Between `scheme://user:password@` and the path, also as one of several hosts.
    fn in_authority(&self) -> bool {
        if self.head.ends_with("//") || self.head.ends_with('@') || self.head.ends_with("@tcp(") {
            return true;
        }
        let authority = self.head.rsplit_once("://").map(|(_, authority)| authority);
        self.head.ends_with(',')
            && authority.is_some_and(|hosts| !hosts.contains(|c: char| c.is_whitespace() || "/?#\"'".contains(c)))
    }

    fn is_path_segment(&self) -> bool {
        self.head.ends_with('/') && !self.head.ends_with("//")
    }

    fn is_network(&self) -> bool {
        let digits = self
            .tail
            .strip_prefix('/')
            .map(|prefix| prefix.len() - prefix.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        !self.in_authority() && digits.is_some_and(|digits| digits > 0)
    }

    fn port(&self) -> Option<&'a str> {
        let rest = self.tail.strip_prefix(':')?;
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        (1..=5).contains(&digits).then(|| &rest[..digits])
    }

    fn is_whole(&self) -> bool {
        let rest = self.port().map_or(self.tail, |port| &self.tail[1 + port.len()..]);
        self.head.trim().is_empty() && rest.trim().is_empty()
    }

    /// The word before `=` or `:` that the token follows: `host=…`, `"host": "…"`.
    fn announced_by(&self) -> Option<&'a str> {
        let blank = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\');
        let head = self.head.trim_end_matches(blank);
        let head = head.strip_suffix(['=', ':'])?.trim_end_matches(blank);
        let start = head.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).map_or(0, |at| at + 1);
        Some(&head[start..])
    }

    /// The option of a command line that the token follows: `--bind`.
    fn flag(&self) -> Option<&'a str> {
        let head = self.head.trim_end();
        let word = match head.strip_suffix('=') {
            Some(head) => head.rsplit(char::is_whitespace).next(),
            None if head.is_empty() => self.before,
            None => head.rsplit(char::is_whitespace).next(),
        };
        word.filter(|word| word.starts_with('-'))
    }

    /// Whether a number that is an address only in some eyes stands for one here.
    fn means_an_address(&self, token: &str) -> bool {
        self.in_authority()
            || self.announced_by().is_some_and(announces_host)
            || (self.is_whole() && self.role != Role::Other && token != "0")
    }

    /// Whether 0.0.0.0 is a destination here.
    fn is_gone_to(&self) -> bool {
        if self.in_authority() {
            return true;
        }
        if let Some(flag) = self.flag() {
            // Servers are told by flags where to listen, unless the flag names somebody else.
            return is_remote(flag);
        }
        if self.announced_by().is_some_and(announces_host) {
            return true;
        }
        match self.role {
            Role::Listen => false,
            Role::Destination => true,
            Role::Own | Role::Other => self.port().is_some() && self.token != "::",
        }
    }

    fn shown(&self) -> String {
        let host = if self.token.contains(':') { format!("[{}]", self.token) } else { self.token.to_owned() };
        match self.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

fn spans(text: &str, part: impl Fn(char) -> bool) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        match (part(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                spans.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    spans.extend(start.map(|from| (from, text.len())));
    spans
}

/// Runs of hexadecimal digits, colons and dots with at least two colons, that are no part of a longer word.
fn v6_spans(text: &str) -> Vec<(usize, usize)> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let alone = |&(start, end): &(usize, usize)| !text[..start].ends_with(word) && !text[end..].starts_with(word);
    let candidates = spans(text, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    candidates
        .into_iter()
        .map(|(start, end)| trimmed(text, start, end))
        .filter(|&(s, e)| text[s..e].matches(':').count() >= 2)
        .filter(alone)
        .collect()
}

/// Without a colon that introduces it (`host:::1` is odd, `key: ::1` is not) or a dot that ends a sentence.
fn trimmed(text: &str, start: usize, end: usize) -> (usize, usize) {
    (start, end - (text[start..end].len() - text[start..end].trim_end_matches('.').len()))
}

/// Percent-decoded, if that changes it.
fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = (byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    (decoded != text).then_some(decoded)
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
