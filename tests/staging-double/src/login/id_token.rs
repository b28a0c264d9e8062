//! ID tokens: JSON that is signed with ES256, as RFC 7515 and OpenID Connect have it.

use anyhow::{Context, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING};
use ring::signature::{EcdsaKeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const KEY_ID: &str = "test-issuer-1";

/// What an issuer says of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) sub: String,
    pub(crate) aud: String,
    pub(crate) email: String,
    pub(crate) nonce: String,
    /// Seconds since 1970.
    pub(crate) iat: u64,
    pub(crate) exp: u64,
}

/// A key that lives as long as the double.
#[derive(Debug)]
pub(super) struct Signer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    pub(super) fn new() -> anyhow::Result<Self> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .map_err(|error| anyhow::anyhow!("the key that was made can't be read: {error}"))?;
        Ok(Signer { key, random })
    }

    pub(super) fn sign(&self, claims: &Claims) -> anyhow::Result<String> {
        let head = encoded(&json!({ "alg": "ES256", "typ": "JWT", "kid": KEY_ID }))?;
        let signed = format!("{head}.{}", encoded(claims)?);
        let signature = self.key.sign(&self.random, signed.as_bytes());
        let signature = signature.map_err(|_| anyhow::anyhow!("the token could not be signed"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The public key as a set of one (RFC 7517).
    pub(super) fn key_set(&self) -> Value {
        // An uncompressed point: a byte 4 and two coordinates of 32 bytes.
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let coordinate = |bytes| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID,
            "x": coordinate(x), "y": coordinate(y),
        }] })
    }
}

fn encoded(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(value)?))
}

/// The claims of a token whose signature a key set vouches for. Time and audience are for the caller to judge.
pub(super) fn verified(token: &str, key_set: &Value) -> anyhow::Result<Claims> {
    let (signed, signature) = token.rsplit_once('.').context("the token has no signature")?;
    let (head, claims) = signed.split_once('.').context("the token has no claims")?;
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head)?)?;
    if head["alg"] != "ES256" {
        bail!("the token is signed with {}, not with ES256", head["alg"]);
    }
    let keys = key_set["keys"].as_array().context("the key set has no keys")?;
    let key = keys.iter().find(|key| key["kid"] == head["kid"]).context("the key set has not the token's key")?;
    let mut point = vec![4];
    for name in ["x", "y"] {
        point.extend(URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default())?);
    }
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?)
        .map_err(|_| anyhow::anyhow!("the token's signature is not that of its issuer"))?;
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
}

#[cfg(test)]
mod tests {
    use super::{Claims, Signer, verified};

    #[test]
    fn a_token_is_vouched_for_by_its_own_key_alone() {
        let (signer, other) = (Signer::new().expect("a key"), Signer::new().expect("a key"));
        let text = |text: &str| text.to_owned();
        let claims = Claims {
            iss: text("https://issuer.example"),
            sub: text("1"),
            aud: text("client"),
            email: text("a@example.org"),
            nonce: text("n"),
            iat: 1,
            exp: 2,
        };
        let token = signer.sign(&claims).expect("a token");
        assert_eq!(verified(&token, &signer.key_set()).expect("it is vouched for"), claims);
        assert!(verified(&token, &other.key_set()).is_err());
        let forged = token.replacen('.', ".e30", 1);
        assert!(verified(&forged, &signer.key_set()).is_err());
        assert!(verified("", &signer.key_set()).is_err());
    }
}
