//! The request as it is written to the connection, with secrets in the places of their placeholders.

use bytes::Bytes;
use holdpoint_gate::{BackendError, Destination, Unrevealed, Vault};
use holdpoint_model::{Body, PhaseId};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::Full;

use crate::{IdToken, Request, route::Route};

/// The name of the header that a server can tell a repetition by.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const USER_AGENT: HeaderValue = HeaderValue::from_static(concat!("holdpoint/", env!("CARGO_PKG_VERSION")));

/// Puts a request together. `key` is for calls that must not happen twice, `token` proves to a service who asks.
pub(crate) fn compose(
    request: &Request,
    route: &Route,
    guest: &PhaseId,
    key: Option<&str>,
    token: Option<&IdToken>,
    vault: &dyn Vault,
) -> Result<http::Request<Full<Bytes>>, BackendError> {
    compose_revealing(request, route, guest, key, token, &|text, to| vault.reveal(text, to))
}

/// Puts a request together with what somebody else than a vault knows of placeholders.
pub(crate) fn compose_revealing(
    request: &Request,
    route: &Route,
    guest: &PhaseId,
    key: Option<&str>,
    token: Option<&IdToken>,
    value: &dyn Fn(&str, &Destination<'_>) -> Result<String, Unrevealed>,
) -> Result<http::Request<Full<Bytes>>, BackendError> {
    let bad = |what: &str| BackendError::NotSent(format!("{what} can't be sent"));
    let reveal = |text: &str, header: Option<&str>| {
        let to = Destination { guest, service: route.service.as_ref(), host: route.origin.bare_host(), header };
        value(text, &to).map_err(refused)
    };
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 4);
    let host = HeaderValue::try_from(route.origin.host_header()).map_err(|_| bad("the host"))?;
    headers.insert(header::HOST, host);
    for given in &request.headers {
        let name = HeaderName::from_bytes(given.name.as_bytes()).map_err(|_| bad("a header"))?;
        let value = reveal(&given.value, Some(name.as_str()))?;
        let value = HeaderValue::try_from(value).map_err(|_| bad(&format!("the value of the header {name}")))?;
        headers.append(name, value);
    }
    headers.entry(header::USER_AGENT).or_insert(USER_AGENT);
    headers.entry(header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static("identity"));
    if let Some(token) = token {
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.as_str()));
        let mut bearer = bearer.map_err(|_| bad("the ID token"))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    if let Some(key) = key {
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::try_from(key).map_err(|_| bad("the idempotency key"))?);
    }
    if request.body.is_empty() && matches!(request.method.as_str(), "POST" | "PUT" | "PATCH") {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let body = match std::str::from_utf8(request.body.bytes()) {
        Ok(text) if !text.is_empty() => {
            let revealed = reveal(text, None)?;
            if revealed == text { shared(&request.body) } else { revealed.into() }
        }
        _ => shared(&request.body),
    };
    let mut message = http::Request::new(Full::new(body));
    *message.method_mut() = request.method.parse().map_err(|_| bad("the method"))?;
    *message.uri_mut() = route.path.parse().map_err(|_| bad("the path"))?;
    *message.headers_mut() = headers;
    Ok(message)
}

/// The body without a copy.
fn shared(body: &Body) -> Bytes {
    struct Owner(Body);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            self.0.bytes()
        }
    }
    if body.is_empty() { Bytes::new() } else { Bytes::from_owner(Owner(body.clone())) }
}

fn refused(error: Unrevealed) -> BackendError {
    match error {
        Unrevealed::Denied(denial) => BackendError::Denied(denial),
        Unrevealed::Lost(text) => BackendError::Interrupted(text),
    }
}
