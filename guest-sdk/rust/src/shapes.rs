//! Texts that are credentials by their shape, as well-known providers give them out. Never by entropy, which takes every digest for one.
//!
//! ```
//! use holdpoint::shapes;
//!
//! let found = shapes::found("key=AKIAQ3EGRPTOXXMPLEQ7, sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
//! assert_eq!(found[0].to_string(), "an access key of AWS (AKIA…, 20 characters)");
//! assert_eq!(found.len(), 1);
//! ```

use std::fmt;

/// The most texts that are told of one.
const MOST: usize = 20;

/// A text that has the shape of a credential. It is shown without what makes it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential<'a> {
    kind: &'static str,
    shown: &'static str,
    text: &'a str,
}

impl<'a> Credential<'a> {
    /// The credential itself, to compare it with what is known to be public.
    pub fn text(&self) -> &'a str {
        self.text
    }
}

impl fmt::Display for Credential<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, shown, text } = self;
        write!(f, "{kind} ({shown}…, {} characters)", text.chars().count())
    }
}

/// What a credential begins with, which bytes follow, and how many.
struct Shape {
    kind: &'static str,
    prefix: &'static str,
    follows: fn(u8) -> bool,
    least: usize,
    most: usize,
}

const ANY: usize = usize::MAX;

const SHAPES: [Shape; 22] = [
    Shape { kind: "a key of Anthropic", prefix: "sk-ant-", follows: is_url, least: 20, most: ANY },
    Shape { kind: "a key of OpenAI", prefix: "sk-proj-", follows: is_url, least: 40, most: ANY },
    Shape { kind: "a key of OpenAI", prefix: "sk-svcacct-", follows: is_url, least: 40, most: ANY },
    Shape { kind: "a key of OpenAI", prefix: "sk-", follows: is_alphanumeric, least: 32, most: ANY },
    Shape { kind: "a key of Google", prefix: "AIza", follows: is_url, least: 35, most: 35 },
    Shape { kind: "an access token of Google", prefix: "ya29.", follows: is_url, least: 20, most: ANY },
    Shape { kind: "a client secret of Google", prefix: "GOCSPX-", follows: is_url, least: 28, most: 28 },
    Shape { kind: "an access key of AWS", prefix: "AKIA", follows: is_upper, least: 16, most: 16 },
    Shape { kind: "an access key of AWS", prefix: "ASIA", follows: is_upper, least: 16, most: 16 },
    Shape { kind: "a token of GitHub", prefix: "ghp_", follows: is_alphanumeric, least: 36, most: ANY },
    Shape { kind: "a token of GitHub", prefix: "gho_", follows: is_alphanumeric, least: 36, most: ANY },
    Shape { kind: "a token of GitHub", prefix: "ghs_", follows: is_alphanumeric, least: 36, most: ANY },
    Shape { kind: "a token of GitHub", prefix: "ghu_", follows: is_alphanumeric, least: 36, most: ANY },
    Shape { kind: "a token of GitHub", prefix: "github_pat_", follows: is_word, least: 60, most: ANY },
    Shape { kind: "a token of GitLab", prefix: "glpat-", follows: is_url, least: 20, most: ANY },
    Shape { kind: "a token of Slack", prefix: "xoxb-", follows: is_url, least: 20, most: ANY },
    Shape { kind: "a token of Slack", prefix: "xoxp-", follows: is_url, least: 20, most: ANY },
    Shape { kind: "a webhook of Slack", prefix: "hooks.slack.com/services/", follows: is_path, least: 20, most: ANY },
    Shape { kind: "a key of Stripe", prefix: "sk_live_", follows: is_alphanumeric, least: 20, most: ANY },
    Shape { kind: "a key of Stripe", prefix: "rk_live_", follows: is_alphanumeric, least: 20, most: ANY },
    Shape { kind: "a key of SendGrid", prefix: "SG.", follows: is_dotted, least: 60, most: ANY },
    Shape { kind: "a token of npm", prefix: "npm_", follows: is_alphanumeric, least: 36, most: 36 },
];

/// Schemes of addresses that carry the password of a store.
const STORES: [&str; 9] =
    ["postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "rediss", "amqp", "clickhouse"];

const KEY_BEGINS: &str = "-----BEGIN ";
const KEY_ENDS: &str = "PRIVATE KEY-----";
const LONGEST_KIND_OF_KEY: usize = 20;
const JSON: &str = "eyJ";

/// The credentials of a text, the first twenty.
pub fn found(text: &str) -> Vec<Credential<'_>> {
    let mut found: Vec<(usize, Credential<'_>)> = Vec::new();
    for shape in &SHAPES {
        found.extend(starts(text, shape.prefix).filter_map(|at| Some((at, shaped(&text[at..], shape)?))).take(MOST));
    }
    found.extend(starts(text, JSON).filter_map(|at| Some((at, json_web_token(&text[at..])?))).take(MOST));
    found.extend(text.match_indices("://").filter_map(|(at, _)| password(text, at)).take(MOST));
    found.extend(text.match_indices(KEY_BEGINS).filter_map(|(at, _)| Some((at, private_key(&text[at..])?))).take(MOST));
    // Where two shapes begin at one place, the one with the longer prefix came first.
    found.sort_by_key(|(at, _)| *at);
    found.dedup_by_key(|(at, _)| *at);
    found.into_iter().take(MOST).map(|(_, credential)| credential).collect()
}

/// Where a prefix stands and is not the middle of a word.
fn starts<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = text.as_bytes();
    let begins = move |at: &usize| at.checked_sub(1).is_none_or(|before| !is_word(bytes[before]));
    text.match_indices(prefix).map(|(at, _)| at).filter(begins)
}

fn shaped<'a>(text: &'a str, shape: &Shape) -> Option<Credential<'a>> {
    let Shape { kind, prefix, follows, least, most } = *shape;
    let length = run(&text[prefix.len()..], follows);
    let fits = (least..=most).contains(&length);
    fits.then(|| Credential { kind, shown: prefix, text: &text[..prefix.len() + length] })
}

/// Head and claims are JSON objects in base64url; without a signature it proves nothing, and is none.
fn json_web_token(text: &str) -> Option<Credential<'_>> {
    let head = run(text, is_url);
    let rest = text[head..].strip_prefix('.')?;
    if !rest.starts_with(JSON) {
        return None;
    }
    let claims = run(rest, is_url);
    let signature = run(rest[claims..].strip_prefix('.')?, is_url);
    let length = head + 1 + claims + 1 + signature;
    (head >= 16 && signature >= 20).then(|| Credential { kind: "a JSON Web Token", shown: JSON, text: &text[..length] })
}

/// The password in the address of a store: `postgres://user:password@host`.
fn password(text: &str, at: usize) -> Option<(usize, Credential<'_>)> {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+';
    let length = text.as_bytes()[..at].iter().rev().take_while(|byte| is_of_scheme(**byte)).count();
    let scheme = &text[at - length..at];
    if !STORES.contains(&scheme) {
        return None;
    }
    let user = &text[at + "://".len()..];
    let user = &user[..run(user, |byte| byte.is_ascii_graphic() && !b"/@\"'<>".contains(&byte))];
    if !text[at + "://".len() + user.len()..].starts_with('@') {
        return None;
    }
    let (_, password) = user.split_once(':')?;
    let start = at + "://".len() + user.len() - password.len();
    let credential = Credential { kind: "the password of a store", shown: "://…:", text: password };
    is_meant(password).then_some((start, credential))
}

/// Whether it is a password and not what stands for one: a mask, or a name in braces. What the host put in place of a value is told by the host.
fn is_meant(password: &str) -> bool {
    let is_mask = password.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-' | b'_'));
    let is_name = password.starts_with(['$', '{', '%', '[']) || password.starts_with("hp-");
    password.len() >= 3 && !is_mask && !is_name
}

fn private_key(text: &str) -> Option<Credential<'_>> {
    let rest = &text[KEY_BEGINS.len()..];
    let kind = run(rest, |byte| byte.is_ascii_uppercase() || byte == b' ').min(LONGEST_KIND_OF_KEY + KEY_ENDS.len());
    let before = rest[..kind].find("PRIVATE KEY")?;
    let is_key = before <= LONGEST_KIND_OF_KEY && rest[before..].starts_with(KEY_ENDS);
    let length = KEY_BEGINS.len() + before + KEY_ENDS.len();
    is_key.then(|| Credential { kind: "a private key", shown: "-----BEGIN", text: &text[..length] })
}

/// How many bytes at the start are such. They are all ASCII, so it ends between characters.
fn run(text: &str, is_such: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii() && is_such(*byte)).count()
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The letters of base64url.
fn is_url(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_dotted(byte: u8) -> bool {
    is_url(byte) || byte == b'.'
}

fn is_path(byte: u8) -> bool {
    is_url(byte) || byte == b'/'
}

#[cfg(test)]
mod tests {
    use super::{MOST, found};

    fn told(text: &str) -> Vec<String> {
        found(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_shape_is_found_and_shown_without_its_value() {
        let letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7".repeat(3);
        for (prefix, length, kind) in [
            ("sk-ant-api03-", 30, "a key of Anthropic"),
            ("sk-proj-", 48, "a key of OpenAI"),
            ("sk-", 48, "a key of OpenAI"),
            ("AIza", 35, "a key of Google"),
            ("ya29.", 40, "an access token of Google"),
            ("GOCSPX-", 28, "a client secret of Google"),
            ("ghp_", 36, "a token of GitHub"),
            ("github_pat_", 70, "a token of GitHub"),
            ("glpat-", 20, "a token of GitLab"),
            ("xoxb-", 40, "a token of Slack"),
            ("https://hooks.slack.com/services/T", 40, "a webhook of Slack"),
            ("sk_live_", 24, "a key of Stripe"),
            ("SG.", 66, "a key of SendGrid"),
            ("npm_", 36, "a token of npm"),
        ] {
            let text = format!("{{\"debug\":\"{prefix}{}\"}}", &letters[..length]);
            let told = told(&text);
            assert_eq!(told.len(), 1, "{text}: {told:?}");
            assert!(told[0].starts_with(kind) && !told[0].contains(&letters[..length]), "{told:?}");
        }
        assert_eq!(told("AKIAIOSFODNN7EXAMPLE"), ["an access key of AWS (AKIA…, 20 characters)"]);
        assert_eq!(told("-----BEGIN RSA PRIVATE KEY-----\nMIIE"), ["a private key (-----BEGIN…, 31 characters)"]);
        assert_eq!(told("-----BEGIN PRIVATE KEY-----"), ["a private key (-----BEGIN…, 27 characters)"]);
        let token = format!("eyJhbGciOiJIUzI1NiJ9xx.eyJzdWIiOiJhIn0.{}", &letters[..43]);
        assert_eq!(told(&format!("Bearer {token}")), [format!("a JSON Web Token (eyJ…, {} characters)", token.len())]);
        let store = found("DATABASE_URL=postgres://app:hunter22@db.internal:5432/app");
        assert_eq!(store[0].text(), "hunter22");
    }

    #[test]
    fn what_only_looks_alike_is_none() {
        for text in [
            "",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "class=\"sk-loading-indicator sk-chase-dot-before-and-after-the-end\"",
            "disk-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7aB3dE6gH",
            "sk-tooShort",
            "AKIAtoolower7EXAMPLE",
            "AKIAIOSFODNN7EXAMPLELONGER",
            "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhIn0.",
            "eyJhbGciOiJIUzI1NiJ9xx.not-json.signature-signature-signature",
            "postgres://db.internal/app",
            "postgres://app@db.internal/app",
            "postgres://app:***@db.internal/app",
            "postgres://app:${PASSWORD}@db.internal/app",
            "postgres://app:hp-secret.DB.0a1b2c3d@db.internal/app",
            "https://user:password@example.com/",
            "-----BEGIN CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----",
            "hp-secret.OPENAI_API_KEY.0a1b2c3d",
            "einé://ü:ö@é",
        ] {
            assert_eq!(told(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn no_more_than_twenty_are_told() {
        assert_eq!(found(&"AKIAIOSFODNN7EXAMPLE ".repeat(MOST + 5)).len(), MOST);
    }
}
