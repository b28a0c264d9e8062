//! No value survives, however it is written, and nothing else is touched.

use base64::{Engine as _, engine::general_purpose as engines};
use holdpoint_gate::{Scrubber as _, Vault as _};
use proptest::prelude::*;

use super::{binding, guest, vault};
use crate::SecretBinding;

fn url_encode(value: &str, lower: bool, spare: fn(u8) -> bool, plus: bool) -> String {
    let digits = |byte: u8| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
    value
        .bytes()
        .map(|byte| match byte {
            b' ' if plus => "+".to_owned(),
            _ if spare(byte) => char::from(byte).to_string(),
            _ => digits(byte),
        })
        .collect()
}

/// The value between its neighbours, written in one way, and how to read it again.
#[derive(Debug, Clone, Copy)]
enum Writing {
    Plain,
    Base64(usize),
    Hex(bool),
    Url { lower: bool, plus: bool, everything: bool },
    Json { slash: bool },
}

impl Writing {
    fn all() -> impl Strategy<Value = Self> {
        prop_oneof![
            Just(Self::Plain),
            (0..4_usize).prop_map(Self::Base64),
            any::<bool>().prop_map(Self::Hex),
            any::<[bool; 3]>().prop_map(|[lower, plus, everything]| Self::Url { lower, plus, everything }),
            any::<bool>().prop_map(|slash| Self::Json { slash }),
        ]
    }

    fn write(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Base64(0) => engines::STANDARD.encode(text),
            Self::Base64(1) => engines::STANDARD_NO_PAD.encode(text),
            Self::Base64(2) => engines::URL_SAFE.encode(text),
            Self::Base64(_) => engines::URL_SAFE_NO_PAD.encode(text),
            Self::Hex(upper) => {
                if upper {
                    hex::encode_upper(text)
                } else {
                    hex::encode(text)
                }
            }
            Self::Url { lower, plus, everything } => {
                let spare: fn(u8) -> bool = if everything { |_| false } else { |b| b.is_ascii_alphanumeric() };
                url_encode(text, lower, spare, plus)
            }
            Self::Json { slash } => {
                let text = serde_json::to_string(text).unwrap();
                if slash { text.replace('/', "\\/") } else { text }
            }
        }
    }

    /// What a curious guest gets: the longest part of the value's own writing must be gone.
    fn core(self, value: &str) -> String {
        match self {
            Self::Base64(_) => String::new(),
            Self::Json { .. } => serde_json::to_string(value).unwrap().trim_matches('"').to_owned(),
            _ => self.write(value),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_value_survives_in_any_writing(
        value in "[ -~é]{8,40}",
        before in "[a-z{\": ]{0,7}",
        after in "[a-z}\", ]{0,7}",
        writing in Writing::all(),
    ) {
        let vault = vault(vec![binding("KEY", &value)]);
        let text = writing.write(&format!("{before}{value}{after}"));
        let scrubbed = vault.scrub(text.as_bytes());
        prop_assert!(scrubbed.is_some(), "{text}");
        let scrubbed = scrubbed.unwrap();
        let placeholder = vault.placeholder("KEY").unwrap();
        let left = String::from_utf8(scrubbed.bytes.clone()).unwrap();
        prop_assert!(left.contains(&placeholder), "{left}");
        prop_assert!(scrubbed.replaced.iter().all(|replaced| replaced.placeholder == placeholder && replaced.count > 0));
        let core = writing.core(&value);
        prop_assert!(core.is_empty() || !left.replace(&placeholder, "").contains(&core), "{left}");
        // Around the placeholder little is left: of a group of base64 at most the characters that neighbours share.
        if let Writing::Base64(_) = writing {
            let around = left.len() - placeholder.len();
            prop_assert!(around <= (before.len() + after.len() + 4) * 4 / 3 + 4, "{left}");
        }
        // Twice is as good as once.
        prop_assert!(vault.scrub(&scrubbed.bytes).is_none() || value.len() < 12);
    }

    #[test]
    fn text_without_secrets_is_untouched(text in "\\PC{0,200}") {
        let vault = vault(vec![binding("KEY", "k\u{1}never-in-printable-text")]);
        prop_assert!(vault.scrub(text.as_bytes()).is_none());
    }

    #[test]
    fn bytes_of_any_kind_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let vault = vault(vec![binding("KEY", "some-value-here")]);
        prop_assert!(vault.scrub(&bytes).is_none());
    }
}

#[test]
fn a_password_that_is_kept_with_its_name_is_taken_out_however_it_comes_back() {
    let vault = vault(vec![binding("USER", "YWxpY2U6dGhlLXBhc3N3b3JkLW9mLWFsaWNl")]);
    let placeholder = vault.placeholder("USER").unwrap();
    for (text, left) in [
        (r#"{"password": "the-password-of-alice"}"#, format!("{{\"password\": \"{placeholder}\"}}")),
        ("as alice:the-password-of-alice", format!("as {placeholder}")),
        ("authorization: Basic YWxpY2U6dGhlLXBhc3N3b3JkLW9mLWFsaWNl", format!("authorization: Basic {placeholder}")),
    ] {
        assert_eq!(String::from_utf8(vault.scrub(text.as_bytes()).unwrap().bytes).unwrap(), left);
    }
}

#[test]
fn names_the_encoding_and_counts() {
    let vault = vault(vec![binding("KEY", "s3cret/value!")]);
    let placeholder = vault.placeholder("KEY").unwrap();
    let base64 = engines::STANDARD.encode("user:s3cret/value!");
    let text = format!(
        "a=s3cret/value! b=s3cret/value! c=s3cret%2Fvalue%21 d={base64} e={}",
        hex::encode_upper("s3cret/value!")
    );
    let scrubbed = vault.scrub(text.as_bytes()).unwrap();
    let counts: Vec<_> = scrubbed.replaced.iter().map(|r| (r.encoding, r.count)).collect();
    assert_eq!(counts, [("base64", 1), ("hex", 1), ("plain", 2), ("url", 1)]);
    let left = String::from_utf8(scrubbed.bytes).unwrap();
    assert!(left.starts_with(&format!("a={placeholder} b={placeholder} c={placeholder} d=")), "{left}");
}

#[test]
fn overlapping_values_leave_no_edge() {
    let vault = vault(vec![binding("A", "abcdefgh"), binding("B", "efghijklmnop"), binding("C", "abcdefghijkl")]);
    let left = vault.scrub(b"<abcdefghijklmnop>").unwrap().bytes;
    let left = String::from_utf8(left).unwrap();
    assert!(left.starts_with("<hp-secret.") && left.ends_with('>') && !left.contains("mnop"), "{left}");
    // Of two values that begin together the longer one is named.
    let named = String::from_utf8(vault.scrub(b"abcdefghijkl").unwrap().bytes).unwrap();
    assert_eq!(Some(named), vault.placeholder("C"));
}

#[test]
fn without_secrets_nothing_is_read() {
    assert!(vault(vec![]).scrub(b"anything").is_none());
    assert!(
        vault(vec![SecretBinding { public: true, ..binding("KEY", "public-client-id") }])
            .scrub(b"public-client-id")
            .is_none()
    );
}

#[test]
fn hundreds_of_tokens_are_all_found() {
    let vault = vault(vec![]);
    let tokens: Vec<String> = (0..300).map(|n| format!("token-{n:04}-{}", "x".repeat(40))).collect();
    let placeholders: Vec<String> = tokens.iter().map(|token| vault.keep(&guest("users"), token)).collect();
    for (token, placeholder) in tokens.iter().zip(placeholders) {
        assert_eq!(vault.scrub(token.as_bytes()).unwrap().bytes, placeholder.as_bytes());
    }
}
