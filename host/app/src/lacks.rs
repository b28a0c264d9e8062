//! What this machine lacks for a bundle, all of it at once: whoever mends one thing is not to meet the next.

use holdpoint_bundle::{Diagnostic, IdentitySource, Refused, Verified, VerifiedUser};
use holdpoint_cap_files::FilesBackend;

use crate::{Error, backends, crews, data_stores, gcloud, secrets, tokens, tools};

/// Where it is missing, in what people are told.
const HERE: &str = "this machine";

/// Whether this machine has what the backends of every phase need: directories, the CA file, ID tokens, the
/// values of secrets, gcloud, tools, passwords of stores, identities of those who act in loads.
pub(crate) fn probe(verified: &Verified) -> Result<(), Error> {
    let mut lacks = named_by_operator(verified);
    lacks.extend(named_by_bundle(verified));
    together(lacks)
}

/// What is not allowed, and what is missing besides of what the operator's file names. What the bundle alone names is left alone: nobody has allowed
/// it.
pub(crate) fn beside(refused: &Refused) -> Error {
    let lacks = refused.so_far().map(named_by_operator).unwrap_or_default();
    Error::Bundle(refused.found().iter().cloned().chain(lacks.iter().map(told)).collect())
}

fn named_by_operator(verified: &Verified) -> Vec<Error> {
    let mut lacks = secrets::lacking(verified);
    let minted = verified.acting().filter(|user| is_minted(user));
    // Of one that can't be read is told above, and of one of another environment where the bundle is refused for it.
    let is_foreign = |name: &str| verified.secrets_elsewhere.iter().any(|secret| secret.name.as_str() == name);
    let users: Vec<Error> = minted
        .filter(|user| user_secret(user).is_none_or(|name| !is_told(&lacks, name) && !is_foreign(name)))
        .filter_map(|user| of_user(verified, user))
        .collect();
    lacks.extend(backends::ca_file(verified).err());
    lacks.extend(tokens::lacking(verified));
    lacks.extend(data_stores::lacking(verified));
    let asking = verified.phases.iter().find(|phase| phase.grants.gcloud.is_some());
    lacks.extend(
        asking.and_then(|phase| gcloud::probe(&verified.gcloud).err().map(|e| backends::refused(&phase.id, &e))),
    );
    lacks.extend(users);
    lacks
}

fn named_by_bundle(verified: &Verified) -> Vec<Error> {
    let phases = verified.phases.iter().filter_map(|phase| {
        let files = FilesBackend::new(&phase.grants).map(drop).map_err(|e| e.to_string());
        let lack = files.and_then(|()| tools::probe(verified, phase)).err()?;
        Some(backends::refused(&phase.id, &lack))
    });
    let users = verified.acting().filter(|user| !is_minted(user)).filter_map(|user| of_user(verified, user));
    phases.chain(users).collect()
}

fn user_secret(user: &VerifiedUser) -> Option<&str> {
    match &user.identities {
        Some(IdentitySource::Mint(name)) => Some(name.as_str()),
        _ => None,
    }
}

fn is_minted(user: &VerifiedUser) -> bool {
    user_secret(user).is_some()
}

fn is_told(lacks: &[Error], secret: &str) -> bool {
    lacks.iter().any(|lack| matches!(lack, Error::Secret { name, .. } if name == secret))
}

fn of_user(verified: &Verified, user: &VerifiedUser) -> Option<Error> {
    let reason = crews::identities(verified, user).err()?;
    Some(Error::Users { users: user.base.id.to_string(), reason })
}

/// One by itself is told as it is.
fn together(mut lacks: Vec<Error>) -> Result<(), Error> {
    match lacks.pop() {
        None => Ok(()),
        Some(only) if lacks.is_empty() => Err(only),
        Some(last) => Err(Error::Bundle(lacks.iter().chain([&last]).map(told).collect())),
    }
}

/// One of several: what is missing, and below it what to do.
fn told(lack: &Error) -> Diagnostic {
    let text = lack.to_string();
    let (message, rest) = text.split_once('\n').unwrap_or((text.as_str(), ""));
    // Texts of several lines are indented already.
    let lines: Vec<&str> = rest.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    Diagnostic {
        file: HERE.to_owned(),
        position: None,
        message: message.to_owned(),
        hint: (!lines.is_empty()).then(|| lines.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str) -> Error {
        Error::Secret { name: name.to_owned(), reason: "add:\n    [secrets.A]\n    from = { env = \"A\" }".to_owned() }
    }

    #[test]
    fn nothing_is_no_error_and_one_is_told_as_it_is() {
        assert!(together(vec![]).is_ok());
        let one = together(vec![secret("A")]).unwrap_err();
        assert!(matches!(one, Error::Secret { .. }), "{one}");
    }

    #[test]
    fn three_are_told_at_once_each_with_what_to_do() {
        let service = Error::IdToken { service: "backend".to_owned(), reason: "it has none".to_owned() };
        let told = together(vec![secret("A"), service, Error::Usage("the store has no password".to_owned())]);
        assert_eq!(
            told.unwrap_err().to_string(),
            "this machine  secret A: add:\n    [secrets.A]\n    from = { env = \"A\" }\n\
             this machine  service backend: it has none\n\
             this machine  the store has no password\n\
             3 errors, nothing was run"
        );
    }

    #[test]
    fn a_secret_that_can_not_be_read_is_told_once() {
        assert!(is_told(&[secret("A")], "A") && !is_told(&[secret("A")], "B"));
    }
}
