//! What proves who a user is: the token of its identity, and what servers hand out to it. Its module holds placeholders instead. They mean
//! something to this user's requests alone, and only towards services of the bundle.

use std::collections::VecDeque;

use base64::{Engine as _, engine::general_purpose as alphabet};
use holdpoint_gate::{Destination, Unrevealed};
use holdpoint_model::Denial;
use memchr::memmem;

use crate::{Header, IdToken, Response};

/// The placeholder of a user's token.
pub const IDENTITY: &str = "hp-user.identity";
/// What stands before the number of a token that a server has handed out; a dot stands behind it.
const HANDED: &str = "hp-user.token.";
const MARK: &str = "hp-user.";
/// Tokens of servers that are known. Who logs in again and again gets new ones.
const MOST: usize = 64;

/// Placeholders that took the place of a credential, and how that was written.
pub(super) type Replaced = Vec<(String, &'static str)>;

/// The credentials of one user.
#[derive(Default)]
pub(super) struct Credentials {
    identity: Option<IdToken>,
    /// How the identity's token may be written in an answer.
    written: Vec<(Vec<u8>, &'static str)>,
    handed: VecDeque<(u32, String)>,
    next: u32,
}

impl Credentials {
    pub(super) fn new(identity: Option<IdToken>) -> Self {
        let written = identity.as_ref().map_or_else(Vec::new, |token| writings(token.as_str().as_bytes()));
        Self { identity, written, ..Self::default() }
    }

    /// The token that a request carries which brings none of its own.
    pub(super) fn identity(&self) -> Option<&IdToken> {
        self.identity.as_ref()
    }

    /// Takes in a token that a server has handed out.
    pub(super) fn keep(&mut self, token: String) {
        if self.handed.iter().any(|(_, known)| *known == token) {
            return;
        }
        if self.handed.len() == MOST {
            self.handed.pop_front();
        }
        self.handed.push_back((self.next, token));
        self.next = self.next.wrapping_add(1);
    }

    /// The text with the values of its placeholders.
    pub(super) fn reveal(&self, text: &str, to: &Destination<'_>) -> Result<String, Unrevealed> {
        let mut revealed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            revealed.push_str(&rest[..at]);
            let (length, value) = self.meant(&rest[at..])?;
            match value {
                Some(value) if to.service.is_some() => revealed.push_str(value),
                Some(_) => return Err(Unrevealed::Denied(elsewhere(to))),
                None => revealed.push_str(&rest[at..at + length]),
            }
            rest = &rest[at + length..];
        }
        revealed.push_str(rest);
        Ok(revealed)
    }

    /// How long the placeholder is that a text begins with, and its value. Without one it is only text.
    fn meant(&self, text: &str) -> Result<(usize, Option<&str>), Unrevealed> {
        if text.starts_with(IDENTITY) {
            return Ok((IDENTITY.len(), self.identity.as_ref().map(IdToken::as_str)));
        }
        let number = text.strip_prefix(HANDED).and_then(|rest| rest.split_once('.'));
        let Some((digits, number)) = number.and_then(|(digits, _)| Some((digits, digits.parse::<u32>().ok()?))) else {
            return Ok((MARK.len(), None));
        };
        match self.handed.iter().find(|(n, _)| *n == number) {
            Some((_, value)) => Ok((HANDED.len() + digits.len() + 1, Some(value))),
            None => Err(Unrevealed::Lost(format!("token {number} of this user is not known any more; log in again"))),
        }
    }

    /// Takes credentials out of an answer.
    pub(super) fn scrub(&self, answer: &mut Response) {
        let mut replaced = Vec::new();
        self.scrub_headers(&mut answer.headers, &mut replaced);
        if let Some(bytes) = self.without(answer.body.bytes(), &mut replaced) {
            answer.body = bytes.into();
        }
        for (placeholder, encoding) in replaced {
            let known =
                answer.replaced.iter_mut().find(|one| one.placeholder == placeholder && one.encoding == encoding);
            match known {
                Some(one) => one.count += 1,
                None => {
                    answer.replaced.push(crate::Replacement { placeholder, encoding: encoding.to_owned(), count: 1 })
                }
            }
        }
    }

    /// Takes credentials out of headers, and adds what was taken out.
    pub(super) fn scrub_headers(&self, headers: &mut [Header], replaced: &mut Replaced) {
        for text in headers.iter_mut().flat_map(|Header { name, value }| [name, value]) {
            if let Some(bytes) = self.without(text.as_bytes(), replaced) {
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
    }

    /// A text without credentials, if there are any in it.
    pub(super) fn scrubbed(&self, text: &[u8]) -> Option<Vec<u8>> {
        self.without(text, &mut Vec::new())
    }

    fn without(&self, text: &[u8], replaced: &mut Replaced) -> Option<Vec<u8>> {
        let mut changed: Option<Vec<u8>> = None;
        let handed = self.handed.iter().map(|(n, value)| (value.as_bytes(), "plain", Some(*n)));
        let identity = self.written.iter().map(|(value, encoding)| (value.as_slice(), *encoding, None));
        for (value, encoding, number) in identity.chain(handed) {
            let text = changed.as_deref().unwrap_or(text);
            if value.len() > text.len() || memmem::find(text, value).is_none() {
                continue;
            }
            let placeholder = number.map_or_else(|| IDENTITY.to_owned(), |n| format!("{HANDED}{n}."));
            let mut without = Vec::with_capacity(text.len());
            let mut from = 0;
            for at in memmem::find_iter(text, value) {
                without.extend_from_slice(&text[from..at]);
                without.extend_from_slice(placeholder.as_bytes());
                replaced.push((placeholder.clone(), encoding));
                from = at + value.len();
            }
            without.extend_from_slice(&text[from..]);
            changed = Some(without);
        }
        changed
    }
}

/// A token as it is, in base64 at each of three places within a longer text, and in hexadecimal digits.
fn writings(token: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let mut written = vec![(token.to_vec(), "plain")];
    for before in 0..3 {
        let text = [&[0; 2][..before], token].concat();
        // Only the part that depends on the token alone.
        let (first, whole) = ((before * 8).div_ceil(6), text.len() * 8 / 6);
        for engine in [alphabet::STANDARD, alphabet::URL_SAFE] {
            let encoded = engine.encode(&text).as_bytes()[first..whole].to_vec();
            if written.iter().all(|(known, _)| *known != encoded) {
                written.push((encoded, "base64"));
            }
        }
    }
    let hex = |digits: &[u8; 16]| {
        token.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|n| digits[usize::from(n)]).collect()
    };
    written.push((hex(b"0123456789abcdef"), "hex"));
    written.push((hex(b"0123456789ABCDEF"), "hex"));
    written
}

fn elsewhere(to: &Destination<'_>) -> Denial {
    Denial {
        wanted: format!("the user's credentials to host {}", to.host),
        reason: "a user's credentials go to services of the bundle only".into(),
        remedy: "make the host a service of the bundle".into(),
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{PhaseId, ServiceName};

    use super::*;
    use crate::Timings;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";

    fn credentials() -> Credentials {
        Credentials::new(IdToken::parse(TOKEN).ok())
    }

    fn revealed(credentials: &Credentials, text: &str, service: bool) -> Result<String, Unrevealed> {
        let (guest, name) = (PhaseId::parse("a").unwrap(), ServiceName::parse("backend").unwrap());
        let service = service.then_some(&name);
        credentials.reveal(text, &Destination { guest: &guest, service, host: "evil.example.com", header: Some("x") })
    }

    fn answer(header: &str, body: &[u8]) -> Response {
        Response {
            status: 200,
            headers: vec![Header::new("x", header)],
            body: body.into(),
            truncated: false,
            length: 0.0,
            sha256: None,
            replaced: vec![],
            timings: Timings::default(),
            tls: None,
            peer: String::new(),
        }
    }

    #[test]
    fn placeholders_are_filled_for_services_alone() {
        let mut credentials = credentials();
        credentials.keep("session-one".into());
        credentials.keep("session-two".into());
        let text = "a hp-user.identity b hp-user.token.1. c hp-user.x";
        assert_eq!(revealed(&credentials, text, true).unwrap(), format!("a {TOKEN} b session-two c hp-user.x"));
        assert!(matches!(revealed(&credentials, text, false), Err(Unrevealed::Denied(_))));
        assert!(matches!(revealed(&credentials, "hp-user.token.2.", true), Err(Unrevealed::Lost(_))));
        assert_eq!(revealed(&Credentials::default(), "hp-user.identity", true).unwrap(), "hp-user.identity");
    }

    #[test]
    fn credentials_are_taken_out_however_they_are_written() {
        let mut credentials = credentials();
        credentials.keep("session-one".into());
        for before in ["", "a", "ab", "{\"t\":\""] {
            let whole = format!("{before}{TOKEN} and more");
            for body in [
                whole.clone(),
                alphabet::STANDARD.encode(&whole),
                alphabet::URL_SAFE_NO_PAD.encode(&whole),
                whole.bytes().map(|byte| format!("{byte:02X}")).collect(),
            ] {
                let mut answer = answer("set session-one", body.as_bytes());
                credentials.scrub(&mut answer);
                let text = String::from_utf8(answer.body.bytes().to_vec()).unwrap();
                assert!(text.contains(IDENTITY), "{text}");
                assert_eq!(answer.headers[0].value, "set hp-user.token.0.");
                assert_eq!(answer.replaced.len(), 2);
            }
        }
        let mut clean = answer("x", b"nothing of it");
        credentials.scrub(&mut clean);
        assert_eq!(clean, answer("x", b"nothing of it"));
    }

    #[test]
    fn tokens_of_servers_are_bounded() {
        let mut credentials = Credentials::default();
        for n in 0..1_000 {
            credentials.keep(format!("session-{n}"));
            credentials.keep(format!("session-{n}"));
        }
        assert_eq!((credentials.handed.len(), credentials.next), (MOST, 1_000));
    }
}
