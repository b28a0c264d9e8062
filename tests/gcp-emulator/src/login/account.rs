//! Service accounts, and the key files that people download for them. Makes no keys: whoever tests brings one.

use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rsa::{KeyPair, PublicKeyComponents};
use serde_json::{Value, json};

/// An account of a program.
#[derive(Debug, Clone)]
pub struct ServiceAccount {
    /// Its name, an address.
    pub email: String,
    key: Option<Key>,
}

#[derive(Debug, Clone)]
struct Key {
    pem: String,
    public: PublicKeyComponents<Vec<u8>>,
}

impl ServiceAccount {
    /// An account that cannot log in with a key, but be impersonated or belong to a machine.
    pub fn named(email: &str) -> ServiceAccount {
        ServiceAccount { email: email.to_owned(), key: None }
    }

    /// An account that logs in with this RSA key, PKCS #8 in PEM.
    pub fn with_key(email: &str, pem: &str) -> anyhow::Result<ServiceAccount> {
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = STANDARD.decode(base64).context("read the key's PEM")?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|why| anyhow!("read the key as RSA in PKCS #8: {why}"))?;
        let public = PublicKeyComponents::from(pair.public());
        Ok(ServiceAccount { email: email.to_owned(), key: Some(Key { pem: pem.to_owned(), public }) })
    }

    /// The file that `gcloud auth activate-service-account --key-file` takes, if the account has a key.
    pub fn key_file(&self, project: &str) -> Option<Value> {
        let key = self.key.as_ref()?;
        Some(json!({
            "type": "service_account",
            "project_id": project,
            "private_key_id": "1",
            "private_key": key.pem,
            "client_email": self.email,
            "client_id": "1",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": "https://oauth2.googleapis.com/token",
        }))
    }

    /// Whether the account's key has signed a text.
    pub(super) fn has_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        let Some(key) = &self.key else { return false };
        key.public.verify(&ring::signature::RSA_PKCS1_2048_8192_SHA256, text, signature).is_ok()
    }
}
