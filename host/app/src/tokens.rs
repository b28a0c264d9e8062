//! ID tokens, from where the operator's file says that they are. A file is read again and again, so that a token that was renewed is used,
//! and one that was made for another service is never sent.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use holdpoint_bundle::{PlacedService, SecretSource, Verified};
use holdpoint_cap_http::{IdToken, IdTokens};
use holdpoint_gate::Boxed;
use holdpoint_model::ServiceName;
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use crate::{Error, secrets};

/// How long a token is used before its place is looked at again.
const FRESH: Duration = Duration::from_secs(5);

/// The tokens of this machine, by the service that they are for.
pub(crate) struct Tokens {
    sources: BTreeMap<ServiceName, Source>,
    fresh: Duration,
}

struct Source {
    from: SecretSource,
    /// What was read last, and when. Held while it is read, so that many requests read once.
    last: Mutex<(IdToken, Instant)>,
}

impl Tokens {
    /// Those that the phases of a bundle are granted. Each is read, so that one that is missing is told before anything is sent.
    pub(crate) fn of(verified: &Verified) -> Result<Self, Error> {
        let sources = verified.services_with_id_token().map(|service| source(verified, service));
        Ok(Self { sources: sources.collect::<Result<_, Error>>()?, fresh: FRESH })
    }
}

/// The services whose token is missing, or is none for them.
pub(crate) fn lacking(verified: &Verified) -> Vec<Error> {
    verified.services_with_id_token().filter_map(|service| source(verified, service).err()).collect()
}

fn source(verified: &Verified, service: &PlacedService) -> Result<(ServiceName, Source), Error> {
    let name = &service.name;
    let refused = |reason| Error::IdToken { service: name.to_string(), reason };
    let from = verified.id_tokens.get(name).ok_or_else(|| refused(missing(name)))?.clone();
    let last = Mutex::new((read(&from, &service.base).map_err(refused)?, Instant::now()));
    Ok((name.clone(), Source { from, last }))
}

impl IdTokens for Tokens {
    fn token<'a>(&'a self, service: &'a ServiceName, audience: &'a Url) -> Boxed<'a, Result<IdToken, String>> {
        Box::pin(async move {
            let source = self.sources.get(service).ok_or_else(|| missing(service))?;
            let mut last = source.last.lock().await;
            if last.1.elapsed() >= self.fresh {
                let (from, audience) = (source.from.clone(), audience.clone());
                let read = tokio::task::spawn_blocking(move || read(&from, &audience)).await;
                *last = (read.map_err(|_| "reading it was broken off")??, Instant::now());
            }
            Ok(last.0.clone())
        })
    }
}

fn missing(service: &ServiceName) -> String {
    format!(
        "the bundle asks it with an ID token, and this machine has none for it\n    \
         to give it one, add to the operator's file:\n        [id-tokens.{service}]\n        from = {{ file = \"…\" }}"
    )
}

fn read(from: &SecretSource, audience: &Url) -> Result<IdToken, String> {
    let place = match from {
        SecretSource::Env(variable) => format!("the variable {variable}"),
        SecretSource::File(path) => path.display().to_string(),
    };
    let text = secrets::read(from)?.ok_or_else(|| format!("its ID token is missing: {place} is not set"))?;
    let token = IdToken::parse(&text).map_err(|why| format!("{place} holds no ID token: {why}"))?;
    let others = audiences(token.as_str());
    let own = [audience.as_str(), audience.as_str().trim_end_matches('/'), &audience.origin().ascii_serialization()];
    if others.is_empty() || others.iter().any(|other| own.contains(&other.trim_end_matches('/'))) {
        return Ok(token);
    }
    Err(format!("the ID token in {place} is made for {}, and the service is at {audience}", others.join(", ")))
}

/// For whom a token says that it is. Whether it is signed is for the service to find out; whether it is sent to somebody else is our affair.
fn audiences(token: &str) -> Vec<String> {
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
    match claims.as_ref().and_then(|claims| claims.get("aud")) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token for some audience, signed by nobody.
    fn token(audience: &str) -> String {
        format!("eyJhbGciOiJub25lIn0.{}.c2lnbmVk", URL_SAFE_NO_PAD.encode(format!("{{\"aud\":{audience}}}")))
    }

    #[tokio::test]
    async fn a_renewed_token_is_used_and_a_file_that_went_away_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let (backend, other) = (ServiceName::parse("backend").unwrap(), ServiceName::parse("other").unwrap());
        let url = Url::parse("https://b.example.com").unwrap();
        let [first, second] = ["\"https://b.example.com\"", "[\"x\", \"https://b.example.com/\"]"].map(token);
        std::fs::write(&path, format!("{first}\n")).unwrap();
        let from = SecretSource::File(path.clone());
        let last = Mutex::new((read(&from, &url).unwrap(), Instant::now()));
        let mut tokens =
            Tokens { sources: BTreeMap::from([(backend.clone(), Source { from, last })]), fresh: Duration::MAX };
        let text =
            async |tokens: &Tokens, service| tokens.token(service, &url).await.map(|one| one.as_str().to_owned());

        std::fs::write(&path, &second).unwrap();
        assert_eq!(text(&tokens, &backend).await.unwrap(), first, "it was read a moment ago");
        tokens.fresh = Duration::ZERO;
        assert_eq!(text(&tokens, &backend).await.unwrap(), second);
        std::fs::remove_file(&path).unwrap();
        assert!(text(&tokens, &backend).await.unwrap_err().contains("can't read"), "an old token is not used for ever");
        assert!(text(&tokens, &other).await.unwrap_err().contains("[id-tokens.other]"));
    }

    #[test]
    fn refuses_what_is_no_token_for_this_service() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::parse("https://b.example.com/").unwrap();
        let path = folder.path().join("token");
        let holding = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&SecretSource::File(path.clone()), &url).map(|_| ())
        };
        assert_eq!(holding("opaque-token"), Ok(()));
        let elsewhere = token("\"https://evil.example.com\"");
        let why = holding(&elsewhere).unwrap_err();
        assert!(
            why.contains("made for https://evil.example.com, and the service is at https://b.example.com/"),
            "{why}"
        );
        assert!(!why.contains(&elsewhere), "{why}");
        for (text, word) in
            [("", "fewer than 8"), ("two words here", "characters"), (&"x".repeat(70_000), "longer than")]
        {
            let why = holding(text).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        let folder = read(&SecretSource::File(folder.path().into()), &url).err().unwrap();
        assert!(folder.contains("is not a file"), "{folder}");
        let unset = read(&SecretSource::Env("HOLDPOINT_TEST_UNSET".into()), &url).err().unwrap();
        assert_eq!(unset, "its ID token is missing: the variable HOLDPOINT_TEST_UNSET is not set");
    }
}
