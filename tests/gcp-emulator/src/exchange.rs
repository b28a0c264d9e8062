//! A request as the emulated services see it, and what they answer. Refuses bodies above 1 MiB.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Body;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

pub(crate) const LARGEST_BODY: usize = 1 << 20;

/// One request, whole.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) host: String,
    /// Decoded, without the query.
    pub(crate) path: String,
    query: Vec<(String, String)>,
    /// What stands behind `Authorization: Bearer`.
    pub(crate) bearer: Option<String>,
    /// Whether the header `Metadata-Flavor: Google` came along.
    pub(crate) metadata_flavor: bool,
    pub(crate) body: Bytes,
}

impl Call {
    /// Reads a request to its end.
    pub(crate) async fn read<B>(host: &str, request: hyper::Request<B>) -> Result<Call, Answer>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
            return Err(Answer::refuse(413, "the request is larger than 1 MiB, or broke off"));
        };
        let text = |name| head.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let bearer = text(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
        let query = head.uri.query().unwrap_or_default();
        Ok(Call {
            method: head.method.as_str().to_owned(),
            host: host.to_owned(),
            path: decoded(head.uri.path()),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            bearer,
            metadata_flavor: text("metadata-flavor") == Some("Google"),
            body: body.to_bytes(),
        })
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; an empty one is an empty object.
    pub(crate) fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(&self.body).map_err(|_| Answer::refuse(400, "Invalid JSON payload received."))
    }

    /// The fields of a form, or of a JSON object with texts.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(Value::Object(fields)) => {
                let text = |value: Value| value.as_str().map(str::to_owned);
                fields.into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect()
            }
            _ => url::form_urlencoded::parse(&self.body).into_owned().collect(),
        }
    }
}

fn decoded(path: &str) -> String {
    // A plus is itself in a path, and a space in a form.
    let kept = path.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(kept.as_bytes()).map(|(key, _)| key.into_owned()).next().unwrap_or_default()
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) kind: &'static str,
    /// The number of the effect that this request had, if it had one.
    pub(crate) effect: Option<u64>,
}

impl Answer {
    pub(crate) fn json(value: &Value) -> Answer {
        Answer { status: 200, body: value.to_string().into(), kind: "application/json", effect: None }
    }

    pub(crate) fn text(text: String) -> Answer {
        Answer { status: 200, body: text.into(), kind: "text/plain", effect: None }
    }

    /// A refusal as Google's APIs word it.
    pub(crate) fn refuse(status: u16, message: &str) -> Answer {
        let name = status_name(status);
        let body = json!({"error": {"code": status, "message": message, "status": name}});
        Answer { status, ..Answer::json(&body) }
    }

    /// A refusal as a token endpoint words it.
    pub(crate) fn refuse_grant(error: &str, description: &str) -> Answer {
        let body = json!({"error": error, "error_description": description});
        Answer { status: 400, ..Answer::json(&body) }
    }

    pub(crate) fn with_effect(mut self, effect: u64) -> Answer {
        self.effect = Some(effect);
        self
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.kind));
        // Clients take a metadata server for real only with it; elsewhere nobody looks.
        response.headers_mut().insert("metadata-flavor", HeaderValue::from_static("Google"));
        response
    }
}

fn status_name(status: u16) -> &'static str {
    match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        500..=599 => "INTERNAL",
        _ => "FAILED_PRECONDITION",
    }
}

/// An etag, which clients decode as base64.
pub(crate) fn etag(version: u64) -> String {
    STANDARD.encode(version.to_be_bytes())
}

/// A part of a list: at most `limit` items from where `token` says, and the token of the next part.
pub(crate) fn page<T>(
    items: Vec<T>,
    limit: Option<&str>,
    token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Answer> {
    let number = |text: Option<&str>, otherwise: usize| match text {
        None | Some("") => Ok(otherwise),
        Some(text) => text.parse().map_err(|_| Answer::refuse(400, "a limit or a page token is not one of ours")),
    };
    let from = number(token, 0)?;
    let limit = match number(limit, 0)? {
        0 => usize::MAX,
        limit => limit,
    };
    let next = from.saturating_add(limit);
    let more = next < items.len();
    Ok((items.into_iter().skip(from).take(limit).collect(), more.then(|| next.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_and_keeps_its_signs() {
        assert_eq!(decoded("/v1/a%2Fb:get+c=d&e"), "/v1/a/b:get+c=d&e");
    }

    #[test]
    fn a_list_comes_in_parts() {
        assert_eq!(page(vec![1, 2, 3], Some("2"), None).unwrap(), (vec![1, 2], Some("2".to_owned())));
        assert_eq!(page(vec![1, 2, 3], Some("2"), Some("2")).unwrap(), (vec![3], None));
        assert_eq!(page(vec![1, 2, 3], None, None).unwrap(), (vec![1, 2, 3], None));
        assert!(page(vec![1], Some("x"), None).is_err());
    }
}
