//! Who a bearer token stands for. Three kinds are good: a session of the auth service, an ID token of the test
//! issuer (ES256), and a token that was signed with the test-signing key (HS256), which is how a load gets as many
//! identities as it needs without a login for each.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Deserialize;

use crate::change::Unchecked;

/// What the test-signing key is unless the options say otherwise. No secret: it opens a double.
pub const TEST_SIGNING_KEY: &str = "netra-staging-test-signing-key-of-the-double";

const LONGEST: usize = 8 * 1024;
const LONGEST_NAME: usize = 256;

/// Somebody who has shown a good token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The claim `sub`, or the account of a session.
    pub(crate) id: String,
    /// The claim `name`, or the id.
    pub(crate) name: String,
}

/// Tells good tokens of the test-signing key.
#[derive(Debug)]
pub(crate) struct Minted(hmac::Key);

#[derive(Deserialize)]
struct Head {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    name: Option<String>,
    exp: f64,
}

impl Minted {
    pub(crate) fn new(key: &str) -> Self {
        Minted(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))
    }

    /// The person of a token, if its signature is right and it has not expired. One of the two may go unchecked, as it should nowhere.
    pub(crate) fn person(&self, token: &str, unchecked: Option<Unchecked>) -> Option<Person> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        if unchecked != Some(Unchecked::Signature) {
            hmac::verify(&self.0, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        }
        let head: Head = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        if head.alg != "HS256" && unchecked != Some(Unchecked::Signature) {
            return None;
        }
        if claims.exp <= seconds_since_1970() && unchecked != Some(Unchecked::Expiry) {
            return None;
        }
        let name = claims.name.unwrap_or_else(|| claims.sub.clone());
        let fits = |text: &str| (1..=LONGEST_NAME).contains(&text.len());
        (fits(&claims.sub) && fits(&name)).then_some(Person { id: claims.sub, name })
    }
}

/// A token that is good for an hour: HS256, `sub` and `name`.
pub fn minted(key: &str, id: &str, name: &str) -> String {
    minted_until(key, id, name, seconds_since_1970() + 3_600.0)
}

pub(crate) fn minted_until(key: &str, id: &str, name: &str, exp: f64) -> String {
    let claims = serde_json::json!({ "sub": id, "name": name, "exp": exp }).to_string();
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#), URL_SAFE_NO_PAD.encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes())))
}

pub(super) fn seconds_since_1970() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(f64::MAX, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::{Minted, TEST_SIGNING_KEY, minted, minted_until};
    use crate::change::Unchecked;
    use crate::environment::{EXPIRED_TOKEN, OTHER_TOKEN, USER_TOKEN};

    #[test]
    fn a_token_is_good_with_its_key_and_in_its_time() {
        let keys = Minted::new("a key");
        let person = keys.person(&minted("a key", "user-1", "Ada"), None).expect("it is good");
        assert_eq!((person.id.as_str(), person.name.as_str()), ("user-1", "Ada"));
        let good = minted("a key", "user-1", "Ada");
        let unsigned = format!("{}.", good.rsplit_once('.').expect("a signature").0);
        let long = minted("a key", &"x".repeat(257), "Ada");
        for bad in [
            minted("another key", "user-1", "Ada"),
            minted_until("a key", "user-1", "Ada", 1.0),
            minted("a key", "", "Ada"),
            unsigned,
            long,
            String::new(),
        ] {
            assert_eq!(keys.person(&bad, None), None, "{bad}");
        }
    }

    #[test]
    fn the_tokens_of_the_environment_are_what_their_names_say() {
        let keys = Minted::new(TEST_SIGNING_KEY);
        let who = |token| keys.person(token, None).map(|person| person.id);
        assert_eq!(who(USER_TOKEN).as_deref(), Some("security-user"));
        assert_eq!(who(OTHER_TOKEN).as_deref(), Some("security-other"));
        assert_eq!(who(EXPIRED_TOKEN), None);
        assert!(keys.person(EXPIRED_TOKEN, Some(Unchecked::Expiry)).is_some());
        let forged = Minted::new("another key");
        assert_eq!(forged.person(USER_TOKEN, Some(Unchecked::Expiry)), None);
        assert!(forged.person(USER_TOKEN, Some(Unchecked::Signature)).is_some());
    }
}
