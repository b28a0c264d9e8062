//! Tokens that are made for each user and signed with the key of the system under test (JWT with HS256).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdpoint_model::Timestamp;
use ring::hmac::{HMAC_SHA256, Key, sign};
use serde_json::json;

use crate::Error;

/// Keys that are shorter can be found by trying.
const SHORTEST: usize = 16;
/// How long a token is good.
const LIFETIME_SECONDS: f64 = 86_400.0;

pub(crate) struct Minted {
    key: Key,
    /// The head of every token, encoded, with the dot behind it.
    head: String,
}

impl Minted {
    pub(crate) fn new(key: &str) -> Result<Self, Error> {
        if key.len() < SHORTEST {
            return Err(Error::ShortKey { least: SHORTEST });
        }
        let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
        Ok(Self { key: Key::new(HMAC_SHA256, key.as_bytes()), head: format!("{head}.") })
    }

    /// The token of a user. Its name is how the system shows it to others, so it holds the canary too.
    pub(crate) fn token(&self, user: u32, canary: &str, now: Timestamp) -> String {
        let seconds = (now.0 / 1_000.0).floor();
        let claims = json!({
            "sub": format!("holdpoint-user-{user}-{canary}"),
            "name": format!("Virtual User {canary}"),
            "iat": seconds,
            "exp": seconds + LIFETIME_SECONDS,
            "holdpoint": { "user": user, "canary": canary },
        });
        let mut token = self.head.clone();
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = sign(&self.key, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_number_canary_and_times() {
        let minted = Minted::new("0123456789abcdef").unwrap();
        let token = minted.token(7, "canary", Timestamp(1_700_000_000_500.0));
        let parts: Vec<&str> = token.split('.').collect();
        let read = |part: &str| -> serde_json::Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(read(parts[0])["alg"], "HS256");
        let claims = read(parts[1]);
        assert_eq!(
            (&claims["sub"], &claims["name"]),
            (&json!("holdpoint-user-7-canary"), &json!("Virtual User canary"))
        );
        assert_eq!((claims["iat"].as_f64(), claims["exp"].as_f64()), (Some(1.7e9), Some(1_700_086_400.0)));
        assert_eq!(claims["holdpoint"], json!({ "user": 7, "canary": "canary" }));
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        ring::hmac::verify(&minted.key, signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn a_key_that_can_be_guessed_is_refused() {
        assert!(matches!(Minted::new("0123456789abcde"), Err(Error::ShortKey { least: 16 })));
    }
}
