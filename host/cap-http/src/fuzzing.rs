//! What fuzz targets look at inside of this crate: where a request would be connected to, and what would be written there. Nobody else
//! may have it, because a backend acts on permits alone.

use std::{collections::BTreeMap, net::IpAddr};

use holdpoint_gate::Vault;
use holdpoint_model::{PhaseId, ServiceName, grant::JsonPath};
use http::{HeaderMap, Uri};
use url::Url;

use crate::{Request, address, encoding, message, route::Services, session};

/// Where a request would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub https: bool,
    /// The name or address without brackets.
    pub host: String,
    pub port: u16,
    pub path: String,
    pub service: Option<ServiceName>,
}

/// The head of a request as it would be written.
#[derive(Debug, Clone)]
pub struct Head {
    pub uri: Uri,
    pub headers: HeaderMap,
}

/// Where a request would go, whether or not it was granted.
pub fn place(services: &BTreeMap<ServiceName, Url>, request: &Request) -> Result<Place, String> {
    let route = Services::new(services).map_err(|error| error.to_string())?.route(request)?;
    let host = route.origin.bare_host().to_owned();
    Ok(Place { https: route.origin.https, host, port: route.origin.port, path: route.path, service: route.service })
}

/// What would be written, whether or not it was granted.
pub fn head(
    services: &BTreeMap<ServiceName, Url>,
    request: &Request,
    guest: &PhaseId,
    vault: &dyn Vault,
) -> Result<Head, String> {
    let route = Services::new(services).map_err(|error| error.to_string())?.route(request)?;
    let message =
        message::compose(request, &route, guest, Some("key"), None, vault).map_err(|error| error.to_string())?;
    let (parts, _) = message.into_parts();
    Ok(Head { uri: parts.uri, headers: parts.headers })
}

/// What kind of place an address is, if requests only go there when the operator says so.
pub fn guarded(address: IpAddr) -> Option<&'static str> {
    address::guarded(address)
}

/// The session tokens of an answer.
pub fn tokens(headers: &HeaderMap, body: &[u8], truncated: bool, marked: &[JsonPath]) -> Result<Vec<String>, String> {
    session::tokens(headers, body, truncated, marked)
}

/// A body without its content encoding, and whether it was cut.
pub fn decode(encoding: &str, body: Vec<u8>, cut: bool) -> Result<(Vec<u8>, bool), String> {
    encoding::decode(encoding, body, cut)
}
