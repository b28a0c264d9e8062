//! The values of secrets, from where the operator's file says that they are.

use std::{collections::BTreeMap, io::Read as _};

use holdpoint_bundle::{SecretBinding as Bound, SecretSource, Verified};
use holdpoint_cap_secret::{Counterpart, Search, SecretBinding, SecretValue};
use holdpoint_model::grant::SecretName;
use ring::{hmac, rand::SystemRandom};

use crate::Error;

/// The most that is read as a secret.
const BOUND: u64 = 64 << 10;

/// The secrets that the phases of a bundle are granted.
pub(crate) fn bindings(verified: &Verified) -> Result<Vec<SecretBinding>, Error> {
    verified
        .secrets
        .iter()
        .map(|bound| {
            Ok(SecretBinding {
                name: bound.name.clone(),
                value: value(bound)?.map(SecretValue::new),
                public: verified.environment.public.contains(&bound.name),
                services: bound.services.clone(),
                header: bound.header.clone().unwrap_or_default(),
                format: Some(bound.format.clone()),
            })
        })
        .collect()
}

/// The secrets of a bundle that can't be read here. That one has no value is told where it is wanted.
pub(crate) fn lacking(verified: &Verified) -> Vec<Error> {
    verified.secrets.iter().filter_map(|bound| value(bound).err()).collect()
}

/// What each secret of a run is beside those of other environments. What is kept of a value is a hash, with a key that nobody keeps.
pub(crate) fn elsewhere(verified: &Verified) -> Result<BTreeMap<String, Vec<Counterpart>>, Error> {
    if verified.secrets_elsewhere.is_empty() {
        return Ok(BTreeMap::new());
    }
    let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
        .map_err(|_| Error::Usage("the system gives no random bytes".to_owned()))?;
    // What can't be read is not known here, and no reason to begin nothing.
    let hash = |bound: &Bound| value(bound).ok().flatten().and_then(|value| hashed(&key, &value));
    let others: Vec<(&Bound, Option<Vec<u8>>)> =
        verified.secrets_elsewhere.iter().map(|bound| (bound, hash(bound))).collect();
    let mut elsewhere = BTreeMap::new();
    for bound in &verified.secrets {
        let own = hash(bound);
        let beside = others.iter().map(|(other, theirs)| Counterpart {
            environment: other.environment.clone().unwrap_or_default(),
            name: other.name.to_string(),
            alike: own.as_ref().zip(theirs.as_ref()).map(|(own, theirs)| own == theirs),
        });
        elsewhere.insert(bound.name.to_string(), beside.collect());
    }
    Ok(elsewhere)
}

/// The hash of a value without the blanks around it, which a variable may have and a file not; a blank one is as good as none.
fn hashed(key: &hmac::Key, value: &str) -> Option<Vec<u8>> {
    let hash = |value: &str| AsRef::<[u8]>::as_ref(&hmac::sign(key, value.as_bytes())).to_vec();
    Some(value.trim()).filter(|value| !value.is_empty()).map(hash)
}

/// The values that must not leave this machine, of those that a bundle may use; and the names of secrets that have no value here
/// now.
pub(crate) fn search(verified: &Verified) -> (Search, Vec<String>) {
    let (mut search, mut absent) = (Search::default(), Vec::new());
    for bound in verified.secrets.iter().filter(|bound| !verified.environment.public.contains(&bound.name)) {
        match value(bound) {
            Ok(Some(value)) => search.secret(bound.name.as_str(), &SecretValue::new(value)),
            // What can't be read is not known; whoever exports is told.
            Ok(None) | Err(_) => absent.push(bound.name.to_string()),
        }
    }
    (search, absent)
}

/// The value of a secret that somebody in the bundle is granted; none where it is not set. One that the operator's file does not bind is an
/// error.
pub(crate) fn named(verified: &Verified, name: &SecretName) -> Result<Option<String>, Error> {
    let bound = verified.secrets.iter().find(|bound| bound.name == *name);
    let unbound = || {
        let reason = format!(
            "the operator's file does not say where it is; to bind it, add:\n    [secrets.{name}]\n    from = {{ env = \"{name}\" }}"
        );
        Error::Secret { name: name.to_string(), reason }
    };
    value(bound.ok_or_else(unbound)?)
}

/// What gives a secret of the operator's file a value.
pub(crate) fn remedy(verified: &Verified, name: &SecretName) -> String {
    match verified.secrets.iter().find(|bound| bound.name == *name).map(|bound| &bound.from) {
        Some(SecretSource::Env(variable)) => format!("set the variable {variable}"),
        Some(SecretSource::File(path)) => format!("write it to {}", path.display()),
        None => format!("bind it below [secrets.{name}]"),
    }
}

fn value(bound: &Bound) -> Result<Option<String>, Error> {
    read(&bound.from).map_err(|reason| Error::Secret { name: bound.name.to_string(), reason })
}

/// What lies at a place, without the end of its last line; none where a variable is not set. The error never repeats it.
pub(crate) fn read(from: &SecretSource) -> Result<Option<String>, String> {
    match from {
        SecretSource::Env(variable) => {
            #[expect(clippy::disallowed_methods, reason = "the operator's file names the variable")]
            let value = std::env::var(variable);
            match value {
                Ok(value) if value.len() as u64 > BOUND => {
                    Err(format!("the variable {variable} is longer than {BOUND} bytes"))
                }
                Ok(value) => Ok(Some(value)),
                Err(std::env::VarError::NotPresent) => Ok(None),
                Err(std::env::VarError::NotUnicode(_)) => Err(format!("the variable {variable} is no text")),
            }
        }
        SecretSource::File(path) => {
            let failed = |e: std::io::Error| format!("can't read {}: {e}", path.display());
            if !std::fs::metadata(path).map_err(failed)?.is_file() {
                // A pipe is read once, and a device has no end.
                return Err(format!("{} is not a file", path.display()));
            }
            let mut text = String::new();
            let file = std::fs::File::open(path).map_err(failed)?;
            file.take(BOUND + 1).read_to_string(&mut text).map_err(failed)?;
            if text.len() as u64 > BOUND {
                return Err(format!("{} is longer than {BOUND} bytes", path.display()));
            }
            Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_without_the_blanks_around_them() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        assert!(hashed(&key, "a b").is_some());
        for same in ["a b\n", "a b\r\n", " a b"] {
            assert_eq!(hashed(&key, same), hashed(&key, "a b"), "{same:?}");
        }
        assert_ne!(hashed(&key, "ab"), hashed(&key, "a b"));
        assert_eq!(hashed(&key, " \n"), None);
    }
}
