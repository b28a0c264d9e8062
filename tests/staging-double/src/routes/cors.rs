//! Which pages may read answers: those of the frontend. Pure, but for the headers that it writes.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::change::{Breach, Change, WrongCors};
use crate::service::Service;

/// The page that asked, if one did.
#[derive(Debug, Clone)]
pub(super) struct Page {
    origin: HeaderValue,
    /// It asks what it may before it asks.
    pub(super) is_preflight: bool,
}

impl Page {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Option<Page> {
        let origin = headers.get(ORIGIN)?.clone();
        let is_preflight = method == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Some(Page { origin, is_preflight })
    }

    /// The answer to a preflight, which every route gives.
    pub(super) fn told(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        response
    }

    /// Writes into an answer what this page may.
    pub(super) fn allow(&self, changes: &[Change], response: &mut Response<Body>) {
        let wrong = changes.iter().find_map(|change| match change {
            Change::Breach(Breach::Cors(wrong)) => Some(*wrong),
            _ => None,
        });
        let page = format!("https://{}", Service::Frontend.host());
        let is_ours = self.origin.as_bytes() == page.as_bytes();
        let (allowed, cookies) = match wrong {
            None if is_ours => (self.origin.clone(), false),
            None | Some(WrongCors::PageRefused) => return,
            Some(WrongCors::Reflected) => (self.origin.clone(), true),
            Some(WrongCors::AnyWithCookies) => (HeaderValue::from_static("*"), true),
        };
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.append(VARY, HeaderValue::from_static("origin"));
        if cookies {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if self.is_preflight {
            let methods = HeaderValue::from_static("GET, POST, PUT, DELETE");
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
        }
    }
}
