//! Placeholders: what a guest holds instead of a value. Made of letters, digits, `.`, `-` and `_`, so that they stand unharmed in
//! headers, URLs, JSON and cookies. Their last part follows from the run, so a placeholder of another run is only text. So is one of a
//! credential that the host sends by itself.

use holdpoint_model::{Digest, PhaseId};

const SECRET: &str = "hp-secret.";
const SESSION: &str = "hp-session.";
const CREDENTIAL: &str = "hp-credential.";
/// What placeholders of values begin with that can be put in.
const MARK: &str = "hp-se";
const TAG: usize = 8;

/// The placeholder of a named secret.
pub(crate) fn secret(run: &str, name: &str) -> String {
    let tag = Digest::of_parts(&[b"secret", run.as_bytes(), name.as_bytes()]).hex();
    format!("{SECRET}{name}.{}", &tag[..TAG])
}

/// The placeholder of the `n`th session token that was handed to a guest.
pub(crate) fn session(run: &str, guest: &PhaseId, n: u32) -> String {
    let tag = Digest::of_parts(&[b"session", run.as_bytes(), guest.as_str().as_bytes(), &n.to_le_bytes()]).hex();
    format!("{SESSION}{guest}.{n}.{}", &tag[..TAG])
}

/// What stands in texts for a credential of the host. It means nothing to [`first`], so nobody can have the value put in.
pub(crate) fn credential(run: &str, name: &str) -> String {
    let tag = Digest::of_parts(&[b"credential", run.as_bytes(), name.as_bytes()]).hex();
    format!("{CREDENTIAL}{name}.{}", &tag[..TAG])
}

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant<'a> {
    Secret(&'a str),
    Session(PhaseId, u32),
}

/// The first placeholder of this run in a text: where it begins, where it ends, what it means.
pub(crate) fn first<'a>(run: &str, text: &'a str) -> Option<(usize, usize, Meant<'a>)> {
    let mut from = 0;
    while let Some(found) = text[from..].find(MARK) {
        let start = from + found;
        if let Some((length, meant)) = at_start(run, &text[start..]) {
            return Some((start, start + length, meant));
        }
        from = start + MARK.len();
    }
    None
}

fn at_start<'a>(run: &str, text: &'a str) -> Option<(usize, Meant<'a>)> {
    let (whole, meant) = if let Some(rest) = text.strip_prefix(SECRET) {
        let (name, _) = rest.split_once('.')?;
        // Longer than any name, or with other characters, it is no placeholder and need not be hashed.
        let is_name = name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        (is_name.then(|| secret(run, name))?, Meant::Secret(name))
    } else {
        let (guest, rest) = text.strip_prefix(SESSION)?.split_once('.')?;
        let (n, _) = rest.split_once('.')?;
        let (guest, n) = (PhaseId::parse(guest).ok()?, n.parse().ok()?);
        (session(run, &guest, n), Meant::Session(guest, n))
    };
    text.starts_with(&whole).then_some((whole.len(), meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_it_made_among_other_text() {
        let guest = PhaseId::parse("auth-flow").unwrap();
        let (a, b) = (secret("R", "API_KEY"), session("R", &guest, 12));
        let text = format!("hp-se hp-secret.API_KEY.00000000 Bearer {a}suffix; {b}");
        let (start, end, meant) = first("R", &text).unwrap();
        assert_eq!((&text[start..end], meant), (a.as_str(), Meant::Secret("API_KEY")));
        let rest = &text[end..];
        let (start, end, meant) = first("R", rest).unwrap();
        assert_eq!((&rest[start..end], meant), (b.as_str(), Meant::Session(guest, 12)));
    }

    #[test]
    fn another_run_has_other_placeholders() {
        assert!(first("S", &secret("R", "API_KEY")).is_none());
        assert!(first("R", &credential("R", "id-token.backend")).is_none());
        assert!(first("R", "hp-session.auth.+1.00000000 hp-session. hp-secret.é.").is_none());
    }
}
