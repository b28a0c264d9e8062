//! The values of secrets, from where the operator's file says that they are.

use holdpoint_bundle::{SecretBinding as Bound, SecretSource, Verified};
use holdpoint_cap_secret::{SecretBinding, SecretValue};

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

fn value(bound: &Bound) -> Result<Option<String>, Error> {
    let refused = |reason: String| Error::Secret { name: bound.name.to_string(), reason };
    match &bound.from {
        SecretSource::Env(variable) => {
            #[expect(clippy::disallowed_methods, reason = "the operator's file names the variable")]
            let value = std::env::var(variable);
            match value {
                Ok(value) => Ok(Some(value)),
                Err(std::env::VarError::NotPresent) => Ok(None),
                Err(e) => Err(refused(format!("can't read variable {variable}: {e}"))),
            }
        }
        SecretSource::File(path) => {
            let failed = |e: std::io::Error| refused(format!("can't read {}: {e}", path.display()));
            if std::fs::metadata(path).map_err(failed)?.len() > BOUND {
                return Err(refused(format!("{} is longer than {BOUND} bytes", path.display())));
            }
            let text = std::fs::read_to_string(path).map_err(failed)?;
            Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
    }
}
