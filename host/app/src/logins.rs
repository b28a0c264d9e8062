//! Who users are that a phase has logged in: the placeholders that it has passed on, turned into the tokens that servers handed to it. A phase
//! makes no identity: what was handed to nobody, or to another phase, is refused.

use std::path::Path;

use holdpoint_cap_secret::RunVault;
use holdpoint_identity::Identities;
use holdpoint_journal::Reader;
use holdpoint_model::{Body, EventKind, PhaseId, Statement};

/// The attachment in which a phase passes identities on; the SDK writes it.
const NAME: &str = "identities";

/// The identities that a phase has passed on in this run.
pub(crate) fn identities(journal: &Path, phase: &PhaseId, vault: &RunVault) -> Result<Identities, String> {
    let passed = passed_on(journal, phase).map_err(|e| format!("the identities of phase `{phase}`: {e}"))?;
    let passed = passed.ok_or_else(|| format!("phase `{phase}` has passed on no identities"))?;
    let tokens = tokens(passed.bytes(), phase, |placeholder| vault.handed(placeholder, phase))?;
    Identities::handed(tokens).map_err(|e| format!("the identities of phase `{phase}`: {e}"))
}

/// What it has passed on last.
fn passed_on(journal: &Path, of: &PhaseId) -> Result<Option<Body>, holdpoint_journal::Error> {
    let mut last = None;
    Reader::open(journal)?.for_each_event(|event| {
        if let EventKind::Stated { phase, statement: Statement::Attach(attachment), .. } = event.kind
            && phase == *of
            && attachment.name == NAME
        {
            last = Some(attachment.content);
        }
    })?;
    Ok(last)
}

/// The tokens of placeholders, each of which must stand for one. What a phase wrote instead is not repeated: it may be a secret.
fn tokens(passed: &[u8], phase: &PhaseId, token: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let placeholders: Vec<String> = serde_json::from_slice(passed)
        .map_err(|_| format!("the identities of phase `{phase}` are no JSON list of texts"))?;
    let one = |(number, placeholder): (usize, &String)| {
        token(placeholder).ok_or_else(|| {
            format!(
                "identity {number} of phase `{phase}` is no token that a server has handed to it in this run; \
                 a run that takes it over from another has to log in again"
            )
        })
    };
    (1..).zip(&placeholders).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tokens_that_were_handed_out_are_identities() {
        let phase = PhaseId::parse("accounts").unwrap();
        let of = |passed: &str| {
            tokens(passed.as_bytes(), &phase, |text| text.strip_prefix("known-").map(|rest| format!("token-{rest}")))
        };
        assert_eq!(of(r#"["known-a", "known-b"]"#), Ok(vec!["token-a".into(), "token-b".into()]));
        assert_eq!(of("[]"), Ok(vec![]));
        let refused = of(r#"["known-a", "my-own-token"]"#).unwrap_err();
        assert!(refused.starts_with("identity 2 of phase `accounts` is no token"), "{refused}");
        assert!(!refused.contains("my-own-token"), "{refused}");
        for other in ["", "{}", "[1]", "\"known-a\""] {
            assert!(of(other).unwrap_err().contains("are no JSON list of texts"), "{other}");
        }
    }
}
