//! Which request an answer is for.

use std::fmt;

use crate::Request;

/// A request as a script names it: a method, a path or URL, and perhaps the service and a text of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    method: String,
    path: String,
    service: Option<String>,
    saying: Option<String>,
}

/// A GET of a path of any service, or of a URL.
pub fn get(path: &str) -> Asked {
    Asked::new("GET", path)
}

/// A POST to a path of any service, or to a URL.
pub fn post(path: &str) -> Asked {
    Asked::new("POST", path)
}

/// A request with any method, for a path of any service, or for a URL.
pub fn request(method: &str, path: &str) -> Asked {
    Asked::new(method, path)
}

impl Asked {
    /// A request with any method.
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), service: None, saying: None }
    }

    /// Only of this service. It goes before an answer that is for any service.
    #[must_use]
    pub fn on(mut self, service: &str) -> Self {
        self.service = Some(service.to_owned());
        self
    }

    /// Only with a body in which this text stands.
    #[must_use]
    pub fn saying(mut self, text: &str) -> Self {
        self.saying = Some(text.to_owned());
        self
    }

    pub(crate) fn is_for_one_service(&self) -> bool {
        self.service.is_some()
    }

    pub(crate) fn matches(&self, request: &Request) -> bool {
        self.method == request.method()
            && self.path == request.path()
            && self.service.as_deref().is_none_or(|service| Some(service) == request.service())
            && self.saying.as_deref().is_none_or(|text| String::from_utf8_lossy(&request.body).contains(text))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service {
            Some(service) => write!(f, "{} {service} {}", self.method, self.path),
            None => write!(f, "{} {}", self.method, self.path),
        }?;
        self.saying.as_ref().map_or(Ok(()), |text| write!(f, " saying `{text}`"))
    }
}
