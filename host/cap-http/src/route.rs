//! From targets to places: scheme, host, port and path.

use std::collections::BTreeMap;

use holdpoint_model::ServiceName;
use url::Url;

use crate::{Error, Request, Target, ask};

/// Where connections are shared: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    /// As it stands in a URL: an IPv6 address has brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// `host:port`.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// What the Host header says.
    pub(crate) fn host_header(&self) -> String {
        let unsaid = if self.https { 443 } else { 80 };
        if self.port == unsaid { self.host.clone() } else { self.authority() }
    }

    /// The name or address without brackets.
    pub(crate) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) origin: Origin,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) service: Option<ServiceName>,
}

/// A service's URL, taken apart.
#[derive(Debug)]
struct Base {
    origin: Origin,
    /// Without the last slash.
    path: String,
}

/// Where the services live.
#[derive(Debug)]
pub(crate) struct Services(BTreeMap<ServiceName, Base>);

impl Services {
    pub(crate) fn new(urls: &BTreeMap<ServiceName, Url>) -> Result<Self, Error> {
        let base = |(name, url): (&ServiceName, &Url)| match base(url) {
            Some(base) => Ok((name.clone(), base)),
            None => Err(Error::Service { service: name.clone(), url: url.host_str().unwrap_or("?").to_owned() }),
        };
        urls.iter().map(base).collect::<Result<_, _>>().map(Self)
    }

    /// Where a request goes, or why nowhere.
    pub(crate) fn route(&self, request: &Request) -> Result<Route, String> {
        match &request.target {
            Target::Service { service, path } => {
                let found = ServiceName::parse(service).ok().and_then(|name| self.0.get_key_value(&name));
                let (name, base) = found.ok_or_else(|| format!("service {service} has no URL in this environment"))?;
                let path = format!("{}{path}", base.path);
                Ok(Route { origin: base.origin.clone(), path, service: Some(name.clone()) })
            }
            Target::Url(url) => {
                let ask::Absolute { https, host, port, path } = ask::absolute(url).map_err(|why| why.reason)?;
                Ok(Route { origin: Origin { https, host, port }, path: path.into_owned(), service: None })
            }
        }
    }
}

fn base(url: &Url) -> Option<Base> {
    let https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let origin = Origin { https, host: url.host_str()?.to_owned(), port: url.port_or_known_default()? };
    plain.then(|| Base { origin, path: url.path().trim_end_matches('/').to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(url: &str) -> Result<Services, Error> {
        Services::new(&BTreeMap::from([(ServiceName::parse("backend").unwrap(), Url::parse(url).unwrap())]))
    }

    #[test]
    fn a_services_path_lies_below_its_url() {
        for (url, host, path) in [
            ("https://b.example.com", "b.example.com", "/health?x=1"),
            ("http://b.example.com:8080/base/", "b.example.com:8080", "/base/health?x=1"),
            ("https://[2600::1]:8443/", "[2600::1]:8443", "/health?x=1"),
        ] {
            let request = Request::get(Target::Service { service: "backend".into(), path: "/health?x=1".into() });
            let route = services(url).unwrap().route(&request).unwrap();
            assert_eq!((route.origin.host_header().as_str(), route.path.as_str()), (host, path));
        }
    }

    #[test]
    fn refuses_services_without_a_plain_url() {
        for url in ["ftp://x.org/", "https://u@x.org/", "https://x.org/?q", "data:x"] {
            assert!(services(url).is_err(), "{url}");
        }
    }
}
